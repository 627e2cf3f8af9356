//! Conduits: the ways into zones, and their doors.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use domain::{Conduit, ConduitName};
use store::ConduitState;
use utoipa_axum::routes;

use super::by_name;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery, Reason};
use crate::input::{At, Body, Params};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("plant")
        .allow(Action::ListWays, routes!(list_conduits))
        .allow(Action::CloseConduit, routes!(close_conduit))
        .allow(Action::CloseConduit, routes!(close_conduits))
        .allow(Action::OpenConduit, routes!(open_conduit))
}

/// Conduits, by name: those into zones that an approver or operator answers for,
/// or all.
#[utoipa::path(
    get,
    path = "/v1/conduits",
    params(PageQuery),
    responses((status = 200, description = "A page of those that the caller sees", body = dto::Page<dto::Conduit>)),
)]
async fn list_conduits(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Conduit>>, ApiError> {
    let conduits = api.store.conduits().await?.into_iter();
    let seen = conduits.filter(|(conduit, _)| caller.sees_zone(&conduit.zone));
    let shown = seen.map(|(conduit, state)| show::conduit(conduit, state));
    Ok(Json(by_name(shown, query, |conduit| &conduit.name)?))
}

/// Close a conduit: its sessions end, and nobody new gets through.
#[utoipa::path(
    post,
    path = "/v1/conduits/{name}/close",
    params(("name" = String, Path, description = "The conduit")),
    request_body = Reason,
    responses((status = 200, description = "It is closed", body = dto::Conduit)),
)]
async fn close_conduit(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<ConduitName>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Conduit>, ApiError> {
    seen(&api, &caller, &name).await?;
    let actor = caller.actor();
    api.store.close_conduit(&actor, &name, &reason).await?;
    let (conduit, state) = seen(&api, &caller, &name).await?;
    Ok(Json(show::conduit(conduit, state)))
}

/// Close every open conduit that one answers for: all sessions through them end,
/// and nobody new gets through.
#[utoipa::path(
    post,
    path = "/v1/conduits/close",
    request_body = Reason,
    responses((status = 200, description = "They are closed", body = dto::ConduitsClosed)),
)]
async fn close_conduits(
    State(api): State<Api>,
    caller: Caller,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::ConduitsClosed>, ApiError> {
    let closed = api.store.close_conduits(&caller.actor(), &reason).await?;
    let closed = closed.iter().map(ToString::to_string).collect();
    Ok(Json(dto::ConduitsClosed { closed }))
}

/// Open a closed conduit.
#[utoipa::path(
    post,
    path = "/v1/conduits/{name}/open",
    params(("name" = String, Path, description = "The conduit")),
    request_body = Reason,
    responses((status = 200, description = "It is open", body = dto::Conduit)),
)]
async fn open_conduit(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<ConduitName>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Conduit>, ApiError> {
    seen(&api, &caller, &name).await?;
    let actor = caller.actor();
    api.store.open_conduit(&actor, &name, &reason).await?;
    let (conduit, state) = seen(&api, &caller, &name).await?;
    Ok(Json(show::conduit(conduit, state)))
}

/// The conduit, if this caller sees it.
async fn seen(
    api: &Api,
    caller: &Caller,
    name: &ConduitName,
) -> Result<(Conduit, ConduitState), ApiError> {
    let conduits = api.store.conduits().await?.into_iter();
    conduits
        .filter(|(conduit, _)| caller.sees_zone(&conduit.zone))
        .find(|(conduit, _)| conduit.name == *name)
        .ok_or_else(|| ApiError::not_found(format!("conduit/{name}")))
}

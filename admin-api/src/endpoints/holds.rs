//! Legal holds, and what is due to be purged.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use domain::{HoldId, HoldOn, SessionId, ZoneName};
use store::{HoldFilter, Page};
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, HoldQuery, PurgeQuery, Reason};
use crate::input::{At, Body, Params, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("retention")
        .allow(Action::PlaceHold, routes!(hold_session))
        .allow(Action::PlaceHold, routes!(hold_zone))
        .allow(Action::ReadRetention, routes!(list_holds))
        .allow(Action::ReleaseHold, routes!(release_hold))
        .allow(Action::ReadRetention, routes!(purge_plan))
}

/// Put a legal hold on the recordings of a session. It can be under several.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/hold",
    params(("id" = String, Path, description = "The session")),
    request_body = Reason,
    responses((status = 201, description = "It is held", body = dto::Hold)),
)]
async fn hold_session(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<(StatusCode, Json<dto::Hold>), ApiError> {
    place(&api, &caller, HoldOn::Session(id), &reason).await
}

/// Put a legal hold on all recordings of a zone, past and to come.
#[utoipa::path(
    post,
    path = "/v1/zones/{name}/hold",
    params(("name" = String, Path, description = "The zone; also one that the plant no longer has")),
    request_body = Reason,
    responses((status = 201, description = "It is held", body = dto::Hold)),
)]
async fn hold_zone(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<ZoneName>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<(StatusCode, Json<dto::Hold>), ApiError> {
    place(&api, &caller, HoldOn::Zone(name), &reason).await
}

async fn place(
    api: &Api,
    caller: &Caller,
    on: HoldOn,
    reason: &str,
) -> Result<(StatusCode, Json<dto::Hold>), ApiError> {
    let hold = api.store.place_hold(&caller.actor(), &on, reason).await?;
    Ok((StatusCode::CREATED, Json(show::hold(hold))))
}

/// Legal holds, newest first, also those that were released.
#[utoipa::path(
    get,
    path = "/v1/holds",
    params(HoldQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Hold>)),
)]
async fn list_holds(
    State(api): State<Api>,
    Params(query): Params<HoldQuery>,
) -> Result<Json<dto::Page<dto::Hold>>, ApiError> {
    let filter = HoldFilter {
        session: optional("session", query.session.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        in_force: query.in_force,
    };
    let page = page(query.after, query.limit);
    let found = api.store.holds(&filter, &page).await?;
    Ok(Json(show::page(found, show::hold)))
}

/// Release a legal hold. Others on the same thing stay.
#[utoipa::path(
    post,
    path = "/v1/holds/{id}/release",
    params(("id" = String, Path, description = "The hold")),
    request_body = Reason,
    responses((status = 200, description = "It is released", body = dto::Hold)),
)]
async fn release_hold(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<HoldId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Hold>, ApiError> {
    let actor = caller.actor();
    let hold = api.store.release_hold(&actor, id, &reason).await?;
    Ok(Json(show::hold(hold)))
}

/// What the broker purges in its next turn, within the hour, and what comes next.
#[utoipa::path(
    get,
    path = "/v1/retention",
    params(PurgeQuery),
    responses((status = 200, description = "What is due, and what comes next", body = dto::PurgePlan)),
)]
async fn purge_plan(
    State(api): State<Api>,
    Params(query): Params<PurgeQuery>,
) -> Result<Json<dto::PurgePlan>, ApiError> {
    let limit = query.limit.unwrap_or(Page::default().limit);
    let most = usize::try_from(limit.clamp(1, Page::MOST)).unwrap_or(1);
    let plan = api.store.purge_plan(most).await?;
    Ok(Json(show::purge_plan(plan)))
}

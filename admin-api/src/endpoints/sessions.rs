//! Sessions: seen, and ended.

use axum::Json;
use axum::extract::State;
use domain::SessionId;
use domain::policy::Action;
use store::{SessionFilter, SessionRow};
use utoipa_axum::routes;

use super::{company, page};
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, Reason, SessionQuery};
use crate::input::{At, Body, Params, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("sessions")
        .allow(Action::ListSessions, routes!(list_sessions))
        .allow(Action::ListSessions, routes!(get_session))
        .allow(Action::EndSession, routes!(end_session))
}

/// Sessions, newest first: a vendor's own, those into zones that an approver or
/// operator answers for, or all.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    params(SessionQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Session>)),
)]
async fn list_sessions(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<SessionQuery>,
) -> Result<Json<dto::Page<dto::Session>>, ApiError> {
    let filter = SessionFilter {
        account: optional("account", query.account.as_deref())?,
        asset: optional("asset", query.asset.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        grant: optional("grant", query.grant.as_deref())?,
        open: query.open,
        company: company(query.company),
        since: query.since,
        until: query.until,
    };
    let page = page(query.after, query.limit);
    let found = api.store.sessions(&caller.scope(), &filter, &page).await?;
    let companies = api.store.companies().await?;
    Ok(Json(show::page(found, |row| {
        show::session(&caller, &companies, row)
    })))
}

/// One session.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}",
    params(("id" = String, Path, description = "The session")),
    responses((status = 200, description = "The session", body = dto::Session)),
)]
async fn get_session(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
) -> Result<Json<dto::Session>, ApiError> {
    shown(&api, &caller, id).await
}

/// Order a session's end. The broker closes it within a second.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/end",
    params(("id" = String, Path, description = "The session")),
    request_body = Reason,
    responses((status = 200, description = "Its end is ordered", body = dto::Session)),
)]
async fn end_session(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Session>, ApiError> {
    seen(&api, &caller, id).await?;
    api.store.end_session(&caller.actor(), id, &reason).await?;
    shown(&api, &caller, id).await
}

/// As this caller is shown it.
pub(super) async fn shown(
    api: &Api,
    caller: &Caller,
    id: SessionId,
) -> Result<Json<dto::Session>, ApiError> {
    let row = seen(api, caller, id).await?;
    let companies = api.store.companies().await?;
    Ok(Json(show::session(caller, &companies, row)))
}

/// The session, if this caller sees it.
pub(super) async fn seen(
    api: &Api,
    caller: &Caller,
    id: SessionId,
) -> Result<SessionRow, ApiError> {
    let row = api.store.session(&caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found(format!("session/{id}")))
}

//! Requests: asked by vendors, decided by approvers of the zone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use domain::{Request, RequestId, Window};
use store::{Narrowing, RequestFilter};
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, Approve, Reason, RequestQuery};
use crate::input::{At, Body, Params, field, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("requests")
        .allow(Action::ListRequests, routes!(list_requests))
        .allow(Action::ListRequests, routes!(get_request))
        .allow(Action::FileRequest, routes!(file_request))
        .allow(Action::FileRequest, routes!(withdraw_request))
        .allow(Action::DecideRequest, routes!(approve_request))
        .allow(Action::DecideRequest, routes!(deny_request))
}

/// Ask for a session.
#[utoipa::path(
    post,
    path = "/v1/requests",
    request_body = dto::NewRequest,
    responses((status = 201, description = "It waits for approval", body = dto::Request)),
)]
async fn file_request(
    State(api): State<Api>,
    caller: Caller,
    Body(body): Body<dto::NewRequest>,
) -> Result<(StatusCode, Json<dto::Request>), ApiError> {
    let start = body.not_before.unwrap_or_else(|| api.clock.now());
    let wanted = Window::new(start, body.not_after)
        .map_err(|error| ApiError::invalid("not_after", error.to_string()))?;
    let ask = store::NewRequest {
        asset: field("asset", &body.asset)?,
        protocol: field("protocol", &body.protocol)?,
        purpose: body.purpose,
        work_order: body.work_order,
        wanted,
    };
    let request = api.store.request(&caller.actor(), ask).await?;
    let shown = shown(&api, &caller, request).await?;
    Ok((StatusCode::CREATED, shown))
}

/// Requests, newest first: a vendor's own, those into zones that an approver or
/// operator answers for, or all.
#[utoipa::path(
    get,
    path = "/v1/requests",
    params(RequestQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Request>)),
)]
async fn list_requests(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<RequestQuery>,
) -> Result<Json<dto::Page<dto::Request>>, ApiError> {
    let filter = RequestFilter {
        account: optional("account", query.account.as_deref())?,
        asset: optional("asset", query.asset.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        state: query.state.map(known_state).transpose()?,
    };
    let page = page(query.after, query.limit);
    let found = api.store.requests(&caller.scope(), &filter, &page).await?;
    let (plant, companies) = (api.store.plant().await?, api.store.companies().await?);
    Ok(Json(show::page(found, |request| {
        show::request(&caller, plant.as_ref(), &companies, request)
    })))
}

const STATES: [&str; 6] = [
    "waiting",
    "granted",
    "denied",
    "withdrawn",
    "lapsed",
    "cancelled",
];

fn known_state(state: String) -> Result<String, ApiError> {
    if STATES.contains(&state.as_str()) {
        Ok(state)
    } else {
        let message = format!("it is not one of: {}", STATES.join(", "));
        Err(ApiError::invalid("state", message))
    }
}

/// One request.
#[utoipa::path(
    get,
    path = "/v1/requests/{id}",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "The request", body = dto::Request)),
)]
async fn get_request(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<RequestId>,
) -> Result<Json<dto::Request>, ApiError> {
    let request = seen(&api, &caller, id).await?;
    shown(&api, &caller, request).await
}

/// Approve a request, as it is or in a narrower window. The last approval that is
/// needed makes the grant.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/approve",
    params(("id" = String, Path, description = "The request")),
    request_body = Option<Approve>,
    responses((status = 200, description = "It is approved by the caller", body = dto::Request)),
)]
async fn approve_request(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<RequestId>,
    body: Option<Body<Approve>>,
) -> Result<Json<dto::Request>, ApiError> {
    seen(&api, &caller, id).await?;
    let Body(approve) = body.unwrap_or(Body(Approve::default()));
    let narrowing = Narrowing {
        not_before: approve.not_before,
        not_after: approve.not_after,
    };
    let actor = caller.actor();
    let request = api
        .store
        .approve(&actor, id, narrowing, approve.note)
        .await?;
    shown(&api, &caller, request).await
}

/// Deny a request.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/deny",
    params(("id" = String, Path, description = "The request")),
    request_body = Reason,
    responses((status = 200, description = "It is denied", body = dto::Request)),
)]
async fn deny_request(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<RequestId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Request>, ApiError> {
    seen(&api, &caller, id).await?;
    let request = api.store.deny(&caller.actor(), id, &reason).await?;
    shown(&api, &caller, request).await
}

/// Take back one's own request.
#[utoipa::path(
    post,
    path = "/v1/requests/{id}/withdraw",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "It is withdrawn", body = dto::Request)),
)]
async fn withdraw_request(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<RequestId>,
) -> Result<Json<dto::Request>, ApiError> {
    seen(&api, &caller, id).await?;
    let request = api.store.withdraw(&caller.actor(), id).await?;
    shown(&api, &caller, request).await
}

/// The request, if this caller sees it.
async fn seen(api: &Api, caller: &Caller, id: RequestId) -> Result<Request, ApiError> {
    let request = api.store.find_request(&caller.scope(), id).await?;
    request.ok_or_else(|| ApiError::not_found(format!("request/{id}")))
}

pub(super) async fn shown(
    api: &Api,
    caller: &Caller,
    request: Request,
) -> Result<Json<dto::Request>, ApiError> {
    let (plant, companies) = (api.store.plant().await?, api.store.companies().await?);
    let shown = show::request(caller, plant.as_ref(), &companies, request);
    Ok(Json(shown))
}

//! The transparency log, laid out as c2sp.org/tlog-tiles has it. What is in it is
//! the audit log, so whoever may read the one may read the other.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use ledger::TilePath;
use utoipa_axum::routes;

use crate::app::Api;
use crate::dto::{Anchor, LogState};
use crate::input::At;
use crate::problem::ApiError;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group_at_root("log")
        .allow(Action::ReadAudit, routes!(read_checkpoint))
        .allow(Action::ReadAudit, routes!(read_tile))
        .allow(Action::ReadAudit, routes!(read_log_keys))
        .allow(Action::ReadAudit, routes!(read_handovers))
        .and(
            Routes::group("log")
                .allow(Action::ReadAudit, routes!(get_log))
                .allow(Action::ReadAudit, routes!(list_anchors)),
        )
}

/// How the log stands: what of it is signed, and which anchors have it.
#[utoipa::path(get, path = "/v1/log", responses((status = 200, description = "How it stands", body = LogState)))]
async fn get_log(State(api): State<Api>) -> Result<Json<LogState>, ApiError> {
    let newest = api.store.latest_checkpoint().await?;
    let signed = newest.as_ref().map(|newest| newest.size);
    let (not_signed_since, why) = match api.settings.signing.failing() {
        Some(failing) => (Some(failing.since), Some(failing.why)),
        None => (None, None),
    };
    Ok(Json(LogState {
        signed,
        signed_at: newest.map(|newest| newest.at),
        not_signed_since,
        why,
        anchors: api.settings.anchors.all(signed),
    }))
}

/// The anchors of the log: what outside of the broker has its newest checkpoint.
#[utoipa::path(
    get,
    path = "/v1/log/anchors",
    responses((status = 200, description = "All anchors, as they are configured", body = Vec<Anchor>)),
)]
async fn list_anchors(State(api): State<Api>) -> Result<Json<Vec<Anchor>>, ApiError> {
    let newest = api.store.latest_checkpoint().await?;
    let signed = newest.map(|newest| newest.size);
    Ok(Json(api.settings.anchors.all(signed)))
}

/// The newest signed checkpoint of the log (c2sp.org/tlog-checkpoint).
#[utoipa::path(
    get,
    path = "/log/checkpoint",
    responses((status = 200, description = "A signed note", body = String, content_type = "text/plain")),
)]
async fn read_checkpoint(State(api): State<Api>) -> Result<Response, ApiError> {
    let checkpoint = api.store.latest_checkpoint().await?;
    let checkpoint = checkpoint.ok_or_else(|| ApiError::not_found("checkpoint yet"))?;
    Ok(text(checkpoint.note))
}

/// A tile of the log, or a bundle of its entries (c2sp.org/tlog-tiles).
#[utoipa::path(
    get,
    path = "/log/tile/{*path}",
    params(("path" = String, Path, description = "Which, such as 0/x001/234 or entries/005.p/17")),
    responses((status = 200, description = "The tile", body = Vec<u8>, content_type = "application/octet-stream")),
)]
async fn read_tile(State(api): State<Api>, At(path): At<TilePath>) -> Result<Response, ApiError> {
    let tile = api.store.log_tile(path).await?;
    let bytes = tile.ok_or_else(|| ApiError::not_found(format!("tile {path}")))?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// The public keys that the log is checked with, a line each: its own, then those
/// of witnesses.
#[utoipa::path(
    get,
    path = "/log/vkeys",
    responses((status = 200, description = "Verifier keys", body = String, content_type = "text/plain")),
)]
async fn read_log_keys(State(api): State<Api>) -> Response {
    let keys = api.settings.log_keys.iter();
    text(keys.map(|key| format!("{key}\n")).collect())
}

/// The notes by which the log's key was handed over, one after another.
#[utoipa::path(
    get,
    path = "/log/handovers",
    responses((status = 200, description = "Signed notes", body = String, content_type = "text/plain")),
)]
async fn read_handovers(State(api): State<Api>) -> Result<Response, ApiError> {
    Ok(text(api.store.log_handovers().await?))
}

fn text(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

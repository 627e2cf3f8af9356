//! What people of the plant do to a session while it runs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::SessionId;
use domain::policy::Action;
use utoipa_axum::routes;

use super::sessions::{seen, shown};
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, Message, Note, PauseInput};
use crate::input::{At, Body};
use crate::problem::ApiError;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group("sessions")
        .allow(Action::LetIn, routes!(let_in))
        .allow(Action::PauseInput, routes!(pause_input))
        .allow(Action::PauseInput, routes!(resume_input))
        .allow(Action::SendMessage, routes!(send_message))
}

/// Let a session in that stands in the lobby.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/let-in",
    params(("id" = String, Path, description = "The session")),
    request_body = Option<Note>,
    responses((status = 200, description = "It is let in", body = dto::Session)),
)]
async fn let_in(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    body: Option<Body<Note>>,
) -> Result<Json<dto::Session>, ApiError> {
    seen(&api, &caller, id).await?;
    let note = body.and_then(|Body(Note { note })| note);
    let actor = caller.actor();
    api.store
        .let_session_in(&actor, id, note.as_deref())
        .await?;
    shown(&api, &caller, id).await
}

/// Pause a session's input: within a second nothing that its vendor sends reaches
/// the asset any more.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/pause",
    params(("id" = String, Path, description = "The session")),
    request_body = Option<PauseInput>,
    responses((status = 200, description = "Its input is paused", body = dto::Session)),
)]
async fn pause_input(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    body: Option<Body<PauseInput>>,
) -> Result<Json<dto::Session>, ApiError> {
    seen(&api, &caller, id).await?;
    let reason = body.and_then(|Body(PauseInput { reason })| reason);
    let actor = caller.actor();
    api.store.pause_input(&actor, id, reason.as_deref()).await?;
    shown(&api, &caller, id).await
}

/// Let a session's input flow again.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/resume",
    params(("id" = String, Path, description = "The session")),
    request_body = Option<Note>,
    responses((status = 200, description = "Its input is not paused", body = dto::Session)),
)]
async fn resume_input(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    body: Option<Body<Note>>,
) -> Result<Json<dto::Session>, ApiError> {
    seen(&api, &caller, id).await?;
    let note = body.and_then(|Body(Note { note })| note);
    let actor = caller.actor();
    api.store.resume_input(&actor, id, note.as_deref()).await?;
    shown(&api, &caller, id).await
}

/// Put a message on the vendor's screen.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/message",
    params(("id" = String, Path, description = "The session")),
    request_body = Message,
    responses((status = 204, description = "It is on its way")),
)]
async fn send_message(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    Body(Message { text }): Body<Message>,
) -> Result<StatusCode, ApiError> {
    seen(&api, &caller, id).await?;
    api.store.send_message(&caller.actor(), id, &text).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Recordings to jump about in: an index, and segments of it. The opening is in
//! the audit log before the index leaves; a segment of a replay that one has not
//! opened is an opening of its own.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use domain::{Clock, SessionId};
use recorder::Patience;
use recorder::replay::{Index, Settings};
use tokio::task::spawn_blocking;
use utoipa_axum::routes;

use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, IndexQuery};
use crate::evidence;
use crate::indexes::Key;
use crate::input::{At, Params};
use crate::problem::ApiError;
use crate::routes::Routes;

/// How long an index may take to make. A 12-hour recording takes about a second.
const LONGEST: Duration = Duration::from_secs(20);

pub(super) fn routes() -> Routes {
    Routes::group("recordings")
        .allow(Action::ReadRecording, routes!(replay_index))
        .allow(Action::ReadRecording, routes!(replay_segment))
}

/// Open the recording of one channel of a session as a replay in segments, which
/// asciinema-player fetches as it needs them. The opening is noted in the audit
/// log.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/replay.json",
    params(("id" = String, Path, description = "The session"), IndexQuery),
    responses((status = 200, description = "The index of the replay", body = dto::ReplayIndex)),
)]
async fn replay_index(
    State(api): State<Api>,
    caller: Caller,
    At(session): At<SessionId>,
    Params(query): Params<IndexQuery>,
) -> Result<Response, ApiError> {
    // The player asks again for what its page has opened.
    let (key, index) = match opened(&api, &caller, session, &query).await? {
        Some(found) => found,
        None => open(&api, &caller, session, &query).await?,
    };
    let Key {
        channel, until_ms, ..
    } = key;
    let idle = key
        .idle_limit_ms
        .map(|limit| format!("&idle_limit_ms={limit}"))
        .unwrap_or_default();
    let url = |n| format!("replay/{n}.json?channel={channel}&until_ms={until_ms}{idle}");
    Ok(json(index.to_json(url)))
}

/// A segment of a replay, by its number: `0.json`.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/replay/{name}",
    params(
        ("id" = String, Path, description = "The session"),
        ("name" = String, Path, description = "The segment's number and `.json`"),
        IndexQuery,
    ),
    responses((status = 200, description = "The segment: a snapshot of the terminal, and events", body = Object)),
)]
async fn replay_segment(
    State(api): State<Api>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    Params(query): Params<IndexQuery>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("such segment");
    let Path((session, name)) = path.map_err(|_| missing())?;
    let session: SessionId = session.parse().map_err(|_| missing())?;
    let number = name.strip_suffix(".json").and_then(|n| n.parse().ok());
    let number: usize = number.ok_or_else(missing)?;
    let (Key { channel, .. }, index) = match opened(&api, &caller, session, &query).await? {
        Some(found) => found,
        None => open(&api, &caller, session, &query).await?,
    };
    let offset = index.offset(number).ok_or_else(missing)?;
    let read = move || {
        let cast = evidence::open_from(&api, session, channel, offset)?;
        Ok(index.segment(number, cast)?)
    };
    let segment = spawn_blocking(read).await.map_err(ApiError::fault)?;
    let segment = segment.map_err(|error| evidence::problem(session, channel, error))?;
    segment.map(json).ok_or_else(missing)
}

/// What this caller has opened before, up to that very end.
async fn opened(
    api: &Api,
    caller: &Caller,
    session: SessionId,
    query: &IndexQuery,
) -> Result<Option<(Key, Arc<Index>)>, ApiError> {
    let Some(until_ms) = query.until_ms else {
        return Ok(None);
    };
    let key = Key {
        session,
        channel: query.channel.unwrap_or(0),
        idle_limit_ms: query.idle_limit_ms,
        until_ms,
    };
    let Some(index) = api.indexes.get(key, &caller.account.name) else {
        return Ok(None);
    };
    // Who has lost the zone since has lost the recording, too.
    evidence::seen(api, &caller.scope(), session, key.channel).await?;
    Ok(Some((key, index)))
}

async fn open(
    api: &Api,
    caller: &Caller,
    session: SessionId,
    query: &IndexQuery,
) -> Result<(Key, Arc<Index>), ApiError> {
    let channel = query.channel.unwrap_or(0);
    evidence::seen(api, &caller.scope(), session, channel).await?;
    let settings = Settings {
        idle_limit: query.idle_limit_ms.map(Duration::from_millis),
        until: query.until_ms.map(Duration::from_millis),
        ..Settings::default()
    };
    let turn = api.indexes.turn().await;
    let cast = evidence::open(api, session, channel, false).await?;
    let clock = Arc::clone(&api.clock);
    let build = move || build(cast, settings, clock.as_ref());
    let built = spawn_blocking(build).await.map_err(ApiError::fault)?;
    drop(turn);
    let index = Arc::new(built.map_err(|error| not_built(session, channel, &error))?);
    evidence::note_opening(api, caller, session, channel, false).await?;
    let end = u64::try_from(index.duration().as_millis()).unwrap_or(u64::MAX);
    let key = Key {
        session,
        channel,
        idle_limit_ms: query.idle_limit_ms,
        until_ms: query.until_ms.unwrap_or(end),
    };
    let reader = caller.account.name.clone();
    api.indexes.put(key, reader, &index);
    Ok((key, index))
}

fn build(cast: impl Read, settings: Settings, clock: &dyn Clock) -> io::Result<Index> {
    let end = clock.monotonic().saturating_add(LONGEST);
    let mut may_go_on = || clock.monotonic() < end;
    Index::build(cast, settings, &mut Patience::new(&mut may_go_on))
}

fn not_built(session: SessionId, channel: u32, error: &io::Error) -> ApiError {
    if error.kind() != io::ErrorKind::TimedOut {
        return evidence::unreadable(session, channel, error);
    }
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "replay_too_much",
        "The recording keeps a terminal busy for too long to be made a replay of. Export it, and \
         play the file.",
    )
}

fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

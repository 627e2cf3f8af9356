//! Recordings: listed, and opened. Each opening is in the audit log before the
//! first byte leaves.

use std::hash::Hash;
use std::io::{self, Read};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use domain::{Role, SessionId};
use futures::stream;
use store::RecordingFilter;
use tokio::task::spawn_blocking;
use utoipa_axum::routes;

use super::{company, page};
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, RecordingQuery, ReplayQuery};
use crate::evidence::{self, Cast};
use crate::input::{At, Params, optional};
use crate::places::Place;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

/// How much is read and sent at a time, in bytes.
const CHUNK: usize = 64 * 1024;

pub(super) fn routes() -> Routes {
    Routes::group("recordings")
        .allow(Action::ListRecordings, routes!(list_recordings))
        .allow(Action::ReadRecording, routes!(read_recording))
}

/// Recordings, by session, newest first: those of zones that an approver answers
/// for, or all.
#[utoipa::path(
    get,
    path = "/v1/recordings",
    params(RecordingQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Recording>)),
)]
async fn list_recordings(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<RecordingQuery>,
) -> Result<Json<dto::Page<dto::Recording>>, ApiError> {
    let filter = RecordingFilter {
        session: optional("session", query.session.as_deref())?,
        account: optional("account", query.account.as_deref())?,
        asset: optional("asset", query.asset.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        company: company(query.company),
        since: query.since,
        until: query.until,
    };
    let page = page(query.after, query.limit);
    let found = api
        .store
        .recordings(&caller.scope(), &filter, &page)
        .await?;
    Ok(Json(show::page(found, show::recording)))
}

/// Open the recording of one channel of a session, as asciicast v3. The opening
/// is noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/recording.cast",
    params(("id" = String, Path, description = "The session"), ReplayQuery),
    responses((status = 200, description = "The recording", body = String, content_type = "application/x-asciicast")),
)]
async fn read_recording(
    State(api): State<Api>,
    caller: Caller,
    At(session): At<SessionId>,
    Params(query): Params<ReplayQuery>,
) -> Result<Response, ApiError> {
    let channel = query.channel.unwrap_or(0);
    evidence::seen(&api, &caller.scope(), session, channel).await?;
    if query.input && caller.account.role != Role::Auditor {
        return Err(ApiError::not_allowed(
            "What was typed may hold passwords, so only auditors open it. Open the recording \
             without it, or ask an auditor.",
        ));
    }
    let name = caller.account.name.clone();
    let place = api.replays.take(name).ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_replays",
            "You are opening too many recordings at once. Wait for one to end, then try again.",
        )
    })?;
    let cast = evidence::open(&api, session, channel, query.input).await?;
    evidence::note_opening(&api, &caller, session, channel, query.input).await?;
    let headers = [
        (CONTENT_TYPE, "application/x-asciicast".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{session}-{channel}.cast\""),
        ),
    ];
    Ok((headers, send(cast, place)).into_response())
}

/// A thread is held only while the disk is read, not while the caller takes its
/// time.
pub(super) fn send<K: Eq + Hash + Send + 'static>(cast: Cast, place: Place<K>) -> Body {
    Body::from_stream(stream::try_unfold(
        (cast, place),
        |(mut cast, place)| async move {
            let read = move || -> io::Result<(Vec<u8>, Cast)> {
                let mut chunk = Vec::with_capacity(CHUNK);
                (&mut cast).take(CHUNK as u64).read_to_end(&mut chunk)?;
                Ok((chunk, cast))
            };
            let read = spawn_blocking(read).await.map_err(io::Error::other);
            let (chunk, cast) = read.flatten().inspect_err(|error| {
                tracing::error!(%error, "recording.unreadable");
            })?;
            let more = !chunk.is_empty();
            Ok::<_, io::Error>(more.then(|| (Bytes::from(chunk), (cast, place))))
        },
    ))
}

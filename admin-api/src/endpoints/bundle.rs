//! Bundles: a recording with all that is needed to check it off-line.

use std::hash::Hash;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use domain::{Clock, Draft, Role, SessionId};
use recorder::Patience;
use recorder::archive::{ArchiveError, Recording, Track};
use recorder::bundle::{BundleReader, Contents, Papers, Proven};
use recorder::replay::{self, Facts, Index, Settings};
use recorder::serve;
use serde_json::json;
use store::{EventProof, StoreError};
use utoipa_axum::routes;

use super::recordings::send;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::ReplayQuery;
use crate::evidence;
use crate::input::{At, Params};
use crate::page;
use crate::places::Place;
use crate::problem::ApiError;
use crate::routes::Routes;

/// A longer recording is replayed by the server, in segments, in bytes of asciicast.
const MOST_TO_LOOK_AT: u64 = 32 << 20;
/// How long it may take to find its marks. 32 MiB of text take half a second.
const LONGEST_TO_LOOK_AT: Duration = Duration::from_secs(5);

pub(super) fn routes() -> Routes {
    Routes::group("recordings").allow(Action::ReadRecording, routes!(read_bundle))
}

/// Open the recording of one channel of a session as a bundle: a tar file with
/// the recording, its seal, the proof that the seal is in the log, and how to
/// check all of it off-line. The opening is noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/bundle.tar",
    params(("id" = String, Path, description = "The session"), ReplayQuery),
    responses((status = 200, description = "The bundle", body = Vec<u8>, content_type = "application/x-tar")),
)]
async fn read_bundle(
    State(api): State<Api>,
    caller: Caller,
    At(session): At<SessionId>,
    Params(query): Params<ReplayQuery>,
) -> Result<Response, ApiError> {
    let channel = query.channel.unwrap_or(0);
    let recording = evidence::seen(&api, &caller.scope(), session, channel).await?;
    if query.input && caller.account.role != Role::Auditor {
        return Err(ApiError::not_allowed(
            "What was typed may hold passwords, so only auditors have it in a bundle. Export \
             the bundle without it, or ask an auditor.",
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
    let reader = made(&api, &recording, query.input).await?;
    let opened = Draft::new("recording.opened", "session", session)
        .after(json!({ "channel": channel, "input": query.input, "bundle": true }));
    api.store.alarm(&caller.actor(), opened).await?;
    Ok(answer(&recording, reader, place))
}

/// The bundle of a recording that the caller may have.
pub(super) async fn made(
    api: &Api,
    known: &store::Recording,
    input: bool,
) -> Result<BundleReader, ApiError> {
    let papers = papers(api, known.session, known.channel).await?;
    open(api, known, input, papers).await
}

/// Sends a bundle; `place` is held to its end.
pub(super) fn answer<K: Eq + Hash + Send + 'static>(
    known: &store::Recording,
    reader: BundleReader,
    place: Place<K>,
) -> Response {
    let store::Recording {
        session, channel, ..
    } = known;
    let headers = [
        (CONTENT_TYPE, "application/x-tar".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{session}-{channel}.tar\""),
        ),
    ];
    (headers, send(Box::new(reader), place)).into_response()
}

pub(super) async fn papers(
    api: &Api,
    session: SessionId,
    channel: u32,
) -> Result<Papers, ApiError> {
    let proven = match api.store.seal_proof(session, channel).await {
        // It is there, or nobody would have come so far.
        Err(StoreError::NotFound(_)) => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "recording_not_sealed",
                "The recording is not sealed yet, and a bundle has its seal. Export it once its \
                 session has ended; what there is of it can be had as asciicast now, into a file \
                 whose name ends in .cast.",
            ));
        }
        proven => proven?,
    };
    Ok(Papers {
        seal: paper(proven.seal),
        progress: proven.progress.into_iter().map(paper).collect(),
        vkeys: api
            .settings
            .log_keys
            .iter()
            .map(ToString::to_string)
            .collect(),
        handovers: api.store.log_handovers().await?,
    })
}

fn paper(event: EventProof) -> Proven {
    Proven {
        leaf: event.leaf,
        proof: event.proof.to_string(),
    }
}

async fn open(
    api: &Api,
    known: &store::Recording,
    input: bool,
    papers: Papers,
) -> Result<BundleReader, ApiError> {
    let tracks = if input {
        Track::ALL.to_vec()
    } else {
        vec![Track::Output]
    };
    let facts = facts(known);
    let clock = Arc::clone(&api.clock);
    // Its page is made of the whole recording: not of many at once.
    let _turn = api.indexes.turn().await;
    evidence::archived(api, known.session, known.channel, move |recording| {
        let replay = replay(&recording, &facts, clock.as_ref())?;
        BundleReader::new(Contents {
            recording,
            tracks,
            papers,
            replay,
        })
    })
    .await
}

fn facts(known: &store::Recording) -> Facts {
    let row = |name: &str, value: String| (name.to_owned(), value);
    Facts {
        title: format!("{} at {}", known.account, known.asset),
        rows: vec![
            row("Vendor", known.account.to_string()),
            row("Asset", known.asset.to_string()),
            row("Zone", known.zone.to_string()),
            row("Began (UTC)", known.started_at.to_string()),
            row("Session", known.session.to_string()),
            row("Channel", known.channel.to_string()),
        ],
    }
}

/// A page to look at it, unless it is too long for one, keeps a terminal busy for
/// too long, or can't be read here: what was altered is for the verifier to tell.
fn replay(
    recording: &Recording,
    facts: &Facts,
    clock: &dyn Clock,
) -> Result<Option<Vec<u8>>, ArchiveError> {
    let Ok(template) = page::template() else {
        return Ok(None);
    };
    let shown: u64 = recording
        .manifest()
        .of(Track::Output)
        .map(|line| line.chunk.bytes)
        .sum();
    if shown > MOST_TO_LOOK_AT {
        return Ok(None);
    }
    match drawn(template, recording, facts, clock) {
        Ok(made) => Ok(Some(made)),
        Err(ArchiveError::Sealed | ArchiveError::Damaged(_)) => Ok(None),
        Err(ArchiveError::Disk(error))
            if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::InvalidData) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn drawn(
    template: &str,
    recording: &Recording,
    facts: &Facts,
    clock: &dyn Clock,
) -> Result<Vec<u8>, ArchiveError> {
    let end = clock.monotonic().saturating_add(LONGEST_TO_LOOK_AT);
    let mut may_go_on = || clock.monotonic() < end;
    let mut patience = Patience::new(&mut may_go_on);
    let index = Index::build(serve::cast(recording)?, Settings::default(), &mut patience)?;
    let mut made = Vec::new();
    let cast = serve::cast(recording)?;
    replay::page(template, facts, index.markers(), cast, &mut made)?;
    Ok(made)
}

//! Where the bytes of recordings come from, and what is noted of their opening.

use std::io::{self, BufReader, Read};

use axum::http::StatusCode;
use domain::{Draft, SessionId};
use recorder::archive::{self, ArchiveError};
use recorder::serve;
use serde_json::json;
use store::{Recording, Scope};
use tokio::task::spawn_blocking;

use crate::app::Api;
use crate::caller::Caller;
use crate::problem::ApiError;

/// A recording, or what was typed, being read.
pub(crate) type Cast = Box<dyn Read + Send>;

/// A recording that `scope` sees, and of which something is left.
///
/// # Errors
/// 404 if there is none, 410 if it was purged.
pub(crate) async fn seen(
    api: &Api,
    scope: &Scope,
    session: SessionId,
    channel: u32,
) -> Result<Recording, ApiError> {
    let recordings = api.store.recordings_of(scope, session).await?;
    let found = recordings
        .into_iter()
        .find(|recording| recording.channel == channel);
    match found {
        Some(recording) if recording.state == "purged" => Err(ApiError::purged()),
        Some(recording) => Ok(recording),
        None => Err(ApiError::not_found(format!(
            "recording of channel {channel} of session/{session}"
        ))),
    }
}

/// Writes into the audit log that a recording is opened.
pub(crate) async fn note_opening(
    api: &Api,
    caller: &Caller,
    session: SessionId,
    channel: u32,
    input: bool,
) -> Result<(), ApiError> {
    let opened = Draft::new("recording.opened", "session", session)
        .after(json!({ "channel": channel, "input": input }));
    Ok(api.store.alarm(&caller.actor(), opened).await?)
}

/// One channel's recording as it is now, and what `read` makes of it. One that runs
/// is read up to this moment.
pub(crate) async fn archived<T: Send + 'static>(
    api: &Api,
    session: SessionId,
    channel: u32,
    read: impl FnOnce(archive::Recording) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ApiError> {
    api.recorder.cut(session, channel).await;
    let archive = api.recorder.archive();
    let open = move || archive.open(session, channel).and_then(read);
    let opened = spawn_blocking(open).await.map_err(ApiError::fault)?;
    opened.map_err(|error| problem(session, channel, error))
}

/// Opens a recording as asciicast v3.
pub(crate) async fn open(
    api: &Api,
    session: SessionId,
    channel: u32,
    input: bool,
) -> Result<Cast, ApiError> {
    let read = move |recording: archive::Recording| -> Result<Cast, ArchiveError> {
        Ok(if input {
            Box::new(serve::cast_with_input(&recording)?)
        } else {
            Box::new(serve::cast(&recording)?)
        })
    };
    archived(api, session, channel, read).await
}

/// Opens a recording from a byte of its asciicast on. What comes before is not
/// read, so that a place at the end of a long one is there as soon as one at its
/// beginning. Blocks.
///
/// # Errors
/// [`ArchiveError`].
pub(crate) fn open_from(
    api: &Api,
    session: SessionId,
    channel: u32,
    offset: u64,
) -> Result<Cast, ArchiveError> {
    let output = api.recorder.archive().open(session, channel)?.output()?;
    Ok(Box::new(output.from_byte(offset)?))
}

/// Opens what was typed, as frames. Blocks.
///
/// # Errors
/// [`ArchiveError`].
pub(crate) fn open_input(
    api: &Api,
    session: SessionId,
    channel: u32,
) -> Result<Cast, ArchiveError> {
    let input = api.recorder.archive().open(session, channel)?.input()?;
    Ok(Box::new(BufReader::with_capacity(64 << 10, input)))
}

/// Why a recording can't be opened, in words.
pub(crate) fn problem(session: SessionId, channel: u32, error: ArchiveError) -> ApiError {
    match error {
        ArchiveError::Missing => {
            tracing::error!(%session, channel, "recording.missing");
            ApiError::new(
                StatusCode::NOT_FOUND,
                "recording_missing",
                "The session has such a recording, but its files are not where recordings are \
                 kept. Tell whoever runs the broker's machine; they may have moved them.",
            )
        }
        ArchiveError::Sealed => ApiError::new(
            StatusCode::CONFLICT,
            "recording_sealed",
            "The recording is sealed: the broker has no key to it. Export it as a bundle, and \
             open that with an auditor's key.",
        ),
        ArchiveError::Purged => ApiError::new(
            StatusCode::GONE,
            "recording_purged",
            "The recording has been purged: its time was over. Its manifest and its seal in the \
             log are still there.",
        ),
        ArchiveError::Pending => ApiError::new(
            StatusCode::CONFLICT,
            "recording_pending",
            "Nothing of the recording can be read yet: it has just begun, or its disk does not \
             take it at the moment. What was recorded is kept; try again in a moment.",
        ),
        ArchiveError::Damaged(why) => damaged(session, channel, &why),
        ArchiveError::Unlisted(why) => {
            tracing::error!(%session, channel, why, "recording.unlisted");
            ApiError::new(
                StatusCode::CONFLICT,
                "recording_unlisted",
                format!(
                    "The recording's manifest, which lists its files, is not what it was, so it \
                     is neither shown nor exported. Its seal is still in the log. Have whoever \
                     runs the broker's machine keep recordings/{session}/{channel} as it is, and \
                     verify an exported log with recordings/ beside it."
                ),
            )
        }
        ArchiveError::Disk(error) if error.kind() == io::ErrorKind::InvalidData => {
            damaged(session, channel, &error.to_string())
        }
        ArchiveError::Disk(error) => {
            ApiError::fault(format!("recording {session}/{channel}: {error}"))
        }
    }
}

fn damaged(session: SessionId, channel: u32, why: &str) -> ApiError {
    tracing::error!(%session, channel, why, "recording.damaged");
    ApiError::new(
        StatusCode::CONFLICT,
        "recording_damaged",
        "The recording is not what it was when it was recorded, so it is not shown. Export \
                 it as a bundle and verify that: it says what is left and what is not.",
    )
}

/// The same for what goes wrong while it is read.
pub(crate) fn unreadable(session: SessionId, channel: u32, error: &io::Error) -> ApiError {
    let error = io::Error::new(error.kind(), error.to_string());
    problem(session, channel, ArchiveError::Disk(error))
}

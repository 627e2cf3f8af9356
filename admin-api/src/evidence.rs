//! Recordings, opened. These are the only lines that know where they are read from.

use std::io;

use axum::http::StatusCode;
use domain::SessionId;
use recorder::archive::{ArchiveError, Recording};
use tokio::task::spawn_blocking;

use crate::app::Api;
use crate::problem::ApiError;

/// One channel's recording as it is now, and what `read` makes of it. One that runs
/// is read up to this moment.
pub(crate) async fn open<T: Send + 'static>(
    api: &Api,
    session: SessionId,
    channel: u32,
    read: impl FnOnce(Recording) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ApiError> {
    api.recorder.cut(session, channel).await;
    let archive = api.recorder.archive();
    let open = move || archive.open(session, channel).and_then(read);
    let opened = spawn_blocking(open).await.map_err(ApiError::fault)?;
    opened.map_err(|error| problem(session, channel, error))
}

fn problem(session: SessionId, channel: u32, error: ArchiveError) -> ApiError {
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
        ArchiveError::Damaged(why) => damaged(session, channel, &why),
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

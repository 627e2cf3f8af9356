//! What recordings under way come to so far, so that it can be committed to before
//! they end.

use std::path::Path;

use domain::SessionId;

use crate::archive::Seal;
use crate::disk::Disk;
use crate::error::RecorderError;
use crate::live::Live;
use crate::writer::lock;

/// What the manifest of a recording under way comes to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its session.
    pub session: SessionId,
    /// Its channel.
    pub channel: u32,
    /// The lines so far, and their root.
    pub so_far: Seal,
}

/// Makes all chunks durable, and gives what is. What is committed to must be there
/// after a power cut: chunks that are made again from the log are never the same.
pub(crate) fn durable(
    root: &Path,
    disk: &dyn Disk,
    live: &Live,
) -> Result<Vec<Progress>, RecorderError> {
    if live.poisoned().is_some() {
        return Ok(Vec::new());
    }
    let under_way = live
        .all()
        .into_iter()
        .filter(|core| !lock(&core.state).sealed)
        .map(|core| Progress {
            session: core.session,
            channel: core.channel,
            so_far: lock(&core.builder).so_far(),
        })
        .collect();
    if let Err(error) = disk.sync_all(root) {
        live.poison(&format!("flushing {}: {error}", root.display()));
        return Err(RecorderError::disk("flushing", root)(error));
    }
    Ok(under_way)
}

//! What goes wrong: before a recording begins, and while it runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::cast::HeaderTooLong;

/// Why recordings can't be made, opened or mended.
#[derive(Debug, Error)]
pub enum RecorderError {
    /// The disk refused.
    #[error("{doing} {}: {source}", path.display())]
    Disk {
        /// What was tried, as in "creating".
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What the recording would say about itself is too long.
    #[error(transparent)]
    HeaderTooLong(#[from] HeaderTooLong),
    /// A thread could not be started.
    #[error("starting a recording thread: {0}")]
    Thread(io::Error),
    /// The disk is too full for another recording.
    #[error(
        "{free} bytes are free on the disk for recordings, and {least} are wanted; make room, then try again"
    )]
    NoRoom {
        /// Free bytes.
        free: u64,
        /// How many are wanted.
        least: u64,
    },
    /// Something does not work; it is said to whoever looks after the broker.
    #[error("recordings can't begin: {0}")]
    Trouble(String),
    /// It stopped before it had begun.
    #[error(transparent)]
    NotBegun(RecordingStopped),
    /// A writer thread has died, or the runtime is going down.
    #[error("the recorder has stopped; restart the broker")]
    Stopped,
}

impl RecorderError {
    pub(crate) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk {
            doing,
            path,
            source,
        }
    }
}

/// The recording of this channel has stopped for good: nothing more may pass.
///
/// The text is for the broker's log; it names files.
#[derive(Clone, Debug, Error)]
#[error("the recording has stopped: {0}")]
pub struct RecordingStopped(pub(crate) Arc<str>);

impl RecordingStopped {
    pub(crate) fn new(why: impl Into<Arc<str>>) -> Self {
        Self(why.into())
    }
}

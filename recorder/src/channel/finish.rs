//! The end of a recording, in order or not.

use std::sync::Arc;

use super::Core;
use super::entry::What;
use crate::archive::Seal;
use crate::error::RecordingStopped;
use crate::live::Live;
use crate::writer::lock;

/// What a finished recording holds.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Bytes from the vendor; all are kept.
    pub bytes_in: u64,
    /// Bytes from the asset, both streams.
    pub bytes_out: u64,
    /// How many of those are kept.
    pub kept_out: u64,
    /// Hashes of the whole output, unless everything is kept.
    pub sha256: Option<Digests>,
    /// The exit status, if one was recorded.
    pub exit: Option<u32>,
    /// What its manifest comes to.
    pub seal: Seal,
    /// To be given back once the seal is in the log.
    pub receipt: Receipt,
}

/// SHA-256 of each output stream, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of standard output.
    pub out: [u8; 32],
    /// Of standard error.
    pub err: [u8; 32],
}

/// Says that a seal is stored. Until then the recording would be found, and
/// sealed, again at the next start.
#[derive(Clone)]
pub struct Receipt {
    pub(crate) live: Arc<Live>,
    pub(crate) number: u64,
}

impl Receipt {
    /// The seal is stored: the write-ahead log may forget the recording.
    pub fn stored(&self) {
        self.live.forget(self.number);
    }
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receipt({})", self.number)
    }
}

/// Queues the end, and waits until the recording is closed.
pub(super) async fn finish(core: &Arc<Core>) -> Result<Finished, RecordingStopped> {
    core.end_input()?;
    core.push(What::Finish, true)?;
    let look = || lock(&core.state).finished.clone();
    core.wait_for(&core.room, look).await
}

impl Core {
    pub(super) fn handle_more(&self) {
        let mut state = lock(&self.state);
        state.handles = state.handles.saturating_add(1);
    }

    /// A recording whose last handle is dropped without an end was interrupted.
    pub(super) fn handle_gone(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        state.handles = state.handles.saturating_sub(1);
        let left = state.handles == 0 && !state.closed();
        drop(state);
        if left {
            self.writers.chunks.push(Arc::clone(self));
        }
    }
}

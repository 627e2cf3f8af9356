//! From the vendor to the disk.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use super::entry::What;
use super::{Core, Entry, stopped_of};
use crate::error::RecordingStopped;
use crate::frame::MAX_PAYLOAD;
use crate::writer::lock;

/// Takes what the vendor sends. Dropping it ends the input as [`InputLog::end`] does.
pub struct InputLog {
    core: Arc<Core>,
}

impl InputLog {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Queues bytes for the disk. Waits for the disk alone, and only while more
    /// than 2 MiB isn't durable, or not in chunks. Dropped while it waits, it has queued nothing.
    ///
    /// `bytes` should own no more memory than it shows.
    ///
    /// # Errors
    /// When the recording has stopped, or the input has ended.
    pub async fn append(&self, bytes: Bytes) -> Result<(), RecordingStopped> {
        let core = &self.core;
        let at = core.at();
        let mut waiting = Some(bytes);
        let look = || {
            let mut state = lock(&core.state);
            if state.input_ended() {
                return Some(Err(RecordingStopped::new("input after its end")));
            }
            if !state.input_has_room() {
                return None;
            }
            let mut rest = waiting.take().unwrap_or_default();
            let urgent = state.is_urgent(rest.len());
            let mut scheduled = true;
            while !rest.is_empty() {
                let piece = rest.split_to(rest.len().min(MAX_PAYLOAD));
                let what = What::Input(piece);
                match state.push(Entry { at, what }) {
                    Ok(known) => scheduled &= known,
                    Err(stopped) => return Some(Err(stopped)),
                }
            }
            drop(state);
            if !scheduled {
                core.writers.log.push(Arc::clone(core));
            }
            if urgent {
                core.writers.log.hurry();
            }
            Some(Ok(()))
        };
        core.wait_for(&core.room, look).await?
    }

    /// The vendor's end of file, after all that was appended before.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn end(&self) -> Result<(), RecordingStopped> {
        self.core.end_input()
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }
}

impl Drop for InputLog {
    fn drop(&mut self) {
        let _ = self.core.end_input();
        self.core.handle_gone();
    }
}

impl Core {
    /// Queues the end of the input, once.
    pub(super) fn end_input(self: &Arc<Self>) -> Result<(), RecordingStopped> {
        if lock(&self.state).input_ended() {
            return self.check();
        }
        self.push(What::InputEnd, true)
    }
}

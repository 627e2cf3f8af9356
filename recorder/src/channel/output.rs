//! From the asset to the disk.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use super::entry::What;
use super::finish::{Finished, finish};
use super::{Core, stopped_of};
use crate::cast::Stream;
use crate::error::RecordingStopped;
use crate::writer::lock;

/// The most that one frame takes.
const MOST: usize = 256 << 10;

/// Takes what the asset sends, and what happens to its terminal, in order.
pub struct OutputLog {
    core: Arc<Core>,
}

impl Clone for OutputLog {
    fn clone(&self) -> Self {
        self.core.handle_more();
        Self::new(Arc::clone(&self.core))
    }
}

impl OutputLog {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Queues output; never waits. The limit is kept by whoever awaits
    /// [`OutputLog::ready`] before it reads more from the asset.
    ///
    /// `bytes` should own no more memory than it shows.
    ///
    /// # Errors
    /// When the recording has stopped or is finished.
    pub fn write(&self, stream: Stream, mut bytes: Bytes) -> Result<(), RecordingStopped> {
        while bytes.len() > MOST {
            let piece = bytes.split_to(MOST);
            self.push(What::Output(stream, piece))?;
        }
        self.push(What::Output(stream, bytes))
    }

    /// Waits while more than 1 MiB, or anything older than 250 ms, is not
    /// durable.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn ready(&self) -> Result<(), RecordingStopped> {
        let core = &self.core;
        let look = || lock(&core.state).output_has_room(core.at()).then_some(());
        core.wait_for(&core.room, look).await
    }

    /// Waits until all that was queued before is durable.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn durable(&self) -> Result<(), RecordingStopped> {
        self.core.durable().await
    }

    /// The terminal's new size.
    ///
    /// # Errors
    /// When the recording has stopped or is finished.
    pub fn resize(&self, cols: u16, rows: u16) -> Result<(), RecordingStopped> {
        self.push(What::Resize(cols, rows))
    }

    /// A remark on the timeline; at most 16 KiB of it are kept.
    ///
    /// # Errors
    /// When the recording has stopped or is finished.
    pub fn marker(&self, label: &str) -> Result<(), RecordingStopped> {
        self.push(What::Marker(label.into()))
    }

    /// The exit status of the command.
    ///
    /// # Errors
    /// When the recording has stopped or is finished.
    pub fn exit(&self, status: u32) -> Result<(), RecordingStopped> {
        self.push(What::Exit(status))
    }

    /// Ends the recording: everything queued is durable and in chunks, its
    /// manifest is closed, and the other handles take no more. Ends the input as
    /// well. Dropped while it waits, it may leave a recording that counts as
    /// interrupted.
    ///
    /// # Errors
    /// When the recording has stopped, or was finished already.
    pub async fn finish(self) -> Result<Finished, RecordingStopped> {
        finish(&self.core).await
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }

    fn push(&self, what: What) -> Result<(), RecordingStopped> {
        let core = &self.core;
        core.push(what, false)?;
        if lock(&core.state).has_enough() {
            core.writers.log.hurry();
        }
        Ok(())
    }
}

impl Drop for OutputLog {
    fn drop(&mut self) {
        self.core.handle_gone();
    }
}

//! One SSH channel's recording: two logs, three handles, one fate.
//!
//! ```text
//!  vendor ─ InputLog ──▶ input writer ──▶ N.input ──▶ InputTail ─▶ asset
//!  vendor ◀─ (relay) ─┬─ asset
//!                     └─ OutputLog ──▶ output writer ──▶ N.cast ◀── flusher
//! ```
//! No handle waits on another: `append` and `ready` wait on the disk alone, so
//! a relay between two peers that wait for each other still moves.

mod finish;
mod input;
mod kept;
mod output;
mod tail;

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::Clock;
use tokio::sync::Notify;

pub use finish::{Digests, Finished};
pub use input::InputLog;
pub(crate) use input::{InputSide, STEP, WriteInput};
pub use output::OutputLog;
pub(crate) use output::{FlushOutput, OutputSide, WriteOutput};
pub use tail::InputTail;

use crate::error::RecordingStopped;
use crate::writer::Writer;

/// What the handles and the writer threads of a channel share.
pub(crate) struct Core {
    /// For log lines: which recording this is.
    pub(crate) name: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// When it began, on the monotonic clock.
    pub(crate) opened: Duration,
    pub(crate) input: InputSide,
    pub(crate) output: OutputSide,
    pub(crate) writers: Writers,
    stopped: OnceLock<RecordingStopped>,
    stop_bell: Notify,
}

/// The threads that a channel was given.
#[derive(Clone)]
pub(crate) struct Writers {
    pub(crate) input: Arc<Writer>,
    pub(crate) output: Arc<Writer>,
    pub(crate) flusher: Arc<Writer>,
}

impl Core {
    pub(crate) fn new(
        name: String,
        clock: Arc<dyn Clock>,
        input: InputSide,
        output: OutputSide,
        writers: Writers,
    ) -> Self {
        let opened = clock.monotonic();
        let (stopped, stop_bell) = (OnceLock::new(), Notify::new());
        Self {
            name,
            clock,
            opened,
            input,
            output,
            writers,
            stopped,
            stop_bell,
        }
    }

    /// Time since the recording began.
    fn at(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.opened)
    }

    /// Ends the recording for good and tells everybody who waits.
    pub(crate) fn stop(&self, why: impl Into<Arc<str>>) {
        let stopped = RecordingStopped::new(why);
        if self.stopped.set(stopped.clone()).is_err() {
            return;
        }
        tracing::error!(recording = self.name, reason = %stopped, "recording.stopped");
        self.stop_bell.notify_waiters();
        self.input.ring();
        self.output.ring();
    }

    pub(crate) fn check(&self) -> Result<(), RecordingStopped> {
        self.stopped
            .get()
            .map_or(Ok(()), |stopped| Err(stopped.clone()))
    }

    /// Waits until `look` finds something or the recording stops. `bell` must
    /// ring after each change that `look` may wait for.
    async fn wait_for<T>(
        &self,
        bell: &Notify,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, RecordingStopped> {
        self.check()?;
        if let Some(found) = look() {
            return Ok(found);
        }
        loop {
            // Listens before it looks again, so that no ring falls in between.
            let mut ring = pin!(bell.notified());
            ring.as_mut().enable();
            self.check()?;
            if let Some(found) = look() {
                return Ok(found);
            }
            ring.await;
        }
    }
}

async fn stopped(core: Arc<Core>) -> RecordingStopped {
    loop {
        let mut ring = pin!(core.stop_bell.notified());
        ring.as_mut().enable();
        if let Err(stopped) = core.check() {
            return stopped;
        }
        ring.await;
    }
}

/// A channel's recording, just opened.
pub struct Channel {
    core: Arc<Core>,
}

impl Channel {
    pub(crate) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// One handle for each of the three tasks. They may be dropped in any order.
    #[must_use]
    pub fn split(self) -> (InputLog, InputTail, OutputLog) {
        let Self { core } = self;
        (
            InputLog::new(Arc::clone(&core)),
            InputTail::new(Arc::clone(&core)),
            OutputLog::new(core),
        )
    }
}

/// The future of a failure, for whichever handle asks.
fn stopped_of(core: &Arc<Core>) -> impl Future<Output = RecordingStopped> + Send + use<> {
    stopped(Arc::clone(core))
}

//! One SSH channel's recording: three handles, one fate.
//!
//! ```text
//!  vendor ─ InputLog ──▶┐                    ┌──▶ InputTail ─▶ asset
//!  vendor ◀─ (relay) ─┬ │▶ write-ahead log ──┤
//!                     └─ OutputLog ─▶┘       └──▶ chunks
//! ```
//! No handle waits on another: `append` and `ready` wait on the disk alone, so
//! a relay between two peers that wait for each other still moves.

mod entry;
mod finish;
mod input;
mod kept;
mod output;
mod spill;
mod state;
mod tail;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::{Clock, SessionId};
use tokio::sync::Notify;

pub(crate) use entry::{Entry, What};
pub use finish::{Digests, Finished, Receipt};
pub use input::InputLog;
pub(crate) use kept::Kept;
pub use output::OutputLog;
pub(crate) use state::{Piece, State};
pub use tail::InputTail;

use crate::builder::Builder;
use crate::disk::Disk;
use crate::error::RecordingStopped;
use crate::live::Live;
use crate::opening::Counts;
use crate::writer::{Writer, lock};

/// What the handles and the writer threads of a channel share.
pub(crate) struct Core {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    /// Its number in the write-ahead log.
    pub(crate) number: u64,
    /// What its first frame says.
    pub(crate) opening: Arc<[u8]>,
    pub(crate) clock: Arc<dyn Clock>,
    /// When it began, on the monotonic clock.
    pub(crate) opened: Duration,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) state: Mutex<State>,
    /// Only the log's thread locks this.
    pub(crate) kept: Mutex<Kept>,
    /// What its frames so far come to; only the log's thread locks this.
    pub(crate) logged: Mutex<Counts>,
    /// Only the chunks' thread, and whoever rebuilds, lock this.
    pub(crate) builder: Mutex<Builder>,
    pub(crate) writers: Writers,
    pub(crate) live: Arc<Live>,
    /// Rings when less waits for the disk.
    pub(crate) room: Notify,
    /// Rings when there is more for the tail, or no more to come.
    pub(crate) arrived: Notify,
    stopped: OnceLock<RecordingStopped>,
    stop_bell: Notify,
}

/// The threads that a channel was given.
#[derive(Clone)]
pub(crate) struct Writers {
    pub(crate) log: Arc<Writer>,
    pub(crate) chunks: Arc<Writer>,
}

/// What a recording is made of.
pub(crate) struct Parts {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    pub(crate) number: u64,
    pub(crate) opening: Arc<[u8]>,
    /// The size of its terminal, if there is one.
    pub(crate) terminal: Option<(u16, u16)>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) kept: Kept,
    pub(crate) builder: Builder,
    pub(crate) writers: Writers,
    pub(crate) live: Arc<Live>,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            session,
            channel,
            number,
            opening,
            terminal,
            clock,
            disk,
            kept,
            builder,
            writers,
            live,
        } = parts;
        let opened = clock.monotonic();
        Self {
            session,
            channel,
            number,
            opening,
            clock,
            opened,
            disk,
            state: Mutex::new(State::new(terminal)),
            kept: Mutex::new(kept),
            logged: Mutex::default(),
            builder: Mutex::new(builder),
            writers,
            live,
            room: Notify::new(),
            arrived: Notify::new(),
            stopped: OnceLock::new(),
            stop_bell: Notify::new(),
        }
    }

    /// For log lines.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.session, self.channel)
    }

    /// Time since the recording began.
    pub(crate) fn at(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.opened)
    }

    /// Ends the recording for good and tells everybody who waits. What is durable
    /// is closed as interrupted.
    pub(crate) fn stop(self: &Arc<Self>, why: impl Into<Arc<str>>) {
        if self.stop_later(why) {
            self.writers.chunks.push(Arc::clone(self));
        }
    }

    /// The same, and leaves the closing for later: what failed a moment ago would
    /// fail again. Whether it is the first reason.
    pub(crate) fn stop_later(&self, why: impl Into<Arc<str>>) -> bool {
        let stopped = RecordingStopped::new(why);
        if self.stopped.set(stopped.clone()).is_err() {
            return false;
        }
        tracing::error!(recording = self.name(), reason = %stopped, "recording.stopped");
        self.stop_bell.notify_waiters();
        self.ring();
        true
    }

    pub(crate) fn receipt(&self) -> Receipt {
        Receipt {
            live: Arc::clone(&self.live),
            number: self.number,
        }
    }

    pub(crate) fn ring(&self) {
        self.room.notify_waiters();
        self.arrived.notify_waiters();
    }

    pub(crate) fn check(&self) -> Result<(), RecordingStopped> {
        self.stopped
            .get()
            .map_or(Ok(()), |stopped| Err(stopped.clone()))
    }

    /// Queues an entry for the log; `hurry` if somebody waits for it.
    fn push(self: &Arc<Self>, what: What, hurry: bool) -> Result<(), RecordingStopped> {
        self.check()?;
        let entry = Entry {
            at: self.at(),
            what,
        };
        let scheduled = lock(&self.state).push(entry)?;
        if !scheduled {
            self.writers.log.push(Arc::clone(self));
        }
        if hurry {
            self.writers.log.hurry();
        }
        Ok(())
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

    /// Keeps what the asset is slow to take on the disk.
    pub(crate) fn spill(&self, pieces: VecDeque<Bytes>) -> std::io::Result<()> {
        tail::spill(self, pieces)
    }

    /// Waits until all that was queued before is durable.
    pub(crate) async fn durable(self: &Arc<Self>) -> Result<(), RecordingStopped> {
        let all = lock(&self.state).pushed;
        self.writers.log.hurry();
        let look = || (lock(&self.state).durable >= all).then_some(());
        self.wait_for(&self.room, look).await
    }

    /// Queues the first frame.
    pub(crate) fn begin(self: &Arc<Self>) {
        // A failure is what whoever waits for it to be durable is told.
        let _ = self.push(What::Open, true);
    }

    /// Waits until all that is durable now is in chunks.
    pub(crate) async fn cut(self: &Arc<Self>) -> Result<(), RecordingStopped> {
        self.durable().await?;
        let cuts = {
            let mut state = lock(&self.state);
            if state.sealed {
                return Ok(());
            }
            state.cut = true;
            state.cuts
        };
        self.writers.chunks.push(Arc::clone(self));
        self.writers.chunks.hurry();
        self.wait_for(&self.room, || {
            let state = lock(&self.state);
            (state.cuts > cuts || state.sealed).then_some(())
        })
        .await
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

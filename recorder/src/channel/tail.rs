//! From the disk to the asset. What the asset is slow to take is not held in
//! memory but spilled.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::entry::PACKET_COST;
use super::spill::{Place, Spill};
use super::{Core, stopped_of};
use crate::error::RecordingStopped;
use crate::writer::lock;

/// How much is held in memory for the asset, packet costs included.
const MAX_READY: usize = 1 << 20;

/// Packets smaller than this are handed out together, up to [`TOGETHER`].
const SMALL: usize = 4 << 10;
const TOGETHER: usize = 64 << 10;

/// What is durable and not yet taken.
pub(super) struct Tail {
    ready: VecDeque<Bytes>,
    ready_cost: usize,
    spill: Option<Arc<Spill>>,
    /// From where to where the spill holds what comes after `ready`.
    read: Place,
    written: Place,
    /// The log's thread is writing to the spill, and ends it there.
    spilling: bool,
    backlog: u64,
    /// No more will become durable.
    ended: bool,
    /// Nobody takes anything any more.
    gone: bool,
}

enum Taken {
    Bytes(Bytes),
    Spilled(Arc<Spill>, Place),
    Ended,
}

impl Tail {
    pub(super) const fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            ready_cost: 0,
            spill: None,
            read: Place::START,
            written: Place::START,
            spilling: false,
            backlog: 0,
            ended: false,
            gone: false,
        }
    }

    /// Takes in what has become durable. What does not fit comes back, to be
    /// spilled by [`spill`].
    pub(super) fn offer(&mut self, mut pieces: VecDeque<Bytes>, ended: bool) -> VecDeque<Bytes> {
        self.ended |= ended;
        if self.gone {
            return VecDeque::new();
        }
        while self.read == self.written
            && let Some(bytes) = pieces.front()
            && self.ready_cost + bytes.len() + PACKET_COST <= MAX_READY
            && let Some(bytes) = pieces.pop_front()
        {
            self.backlog += bytes.len() as u64;
            self.ready_cost += bytes.len() + PACKET_COST;
            self.ready.push_back(bytes);
        }
        self.spilling = !pieces.is_empty();
        self.backlog += pieces.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        pieces
    }

    fn take(&mut self) -> Option<Taken> {
        if let Some(bytes) = self.pop() {
            let bytes = self.gather(bytes);
            self.backlog = self.backlog.saturating_sub(bytes.len() as u64);
            return Some(Taken::Bytes(bytes));
        }
        if self.read != self.written
            && let Some(spill) = &self.spill
        {
            return Some(Taken::Spilled(Arc::clone(spill), self.read));
        }
        (self.ended && !self.spilling).then_some(Taken::Ended)
    }

    fn pop(&mut self) -> Option<Bytes> {
        let bytes = self.ready.pop_front()?;
        self.ready_cost = self.ready_cost.saturating_sub(bytes.len() + PACKET_COST);
        Some(bytes)
    }

    /// Puts small packets into one.
    fn gather(&mut self, first: Bytes) -> Bytes {
        if first.len() >= SMALL || self.ready.is_empty() {
            return first;
        }
        let mut all = BytesMut::from(first);
        while self
            .ready
            .front()
            .is_some_and(|next| next.len() < SMALL && all.len() + next.len() <= TOGETHER)
            && let Some(next) = self.pop()
        {
            all.extend_from_slice(&next);
        }
        all.freeze()
    }
}

/// Writes what did not fit. It may take as long as the disk takes, so nothing is
/// locked meanwhile; only the log's thread does it.
pub(super) fn spill(core: &Core, pieces: VecDeque<Bytes>) -> std::io::Result<()> {
    let (spill, place) = {
        let tail = &lock(&core.state).tail;
        (tail.spill.clone(), tail.written)
    };
    let spill = match spill {
        Some(spill) => spill,
        None => {
            let dir = lock(&core.builder).dir().to_owned();
            let name = core.channel.to_string();
            Arc::new(Spill::new(core.disk.as_ref(), &dir, &name)?)
        }
    };
    let written = spill.write(place, pieces.into_iter())?;
    let tail = &mut lock(&core.state).tail;
    tail.spilling = false;
    if !tail.gone {
        tail.spill = Some(spill);
        tail.written = written;
    }
    Ok(())
}

/// Hands out the vendor's bytes once they are durable, in order.
pub struct InputTail {
    core: Arc<Core>,
}

impl InputTail {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// The next durable bytes, at most 256 KiB; `None` after the end. Dropped
    /// while it waits, it has taken nothing.
    ///
    /// # Errors
    /// When the recording has stopped, even if durable bytes are left: after a
    /// failure nothing more may reach the asset.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RecordingStopped> {
        loop {
            let look = || lock(&self.core.state).tail.take();
            match self.core.wait_for(&self.core.arrived, look).await? {
                Taken::Bytes(bytes) => return Ok(Some(bytes)),
                Taken::Ended => return Ok(None),
                Taken::Spilled(spill, place) => {
                    let bytes = self.read_back(spill, place).await?;
                    if !bytes.is_empty() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// Bytes that are durable but not yet taken.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        lock(&self.core.state).tail.backlog
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }

    async fn read_back(&self, spill: Arc<Spill>, place: Place) -> Result<Bytes, RecordingStopped> {
        let why = match tokio::task::spawn_blocking(move || spill.read(place)).await {
            Ok(Ok((bytes, next))) => {
                // The recording may have stopped while this was read.
                self.core.check()?;
                let tail = &mut lock(&self.core.state).tail;
                tail.read = next;
                tail.backlog = tail.backlog.saturating_sub(bytes.len() as u64);
                return Ok(bytes);
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.core
            .stop(format!("reading what waited for the asset: {why}"));
        self.core.check().map(|()| Bytes::new())
    }
}

impl Drop for InputTail {
    fn drop(&mut self) {
        let mut state = lock(&self.core.state);
        state.tail = Tail {
            gone: true,
            ..Tail::new()
        };
        drop(state);
        self.core.handle_gone();
    }
}

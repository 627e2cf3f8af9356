//! From the vendor to the disk: the queue, the frames, the flush.

use std::collections::VecDeque;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::tail::Tail;
use super::{Core, stopped_of};
use crate::disk::{DiskFile, FORGET, write_all_at};
use crate::error::RecordingStopped;
use crate::frame::{self, Kind, MAX_PAYLOAD};
use crate::writer::{Work, lock};

/// How much may wait for the disk before the vendor waits too.
const MAX_UNDURABLE: usize = 4 << 20;

/// What a packet costs in memory besides its bytes. Without it a flood of
/// one-byte packets would be a hundred times its allowance.
pub(super) const PACKET_COST: usize = 256;

/// Files grow by so many zeros in advance, so that most flushes of keystrokes
/// need not touch the file's metadata.
pub(crate) const STEP: usize = 32 << 10;

/// Bytes of frames that are written at once.
const WRITE_SIZE: usize = 256 << 10;

/// The vendor's side of a channel.
pub(crate) struct InputSide {
    pub(super) file: Box<dyn DiskFile>,
    path: PathBuf,
    pub(super) state: Mutex<State>,
    /// Only its writer thread and, after that, `finish` lock this.
    pub(super) log: Mutex<Log>,
    /// Rings when less is undurable.
    pub(super) room: Notify,
    /// Rings when there is more for the tail, or no more to come.
    pub(super) arrived: Notify,
}

pub(super) struct State {
    queue: Vec<Entry>,
    /// What is not yet durable, packet costs included.
    pub(super) undurable: usize,
    ended: bool,
    pub(super) tail: Tail,
}

struct Entry {
    at: Duration,
    /// `None` is the end.
    bytes: Option<Bytes>,
}

impl Entry {
    fn cost(&self) -> usize {
        PACKET_COST + self.bytes.as_ref().map_or(0, Bytes::len)
    }
}

/// Where the file ends, and what is written but not yet flushed.
pub(super) struct Log {
    /// Where the next frame goes.
    pub(super) end: u64,
    /// The file's length; zeros from `end` on.
    allocated: u64,
    pub(super) bytes_in: u64,
    unflushed: Batch,
    /// Up to where the system was told to forget it.
    forgotten: u64,
    /// An emptied queue, to be used again.
    spare: Vec<Entry>,
}

#[derive(Default)]
struct Batch {
    /// Payloads, and where their frames are in the file.
    pieces: VecDeque<(u64, Bytes)>,
    cost: usize,
    ended: bool,
}

impl InputSide {
    /// For a file that holds `end` bytes and then zeros up to `allocated`.
    pub(crate) fn new(file: Box<dyn DiskFile>, path: PathBuf, end: u64, allocated: u64) -> Self {
        let state = State {
            queue: Vec::new(),
            undurable: 0,
            ended: false,
            tail: Tail::new(),
        };
        let log = Log {
            end,
            allocated,
            bytes_in: 0,
            unflushed: Batch::default(),
            forgotten: 0,
            spare: Vec::new(),
        };
        let (room, arrived) = (Notify::new(), Notify::new());
        Self {
            file,
            path,
            state: Mutex::new(state),
            log: Mutex::new(log),
            room,
            arrived,
        }
    }

    pub(super) fn ring(&self) {
        self.room.notify_waiters();
        self.arrived.notify_waiters();
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Queues the end of the input, once.
    pub(super) fn end(&self, core: &Arc<Core>) {
        let at = core.at();
        let mut state = lock(&self.state);
        if !state.ended {
            state.ended = true;
            state.push(core, Entry { at, bytes: None });
        }
    }
}

impl State {
    fn push(&mut self, core: &Arc<Core>, entry: Entry) {
        self.undurable += entry.cost();
        let scheduled = !self.queue.is_empty();
        self.queue.push(entry);
        if !scheduled {
            core.writers.input.push(Arc::clone(core));
        }
    }
}

/// Takes what the vendor sends. Dropping it ends the input as [`InputLog::end`] does.
pub struct InputLog {
    core: Arc<Core>,
}

impl InputLog {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Queues bytes for the disk. Waits for the disk alone, and only while more
    /// than 4 MiB isn't durable. Dropped while it waits, it has queued nothing.
    ///
    /// `bytes` should own no more memory than it shows.
    ///
    /// # Errors
    /// When the recording has stopped, or the input has ended.
    pub async fn append(&self, bytes: Bytes) -> Result<(), RecordingStopped> {
        let at = self.core.at();
        let input = &self.core.input;
        let mut waiting = Some(bytes);
        let look = || {
            let mut state = lock(&input.state);
            if state.ended {
                return Some(Err(RecordingStopped::new("input after its end")));
            }
            if state.undurable > MAX_UNDURABLE {
                return None;
            }
            let mut rest = waiting.take().unwrap_or_default();
            while !rest.is_empty() {
                let piece = rest.split_to(rest.len().min(MAX_PAYLOAD));
                state.push(
                    &self.core,
                    Entry {
                        at,
                        bytes: Some(piece),
                    },
                );
            }
            Some(Ok(()))
        };
        self.core.wait_for(&input.room, look).await?
    }

    /// The vendor's end of file, after all that was appended before.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn end(&self) -> Result<(), RecordingStopped> {
        self.core.check()?;
        self.core.input.end(&self.core);
        Ok(())
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }
}

impl Drop for InputLog {
    fn drop(&mut self) {
        self.core.input.end(&self.core);
    }
}

/// The input writer's work: frames, then one flush per channel that has any.
pub(crate) struct WriteInput;

impl Work for WriteInput {
    fn write(&self, core: &Core, scratch: &mut Vec<u8>) {
        if core.check().is_err() {
            return;
        }
        if let Err(error) = core.input.write_queued(scratch) {
            core.stop(format!("writing {}: {error}", core.input.path.display()));
        }
    }

    fn flush(&self, core: &Arc<Core>) {
        if core.check().is_err() {
            return;
        }
        match core.input.file.sync() {
            Ok(()) => core.input.acknowledge(),
            Err(error) => core.stop(format!("flushing {}: {error}", core.input.path.display())),
        }
    }
}

impl InputSide {
    fn write_queued(&self, scratch: &mut Vec<u8>) -> std::io::Result<()> {
        let mut log = lock(&self.log);
        let spare = std::mem::take(&mut log.spare);
        let mut queue = std::mem::replace(&mut lock(&self.state).queue, spare);
        let small = queue.iter().map(Entry::cost).sum::<usize>() < STEP;
        for entry in queue.drain(..) {
            log.add(entry, scratch);
            if scratch.len() >= WRITE_SIZE {
                log.write(self.file.as_ref(), scratch)?;
            }
        }
        let end = log.end + scratch.len() as u64;
        if small && end > log.allocated {
            // A bulk transfer would write everything twice, so it gets no zeros.
            let zeros = end.next_multiple_of(STEP as u64) - end;
            scratch.resize(scratch.len() + usize::try_from(zeros).unwrap_or(0), 0);
        }
        log.write(self.file.as_ref(), scratch)?;
        log.end = end;
        if queue.capacity() < 1024 {
            log.spare = queue;
        }
        Ok(())
    }

    /// After a flush: what it covered may be forwarded.
    fn acknowledge(&self) {
        let mut log = lock(&self.log);
        let batch = std::mem::take(&mut log.unflushed);
        let mut state = lock(&self.state);
        state.undurable = state.undurable.saturating_sub(batch.cost);
        state.tail.offer(batch.pieces, log.end, batch.ended);
        drop(state);
        self.ring();
        if log.end - log.forgotten >= FORGET {
            self.file.forget(log.forgotten, log.end);
            log.forgotten = log.end;
        }
    }
}

impl Log {
    fn add(&mut self, entry: Entry, scratch: &mut Vec<u8>) {
        self.unflushed.cost += entry.cost();
        let offset = self.end + scratch.len() as u64;
        match entry.bytes {
            Some(bytes) => {
                frame::append(Kind::Data, entry.at, &bytes, scratch);
                self.bytes_in += bytes.len() as u64;
                self.unflushed.pieces.push_back((offset, bytes));
            }
            None => {
                frame::append(Kind::End, entry.at, &[], scratch);
                self.unflushed.ended = true;
            }
        }
    }

    /// Writes and empties `scratch`.
    fn write(&mut self, file: &dyn DiskFile, scratch: &mut Vec<u8>) -> std::io::Result<()> {
        write_all_at(file, self.end, scratch)?;
        self.end += scratch.len() as u64;
        self.allocated = self.allocated.max(self.end);
        scratch.clear();
        Ok(())
    }
}

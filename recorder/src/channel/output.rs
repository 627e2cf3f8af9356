//! From the asset to the disk: the queue, the lines, what is kept of them.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::finish::{Finished, finish};
use super::input::PACKET_COST;
use super::kept::Kept;
use super::{Core, stopped_of};
use crate::cast::{Encoder, Ending, Stream};
use crate::disk::{DiskFile, FORGET, write_all_at};
use crate::error::RecordingStopped;
use crate::header::KeepOutput;
use crate::writer::{Work, lock};

/// How much may be unwritten before no more is read from the asset.
const MAX_UNWRITTEN: usize = 256 << 10;

/// How long anything may be unwritten before no more is read from the asset.
const MAX_WAIT: Duration = Duration::from_millis(250);

/// From how much on the writer does not linger for more.
const ENOUGH: usize = MAX_UNWRITTEN / 2;

/// How much may be written but not yet flushed: the loss of a power cut when
/// the disk is slower than the asset.
const MAX_UNFLUSHED: u64 = 64 << 20;

/// Bytes of lines that are written at once.
const WRITE_SIZE: usize = 256 << 10;

/// The asset's side of a channel.
pub(crate) struct OutputSide {
    pub(super) file: Box<dyn DiskFile>,
    path: PathBuf,
    pub(super) state: Mutex<State>,
    /// Only its writer thread and, after that, `finish` lock this.
    pub(super) log: Mutex<Log>,
    /// Rings when less is unwritten or unflushed.
    pub(super) drained: Notify,
}

pub(super) struct State {
    queue: Vec<Entry>,
    /// What is queued or being written, packet costs included.
    unwritten: usize,
    /// When the oldest of it came.
    oldest: Option<Duration>,
    unflushed: u64,
    /// Up to where the file is written, and up to where the system was told to
    /// forget it.
    end: u64,
    forgotten: u64,
    /// How many entries were ever pushed, written and flushed.
    pushed: u64,
    written: u64,
    flushed: u64,
    /// Somebody waits until so many are flushed.
    awaited: u64,
    flush_queued: bool,
    hurried: bool,
    /// No more is taken.
    closed: bool,
    /// All is written; nothing more will be.
    pub(super) complete: bool,
}

impl State {
    /// So that the flusher leaves a finished file alone.
    pub(super) const fn mark_flushed(&mut self) {
        self.unflushed = 0;
    }
}

struct Entry {
    at: Duration,
    what: What,
}

enum What {
    Bytes(Stream, Bytes),
    Resize(u16, u16),
    Marker(Box<str>),
    Exit(u32),
    Finish,
}

impl Entry {
    fn cost(&self) -> usize {
        PACKET_COST
            + match &self.what {
                What::Bytes(_, bytes) => bytes.len(),
                What::Marker(label) => label.len(),
                What::Resize(..) | What::Exit(_) | What::Finish => 0,
            }
    }
}

impl OutputSide {
    /// For a file that holds a header of `end` bytes.
    pub(crate) fn new(file: Box<dyn DiskFile>, path: PathBuf, end: u64, keep: KeepOutput) -> Self {
        let state = State {
            queue: Vec::new(),
            unwritten: 0,
            oldest: None,
            unflushed: 0,
            end,
            forgotten: 0,
            pushed: 0,
            written: 0,
            flushed: 0,
            awaited: 0,
            flush_queued: false,
            hurried: false,
            closed: false,
            complete: false,
        };
        let log = Log {
            end,
            encoder: Encoder::new(),
            kept: Kept::new(keep),
            spare: Vec::new(),
        };
        Self {
            file,
            path,
            state: Mutex::new(state),
            log: Mutex::new(log),
            drained: Notify::new(),
        }
    }

    pub(super) fn ring(&self) {
        self.drained.notify_waiters();
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn push(&self, core: &Arc<Core>, what: What) -> Result<(), RecordingStopped> {
        core.check()?;
        let entry = Entry {
            at: core.at(),
            what,
        };
        let mut state = lock(&self.state);
        if state.closed {
            return Err(RecordingStopped::new("it is finished"));
        }
        state.closed = matches!(entry.what, What::Finish);
        state.unwritten += entry.cost();
        state.oldest.get_or_insert(entry.at);
        state.pushed += 1;
        let scheduled = !state.queue.is_empty();
        state.queue.push(entry);
        let hurry = !state.hurried && (state.closed || state.unwritten >= ENOUGH);
        state.hurried |= hurry;
        drop(state);
        if !scheduled {
            core.writers.output.push(Arc::clone(core));
        }
        if hurry {
            core.writers.output.hurry();
        }
        Ok(())
    }
}

/// Takes what the asset sends, and what happens to its terminal, in order.
#[derive(Clone)]
pub struct OutputLog {
    core: Arc<Core>,
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
    pub fn write(&self, stream: Stream, bytes: Bytes) -> Result<(), RecordingStopped> {
        self.push(What::Bytes(stream, bytes))
    }

    /// Waits while more than 256 KiB, or anything older than 250 ms, is
    /// unwritten, or more than 64 MiB unflushed.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn ready(&self) -> Result<(), RecordingStopped> {
        let look = || {
            let state = lock(&self.core.output.state);
            let in_time = state
                .oldest
                .is_none_or(|at| self.core.at() <= at + MAX_WAIT);
            (in_time && state.unwritten <= MAX_UNWRITTEN && state.unflushed <= MAX_UNFLUSHED)
                .then_some(())
        };
        self.core.wait_for(&self.core.output.drained, look).await
    }

    /// Waits until all that was queued before is durable.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn durable(&self) -> Result<(), RecordingStopped> {
        let Core {
            output, writers, ..
        } = &*self.core;
        let all = {
            let mut state = lock(&output.state);
            state.awaited = state.pushed;
            state.pushed
        };
        writers.output.hurry();
        writers.flusher.hurry();
        let look = || (lock(&output.state).flushed >= all).then_some(());
        self.core.wait_for(&output.drained, look).await
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

    /// Ends the recording: everything queued is durable, both files are whole,
    /// and the other handles take no more. Ends the input as well. Dropped
    /// while it waits, it may leave a recording that counts as interrupted.
    ///
    /// # Errors
    /// When the recording has stopped, or was finished already.
    pub async fn finish(self) -> Result<Finished, RecordingStopped> {
        self.push(What::Finish)?;
        finish(&self.core).await
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }

    fn push(&self, what: What) -> Result<(), RecordingStopped> {
        self.core.output.push(&self.core, what)
    }
}

/// Where the file ends, and what the lines depend on.
pub(super) struct Log {
    end: u64,
    encoder: Encoder,
    pub(super) kept: Kept,
    /// An emptied queue, to be used again.
    spare: Vec<Entry>,
}

/// The output writer's work: lines, without a flush.
pub(crate) struct WriteOutput;

impl Work for WriteOutput {
    fn write(&self, core: &Core, scratch: &mut Vec<u8>) {
        if core.check().is_err() {
            return;
        }
        if let Err(error) = core.output.write_queued(scratch) {
            core.stop(format!("writing {}: {error}", core.output.path.display()));
        }
    }

    fn flush(&self, core: &Arc<Core>) {
        let mut state = lock(&core.output.state);
        let late = state.unflushed > MAX_UNFLUSHED / 2 || state.awaited > state.flushed;
        let queued = std::mem::replace(&mut state.flush_queued, true);
        drop(state);
        if !queued {
            core.writers.flusher.push(Arc::clone(core));
        }
        if late {
            core.writers.flusher.hurry();
        }
    }
}

/// The flusher's work. It has a thread of its own because flushing a flood
/// takes long, and writing goes on meanwhile.
pub(crate) struct FlushOutput;

impl Work for FlushOutput {
    fn write(&self, _: &Core, _: &mut Vec<u8>) {}

    fn flush(&self, core: &Arc<Core>) {
        let output = &core.output;
        let mut state = lock(&output.state);
        state.flush_queued = false;
        let (covered, written, end) = (state.unflushed, state.written, state.end);
        drop(state);
        if core.check().is_err() {
            return;
        }
        let flushed = if covered == 0 { Ok(()) } else { output.flush() };
        match flushed {
            Ok(()) => {
                let mut state = lock(&output.state);
                state.unflushed = state.unflushed.saturating_sub(covered);
                state.flushed = written;
                let from = state.forgotten;
                let forget = end - from >= FORGET;
                if forget {
                    state.forgotten = end;
                }
                drop(state);
                output.ring();
                if forget {
                    output.file.forget(from, end);
                }
            }
            Err(why) => core.stop(why),
        }
    }
}

impl OutputSide {
    /// Makes all that is written durable.
    fn flush(&self) -> Result<(), String> {
        self.file
            .sync()
            .map_err(|error| format!("flushing {}: {error}", self.path.display()))
    }

    fn write_queued(&self, scratch: &mut Vec<u8>) -> std::io::Result<()> {
        let mut log = lock(&self.log);
        let start = log.end;
        let mut queue = {
            let mut state = lock(&self.state);
            state.hurried = false;
            std::mem::replace(&mut state.queue, std::mem::take(&mut log.spare))
        };
        let (mut cost, mut entries, mut complete) = (0, 0, false);
        for entry in queue.drain(..) {
            cost += entry.cost();
            entries += 1;
            complete |= matches!(entry.what, What::Finish);
            log.encode(entry, scratch);
            if scratch.len() >= WRITE_SIZE {
                log.write(self.file.as_ref(), scratch)?;
            }
        }
        log.write(self.file.as_ref(), scratch)?;
        let (end, written) = (log.end, log.end - start);
        if queue.capacity() < 1024 {
            log.spare = queue;
        }
        drop(log);

        let mut state = lock(&self.state);
        state.unwritten = state.unwritten.saturating_sub(cost);
        state.oldest = state.queue.first().map(|entry| entry.at);
        state.unflushed += written;
        state.end = end;
        state.written += entries;
        state.complete |= complete;
        drop(state);
        self.ring();
        Ok(())
    }
}

impl Log {
    fn encode(&mut self, entry: Entry, scratch: &mut Vec<u8>) {
        let Entry { at, what } = entry;
        match what {
            What::Bytes(stream, bytes) => {
                let kept = self.kept.take(stream, &bytes);
                let cut = kept.len() < bytes.len() && self.kept.cut_now();
                self.encoder.output(at, stream, kept, scratch);
                if cut {
                    self.encoder.marker(at, &self.kept.cut_label(), scratch);
                }
            }
            What::Resize(cols, rows) => self.encoder.resize(at, cols, rows, scratch),
            What::Marker(label) => self.encoder.marker(at, &label, scratch),
            What::Exit(status) => self.encoder.exit(at, status, scratch),
            What::Finish => {
                self.encoder.flush(at, scratch);
                if let Some(label) = self.kept.end_label() {
                    self.encoder.marker(at, &label, scratch);
                }
            }
        }
    }

    /// Writes the last line.
    pub(super) fn close(&mut self, file: &dyn DiskFile, input_len: u64) -> std::io::Result<()> {
        let mut line = Vec::new();
        self.encoder.close(Ending::Finished, input_len, &mut line);
        self.write(file, &mut line)
    }

    /// Writes and empties `scratch`.
    fn write(&mut self, file: &dyn DiskFile, scratch: &mut Vec<u8>) -> std::io::Result<()> {
        write_all_at(file, self.end, scratch)?;
        self.end += scratch.len() as u64;
        scratch.clear();
        Ok(())
    }
}

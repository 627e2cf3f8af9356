//! The thread that writes the log.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::frame::{HEADER, Head, Kind, TAG};
use super::segment::PAGE;
use super::shelf::{Segment, Shelf};
use crate::channel::{Core, Entry, Kept, Piece, What};
use crate::disk::{FORGET, write_all_at};
use crate::live::{Live, Retired};
use crate::settle::Settle;
use crate::writer::{Work, lock};

/// After so many bytes a flush comes, whatever else has queued: a keystroke waits
/// behind no more than that.
const CYCLE: usize = 2 << 20;

/// How long everything waits for a segment when none is ready, before the
/// recordings end.
const GRACE: Duration = Duration::from_secs(10);

/// The log, as its thread has it.
pub(crate) struct Log {
    shelf: Arc<Shelf>,
    live: Arc<Live>,
    settle: Arc<Settle>,
    segment: Option<Segment>,
    /// Where the next frame goes.
    end: u64,
    forgotten: u64,
    /// The number of the next frame.
    next: u64,
    /// Frames that are not written yet.
    frames: Vec<u8>,
    batch: Vec<Batch>,
    spare: Vec<Vec<Entry>>,
}

/// What of one channel is in the log and not durable yet.
struct Batch {
    core: Arc<Core>,
    pieces: Vec<Piece>,
    entries: u64,
    input: usize,
    output: usize,
}

impl Log {
    /// A log whose next frame has that number.
    pub(crate) fn new(shelf: Arc<Shelf>, live: Arc<Live>, settle: Arc<Settle>, next: u64) -> Self {
        Self {
            shelf,
            live,
            settle,
            segment: None,
            end: 0,
            forgotten: 0,
            next,
            frames: Vec::new(),
            batch: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Writes what a channel has queued into `frames`.
    fn take(&mut self, core: &Arc<Core>) -> Result<(), String> {
        let spare = self.spare.pop().unwrap_or_default();
        let mut queue = lock(&core.state).take_queue(spare);
        let mut batch = Batch {
            core: Arc::clone(core),
            pieces: Vec::with_capacity(queue.len()),
            entries: queue.len() as u64,
            input: 0,
            output: 0,
        };
        let mut written = Ok(());
        let mut kept = lock(&core.kept);
        for entry in queue.drain(..) {
            if written.is_err() {
                break;
            }
            batch.count(&entry);
            written = self.keep(&mut kept, entry, &mut batch);
        }
        drop(kept);
        if queue.capacity() < 1024 {
            self.spare.push(queue);
        }
        self.batch.push(batch);
        written
    }

    /// Writes what is to be kept of an entry, and what has to be said of the rest.
    fn keep(&mut self, kept: &mut Kept, entry: Entry, batch: &mut Batch) -> Result<(), String> {
        let Entry { at, what } = entry;
        let (what, remark) = match what {
            What::Output(stream, bytes) => {
                let length = kept.take(stream, &bytes);
                let rest = bytes.len().saturating_sub(length);
                if rest > 0 {
                    lock(&batch.core.logged).bytes_out += rest as u64;
                }
                let cut = rest > 0 && kept.cut_now();
                let label = cut.then(|| kept.cut_label());
                (What::Output(stream, bytes.slice(..length)), label)
            }
            What::Finish => match kept.end_label() {
                Some(label) => {
                    self.frame(at, What::Marker(label.into()), batch)?;
                    return self.frame(at, What::Finish, batch);
                }
                None => (What::Finish, None),
            },
            other @ (What::Open
            | What::Input(_)
            | What::InputEnd
            | What::Resize(..)
            | What::Marker(_)
            | What::Exit(_)) => (other, None),
        };
        if !matches!(&what, What::Output(_, bytes) if bytes.is_empty()) {
            self.frame(at, what, batch)?;
        }
        match remark {
            Some(label) => self.frame(at, What::Marker(label.into()), batch),
            None => Ok(()),
        }
    }

    fn frame(&mut self, at: Duration, what: What, batch: &mut Batch) -> Result<(), String> {
        let mut small = [0; 4];
        let (kind, payload) = what.frame(&batch.core.opening, &mut small);
        let sequence = self.append(kind, batch.core.number, at, payload)?;
        lock(&batch.core.logged).take(&what);
        if batch.pieces.is_empty() {
            lock(&batch.core.state).placed(sequence);
        }
        let entry = Entry { at, what };
        batch.pieces.push(Piece { sequence, entry });
        Ok(())
    }

    /// Appends one frame to what is to be written; its number.
    fn append(
        &mut self,
        kind: Kind,
        recording: u64,
        at: Duration,
        payload: &[u8],
    ) -> Result<u64, String> {
        let length = (HEADER + payload.len() + TAG) as u64;
        let fits = |log: &Self| {
            log.segment
                .as_ref()
                .is_some_and(|segment| log.end + log.frames.len() as u64 + length <= segment.length)
        };
        if !fits(self) {
            self.turn_over()?;
            if !fits(self) {
                return Err(format!("{length} bytes are too many for a segment"));
            }
        }
        self.put(kind, recording, at, payload)
    }

    fn put(
        &mut self,
        kind: Kind,
        recording: u64,
        at: Duration,
        payload: &[u8],
    ) -> Result<u64, String> {
        let Some(segment) = &self.segment else {
            return Err("there is no segment".to_owned());
        };
        let head = Head {
            kind,
            sequence: self.next,
            recording,
            at,
        };
        segment
            .key
            .append(&head, payload, &mut self.frames)
            .map_err(|error| error.to_string())?;
        self.next += 1;
        Ok(head.sequence)
    }

    /// Goes on in the next segment, which begins with what is under way.
    fn turn_over(&mut self) -> Result<(), String> {
        self.write()?;
        self.retire();
        let segment = self.shelf.take(GRACE)?;
        tracing::debug!(number = segment.number, "wal.segment");
        self.segment = Some(segment);
        (self.end, self.forgotten) = (PAGE as u64, PAGE as u64);
        for core in self.live.all() {
            let opening = lock(&core.logged).after(&core.opening);
            self.put(Kind::Open, core.number, Duration::ZERO, &opening)?;
        }
        self.settle.wake();
        Ok(())
    }

    fn retire(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.live.retire(Retired {
                path: segment.path,
                last: self.next.saturating_sub(1),
            });
        }
    }

    /// Writes and flushes the frames, and acknowledges what was in them, except for
    /// the batch that is still being put together.
    fn write(&mut self) -> Result<(), String> {
        if !self.frames.is_empty() {
            let Some(segment) = &self.segment else {
                return Err("there is no segment".to_owned());
            };
            let written = write_all_at(segment.file.as_ref(), self.end, &self.frames)
                .and_then(|()| segment.file.sync());
            written.map_err(|error| format!("writing {}: {error}", segment.path.display()))?;
            self.end += self.frames.len() as u64;
            self.frames.clear();
            self.frames.shrink_to(2 * CYCLE);
            if self.end - self.forgotten >= FORGET {
                segment.file.forget(self.forgotten, self.end);
                self.forgotten = self.end;
            }
        }
        for batch in std::mem::take(&mut self.batch) {
            batch.acknowledge();
        }
        Ok(())
    }

    /// Nothing is known of what was written last, so nothing of it goes on, and a
    /// flush is never tried again. What comes next goes to another segment.
    fn fail(&mut self, why: &str) {
        tracing::error!(reason = why, "wal.failed");
        self.frames.clear();
        self.batch.clear();
        self.retire();
        for core in self.live.all() {
            if lock(&core.state).finished.is_none() {
                core.stop(why);
            }
        }
        self.settle.wake();
    }
}

impl Batch {
    fn count(&mut self, entry: &Entry) {
        let cost = entry.what.cost();
        match entry.what {
            What::Input(_) | What::InputEnd => self.input += cost,
            What::Open
            | What::Output(..)
            | What::Resize(..)
            | What::Marker(_)
            | What::Exit(_)
            | What::Finish => self.output += cost,
        }
    }

    /// What is durable may go on.
    fn acknowledge(mut self) {
        let mut ended = false;
        let mut typed = VecDeque::new();
        for piece in &self.pieces {
            match &piece.entry.what {
                What::Input(bytes) => typed.push_back(bytes.clone()),
                What::InputEnd => ended = true,
                What::Open
                | What::Output(..)
                | What::Resize(..)
                | What::Marker(_)
                | What::Exit(_)
                | What::Finish => {}
            }
        }
        let mut state = lock(&self.core.state);
        let known = state.has_pieces();
        let finished = self.pieces.iter().any(|p| p.entry.what == What::Finish);
        state.acknowledge(&mut self.pieces, self.entries);
        let enough = state.has_a_chunk();
        let over = state.offer(typed, ended);
        if over.is_empty() {
            state.relieve(self.input, self.output);
        }
        drop(state);
        if !over.is_empty() {
            // What waits on the disk counts until it is there.
            if let Err(error) = self.core.spill(over) {
                self.core
                    .stop(format!("keeping what the asset is slow to take: {error}"));
            }
            lock(&self.core.state).relieve(self.input, self.output);
        }
        self.core.ring();
        if !known {
            self.core.writers.chunks.push(Arc::clone(&self.core));
        }
        if finished || enough {
            self.core.writers.chunks.hurry();
        }
    }
}

impl Work for Log {
    fn run(&mut self, ready: &mut Vec<Arc<Core>>) {
        for core in ready.drain(..) {
            if core.check().is_err() {
                continue;
            }
            let before = self.frames.len();
            let batches = self.batch.len();
            let taken = catch_unwind(AssertUnwindSafe(|| self.take(&core)));
            match taken {
                Ok(Ok(())) => {}
                Ok(Err(why)) => {
                    self.fail(&why);
                    continue;
                }
                // What one channel's bytes make panic must not end another channel.
                Err(_) => {
                    self.frames.truncate(before);
                    self.batch.truncate(batches);
                    core.stop("recording it has panicked");
                }
            }
            if self.frames.len() >= CYCLE {
                self.flush();
            }
        }
        self.flush();
    }
}

impl Log {
    fn flush(&mut self) {
        let written = catch_unwind(AssertUnwindSafe(|| self.write()));
        match written {
            Ok(Ok(())) => {}
            Ok(Err(why)) => self.fail(&why),
            Err(_) => self.fail("writing the log has panicked"),
        }
    }
}

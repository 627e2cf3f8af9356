//! How much of a channel is where, on its way from the relay to the disk. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::entry::{Entry, What};
use super::finish::Finished;
use super::tail::Tail;
use crate::error::RecordingStopped;
use crate::view::Recent;

/// How much from the vendor may wait for the disk before the vendor waits too.
const MAX_INPUT: usize = 2 << 20;

/// How much from the asset may be not durable before no more is read from it.
/// A flush takes some tenths of a millisecond of the processor, whatever is in it, so
/// with a quarter of this they were a third of what recording a terminal's flood costs.
const MAX_OUTPUT: usize = 1 << 20;

/// How long anything from the asset may be not durable before no more is read.
const MAX_WAIT: Duration = Duration::from_millis(250);

/// From how much on the log's thread does not linger for more.
const ENOUGH: usize = MAX_OUTPUT / 2;

/// The same of a bulk transfer from the vendor, well below what a vendor may be ahead
/// of the asset: whoever waits for the asset must not wait for more to come.
const ENOUGH_INPUT: usize = 256 << 10;

/// The least that a packet of a bulk transfer holds.
const BULK: usize = 4 << 10;

/// How much may be durable and not yet in chunks before both sides wait: when the
/// processor is slower than the disk.
const MAX_UNCHUNKED: usize = 2 << 20;

/// From how much on the chunks' thread does not linger for more: long before
/// anybody waits for it.
const ENOUGH_UNCHUNKED: usize = MAX_UNCHUNKED / 8;

/// An entry that is durable, and its place in the log.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) sequence: u64,
    pub(crate) entry: Entry,
}

/// What the handles and the threads share, behind one lock.
pub(crate) struct State {
    queue: Vec<Entry>,
    /// What is not durable, packet costs included.
    input: usize,
    output: usize,
    /// What of the input the log's thread has not taken yet.
    queued_input: usize,
    /// When the oldest from the asset came that is not durable.
    oldest: Option<Duration>,
    /// How many entries were ever pushed, and made durable.
    pub(crate) pushed: u64,
    pub(crate) durable: u64,
    input_ended: bool,
    /// No more is taken.
    closed: bool,
    /// How many of the three handles are left.
    pub(super) handles: u32,
    /// Durable, and to be put into chunks.
    chunks: Vec<Piece>,
    unchunked: usize,
    /// The place in the log of the first entry that is in no chunk.
    floor: Option<u64>,
    /// The first that is in the log and not durable yet.
    unacknowledged: Option<u64>,
    /// The open chunks are to be closed now.
    pub(crate) cut: bool,
    pub(crate) cuts: u64,
    pub(crate) finished: Option<Finished>,
    /// Nothing is left to be done for it.
    pub(crate) sealed: bool,
    /// Nothing can be done for it before the next start.
    pub(crate) broken: bool,
    pub(super) tail: Tail,
    pub(crate) recent: Recent,
}

impl State {
    /// `terminal` is its size, if there is a terminal.
    pub(crate) const fn new(terminal: Option<(u16, u16)>) -> Self {
        Self {
            queue: Vec::new(),
            input: 0,
            output: 0,
            queued_input: 0,
            oldest: None,
            pushed: 0,
            durable: 0,
            input_ended: false,
            closed: false,
            handles: 3,
            chunks: Vec::new(),
            unchunked: 0,
            floor: None,
            unacknowledged: None,
            cut: false,
            cuts: 0,
            finished: None,
            sealed: false,
            broken: false,
            tail: Tail::new(),
            recent: Recent::new(terminal),
        }
    }

    /// Queues an entry; whether the log's thread knows of the channel already.
    pub(super) fn push(&mut self, entry: Entry) -> Result<bool, RecordingStopped> {
        if self.closed && !entry.what.is_vendors() {
            return Err(RecordingStopped::new("it is finished"));
        }
        self.closed |= entry.what == What::Finish;
        self.input_ended |= entry.what == What::InputEnd;
        if entry.what.is_vendors() {
            self.input += entry.what.cost();
            self.queued_input += entry.what.cost();
        } else {
            self.output += entry.what.cost();
            self.oldest.get_or_insert(entry.at);
        }
        self.recent.push(&entry.what);
        self.pushed += 1;
        let scheduled = !self.queue.is_empty();
        self.queue.push(entry);
        Ok(scheduled)
    }

    /// Whether its end is on its way.
    pub(crate) const fn closed(&self) -> bool {
        self.closed
    }

    /// Whether nobody is left who could end it, and all that they left is durable.
    pub(crate) const fn abandoned(&self) -> bool {
        self.handles == 0 && !self.closed && self.durable == self.pushed
    }

    pub(super) const fn input_ended(&self) -> bool {
        self.input_ended
    }

    /// Whether so much from the vendor is to be made durable at once: somebody waits
    /// for it, or it is enough. More of a bulk transfer follows soon.
    pub(super) const fn is_urgent(&self, bytes: usize) -> bool {
        bytes < BULK || self.input == 0 || self.queued_input + bytes >= ENOUGH_INPUT
    }

    /// Whether the vendor may send more.
    pub(super) const fn input_has_room(&self) -> bool {
        self.input <= MAX_INPUT && self.unchunked <= MAX_UNCHUNKED
    }

    /// Whether more may be read from the asset.
    pub(super) fn output_has_room(&self, now: Duration) -> bool {
        self.output <= MAX_OUTPUT
            && self.unchunked <= MAX_UNCHUNKED
            && self.oldest.is_none_or(|at| now <= at + MAX_WAIT)
    }

    /// Whether the log's thread should not wait for more of it.
    pub(super) const fn has_enough(&self) -> bool {
        self.output >= ENOUGH
    }

    /// What the log's thread is to write; `spare` is an emptied queue.
    pub(crate) fn take_queue(&mut self, spare: Vec<Entry>) -> Vec<Entry> {
        self.queued_input = 0;
        std::mem::replace(&mut self.queue, spare)
    }

    /// The first of some entries has its place in the log, the others come after it.
    pub(crate) fn placed(&mut self, sequence: u64) {
        self.floor.get_or_insert(sequence);
        self.unacknowledged.get_or_insert(sequence);
    }

    /// Entries are durable: they may go on.
    pub(crate) fn acknowledge(&mut self, pieces: &mut Vec<Piece>, entries: u64) {
        for piece in pieces.iter() {
            let cost = piece.entry.what.cost();
            self.unchunked += cost;
        }
        self.chunks.append(pieces);
        self.durable += entries;
        self.unacknowledged = None;
        self.oldest = self
            .queue
            .iter()
            .find(|entry| !entry.what.is_vendors())
            .map(|entry| entry.at);
    }

    /// So much less waits for the disk.
    pub(crate) const fn relieve(&mut self, input: usize, output: usize) {
        self.input = self.input.saturating_sub(input);
        self.output = self.output.saturating_sub(output);
    }

    /// What is to be put into chunks; `spare` is an emptied list.
    pub(crate) fn take_pieces(&mut self, spare: Vec<Piece>) -> Vec<Piece> {
        std::mem::replace(&mut self.chunks, spare)
    }

    /// What could not be put into chunks comes before what has come since; `pieces` is
    /// left empty.
    pub(crate) fn put_back(&mut self, pieces: &mut Vec<Piece>) {
        if !pieces.is_empty() {
            pieces.append(&mut self.chunks);
            std::mem::swap(pieces, &mut self.chunks);
        }
    }

    /// Whether the chunks' thread should not wait for more of it.
    pub(crate) const fn has_a_chunk(&self) -> bool {
        self.unchunked >= ENOUGH_UNCHUNKED
    }

    /// Whether the chunks' thread was told of something already.
    pub(crate) const fn has_pieces(&self) -> bool {
        !self.chunks.is_empty()
    }

    /// Pieces are in chunks, or in what becomes one; `open` is the place of the
    /// first entry that is in no closed chunk.
    pub(crate) fn chunked(&mut self, cost: usize, open: Option<u64>) {
        self.unchunked = self.unchunked.saturating_sub(cost);
        let queued = self.chunks.first().map(|piece| piece.sequence);
        self.floor = [open, queued, self.unacknowledged]
            .into_iter()
            .flatten()
            .min();
    }

    /// The place in the log of the first entry that is in no chunk.
    pub(crate) const fn floor(&self) -> Option<u64> {
        self.floor
    }

    /// Hands what the vendor sent and what is durable to the tail, as far as memory
    /// allows; what is left is to be spilled.
    pub(crate) fn offer(&mut self, pieces: VecDeque<Bytes>, ended: bool) -> VecDeque<Bytes> {
        self.tail.offer(pieces, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: usize) -> Entry {
        Entry {
            at: Duration::ZERO,
            what: What::Input(Bytes::from(vec![0; bytes])),
        }
    }

    #[test]
    fn a_keystroke_is_urgent_and_bulk_when_it_is_first_or_enough() {
        let mut state = State::new(None);
        assert!(state.is_urgent(BULK), "nothing waits, so somebody may");
        state.push(input(BULK)).unwrap();
        assert!(!state.is_urgent(BULK), "more follows");
        assert!(state.is_urgent(1), "a keystroke amid bulk");
        state.push(input(ENOUGH_INPUT)).unwrap();
        assert!(state.is_urgent(BULK), "it is enough");
        state.take_queue(Vec::new());
        assert!(!state.is_urgent(BULK), "all of that is being written");
    }

    #[test]
    fn chunks_are_due_long_before_anybody_waits_for_them() {
        let mut state = State::new(None);
        let pieces = |sequence| {
            vec![Piece {
                sequence,
                entry: input(ENOUGH_UNCHUNKED / 2),
            }]
        };
        state.acknowledge(&mut pieces(0), 1);
        assert!(!state.has_a_chunk());
        state.acknowledge(&mut pieces(1), 1);
        assert!(state.has_a_chunk() && state.input_has_room());
    }
}

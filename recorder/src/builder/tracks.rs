//! The two tracks of a recording while they are encoded. Pure.

use std::time::Duration;

use super::{FLOOD_CHUNK, Facts};
use crate::archive::{Manifest, Track};
use crate::cast::{Encoder, Ending, Stream};
use crate::frame::{self, Kind};

/// A chunk that fills faster than this is part of a flood, which is compressed less
/// well and in less time.
const FLOOD: Duration = Duration::from_secs(2);

/// How much space of a chunk is kept for the next, when there is no flood.
const SPACE: usize = 512 << 10;

/// What is known of the chunk that is being filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// The places in the log of its first and last entry.
    pub(super) first: u64,
    pub(super) through: u64,
    /// The times of those.
    pub(super) from: Duration,
    pub(super) to: Duration,
    /// Lines or frames.
    pub(super) events: u64,
}

impl Open {
    /// Whether what is in it came all at once.
    pub(super) fn is_fast(&self) -> bool {
        self.to.saturating_sub(self.from) < FLOOD
    }
}

/// Content that becomes a chunk.
#[derive(Debug, Default)]
struct Filling {
    plain: Vec<u8>,
    open: Option<Open>,
    /// What stands at the beginning of the first chunk.
    start: Vec<u8>,
    started: bool,
    /// The place in the log of the last entry, whatever chunk it is in.
    last: u64,
}

impl Filling {
    fn begin(start: Vec<u8>, started: bool) -> Self {
        Self {
            start,
            started,
            ..Self::default()
        }
    }

    /// An entry comes: where to encode it.
    fn entry(&mut self, sequence: u64, at: Duration) -> &mut Vec<u8> {
        let first = !self.started;
        self.last = sequence;
        let open = self.open.get_or_insert(Open {
            first: sequence,
            through: sequence,
            from: at,
            to: at,
            events: u64::from(first),
        });
        open.through = sequence;
        open.to = open.to.max(at);
        if first {
            self.plain.append(&mut self.start);
            self.started = true;
        }
        &mut self.plain
    }

    fn counted(&mut self, events: u64) {
        if let Some(open) = &mut self.open {
            open.events += events;
        }
    }

    fn written(&mut self) {
        // A flood that goes on fills it again at once; what is left of one does not.
        let goes_on = self.plain.len() >= FLOOD_CHUNK;
        self.plain.clear();
        if !goes_on {
            self.plain.shrink_to(SPACE);
        }
        self.open = None;
    }
}

/// What the asset showed, as lines of asciicast.
pub(super) struct OutputTrack {
    filling: Filling,
    encoder: Encoder,
}

impl OutputTrack {
    pub(super) fn begin(header: Vec<u8>) -> Self {
        Self {
            filling: Filling::begin(header, false),
            encoder: Encoder::new(),
        }
    }

    pub(super) fn resume(header: Vec<u8>, read: &Manifest) -> Self {
        let last = read.of(Track::Output).last();
        let mut filling = Filling::begin(header, last.is_some());
        filling.last = last.map_or(0, |line| line.chunk.through);
        Self {
            filling,
            encoder: last.map_or_else(Encoder::new, |line| {
                Encoder::resumed(Duration::from_millis(line.chunk.to_ms))
            }),
        }
    }

    fn encode(
        &mut self,
        sequence: u64,
        at: Duration,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) {
        let before = self.encoder.lines();
        encode(&mut self.encoder, self.filling.entry(sequence, at));
        self.filling.counted(self.encoder.lines() - before);
    }

    /// Has the header in a chunk, so that a recording can be read that shows nothing.
    pub(super) fn opened(&mut self, sequence: u64, at: Duration) {
        self.encode(sequence, at, |_, _| {});
    }

    pub(super) fn output(&mut self, sequence: u64, at: Duration, stream: Stream, bytes: &[u8]) {
        self.encode(sequence, at, |encoder, out| {
            encoder.output(at, stream, bytes, out);
        });
    }

    pub(super) fn resize(&mut self, sequence: u64, at: Duration, cols: u16, rows: u16) {
        self.encode(sequence, at, |encoder, out| {
            encoder.resize(at, cols, rows, out);
        });
    }

    pub(super) fn marker(&mut self, sequence: u64, at: Duration, label: &str) {
        self.encode(sequence, at, |encoder, out| encoder.marker(at, label, out));
    }

    pub(super) fn exit(&mut self, sequence: u64, at: Duration, status: u32) {
        self.encode(sequence, at, |encoder, out| encoder.exit(at, status, out));
    }

    /// The last line, after a remark if it was interrupted.
    pub(super) fn close(&mut self, ending: Ending, at: Duration, input_len: u64) {
        let sequence = self.filling.last;
        self.encode(sequence, at, |encoder, out| {
            encoder.flush(at, out);
            if ending == Ending::Interrupted {
                encoder.marker(at, "recording interrupted", out);
            }
            encoder.close(ending, input_len, out);
        });
    }

    pub(super) const fn open(&self) -> Option<Open> {
        self.filling.open
    }

    /// Whether it is enough for a chunk; one does not end within a character, unless
    /// the asset never ends one.
    pub(super) fn is_full(&self, enough: usize) -> bool {
        let length = self.filling.plain.len();
        length >= enough && (self.encoder.is_between_characters() || length >= 2 * enough)
    }

    /// What is to be stored.
    pub(super) fn settle(&mut self) -> (Option<Open>, &[u8]) {
        if let Some(open) = self.filling.open {
            let before = self.encoder.lines();
            self.encoder.flush(open.to, &mut self.filling.plain);
            self.filling.counted(self.encoder.lines() - before);
        }
        (self.filling.open, &self.filling.plain)
    }

    pub(super) fn written(&mut self) {
        self.filling.written();
    }
}

/// What the vendor sent, as frames.
pub(super) struct InputTrack {
    filling: Filling,
    /// Bytes in chunks that are written.
    stored: u64,
}

impl InputTrack {
    pub(super) fn begin(facts: &Facts) -> Self {
        Self {
            filling: Filling::begin(opening(facts), false),
            stored: 0,
        }
    }

    pub(super) fn resume(facts: &Facts, read: &Manifest) -> Self {
        let stored = read.of(Track::Input).map(|line| line.chunk.bytes).sum();
        Self {
            filling: Filling::begin(opening(facts), stored > 0),
            stored,
        }
    }

    pub(super) fn data(&mut self, sequence: u64, at: Duration, bytes: &[u8]) {
        frame::append(Kind::Data, at, bytes, self.filling.entry(sequence, at));
        self.filling.counted(1);
    }

    pub(super) fn end(&mut self, sequence: u64, at: Duration) {
        frame::append(Kind::End, at, &[], self.filling.entry(sequence, at));
        self.filling.counted(1);
    }

    pub(super) const fn open(&self) -> Option<Open> {
        self.filling.open
    }

    /// Bytes of all frames so far.
    pub(super) fn total(&self) -> u64 {
        self.stored + self.filling.plain.len() as u64
    }

    pub(super) const fn is_full(&self, enough: usize) -> bool {
        self.filling.plain.len() >= enough
    }

    /// What is to be stored.
    pub(super) fn settle(&mut self) -> (Option<Open>, &[u8]) {
        (self.filling.open, &self.filling.plain)
    }

    pub(super) fn written(&mut self) {
        self.stored += self.filling.plain.len() as u64;
        self.filling.written();
    }
}

fn opening(facts: &Facts) -> Vec<u8> {
    let mut start = Vec::new();
    frame::append_open(facts.session, facts.channel, facts.started, &mut start);
    start
}

//! The index: one pass over the recording.

use std::io::{self, Read};
use std::time::Duration;

use avt::observer::ShellTracker;
use serde::Serialize;

use super::marker::{Marker, Markers};
use super::seconds;
use crate::cast::{Event, Events, Place, Timed};
use crate::screen::{Lines, Patience, Screen};

/// A segment that has as many bytes of the recording ends early, so that one in
/// which much was shown is not slow to fetch.
const LARGEST: u64 = 1 << 20;

/// How a recording is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The longest pause that is kept.
    pub idle_limit: Option<Duration>,
    /// How long a segment is.
    pub segment: Duration,
    /// Where on the replay's timeline it ends, if not with the recording. Of a
    /// recording that goes on, the same index can be made again with it.
    pub until: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_limit: None,
            segment: Duration::from_secs(30),
            until: None,
        }
    }
}

/// Where each segment begins, and what stood on the terminal then.
#[derive(Debug)]
pub struct Index {
    pub(super) cols: u16,
    pub(super) rows: u16,
    pub(super) lines: Lines,
    pub(super) idle_limit: Option<Duration>,
    pub(super) duration_ms: u64,
    pub(super) segments: Vec<Segment>,
    pub(super) markers: Vec<Marker>,
}

/// A stretch of the recording.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) place: Place,
    pub(super) start: Moment,
    pub(super) cols: u16,
    pub(super) rows: u16,
    pub(super) init: Box<str>,
}

/// A time of the recording, and where it is on the replay's timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) real_ms: u64,
    pub(super) at_ms: u64,
}

impl Moment {
    /// The moment of the next event, with the pause before it cut short.
    pub(super) fn next(self, at: Duration, idle_limit: Option<Duration>) -> Self {
        let real_ms = millis(at);
        let pause = real_ms.saturating_sub(self.real_ms);
        let pause = idle_limit.map_or(pause, |limit| pause.min(millis(limit)));
        Self {
            real_ms,
            at_ms: self.at_ms + pause,
        }
    }
}

fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a replay has it. The others stand for themselves elsewhere.
pub(super) const fn is_shown(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Output(_) | Event::Resize { .. } | Event::Marker(_) | Event::Exit(_)
    )
}

impl Index {
    /// Reads a recording once, with one line of it in memory. Of one that is
    /// broken it has what comes before the break.
    ///
    /// # Errors
    /// `InvalidData` if it has no header, `TimedOut` when `patience` is over, or
    /// what the reader says.
    pub fn build(
        cast: impl Read,
        settings: Settings,
        patience: &mut Patience<'_>,
    ) -> io::Result<Self> {
        let (header, mut events) = Events::open(cast)?;
        let mut builder = Builder::new(Screen::new(&header), settings);
        while let Some((place, timed)) = events.next_event()?
            && builder.event(place, &timed, patience)?
        {}
        Ok(builder.finish())
    }

    /// How many segments there are; at least one.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Where the plain recording is to be read from for a segment, in bytes.
    #[must_use]
    pub fn offset(&self, segment: usize) -> Option<u64> {
        self.segments.get(segment).map(|s| s.place.offset)
    }

    /// How long the replay is.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }

    /// What is pointed out, in the order of time.
    #[must_use]
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let segments = self.segments.iter().map(|s| s.init.len() + 96);
        let markers = self.markers.iter().map(|m| m.label.len() + 64);
        segments.chain(markers).sum()
    }

    /// The index for the player. `url` says where it finds segment number *n*.
    ///
    /// Beside the player's keys each segment has `real`, the second of the
    /// recording at which it begins, pauses and all.
    #[must_use]
    pub fn to_json(&self, url: impl Fn(usize) -> String) -> Vec<u8> {
        let segments = self.segments.iter().enumerate();
        let json = IndexJson {
            version: 1,
            duration: seconds(self.duration_ms),
            term: TermJson {
                cols: self.cols,
                rows: self.rows,
            },
            markers: self
                .markers
                .iter()
                .map(|m| (seconds(m.at_ms), m.label.as_str()))
                .collect(),
            segments: segments
                .map(|(number, segment)| SegmentJson {
                    start: seconds(segment.start_ms(number)),
                    real: seconds(segment.start.real_ms),
                    url: url(number),
                })
                .collect(),
        };
        // Numbers and strings always serialise.
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

impl Segment {
    /// The first one begins at zero, whenever its first event is.
    pub(super) const fn start_ms(&self, number: usize) -> u64 {
        if number == 0 { 0 } else { self.start.at_ms }
    }
}

struct Builder {
    screen: Screen,
    settings: Settings,
    shell: ShellTracker,
    now: Moment,
    index: Index,
    markers: Markers,
}

impl Builder {
    fn new(screen: Screen, settings: Settings) -> Self {
        let (cols, rows) = size(&screen);
        let index = Index {
            cols,
            rows,
            lines: screen.lines(),
            idle_limit: settings.idle_limit,
            duration_ms: 0,
            segments: Vec::new(),
            markers: Vec::new(),
        };
        Self {
            screen,
            settings,
            shell: ShellTracker::new(),
            now: Moment::default(),
            index,
            markers: Markers::default(),
        }
    }

    /// `false` if it is behind the end.
    fn event(
        &mut self,
        place: Place,
        timed: &Timed<'_>,
        patience: &mut Patience<'_>,
    ) -> io::Result<bool> {
        let Timed { at, event } = timed;
        if !is_shown(event) {
            return Ok(true);
        }
        let now = self.now.next(*at, self.settings.idle_limit);
        if self
            .settings
            .until
            .is_some_and(|until| now.at_ms > millis(until))
        {
            return Ok(false);
        }
        if self.begins(now, place.offset) {
            let (cols, rows) = size(&self.screen);
            self.index.segments.push(Segment {
                place,
                start: now,
                cols,
                rows,
                init: self.screen.terminal().dump().into(),
            });
        }
        self.now = now;
        let Moment { at_ms, real_ms } = now;
        self.markers.event(at_ms, real_ms, event);
        if let Event::Output(text) = event {
            let markers = &mut self.markers;
            let note = |_: &_, events: Vec<_>| {
                for event in &events {
                    markers.shell(at_ms, real_ms, event);
                }
            };
            self.screen.output(text, patience, &mut self.shell, note)?;
        } else if let Event::Resize { cols, rows } = event {
            self.screen
                .resize(*cols, *rows, patience, &mut self.shell)?;
        }
        Ok(true)
    }

    /// A segment begins where time goes on, since the player looks for a segment
    /// by time alone.
    fn begins(&self, now: Moment, offset: u64) -> bool {
        let Some(last) = self.index.segments.last() else {
            return true;
        };
        let start = if self.index.segments.len() == 1 {
            0
        } else {
            last.start.at_ms
        };
        let long = now.at_ms - start >= millis(self.settings.segment);
        let large = offset - last.place.offset >= LARGEST;
        (long || large) && now.at_ms > self.now.at_ms && now.at_ms > start
    }

    fn finish(mut self) -> Index {
        self.index.duration_ms = self.now.at_ms;
        // The player wants each segment to begin before the end.
        let duration = self.index.duration_ms;
        if self.index.segments.len() > 1 {
            self.index
                .segments
                .pop_if(|last| last.start.at_ms >= duration);
        }
        if self.index.segments.is_empty() {
            self.index.segments.push(Segment {
                place: Place::default(),
                start: Moment::default(),
                cols: self.index.cols,
                rows: self.index.rows,
                init: Box::default(),
            });
        }
        self.index.markers = self.markers.into_vec();
        self.index
    }
}

fn size(screen: &Screen) -> (u16, u16) {
    let (cols, rows) = screen.terminal().size();
    // Both were made of 16 bits.
    let short = |side: usize| u16::try_from(side).unwrap_or(u16::MAX);
    (short(cols), short(rows))
}

#[derive(Serialize)]
struct IndexJson<'a> {
    version: u8,
    duration: f64,
    term: TermJson,
    markers: Vec<(f64, &'a str)>,
    segments: Vec<SegmentJson>,
}

#[derive(Serialize)]
struct TermJson {
    cols: u16,
    rows: u16,
}

#[derive(Serialize)]
struct SegmentJson {
    start: f64,
    real: f64,
    url: String,
}

//! Instants, windows and the two things that must be injected: clock and
//! randomness. Instants are UTC in microseconds; people see the plant's zone.

mod plant_time;
mod span;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use plant_time::{BadZone, LocalTime, PlantTime};
pub use span::{BadDuration, human_duration, parse_duration, parse_long_duration, write_duration};

/// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// The last instant that can be written: 9999-12-30T22:00:00Z, RFC 3339's last
/// day in every zone.
const LAST: i64 = 253_402_207_200_000_000;

/// A text that is not an instant of RFC 3339 between the years 1970 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "not a time: write it as RFC 3339, such as 2026-11-24T14:00:00Z or 2026-11-24T14:00:00+01:00"
)]
pub struct BadTimestamp;

impl Timestamp {
    /// The instant `micros` µs after 1970; kept within the years 1970 to 9999,
    /// so that it can always be shown.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(if micros < 0 {
            0
        } else if micros > LAST {
            LAST
        } else {
            micros
        })
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0.unsigned_abs() / 1000
    }

    /// This much later; the end of time at most.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros(length)))
    }

    /// This much earlier; 1970 at the least.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(micros(length)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    pub(crate) fn civil(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.civil().to_string())
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| BadTimestamp)?;
        let micros = instant.as_microsecond();
        if (0..=LAST).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(BadTimestamp)
        }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = BadTimestamp;

    fn try_from(text: String) -> Result<Self, BadTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

/// A window that holds no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the window is empty: its end must be after its start")]
pub struct EmptyWindow;

/// `[start, end)`: the start is inside, the end is not. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

impl Window {
    /// From `start` until just before `end`.
    ///
    /// # Errors
    /// [`EmptyWindow`] when `end` is not after `start`.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, EmptyWindow> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(EmptyWindow)
        }
    }

    /// The first instant inside.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The first instant after it.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    /// Whether `at` is inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Whether it never leaves `outer`.
    #[must_use]
    pub fn lies_within(&self, outer: &Self) -> bool {
        outer.start <= self.start && self.end <= outer.end
    }

    /// What both have in common.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
    }
}

/// Where the time comes from. Handed in, so that a year can pass in a test.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock. It may jump either way.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point; it never goes back and never jumps.
    fn monotonic(&self) -> Duration;

    /// Ready once [`Clock::monotonic`] has reached `at`.
    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Where unpredictable bytes come from. Must be fit for secrets outside tests.
pub trait Random: Send + Sync + 'static {
    /// Fills all of `buf`.
    fn fill(&self, buf: &mut [u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let window =
            Window::new(at("2026-11-24T13:00:00Z"), at("2026-11-24T14:00:00Z")).expect("not empty");
        assert!(!window.contains(at("2026-11-24T12:59:59.999999Z")));
        assert!(window.contains(at("2026-11-24T13:00:00Z")));
        assert!(window.contains(at("2026-11-24T13:59:59.999999Z")));
        assert!(!window.contains(at("2026-11-24T14:00:00Z")));
        assert_eq!(
            Window::new(window.start(), window.start()),
            Err(EmptyWindow)
        );
    }

    #[test]
    fn instants_are_read_with_offset_and_written_in_utc() {
        assert_eq!(
            at("2026-11-24T14:00:00+01:00").to_string(),
            "2026-11-24T13:00:00Z"
        );
        for bad in [
            "",
            "2026-11-24",
            "14:00",
            "1969-12-31T23:59:59Z",
            "2026-11-24T14:00:00",
        ] {
            assert_eq!(bad.parse::<Timestamp>(), Err(BadTimestamp), "{bad:?}");
        }
    }

    #[test]
    fn arithmetic_stays_on_the_calendar() {
        assert_eq!(
            at("2026-11-24T14:00:00Z").minus(Duration::MAX).as_micros(),
            0
        );
        let end = at("2026-11-24T14:00:00Z").plus(Duration::MAX);
        assert_eq!(end.to_string().parse(), Ok(end));
        assert_eq!(at("2026-01-01T00:00:00Z").since(end), Duration::ZERO);
    }
}

//! The end of a session's window, and when the vendor is told of it. Pure.

use std::time::Duration;

use domain::{AssetName, PlantTime, Timestamp, human_duration};

/// The vendor is told when so much is left.
const TOLD_AT: [Duration; 3] = [
    Duration::from_secs(10 * 60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(60),
];

/// The wall clock may be set at any time, so it is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Both clocks, just now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The wall clock.
    pub(crate) wall: Timestamp,
    /// The monotonic clock.
    pub(crate) monotonic: Duration,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before that monotonic time.
    Nothing { until: Duration },
    /// The vendor is to be told that this much is left.
    Tell { left: Duration },
    /// The window is over.
    End,
}

/// Holds a session's end on both clocks: the one that says "over" first is right.
/// So neither a wall clock that is set back nor a machine that slept gives more
/// time than was approved.
#[derive(Clone, Debug)]
pub(crate) struct TimeBox {
    end: Timestamp,
    end_monotonic: Duration,
    /// How many of [`TOLD_AT`] lie behind.
    told: usize,
}

impl TimeBox {
    /// A window that ends at `end`. Whoever makes it tells the vendor so, and what
    /// is due already is not told again.
    pub(crate) fn new(end: Timestamp, now: Now) -> Self {
        let left = end.since(now.wall);
        Self {
            end,
            end_monotonic: now.monotonic.saturating_add(left),
            told: TOLD_AT.iter().filter(|mark| left <= **mark).count(),
        }
    }

    /// When it ends.
    pub(crate) const fn end(&self) -> Timestamp {
        self.end
    }

    /// Its window was moved. Counted from the old end, so that a wall clock that was
    /// set meanwhile gives nothing away.
    pub(crate) fn move_to(&mut self, end: Timestamp, now: Now) {
        self.end_monotonic = self
            .end_monotonic
            .saturating_add(end.since(self.end))
            .saturating_sub(self.end.since(end));
        self.end = end;
        let left = self.left(now);
        self.told = TOLD_AT.iter().filter(|mark| left <= **mark).count();
    }

    /// How much is left, by the clock that has less.
    fn left(&self, now: Now) -> Duration {
        let monotonic = self.end_monotonic.saturating_sub(now.monotonic);
        self.end.since(now.wall).min(monotonic)
    }

    /// What is due.
    pub(crate) fn due(&mut self, now: Now) -> Due {
        let left = self.left(now);
        if left.is_zero() {
            return Due::End;
        }
        let passed = TOLD_AT.iter().filter(|mark| left <= **mark).count();
        if passed > self.told {
            self.told = passed;
            return Due::Tell { left };
        }
        let next = TOLD_AT.get(self.told).copied().unwrap_or_default();
        let wait = left.saturating_sub(next).min(LOOK_AGAIN);
        Due::Nothing {
            until: now.monotonic.saturating_add(wait),
        }
    }
}

/// What a vendor reads at the beginning.
pub(crate) fn welcome(asset: &AssetName, end: Timestamp, time: &PlantTime, now: Now) -> String {
    format!(
        "Connected to {asset} until {} ({}), in {}. This session is recorded.",
        time.clock_or_date(end, now.wall),
        time.name(),
        human_duration(end.since(now.wall)),
    )
}

/// What a vendor reads when the end is near.
pub(crate) fn warning(
    asset: &AssetName,
    end: Timestamp,
    time: &PlantTime,
    now: Now,
    left: Duration,
) -> String {
    format!(
        "Your window for {asset} ends at {} ({}), in {}. Save your work.",
        time.clock_or_date(end, now.wall),
        time.name(),
        human_duration(left),
    )
}

/// What a vendor reads when the end has moved.
pub(crate) fn moved(asset: &AssetName, end: Timestamp, time: &PlantTime, now: Now) -> String {
    format!(
        "Your window for {asset} now ends at {} ({}), in {}.",
        time.clock_or_date(end, now.wall),
        time.name(),
        human_duration(end.since(now.wall)),
    )
}

#[cfg(test)]
mod tests;

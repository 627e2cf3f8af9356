//! How much room is left, and what follows from it. Pure.

/// What the room on the disk allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Space {
    /// New recordings may begin.
    #[default]
    Ample,
    /// What is under way goes on, and nothing new begins.
    Low,
    /// What is under way ends as well.
    Critical,
}

impl Space {
    /// As it is written in metrics and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Low => "low",
            Self::Critical => "critical",
        }
    }

    /// What follows on this when so many bytes are free: below `least` nothing new
    /// begins, below half of it everything ends, and it is over only at five quarters
    /// of it, so that a disk at the limit does not flicker.
    #[must_use]
    pub const fn next(self, free: u64, least: u64) -> Self {
        if free < least / 2 {
            return Self::Critical;
        }
        if free >= least.saturating_add(least / 4) {
            return Self::Ample;
        }
        match self {
            Self::Ample if free >= least => Self::Ample,
            Self::Critical => Self::Critical,
            Self::Ample | Self::Low => Self::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Space::{Ample, Critical, Low};

    #[test]
    fn it_does_not_flicker_at_its_limits() {
        let walk = [
            (200, Ample),
            (100, Ample),
            (99, Low),
            (100, Low),
            (124, Low),
            (50, Low),
            (49, Critical),
            (50, Critical),
            (124, Critical),
            (125, Ample),
            (49, Critical),
            (300, Ample),
        ];
        let mut space = Ample;
        for (free, expected) in walk {
            space = space.next(free, 100);
            assert_eq!(space, expected, "at {free}");
        }
        assert_eq!(Ample.next(0, 0), Ample);
        assert_eq!(Ample.next(u64::MAX, u64::MAX), Ample);
    }
}

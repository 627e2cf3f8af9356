//! The plant's own time: an IANA zone, and how instants are shown in it.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Timestamp;

/// A text that is no IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no IANA time zone: write it as Area/City, such as Europe/Oslo, or UTC")]
pub struct BadZone(String);

/// A plant's time zone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlantTime {
    name: String,
    zone: TimeZone,
}

/// What a local date and time means: once, never, or twice (RFC 5545, 3.3.5
/// describes the gap and the fold at a change of daylight saving time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalTime {
    /// One instant.
    Once(Timestamp),
    /// The clocks were put forward over it; the instant that the clocks jumped to.
    Skipped(Timestamp),
    /// The clocks were put back over it; the earlier and the later of the two.
    Twice(Timestamp, Timestamp),
}

impl PlantTime {
    /// The zone of that IANA name, from the zone data inside the program.
    ///
    /// # Errors
    /// [`BadZone`] when there is none.
    pub fn parse(name: &str) -> Result<Self, BadZone> {
        let bad = || BadZone(name.chars().take(64).collect());
        let zone = jiff::tz::db().get(name).map_err(|_| bad())?;
        let name = zone.iana_name().ok_or_else(bad)?.to_owned();
        Ok(Self { name, zone })
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time of day: `14:00`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.show(at, "%H:%M")
    }

    /// Date and time of day: `2026-11-24 14:00`.
    #[must_use]
    pub fn date_clock(&self, at: Timestamp) -> String {
        self.show(at, "%Y-%m-%d %H:%M")
    }

    /// Plant time beside UTC: `2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC`.
    #[must_use]
    pub fn both(&self, at: Timestamp) -> String {
        let utc = at.civil().to_zoned_datetime(TimeZone::UTC);
        let local = at.civil().to_zoned_datetime(self.zone.clone());
        let form = if utc.date() == local.date() {
            "%H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        format!(
            "{} ({}) = {} UTC",
            self.date_clock(at),
            self.name,
            utc.strftime(form)
        )
    }

    /// The time of day if `at` is on the same local day as `now`, or date and
    /// time of day.
    #[must_use]
    pub fn clock_or_date(&self, at: Timestamp, now: Timestamp) -> String {
        if self.show(at, "%F") == self.show(now, "%F") {
            self.clock(at)
        } else {
            self.date_clock(at)
        }
    }

    /// The instant of a local date (`2026-11-24`) and time of day (`14:00`), as
    /// the plant's wall clock shows them. `None` if they are not written so.
    #[must_use]
    pub fn resolve(&self, date: &str, clock: &str) -> Option<LocalTime> {
        let local = DateTime::strptime("%Y-%m-%d %H:%M", format!("{date} {clock}")).ok()?;
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let stamp = |t: jiff::Timestamp| Timestamp::from_micros(t.as_microsecond());
        Some(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                LocalTime::Once(stamp(ambiguous.compatible().ok()?))
            }
            AmbiguousOffset::Gap { .. } => LocalTime::Skipped(stamp(ambiguous.later().ok()?)),
            AmbiguousOffset::Fold { .. } => LocalTime::Twice(
                stamp(ambiguous.earlier().ok()?),
                stamp(ambiguous.later().ok()?),
            ),
        })
    }

    /// The local date of an instant: `2026-11-24`.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        self.show(at, "%Y-%m-%d")
    }

    fn show(&self, at: Timestamp, form: &str) -> String {
        at.civil()
            .to_zoned_datetime(self.zone.clone())
            .strftime(form)
            .to_string()
    }
}

impl fmt::Debug for PlantTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlantTime({})", self.name)
    }
}

impl TryFrom<String> for PlantTime {
    type Error = BadZone;

    fn try_from(name: String) -> Result<Self, BadZone> {
        Self::parse(&name)
    }
}

impl From<PlantTime> for String {
    fn from(time: PlantTime) -> Self {
        time.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oslo() -> PlantTime {
        PlantTime::parse("Europe/Oslo").expect("a zone")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn instants_are_shown_in_the_plants_time() {
        let noon = at("2026-11-24T13:00:00Z");
        assert_eq!(oslo().clock(noon), "14:00");
        assert_eq!(
            oslo().both(noon),
            "2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC"
        );
        let night = at("2026-11-24T23:30:00Z");
        assert_eq!(
            oslo().both(night),
            "2026-11-25 00:30 (Europe/Oslo) = 2026-11-24 23:30 UTC"
        );
        assert_eq!(oslo().clock_or_date(night, noon), "2026-11-25 00:30");
        assert_eq!(oslo().clock_or_date(noon, noon), "14:00");
    }

    #[test]
    fn the_clocks_go_forward_and_back() {
        assert_eq!(
            oslo().resolve("2027-03-28", "02:30"),
            Some(LocalTime::Skipped(at("2027-03-28T01:30:00Z")))
        );
        assert_eq!(
            oslo().resolve("2026-10-25", "02:30"),
            Some(LocalTime::Twice(
                at("2026-10-25T00:30:00Z"),
                at("2026-10-25T01:30:00Z")
            ))
        );
        assert_eq!(
            oslo().resolve("2026-11-24", "14:00"),
            Some(LocalTime::Once(at("2026-11-24T13:00:00Z")))
        );
        assert_eq!(oslo().resolve("2026-02-30", "14:00"), None);
    }

    #[test]
    fn only_real_zones() {
        for bad in ["", "Oslo", "Europe/Atlantis", "../etc/passwd", "+01:00"] {
            assert!(PlantTime::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            PlantTime::parse("UTC").map(|z| z.name().to_owned()),
            Ok("UTC".to_owned())
        );
    }
}

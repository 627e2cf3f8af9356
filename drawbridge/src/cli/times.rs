//! Times as people see them: the plant's own beside UTC.

use domain::{PlantTime, Timestamp, human_duration};

use super::table::Cell;

/// How times are shown: in the plant's zone, if it is known, beside UTC.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    plant: Option<PlantTime>,
    utc: PlantTime,
}

impl Times {
    /// In the zone of the plant, or in UTC alone before there is a plant.
    pub(crate) fn new(plant: Option<PlantTime>) -> anyhow::Result<Self> {
        let utc = PlantTime::parse("UTC")?;
        let plant = plant.filter(|plant| *plant != utc);
        Ok(Self { plant, utc })
    }

    /// The zone in which a person's words about time are taken.
    pub(crate) fn zone(&self) -> &PlantTime {
        self.plant.as_ref().unwrap_or(&self.utc)
    }

    /// A header for a column of times: `from (Europe/Oslo)`.
    pub(crate) fn header(&self, name: &str) -> String {
        format!("{name} ({})", self.zone().name())
    }

    /// `2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC`.
    pub(crate) fn both(&self, at: Timestamp) -> String {
        match &self.plant {
            Some(plant) => plant.both(at),
            None => format!("{} UTC", self.utc.date_clock(at)),
        }
    }

    /// Both times, one under the other, under [`Times::header`].
    pub(crate) fn cell(&self, at: Timestamp) -> Cell {
        self.two(|zone| zone.date_clock(at))
    }

    /// To the second.
    pub(crate) fn exact(&self, at: Timestamp) -> Cell {
        // Today's zones differ from UTC by whole minutes.
        let second = at.as_millis() / 1000 % 60;
        self.two(|zone| format!("{}:{second:02}", zone.date_clock(at)))
    }

    /// From start to end.
    pub(crate) fn window(&self, start: Timestamp, end: Timestamp) -> Cell {
        self.two(|zone| {
            format!(
                "{}–{}",
                zone.date_clock(start),
                zone.clock_or_date(end, start)
            )
        })
    }

    /// From start to end, in a line of its own.
    pub(crate) fn span(&self, start: Timestamp, end: Timestamp) -> String {
        let text = |zone: &PlantTime| {
            format!(
                "{}–{}",
                zone.date_clock(start),
                zone.clock_or_date(end, start)
            )
        };
        let length = human_duration(end.since(start));
        match &self.plant {
            Some(plant) => {
                format!(
                    "{} ({}) = {} UTC, {length}",
                    text(plant),
                    plant.name(),
                    text(&self.utc)
                )
            }
            None => format!("{} UTC, {length}", text(&self.utc)),
        }
    }

    /// To the second, in a line: `2026-11-24 14:00:03 = 13:00:03 UTC`.
    pub(crate) fn line(&self, at: Timestamp) -> String {
        let second = at.as_millis() / 1000 % 60;
        let utc = format!("{}:{second:02} UTC", self.utc.clock(at));
        match &self.plant {
            None => format!("{}:{second:02} UTC", self.utc.date_clock(at)),
            Some(plant) if plant.date(at) == self.utc.date(at) => {
                format!("{}:{second:02} = {utc}", plant.date_clock(at))
            }
            Some(plant) => format!(
                "{}:{second:02} = {}:{second:02} UTC",
                plant.date_clock(at),
                self.utc.date_clock(at)
            ),
        }
    }

    fn two(&self, show: impl Fn(&PlantTime) -> String) -> Cell {
        let utc = format!("{} UTC", show(&self.utc));
        match &self.plant {
            Some(plant) => Cell::lines([show(plant), utc]),
            None => Cell::lines([utc]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn times(zone: &str) -> Times {
        Times::new(PlantTime::parse(zone).ok()).expect("times")
    }

    #[test]
    fn plant_time_stands_beside_utc() {
        let (start, end) = (at("2026-11-24T13:00:07Z"), at("2026-11-24T15:00:00Z"));
        let oslo = times("Europe/Oslo");
        assert_eq!(oslo.header("window"), "window (Europe/Oslo)");
        assert_eq!(
            oslo.window(start, end),
            Cell::lines(["2026-11-24 14:00–16:00", "2026-11-24 13:00–15:00 UTC"])
        );
        assert_eq!(
            oslo.exact(start),
            Cell::lines(["2026-11-24 14:00:07", "2026-11-24 13:00:07 UTC"])
        );
        assert_eq!(oslo.line(start), "2026-11-24 14:00:07 = 13:00:07 UTC");
        assert_eq!(
            oslo.line(at("2026-11-24T23:30:07Z")),
            "2026-11-25 00:30:07 = 2026-11-24 23:30:07 UTC"
        );
        assert_eq!(
            oslo.span(start, end),
            "2026-11-24 14:00–16:00 (Europe/Oslo) = 2026-11-24 13:00–15:00 UTC, 2 h"
        );
    }

    #[test]
    fn a_window_over_midnight_names_both_days() {
        let night =
            times("Europe/Oslo").window(at("2026-11-24T21:00:00Z"), at("2026-11-25T01:00:00Z"));
        assert_eq!(
            night,
            Cell::lines([
                "2026-11-24 22:00–2026-11-25 02:00",
                "2026-11-24 21:00–2026-11-25 01:00 UTC"
            ])
        );
    }

    #[test]
    fn utc_is_told_once() {
        for zone in ["UTC", "nowhere"] {
            assert_eq!(
                times(zone).both(at("2026-11-24T13:00:00Z")),
                "2026-11-24 13:00 UTC"
            );
            assert_eq!(
                times(zone).cell(at("2026-11-24T13:00:00Z")),
                Cell::lines(["2026-11-24 13:00 UTC"])
            );
        }
    }
}

//! Times and windows as people write them on the command line. A time of day is
//! the plant's, and what daylight saving does to it is said plainly.

use std::time::Duration;

use clap::Args;
use domain::time::LocalTime;
use domain::{PlantTime, Timestamp, parse_duration};
use thiserror::Error;

/// A window on the command line.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct WindowArgs {
    /// Start: now, 14:00, "tomorrow 14:00", "2026-11-24 14:00" (plant time),
    /// +30m, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// End, written like --from; 02:00 is the first 02:00 after the start
    #[arg(long, value_name = "TIME", conflicts_with = "length")]
    pub(crate) until: Option<String>,
    /// Length: 90m, 2h, 1h30m
    #[arg(long = "for", id = "length", value_name = "LENGTH")]
    pub(crate) length: Option<String>,
}

/// What was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The start; the moment at which the request arrives if it is absent.
    pub(crate) start: Option<Timestamp>,
    /// The end.
    pub(crate) end: Option<Timestamp>,
}

/// Words about time that mean nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum BadWhen {
    #[error(
        "{0:?} is no time: write now, 14:00, \"tomorrow 14:00\", \"2026-11-24 14:00\", +30m or 2026-11-24T14:00:00Z"
    )]
    Unreadable(String),
    #[error("{0:?} is no length of time: write it as 90m, 2h or 1h30m")]
    Length(String),
    #[error("{clock} has passed today ({zone}): write \"tomorrow {clock}\", or --from now")]
    Passed { clock: String, zone: String },
    #[error(
        "{local} does not exist in {zone}: the clocks go forward over it, and what would be {local} is {instead}. Write {instead} or another time"
    )]
    Skipped {
        local: String,
        zone: String,
        instead: String,
    },
    #[error(
        "{local} comes twice in {zone}: the clocks go back over it. Write {first} for the first or {second} for the second"
    )]
    Twice {
        local: String,
        zone: String,
        first: Timestamp,
        second: Timestamp,
    },
    #[error("the end is not after the start: {end} is {text}")]
    Backwards { end: Timestamp, text: String },
}

/// Takes a window's words at the time `now`. `usual_start` is the start that
/// `--for` counts from where no start is written; if it is still to come, a time
/// of day is the first one from there on.
pub(crate) fn window(
    args: &WindowArgs,
    zone: &PlantTime,
    now: Timestamp,
    usual_start: Timestamp,
) -> Result<Meant, BadWhen> {
    let mut meant = Meant::default();
    if let Some(from) = args.from.as_deref().filter(|from| *from != "now") {
        let before = usual_start.minus(Duration::from_micros(1));
        let after = (usual_start > now).then_some(before);
        meant.start = Some(point(from, zone, now, after)?);
    }
    let from_now = args.from.is_some();
    let start = meant
        .start
        .unwrap_or(if from_now { now } else { usual_start });
    if let Some(length) = &args.length {
        let length = parse_duration(length).map_err(|_| BadWhen::Length(length.clone()))?;
        meant.end = Some(start.plus(length));
    } else if let Some(until) = &args.until {
        meant.end = Some(point(until, zone, now, Some(start))?);
    }
    match meant.end {
        Some(end) if end <= start => Err(BadWhen::Backwards {
            end,
            text: zone.both(end),
        }),
        Some(_) | None => Ok(meant),
    }
}

/// Takes the words for one instant. A time of day alone is today's or, with
/// `after`, the first one after that.
pub(crate) fn point(
    text: &str,
    zone: &PlantTime,
    now: Timestamp,
    after: Option<Timestamp>,
) -> Result<Timestamp, BadWhen> {
    let unreadable = || BadWhen::Unreadable(text.to_owned());
    if text == "now" {
        return Ok(now);
    }
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    if let Some(later) = text.strip_prefix('+') {
        let later = parse_duration(later).map_err(|_| unreadable())?;
        return Ok(now.plus(later));
    }
    let words: Vec<&str> = text
        .split(['T', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    let found = match words.as_slice() {
        [clock] => time_of_day(clock, zone, now, after),
        ["today", clock] => on(&zone.date(now), clock, zone),
        ["tomorrow", clock] => on(&day_after(zone, now), clock, zone),
        [date, clock] => on(date, clock, zone),
        _ => None,
    };
    found.ok_or_else(unreadable)?
}

/// `None` if it is no time of day.
fn time_of_day(
    clock: &str,
    zone: &PlantTime,
    now: Timestamp,
    after: Option<Timestamp>,
) -> Option<Result<Timestamp, BadWhen>> {
    let today = on(&zone.date(after.unwrap_or(now)), clock, zone)?;
    match (after, &today) {
        (Some(after), Ok(at)) if *at <= after => on(&day_after(zone, after), clock, zone),
        (None, Ok(at)) if *at < now => Some(Err(BadWhen::Passed {
            clock: clock.to_owned(),
            zone: zone.name().to_owned(),
        })),
        (Some(_) | None, _) => Some(today),
    }
}

/// A local date and time of day; `None` if they are not written as such.
fn on(date: &str, clock: &str, zone: &PlantTime) -> Option<Result<Timestamp, BadWhen>> {
    let local = || format!("{date} {clock}");
    Some(match zone.resolve(date, clock)? {
        LocalTime::Once(at) => Ok(at),
        LocalTime::Skipped(at) => Err(BadWhen::Skipped {
            local: local(),
            zone: zone.name().to_owned(),
            instead: zone.clock(at),
        }),
        LocalTime::Twice(first, second) => Err(BadWhen::Twice {
            local: local(),
            zone: zone.name().to_owned(),
            first,
            second,
        }),
    })
}

fn day_after(zone: &PlantTime, at: Timestamp) -> String {
    // From noon, a day's length is near enough whatever the clocks do.
    let noon = match zone.resolve(&zone.date(at), "12:00") {
        Some(LocalTime::Once(noon) | LocalTime::Skipped(noon) | LocalTime::Twice(noon, _)) => noon,
        None => at,
    };
    zone.date(noon.plus(Duration::from_secs(24 * 3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 14:30 in Oslo.
    const NOW: &str = "2026-11-24T13:30:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn meant(now: &str, from: &str, until: &str, length: &str) -> Result<Meant, BadWhen> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let args = WindowArgs {
            from: some(from),
            until: some(until),
            length: some(length),
        };
        let zone = PlantTime::parse("Europe/Oslo").expect("a zone");
        window(&args, &zone, at(now), at(now))
    }

    #[test]
    fn words_and_what_they_mean() {
        for (from, until, length, start, end) in [
            ("", "", "2h", None, "2026-11-24T15:30:00Z"),
            ("now", "", "2h", None, "2026-11-24T15:30:00Z"),
            (
                "15:00",
                "",
                "1h30m",
                Some("2026-11-24T14:00:00Z"),
                "2026-11-24T15:30:00Z",
            ),
            (
                "15:00",
                "16:00",
                "",
                Some("2026-11-24T14:00:00Z"),
                "2026-11-24T15:00:00Z",
            ),
            (
                "today 15:00",
                "16:00",
                "",
                Some("2026-11-24T14:00:00Z"),
                "2026-11-24T15:00:00Z",
            ),
            (
                "22:00",
                "02:00",
                "",
                Some("2026-11-24T21:00:00Z"),
                "2026-11-25T01:00:00Z",
            ),
            (
                "tomorrow 08:00",
                "09:00",
                "",
                Some("2026-11-25T07:00:00Z"),
                "2026-11-25T08:00:00Z",
            ),
            (
                "2026-12-01 08:00",
                "+10d",
                "",
                Some("2026-12-01T07:00:00Z"),
                "2026-12-04T13:30:00Z",
            ),
            (
                "2026-12-01T08:00",
                "",
                "1h",
                Some("2026-12-01T07:00:00Z"),
                "2026-12-01T08:00:00Z",
            ),
            (
                "+30m",
                "",
                "1h",
                Some("2026-11-24T14:00:00Z"),
                "2026-11-24T15:00:00Z",
            ),
            (
                "2026-11-24T16:00:00+01:00",
                "2026-11-24T16:00:00Z",
                "",
                Some("2026-11-24T15:00:00Z"),
                "2026-11-24T16:00:00Z",
            ),
        ] {
            let expected = Meant {
                start: start.map(at),
                end: Some(at(end)),
            };
            assert_eq!(
                meant(NOW, from, until, length),
                Ok(expected),
                "{from} {until} {length}"
            );
        }
    }

    #[test]
    fn words_that_mean_nothing() {
        for (from, until, length, error) in [
            ("noon", "", "1h", "\"noon\" is no time: "),
            ("25:00", "", "1h", "\"25:00\" is no time: "),
            (
                "2026-02-30 08:00",
                "",
                "1h",
                "\"2026-02-30 08:00\" is no time: ",
            ),
            ("+soon", "", "1h", "\"+soon\" is no time: "),
            ("", "", "2 hours", "\"2 hours\" is no length of time: "),
            ("14:00", "", "1h", "14:00 has passed today (Europe/Oslo): "),
            ("+2h", "+1h", "", "the end is not after the start: "),
            ("now", "", "0s", "the end is not after the start: "),
        ] {
            let found = meant(NOW, from, until, length)
                .expect_err("an error")
                .to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }

    #[test]
    fn clocks_that_go_forward_or_back_are_told_of() {
        for (from, told) in [
            (
                "2027-03-28 02:30",
                "2027-03-28 02:30 does not exist in Europe/Oslo: the clocks go forward over it, and what would be 2027-03-28 02:30 is 03:30. Write 03:30 or another time",
            ),
            (
                "2026-10-25 02:30",
                "2026-10-25 02:30 comes twice in Europe/Oslo: the clocks go back over it. Write 2026-10-25T00:30:00Z for the first or 2026-10-25T01:30:00Z for the second",
            ),
        ] {
            let found = meant(NOW, from, "", "1h").expect_err("told").to_string();
            assert_eq!(found, told);
        }
        let night = meant("2027-03-27T20:00:00Z", "22:00", "02:30", "").expect_err("told");
        assert!(matches!(night, BadWhen::Skipped { .. }), "{night}");

        // Two hours on the clock, but three pass.
        let long = meant("2026-10-24T12:00:00Z", "2026-10-25 01:30", "03:30", "").expect("taken");
        let length = long
            .end
            .zip(long.start)
            .map(|(end, start)| end.since(start).as_secs() / 3600);
        assert_eq!(length, Some(3));
    }

    #[test]
    fn the_next_day_is_right_on_days_of_23_and_25_hours() {
        for (now, expected) in [
            ("2027-03-27T23:30:00Z", "2027-03-29T06:00:00Z"),
            ("2026-10-24T22:30:00Z", "2026-10-26T07:00:00Z"),
        ] {
            let found = meant(now, "tomorrow 08:00", "", "1h").expect("taken");
            assert_eq!(found.start, Some(at(expected)), "{now}");
        }
    }

    #[test]
    fn an_approver_means_the_day_of_the_request() {
        let zone = PlantTime::parse("Europe/Oslo").expect("a zone");
        let start = at("2026-11-30T07:00:00Z");
        for (from, until, expected) in [
            ("", "10:00", (None, "2026-11-30T09:00:00Z")),
            (
                "08:00",
                "10:00",
                (Some("2026-11-30T07:00:00Z"), "2026-11-30T09:00:00Z"),
            ),
            (
                "08:30",
                "09:30",
                (Some("2026-11-30T07:30:00Z"), "2026-11-30T08:30:00Z"),
            ),
        ] {
            let args = WindowArgs {
                from: (!from.is_empty()).then(|| from.to_owned()),
                until: Some(until.to_owned()),
                length: None,
            };
            let found = window(&args, &zone, at(NOW), start).expect("taken");
            let (from, until) = expected;
            assert_eq!(
                found,
                Meant {
                    start: from.map(at),
                    end: Some(at(until))
                }
            );
        }
    }
}

//! Lengths of time as people write and read them.

use std::time::Duration;

use thiserror::Error;

/// A text that is not a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a length of time: write it as 90s, 30m, 8h, 1h30m or 30d")]
pub struct BadDuration;

/// A year, the longest that may be written: more is a slip of the pen.
const LONGEST: u64 = 366 * 24 * 3600;

/// Reads `90s`, `30m`, `8h`, `1h30m`, `30d`. Units must fall, each at most once.
///
/// # Errors
/// [`BadDuration`] on anything else, or on more than 366 days.
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    parse_long_duration(text)
        .ok()
        .filter(|length| length.as_secs() <= LONGEST)
        .ok_or(BadDuration)
}

/// As [`parse_duration`], but of any length: for what is kept for years.
///
/// # Errors
/// [`BadDuration`] on anything that is no length of time.
pub fn parse_long_duration(text: &str) -> Result<Duration, BadDuration> {
    let mut seconds: u64 = 0;
    let mut number: Option<u64> = None;
    let mut last_unit = u64::MAX;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let more = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(digit.into()));
            number = Some(more.ok_or(BadDuration)?);
            continue;
        }
        let unit = match c {
            'd' => 24 * 3600,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(BadDuration),
        };
        if unit >= last_unit {
            return Err(BadDuration);
        }
        last_unit = unit;
        let part = number
            .take()
            .and_then(|n| n.checked_mul(unit))
            .ok_or(BadDuration)?;
        seconds = seconds.checked_add(part).ok_or(BadDuration)?;
    }
    if number.is_some() || last_unit == u64::MAX {
        return Err(BadDuration);
    }
    Ok(Duration::from_secs(seconds))
}

/// A length as [`parse_duration`] reads it: `1h30m`; whole seconds only.
#[must_use]
pub fn write_duration(length: Duration) -> String {
    let seconds = length.as_secs();
    let parts = [
        (seconds / 86_400, 'd'),
        (seconds / 3600 % 24, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    let text: String = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// A length as a person reads it, rounded up to what matters:
/// `45 s`, `10 min`, `2 h 10 min`, `3 d 4 h`.
#[must_use]
pub fn human_duration(length: Duration) -> String {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let minutes = seconds.div_ceil(60);
    if minutes < 60 {
        return format!("{minutes} min");
    }
    let two = |big: u64, big_unit, small: u64, small_unit| {
        if small == 0 {
            format!("{big} {big_unit}")
        } else {
            format!("{big} {big_unit} {small} {small_unit}")
        }
    };
    if minutes < 48 * 60 {
        return two(minutes / 60, "h", minutes % 60, "min");
    }
    let hours = minutes.div_ceil(60);
    two(hours / 24, "d", hours % 24, "h")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("30m", 1800),
            ("8h", 28_800),
            ("1h30m", 5400),
            ("30d", 2_592_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        for bad in [
            "",
            "5",
            "h",
            "-5m",
            "1m1h",
            "1h1h",
            "8 h",
            "400d",
            "99999999999999999999d",
            "1.5h",
        ] {
            assert_eq!(parse_duration(bad), Err(BadDuration), "{bad:?}");
        }
    }

    #[test]
    fn what_is_kept_for_years_is_read_too() {
        for (text, days) in [("400d", 400), ("36500d", 36_500)] {
            let length = Duration::from_secs(days * 86_400);
            assert_eq!(parse_long_duration(text), Ok(length));
            assert_eq!(write_duration(length), text);
        }
        for bad in ["", "1y", "99999999999999999999d", "-1d"] {
            assert_eq!(parse_long_duration(bad), Err(BadDuration), "{bad:?}");
        }
    }

    #[test]
    fn lengths_are_told() {
        for (millis, text) in [
            (0, "0 s"),
            (45_000, "45 s"),
            (59_001, "1 min"),
            (600_000, "10 min"),
            (7_800_000, "2 h 10 min"),
            (7_200_000, "2 h"),
            (3 * 86_400_000 + 4 * 3_600_000, "3 d 4 h"),
        ] {
            assert_eq!(human_duration(Duration::from_millis(millis)), text);
        }
    }

    proptest! {
        #[test]
        fn written_lengths_are_read_back(seconds in 0..=LONGEST) {
            let length = Duration::from_secs(seconds);
            prop_assert_eq!(parse_duration(&write_duration(length)), Ok(length));
        }
    }
}

//! What the line formats of C2SP have in common.

/// A count in decimal, in the one spelling that it has.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let spelled_once = text == "0" || !text.starts_with('0');
    // `parse` would take a sign.
    (digits && spelled_once)
        .then(|| text.parse().ok())
        .flatten()
}

/// The line up to the first line feed, and what follows it.
pub(crate) fn first_line(text: &str) -> Option<(&str, &str)> {
    text.split_once('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        for (text, number) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("00", None),
            ("07", None),
            ("+7", None),
            ("-7", None),
            (" 7", None),
            ("7\r", None),
            ("٧", None),
        ] {
            assert_eq!(decimal(text), number, "{text:?}");
        }
    }
}

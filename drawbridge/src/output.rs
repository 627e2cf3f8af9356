//! All that this program prints goes through here, so that nothing from others
//! reaches a terminal unescaped, and a reader that leaves is no crash.

use std::io::{self, IsTerminal, Write};

/// A line for whoever reads the results.
///
/// # Errors
/// When standard output can't be written, as when its reader has left.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Bytes as they are.
///
/// # Errors
/// When standard output can't be written.
pub fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// A line for the person at the terminal, beside the results.
pub fn remark(text: &str) {
    // Nobody is left to be told that this can't be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether the results are read by a person.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Text from others with each character that would act on a terminal, or reorder
/// or hide what is shown, spelt out: `\u{1b}`.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Like [`clean`], for a text of several lines: line breaks and tabs stay.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let clean_line = |line: &str| line.split('\t').map(clean).collect::<Vec<_>>().join("\t");
    text.split('\n')
        .map(clean_line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// JSON with the same characters spelt out as JSON spells them. They can only
/// stand inside its strings.
#[must_use]
pub fn clean_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Unicode's bidirectional controls, which make text read otherwise
            // than it is (Trojan Source), and what is not seen at all.
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelt_out() {
        for (text, expected) in [
            ("plain ø 漢 🙂", "plain ø 漢 🙂"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\r\nb\tc", "a\\u{d}\\u{a}b\\u{9}c"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}cod.exe", "\\u{202e}cod.exe"),
            ("a\u{200b}b", "a\\u{200b}b"),
        ] {
            assert_eq!(clean(text), expected);
        }
        let text = "a\u{9b}\u{7f}\u{202e}\u{e0001}\u{1b}ø";
        let json = serde_json::to_string_pretty(&[text]).expect("JSON");
        let safe = clean_json(&json);
        assert!(!safe.chars().any(|c| c != '\n' && acts(c)), "{safe}");
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&safe).expect("JSON"),
            [text]
        );
        assert_eq!(clean_lines("a\n\tb\u{7}\r"), "a\n\tb\\u{7}\\u{d}");
    }
}

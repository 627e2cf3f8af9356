//! Texts of others, made harmless: what they wrote stays one line of what they
//! are quoted in, and does not change how the rest of it looks.

use std::fmt::Write as _;

/// The text on one line, of at most `most` characters. What would end a line, hide
/// or turn round others is written out: `\u{202e}`.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut left = most;
    for c in text.trim().chars() {
        let start = shown.len();
        if hides(c) {
            // Writing to a String can't fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
        let length = shown.get(start..).map_or(0, |new| new.chars().count());
        if length > left {
            shown.truncate(start);
            while shown.chars().count() >= most {
                shown.pop();
            }
            shown.push('…');
            break;
        }
        left -= length;
    }
    shown
}

/// Controls, line and paragraph separators, and what Unicode calls format
/// characters: the invisible ones and those that change the direction.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_hides_is_written_out() {
        for (text, shown) in [
            ("pump 7", "pump 7"),
            ("  pump 7 \r\n", "pump 7"),
            (
                "a\r\nBcc: eve@example.com",
                "a\\u{d}\\u{a}Bcc: eve@example.com",
            ),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("Größe ✓ 泵", "Größe ✓ 泵"),
        ] {
            assert_eq!(one_line(text, 100), shown);
        }
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcd\u{202e}", 6), "abcd…");
    }

    proptest! {
        #[test]
        fn it_is_always_one_line_of_that_length(text in any::<String>(), most in 1_usize..200) {
            let shown = one_line(&text, most);
            prop_assert!(shown.chars().count() <= most, "{shown:?}");
            prop_assert!(!shown.chars().any(hides), "{shown:?}");
        }
    }
}

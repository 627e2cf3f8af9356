//! The inside of a JSON string (RFC 8259, section 7), fast where nothing needs
//! escaping: eight bytes are looked at in one step, clean runs are copied whole.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Appends `text` with quotes, backslashes and control characters escaped.
pub(super) fn escape_into(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 8);
    let mut rest = text.as_bytes();
    while let Some((clean, tail)) = rest.split_at_checked(clean_run(rest)) {
        out.extend_from_slice(clean);
        let Some((&byte, after)) = tail.split_first() else {
            return;
        };
        escape_byte(byte, out);
        rest = after;
    }
}

/// Appends bytes that are not UTF-8 as the text that they most resemble: each
/// sequence that is no character becomes U+FFFD, as the Unicode Standard (3.9,
/// substitution of maximal subparts) has it. Binary data changes kind at every
/// second byte, so nothing is gained from looking further ahead than one character.
pub(super) fn escape_lossy_into(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(2 * bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if special(first) {
            escape_byte(first, out);
        } else if first.is_ascii() {
            out.push(first);
        } else {
            let length = match character(first, rest) {
                Ok(length) => {
                    out.extend_from_slice(rest.get(..length).unwrap_or_default());
                    length
                }
                Err(length) => {
                    out.extend_from_slice("\u{fffd}".as_bytes());
                    length
                }
            };
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        rest = after;
    }
}

/// The length of the character of several bytes that `bytes` begin with, or else
/// of what is to be replaced.
fn character(first: u8, bytes: &[u8]) -> Result<usize, usize> {
    let width = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Err(1),
    };
    let bytes = bytes.get(..width).unwrap_or(bytes);
    match str::from_utf8(bytes) {
        Ok(_) => Ok(width),
        Err(error) => Err(error.error_len().unwrap_or(bytes.len())),
    }
}

/// How many bytes at the start need no escape.
fn clean_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut clean = 0;
    for word in words {
        let found = first_special(u64::from_le_bytes(*word));
        clean += found;
        if found < 8 {
            return clean;
        }
    }
    clean
        + rest
            .iter()
            .position(|&byte| special(byte))
            .unwrap_or(rest.len())
}

const fn special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The index of the first byte to escape, the least significant one being 0;
/// 8 if there is none.
///
/// A subtraction per kind sets a byte's high bit where it borrows. The borrow
/// can spill into more significant bytes, but only from a true find, so the
/// least significant find is always right.
const fn first_special(word: u64) -> usize {
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = word ^ (ONES * b'\\' as u64);
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    ((control | quote | backslash) & HIGHS).trailing_zeros() as usize / 8
}

fn escape_byte(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        0x08 => b"\\b",
        0x0c => b"\\f",
        _ => {
            let low = byte & 0xf;
            let digit = if low < 10 {
                b'0' + low
            } else {
                b'a' - 10 + low
            };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]);
            return;
        }
    };
    out.extend_from_slice(short);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = vec![b'"'];
        escape_into(text, &mut out);
        out.push(b'"');
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_single_byte_character_at_every_place_of_a_word() {
        for byte in 0..=0x7f_u8 {
            for before in 0..18 {
                for after in [0, 1, 9] {
                    let text = format!(
                        "{}{}{}",
                        "é".repeat(before),
                        byte as char,
                        "z".repeat(after)
                    );
                    assert_eq!(escaped(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }

    fn lossy(bytes: &[u8]) -> String {
        let mut out = vec![b'"'];
        escape_lossy_into(bytes, &mut out);
        out.push(b'"');
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn replaces_what_the_standard_library_replaces(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80_u8..=0xbf, 0xe0_u8..=0xf5], 0..64)
        ) {
            let text = String::from_utf8_lossy(&bytes);
            prop_assert_eq!(lossy(&bytes), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn is_what_serde_json_writes(text in "(?s).{0,200}") {
            prop_assert_eq!(escaped(&text), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn is_what_serde_json_writes_for_control_heavy_text(bytes in prop::collection::vec(0_u8..0x80, 0..200)) {
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(escaped(&text), serde_json::to_string(&text).unwrap());
        }
    }
}

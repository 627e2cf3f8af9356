//! A line as it is typed on a terminal: echo, backspace, Ctrl-C, Ctrl-D, Ctrl-U.
//! Pure: a byte goes in, what to echo and what was decided come out.

/// The longest line. What is typed beyond it rings the bell.
pub(super) const LONGEST: usize = 1024;

const ETX: u8 = 0x03;
const EOT: u8 = 0x04;
const BEL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const NAK: u8 = 0x15;
const ESC: u8 = 0x1b;
const DELETE: u8 = 0x7f;

/// What a byte came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The line goes on.
    More,
    /// It is complete.
    Line(String),
    /// It was given up with Ctrl-C.
    GivenUp,
    /// Ctrl-D on an empty line.
    End,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence,
}

/// The line under the cursor.
#[derive(Debug, Default)]
pub(super) struct Line {
    bytes: Vec<u8>,
    escape: Escape,
    after_return: bool,
}

impl Line {
    /// Takes one byte; what the terminal must show goes into `echo`.
    pub(super) fn take(&mut self, byte: u8, echo: &mut Vec<u8>) -> Typed {
        let after_return = std::mem::take(&mut self.after_return);
        if self.swallows(byte) {
            return Typed::More;
        }
        match byte {
            b'\n' if after_return => Typed::More,
            b'\r' | b'\n' => {
                self.after_return = byte == b'\r';
                echo.extend_from_slice(b"\r\n");
                let line = std::mem::take(&mut self.bytes);
                Typed::Line(String::from_utf8_lossy(&line).into_owned())
            }
            ETX => {
                echo.extend_from_slice(b"^C\r\n");
                self.bytes.clear();
                Typed::GivenUp
            }
            EOT if self.bytes.is_empty() => Typed::End,
            BACKSPACE | DELETE => {
                self.erase(echo);
                Typed::More
            }
            NAK => {
                while !self.bytes.is_empty() {
                    self.erase(echo);
                }
                Typed::More
            }
            b' '..=b'~' | 0x80.. if self.bytes.len() < LONGEST => {
                self.bytes.push(byte);
                echo.push(byte);
                Typed::More
            }
            _ => {
                echo.push(BEL);
                Typed::More
            }
        }
    }

    /// Arrow keys and their like send an escape sequence, which means nothing here.
    fn swallows(&mut self, byte: u8) -> bool {
        let (next, swallowed) = match (self.escape, byte) {
            (_, ESC) => (Escape::Begun, true),
            (Escape::None, _) => (Escape::None, false),
            (Escape::Begun, b'[' | b'O') => (Escape::Sequence, true),
            (Escape::Sequence, b'0'..=b'9' | b';' | b'?') => (Escape::Sequence, true),
            (Escape::Begun | Escape::Sequence, b' '..=b'~') => (Escape::None, true),
            // A control character is never part of a sequence: Ctrl-C must work.
            (Escape::Begun | Escape::Sequence, _) => (Escape::None, false),
        };
        self.escape = next;
        swallowed
    }

    fn erase(&mut self, echo: &mut Vec<u8>) {
        // All bytes of one character of UTF-8.
        while let Some(byte) = self.bytes.pop() {
            if byte & 0xc0 != 0x80 {
                echo.extend_from_slice(b"\x08 \x08");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_all(keys: &[u8]) -> (Vec<Typed>, String) {
        let mut line = Line::default();
        let mut echo = Vec::new();
        let typed = keys
            .iter()
            .map(|b| line.take(*b, &mut echo))
            .filter(|t| *t != Typed::More);
        let typed = typed.collect();
        (typed, String::from_utf8_lossy(&echo).into_owned())
    }

    fn line(text: &str) -> Typed {
        Typed::Line(text.to_owned())
    }

    #[test]
    fn keys_and_what_comes_of_them() {
        let long = [b"x".repeat(LONGEST + 1), b"\r".to_vec()].concat();
        let cases: [(&[u8], Vec<Typed>); 12] = [
            (b"help\r", vec![line("help")]),
            (b"help\n", vec![line("help")]),
            (b"help\r\nstatus\r\n", vec![line("help"), line("status")]),
            (b"\r\r", vec![line(""), line("")]),
            (b"helo\x7fp\r", vec![line("help")]),
            (b"\x08\x7fa\r", vec![line("a")]),
            (b"caf\xc3\xa9\x7fe\r", vec![line("cafe")]),
            (b"wrong\x15right\r", vec![line("right")]),
            (b"abc\x03def\r", vec![Typed::GivenUp, line("def")]),
            (b"ab\x04c\r\x04", vec![line("abc"), Typed::End]),
            (b"a\x1b[A\x1b[1;5Cb\x1bOP\r", vec![line("ab")]),
            (b"\x1b[\x03", vec![Typed::GivenUp]),
        ];
        for (keys, expected) in cases {
            assert_eq!(type_all(keys).0, expected, "{keys:?}");
        }
        assert_eq!(type_all(&long).0, [line(&"x".repeat(LONGEST))]);
    }

    #[test]
    fn the_terminal_shows_what_is_in_the_line() {
        assert_eq!(type_all(b"ab\x7fc\r").1, "ab\x08 \x08c\r\n");
        assert_eq!(type_all("é\u{7f}".as_bytes()).1, "é\x08 \x08");
        assert_eq!(type_all(b"\x03").1, "^C\r\n");
        assert_eq!(type_all(b"\x1b[A").1, "");
        assert_eq!(type_all(b"\x00").1, "\x07");
    }
}

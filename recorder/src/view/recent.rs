//! The latest that a channel has shown, kept in memory for those who look on. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;

use super::Seen;
use crate::cast::Stream;
use crate::channel::What;
use crate::screen::one_line;

/// So much output is kept: some screens of any terminal.
const KEPT: usize = 64 << 10;

/// So much of a command is shown, in characters.
const LONGEST_COMMAND: usize = 4096;

/// So many pieces are kept, whatever is in them.
const PIECES: usize = 1024;

/// The latest pieces of a channel. Each has a number, from 0.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    pieces: VecDeque<Seen>,
    bytes: usize,
    /// The number of the next piece.
    next: u64,
    size: Option<(u16, u16)>,
}

impl Recent {
    pub(crate) const fn new(size: Option<(u16, u16)>) -> Self {
        Self {
            pieces: VecDeque::new(),
            bytes: 0,
            next: 0,
            size,
        }
    }

    /// What a channel without a terminal was opened for: it echoes nothing.
    pub(crate) fn begin(&mut self, command: &str) {
        let line = format!("» {}\r\n", one_line(command, LONGEST_COMMAND));
        self.push(&What::Output(Stream::Out, line.into()));
    }

    pub(crate) const fn has_terminal(&self) -> bool {
        self.size.is_some()
    }

    /// Keeps what others may see of it: nothing that the vendor types.
    pub(crate) fn push(&mut self, what: &What) {
        let piece = match what {
            What::Output(_, bytes) => {
                let from = bytes.len().saturating_sub(KEPT);
                Seen::Output(bytes.slice(from..))
            }
            What::Resize(cols, rows) => {
                self.size = Some((*cols, *rows));
                Seen::Resize(*cols, *rows)
            }
            What::Marker(label) => Seen::Marker(Arc::from(&**label)),
            What::Open | What::Input(_) | What::InputEnd | What::Exit(_) | What::Finish => return,
        };
        self.bytes += cost(&piece);
        self.pieces.push_back(piece);
        self.next += 1;
        while self.bytes > KEPT || self.pieces.len() > PIECES {
            let Some(gone) = self.pieces.pop_front() else {
                break;
            };
            self.bytes -= cost(&gone);
        }
    }

    /// What came from the piece `from` on, and the number of the next. From the
    /// beginning, or where pieces in between are gone, it starts anew.
    pub(crate) fn since(&self, from: Option<u64>) -> (Vec<Seen>, u64) {
        let kept = u64::try_from(self.pieces.len()).unwrap_or(u64::MAX);
        let first = self.next.saturating_sub(kept);
        let seen = match from {
            Some(from) if from >= first => {
                let skip = usize::try_from(from - first).unwrap_or(usize::MAX);
                self.pieces.iter().skip(skip).cloned().collect()
            }
            Some(_) | None => vec![self.screen(first > 0)],
        };
        (seen, self.next)
    }

    /// All that is kept, at once; `torn` if something came before it.
    fn screen(&self, torn: bool) -> Seen {
        let mut data = BytesMut::with_capacity(self.bytes);
        for piece in &self.pieces {
            if let Seen::Output(bytes) = piece {
                data.extend_from_slice(bytes);
            }
        }
        let mut data = data.freeze();
        if torn {
            // Not from amid a character or an escape sequence.
            let whole = data.iter().position(|byte| matches!(byte, b'\n' | 0x1b));
            data = data.split_off(whole.unwrap_or(0));
        }
        Seen::Screen {
            size: self.size,
            data,
        }
    }
}

fn cost(piece: &Seen) -> usize {
    match piece {
        Seen::Output(bytes) => bytes.len(),
        Seen::Marker(label) => label.len(),
        Seen::Resize(..) | Seen::Screen { .. } | Seen::Closed => 0,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn output(text: &str) -> What {
        What::Output(Stream::Out, Bytes::copy_from_slice(text.as_bytes()))
    }

    fn shown(text: &str) -> Seen {
        Seen::Output(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn one_who_keeps_up_sees_each_piece_once_and_never_what_was_typed() {
        let mut recent = Recent::new(Some((80, 24)));
        recent.push(&output("login: "));
        recent.push(&What::Input(Bytes::from_static(b"secret\r")));
        let (seen, next) = recent.since(None);
        let screen = Seen::Screen {
            size: Some((80, 24)),
            data: Bytes::from_static(b"login: "),
        };
        assert_eq!((seen, next), (vec![screen], 1));

        recent.push(&output("welcome\r\n"));
        recent.push(&What::Resize(132, 43));
        recent.push(&What::Marker("ten minutes left".into()));
        let (seen, next) = recent.since(Some(next));
        let marker = Seen::Marker("ten minutes left".into());
        assert_eq!(seen, [shown("welcome\r\n"), Seen::Resize(132, 43), marker]);
        assert_eq!(recent.since(Some(next)), (Vec::new(), 4));
    }

    #[test]
    fn one_who_falls_behind_begins_anew_with_the_latest() {
        let mut recent = Recent::new(Some((80, 24)));
        recent.push(&output("old\r\n"));
        let (_, next) = recent.since(None);
        let line = format!("{}\n", "x".repeat(1022));
        for _ in 0..200 {
            recent.push(&output(&line));
        }
        recent.push(&output("latest"));
        let (seen, _) = recent.since(Some(next));
        let [Seen::Screen { data, .. }] = seen.as_slice() else {
            panic!("{} pieces", seen.len());
        };
        assert!(data.len() <= KEPT && data.len() > KEPT / 2);
        assert!(data.starts_with(b"\n") && data.ends_with(b"latest"));
    }

    #[test]
    fn a_command_is_seen_and_does_nothing_to_the_screen() {
        let mut recent = Recent::new(None);
        recent.begin("reboot\x1b[2J\nnow");
        let (seen, _) = recent.since(None);
        let [Seen::Screen { data, .. }] = seen.as_slice() else {
            panic!("{seen:?}");
        };
        assert_eq!(data, "» reboot[2Jnow\r\n".as_bytes());
    }

    #[test]
    fn no_flood_of_anything_fills_the_memory() {
        let mut recent = Recent::new(None);
        recent.push(&output(&"y".repeat(10 * KEPT)));
        assert_eq!(recent.bytes, KEPT);
        for _ in 0..10 * PIECES {
            recent.push(&What::Resize(1, 1));
            recent.push(&output(""));
        }
        assert!(recent.pieces.len() <= PIECES && recent.bytes <= KEPT);
    }
}

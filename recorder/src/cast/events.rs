//! Events from a recording of any length, with one line in memory, and the place
//! of each.

use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use super::read::{CastHeader, Timed, parse_event, parse_header};
use super::{BadLine, MAX_LINE};

/// Where reading can go on later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the line of an event begins, in bytes from the start.
    pub offset: u64,
    /// The time of the event before it, from which its own is counted.
    pub before: Duration,
}

/// Reads events one at a time. Ends for good before the first line that is cut
/// off or no event: what is behind it is nobody's.
#[derive(Debug)]
pub struct Events<R> {
    from: BufReader<R>,
    line: Vec<u8>,
    /// That of `line`.
    place: Place,
    at: Duration,
    ended: bool,
}

impl<R: Read> Events<R> {
    /// Reads the header first.
    ///
    /// # Errors
    /// `InvalidData` if there is none, or what the reader says.
    pub fn open(from: R) -> io::Result<(CastHeader, Self)> {
        let mut events = Self::resume(from, Place::default());
        let header = if events.fill()? {
            parse_header(text(&events.line))
        } else {
            Err(BadLine::CutOff)
        };
        let header = header.map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))?;
        Ok((header, events))
    }

    /// Goes on at a place; `from` begins with its line.
    #[must_use]
    pub fn resume(from: R, place: Place) -> Self {
        Self {
            from: BufReader::with_capacity(64 << 10, from),
            line: Vec::new(),
            at: place.before,
            place,
            ended: false,
        }
    }

    /// The next event, and its place.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_event(&mut self) -> io::Result<Option<(Place, Timed<'_>)>> {
        while !self.ended && self.fill()? {
            if self.is_remark() {
                continue;
            }
            let Ok(Some((interval, event))) = parse_event(text(&self.line)) else {
                break;
            };
            self.place.before = self.at;
            self.at = self.at.saturating_add(interval);
            return Ok(Some((self.place, Timed { at: self.at, event })));
        }
        self.ended = true;
        Ok(None)
    }

    /// Reads up to a line feed; `false` if there is none within [`MAX_LINE`].
    fn fill(&mut self) -> io::Result<bool> {
        self.place.offset += self.line.len() as u64;
        self.line.clear();
        (&mut self.from)
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut self.line)?;
        Ok(self.line.last() == Some(&b'\n'))
    }

    /// Whether the line says nothing: empty, or a comment.
    fn is_remark(&self) -> bool {
        matches!(self.line.first(), Some(b'\n' | b'#')) && parse_event(text(&self.line)).is_ok()
    }
}

fn text(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

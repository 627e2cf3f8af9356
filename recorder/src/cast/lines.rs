//! The lines of a recording that are whole and valid, from a file of any
//! length, with one line in memory.

use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use super::MAX_LINE;
use super::read::{after_interval, parse_event, parse_header};

/// Hands out valid lines and stops for good before the first that is not.
#[derive(Debug)]
pub struct CheckedLines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
    at: Duration,
    valid: u64,
    ended: bool,
}

impl<R: Read> CheckedLines<R> {
    /// Reads the header; nothing can be had of a recording without one.
    ///
    /// # Errors
    /// What the reader says.
    pub fn new(from: R) -> io::Result<Self> {
        let mut lines = Self {
            from: BufReader::with_capacity(64 << 10, from),
            line: Vec::new(),
            at: Duration::ZERO,
            valid: 0,
            ended: false,
        };
        if lines.fill()? && parse_header(lines.text()).is_ok() {
            lines.valid = lines.line.len() as u64;
        } else {
            lines.end();
        }
        Ok(lines)
    }

    /// The line just read, with its line feed; at first the header's. Empty
    /// after the end, and if there is no valid header.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Goes to the next line; `false` at the end of what is valid.
    ///
    /// # Errors
    /// What the reader says.
    pub fn advance(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let interval = if self.fill()? {
            parse_event(self.text()).ok()
        } else {
            None
        };
        let Some(event) = interval else {
            self.end();
            return Ok(false);
        };
        let interval = event.map_or(Duration::ZERO, |(interval, _)| interval);
        self.at = self.at.saturating_add(interval);
        self.valid += self.line.len() as u64;
        Ok(true)
    }

    /// The time of the line just read, since the start.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// Bytes of all valid lines read so far.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.valid
    }

    /// The event just read without its interval; nothing for a comment.
    pub(crate) fn after_interval(&self) -> Option<&[u8]> {
        if self.line.first() == Some(&b'[') {
            Some(after_interval(&self.line))
        } else {
            None
        }
    }

    /// Reads up to a line feed; `false` if there is none within [`MAX_LINE`].
    fn fill(&mut self) -> io::Result<bool> {
        self.line.clear();
        (&mut self.from)
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut self.line)?;
        Ok(self.line.last() == Some(&b'\n'))
    }

    fn text(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }

    fn end(&mut self) {
        self.line.clear();
        self.ended = true;
    }
}

/// How many bytes at the start of a recording are whole, valid lines; 0 if not
/// even the header is.
///
/// # Errors
/// What the reader says; a slice never fails.
pub fn valid_prefix(cast: impl Read) -> io::Result<u64> {
    let mut lines = CheckedLines::new(cast)?;
    while lines.advance()? {}
    Ok(lines.valid())
}

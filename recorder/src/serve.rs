//! Recordings as they are handed out: always whole, valid lines, also while the
//! session still runs. These calls block.

mod merge;

use std::io::{self, BufReader, Read};

use self::merge::WithInput;
use crate::archive::{ArchiveError, Recording};
use crate::cast::CheckedLines;
use crate::frame::FrameReader;

/// The terminal's side of a recording, as asciicast v3, up to its last chunk.
///
/// # Errors
/// [`ArchiveError`]; `Damaged` if it has no header.
pub fn cast(recording: &Recording) -> Result<impl Read + Send + use<>, ArchiveError> {
    Ok(Lines::new(open(recording)?))
}

/// The same with the vendor's input merged in as `i` events. Passwords are in
/// it: for auditors alone.
///
/// # Errors
/// As [`cast`], for either of its tracks.
pub fn cast_with_input(recording: &Recording) -> Result<impl Read + Send + use<>, ArchiveError> {
    let cast = open(recording)?;
    let input = BufReader::with_capacity(64 << 10, recording.input()?);
    Ok(Lines::new(WithInput::new(cast, FrameReader::new(input))?))
}

fn open(recording: &Recording) -> Result<CheckedLines<impl Read + Send + use<>>, ArchiveError> {
    let lines = CheckedLines::new(recording.output()?)?;
    if lines.line().is_empty() {
        if recording.manifest().closing.is_none() {
            return Err(ArchiveError::Pending);
        }
        return Err(ArchiveError::Damaged("it has no header".to_owned()));
    }
    Ok(lines)
}

/// Where lines come from, one at a time.
trait Source {
    /// The line at hand, with its line feed; empty after the last one.
    fn line(&self) -> &[u8];
    /// Goes to the next line.
    fn advance(&mut self) -> io::Result<()>;
}

impl<R: Read> Source for CheckedLines<R> {
    fn line(&self) -> &[u8] {
        CheckedLines::line(self)
    }

    fn advance(&mut self) -> io::Result<()> {
        CheckedLines::advance(self).map(|_| ())
    }
}

/// Lines as a stream of bytes.
struct Lines<S> {
    source: S,
    /// How much of the line at hand has been read.
    read: usize,
}

impl<S: Source> Lines<S> {
    const fn new(source: S) -> Self {
        Self { source, read: 0 }
    }
}

impl<S: Source> Read for Lines<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(room) = buf.get_mut(filled..).filter(|room| !room.is_empty()) {
            let line = self.source.line();
            let Some(rest) = line.get(self.read..).filter(|rest| !rest.is_empty()) else {
                if line.is_empty() {
                    break;
                }
                self.read = 0;
                self.source.advance()?;
                continue;
            };
            let count = rest.len().min(room.len());
            for (slot, byte) in room.iter_mut().zip(rest) {
                *slot = *byte;
            }
            self.read += count;
            filled += count;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests;

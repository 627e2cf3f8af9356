//! Recordings as they are handed out: always whole, valid lines, also while the
//! session still runs and before a torn end is mended. These calls block.

mod merge;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use domain::SessionId;

use self::merge::WithInput;
use crate::cast::CheckedLines;
use crate::frame::FrameReader;
use crate::recorder::{cast_path, input_path};

/// The terminal's side of a recording, as asciicast v3, up to what is written now.
///
/// # Errors
/// `NotFound` if there is none, `InvalidData` if it has no header, or what the
/// system says.
pub fn read_cast(
    root: &Path,
    session: SessionId,
    channel: u32,
) -> io::Result<impl Read + Send + use<>> {
    Ok(Lines::new(open_cast(root, session, channel)?))
}

/// The same with the vendor's input merged in as `i` events. Passwords are in
/// it: for auditors alone.
///
/// # Errors
/// As [`read_cast`], for either of its two files.
pub fn read_cast_with_input(
    root: &Path,
    session: SessionId,
    channel: u32,
) -> io::Result<impl Read + Send + use<>> {
    let cast = open_cast(root, session, channel)?;
    let input = snapshot(&input_path(root, session, channel))?;
    let frames = FrameReader::new(BufReader::with_capacity(64 << 10, input));
    Ok(Lines::new(WithInput::new(cast, frames)?))
}

fn open_cast(
    root: &Path,
    session: SessionId,
    channel: u32,
) -> io::Result<CheckedLines<io::Take<File>>> {
    let lines = CheckedLines::new(snapshot(&cast_path(root, session, channel))?)?;
    if lines.line().is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the recording has no header",
        ));
    }
    Ok(lines)
}

/// The file as it is now: a session that floods must not make a download endless.
fn snapshot(path: &Path) -> io::Result<io::Take<File>> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok(file.take(len))
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

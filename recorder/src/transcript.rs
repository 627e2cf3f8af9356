//! What can be searched: the text that stood on the screen, and what was typed,
//! line by line with its time. Both are taken from what others chose to send, so
//! both are bounded.

mod plain;
mod screen;
#[cfg(test)]
mod tests;
mod typed;
mod words;

pub use screen::shown;
pub use typed::{Typed, find_typed, typed};
pub use words::{NoWords, Words};

/// A line, and when it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Milliseconds since the start of the recording.
    pub at_ms: u64,
    /// Without control characters.
    pub text: String,
}

/// How much is taken from one recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most lines.
    pub lines: usize,
    /// The longest line, in characters; what is longer is cut.
    pub chars: usize,
    /// The most text, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lines: 200_000,
            chars: 1000,
            bytes: 16 << 20,
        }
    }
}

/// The lines of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript<T> {
    /// In the order of time.
    pub lines: Vec<T>,
    /// Whether there was more than the limits allow.
    pub cut: bool,
}

/// Lines in the making, within limits.
#[derive(Debug)]
struct Kept<T> {
    limits: Limits,
    bytes: usize,
    lines: Vec<T>,
    cut: bool,
}

impl<T> Kept<T> {
    const fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: 0,
            lines: Vec::new(),
            cut: false,
        }
    }

    fn push(&mut self, line: T, bytes: usize) {
        if self.lines.len() >= self.limits.lines || self.bytes + bytes > self.limits.bytes {
            self.cut = true;
            return;
        }
        self.bytes += bytes;
        self.lines.push(line);
    }

    fn finish(self) -> Transcript<T> {
        Transcript {
            lines: self.lines,
            cut: self.cut,
        }
    }
}

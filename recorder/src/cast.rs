//! asciicast v3 (<https://docs.asciinema.org/manual/asciicast/v3/>): a header
//! line, then one JSON array per event, `[interval, code, data]`.
//!
//! Codes in use: `o` output, `i` input (only where an auditor asks for it), `r`
//! resize, `m` marker, `x` exit status; and three of ours, which players ignore:
//!
//! | code | data | meaning |
//! |---|---|---|
//! | `b` | base64 | the true bytes of the `o` or `i` just before, which were not UTF-8 and show U+FFFD there |
//! | `e` | empty | the `o` that follows came from standard error |
//! | `z` | `finished N` or `interrupted N` | the last line of a recording that needs no repair; its input log is N bytes long |
//!
//! Intervals are milliseconds, each counted from what was written before it
//! and not from what was measured, so that a long recording does not drift.

mod encode;
mod escape;
mod events;
mod lines;
mod read;
mod text;

pub use encode::{Encoder, HeaderTooLong};
pub(crate) use encode::{header_line, lost_header_line};
pub use events::{Events, Place};
pub use lines::{CheckedLines, valid_prefix};
pub use read::{BadLine, CastHeader, Event, ReadError, Reader, Term, Timed};

/// Which of the asset's two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// In order.
    Finished,
    /// The broker stopped in the middle.
    Interrupted,
}

impl Ending {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The longest line that is written or read, in bytes.
pub const MAX_LINE: usize = 4 << 20;

/// The longest piece of output that becomes one event, in bytes: at six bytes
/// for the worst character it stays far under [`MAX_LINE`].
const MAX_PIECE: usize = 64 << 10;

#[cfg(test)]
mod tests;

//! What a recording says about itself, and how much of the output it keeps.

use std::collections::BTreeMap;

use domain::{SessionId, Timestamp};

/// One channel's recording, as told to [`crate::Recorder::open`].
#[derive(Clone, Debug)]
pub struct Header {
    /// The session it belongs to.
    pub session: SessionId,
    /// The number of the SSH channel inside the session.
    pub channel: u32,
    /// When the channel was opened.
    pub started: Timestamp,
    /// One line for people.
    pub title: String,
    /// The command of an exec channel.
    pub command: Option<String>,
    /// The terminal, if there is one.
    pub terminal: Option<Terminal>,
    /// How much of the asset's output is kept.
    pub keep: KeepOutput,
    /// The environment that was let through to the asset.
    pub env: BTreeMap<String, String>,
}

/// A terminal's size in characters, and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The value of `TERM`.
    pub kind: String,
    /// Its modes (RFC 4254, 8), as far as somebody has named any.
    pub modes: String,
}

/// How much of the asset's output is kept. The vendor's input is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepOutput {
    /// All of it.
    Everything,
    /// So many bytes; what follows is counted and hashed.
    First(u64),
}

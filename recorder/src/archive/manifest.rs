//! What a recording consists of: a JSON object a line, only ever appended to.
//! Each line has the hash of the line before, and the recording's root is the
//! Merkle tree hash over all of them.

mod read;
mod wire;
mod write;

use std::fmt;

use age::x25519::Recipient;
use domain::{SessionId, Timestamp};

use super::keys::Protection;

pub use read::{BadManifest, Fault, Manifest, Why};
pub use write::{ManifestWriter, Seal};

/// The longest line of a manifest, in bytes, without its line feed.
pub const MAX_LINE: usize = 16 << 10;

/// The longest manifest that is read, in bytes: more than half a million chunks.
pub const MAX_MANIFEST: u64 = 192 << 20;

/// One of the two sides of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// What the asset showed.
    Output,
    /// What the vendor sent.
    Input,
}

impl Track {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Output, Self::Input];

    /// As it is written in manifests and file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Input => "input",
        }
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The first line: which recording this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The session it belongs to.
    pub session: SessionId,
    /// The number of the channel inside the session.
    pub channel: u32,
    /// When the channel was opened.
    pub started: Timestamp,
    /// How what the asset showed is encrypted.
    pub output: TrackOpening,
    /// How what the vendor sent is encrypted.
    pub input: TrackOpening,
}

impl Opening {
    /// How this track is encrypted.
    #[must_use]
    pub const fn track(&self, track: Track) -> &TrackOpening {
        match track {
            Track::Output => &self.output,
            Track::Input => &self.input,
        }
    }
}

/// How the chunks of one track are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackOpening {
    /// Who may decrypt them.
    pub encryption: Protection,
    /// To whom each chunk is encrypted; empty if it isn't.
    pub recipients: Vec<Recipient>,
}

/// What is said of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which side it is of.
    pub track: Track,
    /// When its first event happened, in ms since the start of the recording.
    pub from_ms: u64,
    /// When its last event happened, in ms since the start of the recording.
    pub to_ms: u64,
    /// How many lines or frames it has.
    pub events: u64,
    /// The number of the last frame of the write-ahead log that is in it.
    pub through: u64,
    /// Its length decompressed, in bytes.
    pub bytes: u64,
    /// Its length as it is stored, in bytes.
    pub stored: u64,
    /// The hash of it as it is stored.
    pub sha256: [u8; 32],
}

/// The line of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkLine {
    /// Its place among the chunks of both tracks, from 0.
    pub number: u64,
    /// What is said of it.
    pub chunk: Chunk,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order.
    Complete,
    /// The broker stopped in the middle; rebuilt from the write-ahead log.
    Interrupted,
}

impl End {
    /// As it is written in manifests and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What the last line says, beside the number of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// How it ended.
    pub end: End,
    /// Bytes from the vendor.
    pub bytes_in: u64,
    /// Bytes from the asset.
    pub bytes_out: u64,
    /// The exit status, if there was one.
    pub exit: Option<u32>,
}

#[cfg(test)]
mod tests;

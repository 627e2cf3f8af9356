//! Recordings as they are kept: a manifest and chunks in
//! `ROOT/SESSION/CHANNEL/`, in the format of `docs/evidence.md`.
//!
//! A [`manifest`] commits to all of a recording's chunks, and its root is what
//! the audit log's tree commits to. Whether the broker can read what it kept is
//! a matter of its [`keys`]; whether anybody has changed it is not.

pub mod chunk;
mod files;
pub mod keys;
pub mod manifest;
pub(crate) mod read;

pub use chunk::{BadChunk, Packer, unpack};
pub(crate) use files::whole;
pub use files::{DirFiles, Files};
pub use keys::{KeyError, Keyring, Protection, RecordingKeys, TrackKeys};
pub use manifest::{
    Chunk, ChunkLine, Closing, End, Manifest, ManifestWriter, Opening, Seal, Track, TrackOpening,
};
pub use read::{Archive, ArchiveError, ChunkReader, MANIFEST, Recording, recording_dir};

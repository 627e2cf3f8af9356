//! The evidence of a session: formats, durable writing, sealing and replay.
//!
//! Everything that crosses is durable in the write-ahead log before it goes on, and
//! becomes chunks that a manifest commits to; see `docs/evidence.md`.
//!
//! The promise is that input is recorded before it is forwarded: an
//! [`InputTail`] hands out nothing that a power cut could take away, and after
//! any failure nothing at all. No handle waits on another one, only on the disk, so
//! that a relay between two peers who wait for each other still moves.

pub mod archive;
mod builder;
pub mod cast;
mod channel;
mod chunks;
mod disk;
mod error;
pub mod frame;
mod header;
mod live;
mod opening;
pub mod play;
mod rebuild;
pub mod purge;
mod recorder;
pub mod serve;
mod settle;
mod space;
mod wal;
pub mod replay;
mod screen;
pub mod transcript;
mod writer;

pub use cast::Stream;
pub use channel::{Channel, Digests, Finished, InputLog, InputTail, OutputLog, Receipt};
pub use chunks::Interrupted;
pub use disk::{Disk, DiskFile, RealDisk, Room};
pub use error::{RecorderError, RecordingStopped};
pub use header::{Header, KeepOutput, Terminal};
pub use recorder::{LEAST_SEGMENT, Recorder, Settings};
pub use settle::Health;
pub use space::Space;
pub use wal::{WalKey, frames_in};
pub use screen::Patience;

#[cfg(test)]
mod tests;

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
pub mod bundle;
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
mod progress;
pub mod purge;
mod rebuild;
mod recorder;
pub mod replay;
mod screen;
pub mod serve;
mod settle;
mod space;
pub mod transcript;
pub mod verify;
mod view;
mod wal;
mod writer;

pub use cast::Stream;
pub use channel::{Channel, Digests, Finished, InputLog, InputTail, OutputLog, Receipt};
pub use chunks::Interrupted;
pub use disk::{Disk, DiskFile, RealDisk, Room};
pub use error::{RecorderError, RecordingStopped};
pub use header::{Header, KeepOutput, Terminal};
pub use progress::Progress;
pub use rebuild::Unsealed;
pub use recorder::{LEAST_SEGMENT, Recorder, Settings};
pub use screen::Patience;
pub use settle::Health;
pub use space::Space;
pub use view::{Channels, Seen, View};
pub use wal::{WalKey, frames_in};

#[cfg(test)]
mod tests;

//! The evidence of a session: formats, durable writing, repair and replay.
//!
//! Each SSH channel has two files under `ROOT/SESSION/`: `N.cast`, what the
//! asset showed (asciicast v3, see [`cast`]), and `N.input`, what the vendor
//! sent (see [`frame`]), kept apart because passwords are in it.
//!
//! The promise is that input is recorded before it is forwarded: an
//! [`InputTail`] hands out nothing that a power cut could take away, and after
//! any failure nothing at all. No handle waits on another one, only on the disk, so
//! that a relay between two peers who wait for each other still moves.

pub mod archive;
pub mod cast;
mod channel;
mod disk;
mod error;
pub mod frame;
mod header;
pub mod play;
mod recorder;
mod repair;
pub mod serve;
mod writer;

pub use cast::Stream;
pub use channel::{Channel, Digests, Finished, InputLog, InputTail, OutputLog};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{RecorderError, RecordingStopped};
pub use header::{Header, KeepOutput, Terminal};
pub use recorder::{Recorder, Settings};
pub use repair::{Repaired, repair_all};

#[cfg(test)]
mod tests;

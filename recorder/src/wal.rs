//! The write-ahead log: everything that crosses, durable before it goes on.
//!
//! One file after another of a fixed length, allocated before they are needed, and
//! one thread that writes. It takes what has queued, writes it, flushes once,
//! acknowledges all of it, and comes back for what has queued meanwhile.

mod frame;
mod log;
mod read;
mod segment;
mod shelf;

pub(crate) use frame::Kind;
pub(crate) use log::Log;
pub(crate) use read::read_all;
pub use segment::WalKey;
pub(crate) use shelf::{Maker, Shelf};

pub use read::frames_in;

//! Evidence of a session: formats, durable writing, repair and replay.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use domain::{Clock, SessionId, Timestamp};

/// How a recorder is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory that holds one directory per session; made if absent.
    pub root: PathBuf,
    /// Writer threads for each of the two logs; at least 1.
    pub writers: usize,
}

/// What a recording says about itself in its first line.
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
    /// Environment as let through to the asset.
    pub env: BTreeMap<String, String>,
}

/// A terminal's size in characters, and its kind (`TERM`).
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The value of `TERM`.
    pub kind: String,
}

/// How much of the asset's output is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepOutput {
    /// All of it.
    Everything,
    /// So many bytes; what follows is counted and hashed.
    First(u64),
}

/// Which of the asset's two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Why a recording could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The disk refused.
    #[error("{doing} {path}: {source}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A writer thread is gone.
    #[error("the recorder has stopped; restart the broker")]
    Stopped,
}

/// The channel's recording has stopped for good; nothing more may pass.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the recording has stopped: {0}")]
pub struct RecordingStopped(Arc<str>);

/// Reaches the disk; another one is put in its place to test failures.
pub trait Disk: Send + Sync + 'static {}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;
impl Disk for RealDisk {}

/// Opens recordings; one per broker.
#[derive(Clone)]
pub struct Recorder {}

impl Recorder {
    /// Starts the writer threads.
    ///
    /// # Errors
    /// When the root can't be made or a thread not be started.
    pub fn start(settings: Settings, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Result<Self, RecorderError> { todo!() }

    /// Begins the recording of a channel; its header is durable when this returns.
    ///
    /// # Errors
    /// When its files can't be made durable, or it exists already.
    pub async fn open(&self, header: Header) -> Result<Channel, RecorderError> { todo!() }

    /// Where the recordings are.
    pub fn root(&self) -> &Path { todo!() }
}

/// A channel's recording, just opened.
pub struct Channel {}
impl Channel {
    /// One handle for each of the three tasks.
    pub fn split(self) -> (InputLog, InputTail, OutputLog) { todo!() }
}

/// Takes what the vendor sends. Dropping it ends the input as well.
pub struct InputLog {}
impl InputLog {
    /// Queues bytes for the disk; waits only while more than 4 MiB isn't durable. Cancel-safe.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn append(&self, bytes: Bytes) -> Result<(), RecordingStopped> { todo!() }
    /// The vendor's end of file, after what was appended before.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn end(&self) -> Result<(), RecordingStopped> { todo!() }
    /// Resolves when (and only if) the recording fails; owned, so that it can be held beside the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> { async { todo!() } }
}

/// Hands out the vendor's bytes once they are durable, in order.
pub struct InputTail {}
impl InputTail {
    /// The next bytes, at most 256 KiB; `None` after the end. Cancel-safe.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RecordingStopped> { todo!() }
    /// Bytes that are durable but not yet taken.
    pub fn backlog(&self) -> u64 { todo!() }
    /// Resolves when (and only if) the recording fails.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> { async { todo!() } }
}

/// Takes what the asset sends, and what happens to the terminal, in order.
#[derive(Clone)]
pub struct OutputLog {}
impl OutputLog {
    /// Queues output; never waits: await [`OutputLog::ready`] before reading more from the asset.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub fn write(&self, stream: Stream, bytes: Bytes) -> Result<(), RecordingStopped> { todo!() }
    /// Waits while more than 256 KiB, or anything older than 250 ms, is unwritten.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub async fn ready(&self) -> Result<(), RecordingStopped> { todo!() }
    /// The terminal's size has changed.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub fn resize(&self, cols: u16, rows: u16) -> Result<(), RecordingStopped> { todo!() }
    /// A remark on the timeline.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub fn marker(&self, label: &str) -> Result<(), RecordingStopped> { todo!() }
    /// The exit status of the command.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub fn exit(&self, status: u32) -> Result<(), RecordingStopped> { todo!() }
    /// Ends the recording: all durable, both files closed. Ends the input as well.
    ///
    /// # Errors
    /// When the recording has stopped, or was finished already.
    pub async fn finish(self) -> Result<Finished, RecordingStopped> { todo!() }
    /// Resolves when (and only if) the recording fails.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> { async { todo!() } }
}

/// What a finished recording holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Bytes from the vendor; all are kept.
    pub bytes_in: u64,
    /// Bytes from the asset, both streams.
    pub bytes_out: u64,
    /// How many of those are kept.
    pub kept_out: u64,
    /// SHA-256 of standard output and of standard error, when the keep limit is not [`KeepOutput::Everything`].
    pub sha256: Option<Digests>,
}

/// SHA-256 of each output stream, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of standard output.
    pub out: [u8; 32],
    /// Of standard error.
    pub err: [u8; 32],
}

/// A recording that was mended at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Its session.
    pub session: SessionId,
    /// Its channel.
    pub channel: u32,
    /// How many bytes of a torn tail were cut off, of both files (zeros of the preallocation not counted).
    pub cut_bytes: u64,
}

/// Mends every recording under `root` that was not finished. Call it before [`Recorder::start`].
///
/// # Errors
/// When a file can't be read or written.
pub fn repair_all(root: &Path) -> Result<Vec<Repaired>, RecorderError> { todo!() }

/// Valid recordings for players, also of sessions that still run.
pub mod serve {
    use super::*;
    /// The terminal's side of a recording: asciicast v3.
    ///
    /// # Errors
    /// `NotFound`, or what the disk says.
    pub fn read_cast(root: &Path, session: SessionId, channel: u32) -> io::Result<impl Read + Send + use<>> { todo!() as io::Result<io::Empty> }
    /// The same with the vendor's keystrokes merged in as `i` events: for auditors only.
    ///
    /// # Errors
    /// `NotFound`, or what the disk says.
    pub fn read_cast_with_input(root: &Path, session: SessionId, channel: u32) -> io::Result<impl Read + Send + use<>> { todo!() as io::Result<io::Empty> }
}

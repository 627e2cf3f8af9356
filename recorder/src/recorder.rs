//! Starting the writers, and beginning a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{Clock, SessionId};

use crate::cast::header_line;
use crate::channel::{
    Channel, Core, FlushOutput, InputSide, OutputSide, STEP, WriteInput, WriteOutput, Writers,
};
use crate::disk::{Disk, DiskFile, write_all_at};
use crate::error::RecorderError;
use crate::frame;
use crate::header::Header;
use crate::writer::Writer;

/// How long the output writer waits for more: nobody waits for it, and a
/// wake-up per packet would cost more than the packet.
const OUTPUT_LINGER: Duration = Duration::from_millis(5);

/// How long written output stays unflushed. With the linger and the flush
/// itself it must stay under 250 ms.
const FLUSH_LINGER: Duration = Duration::from_millis(200);

/// How a recorder is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory that holds one directory per session; made if absent.
    pub root: PathBuf,
    /// Over how many sets of writer threads the channels are spread; at least 1.
    pub writers: usize,
}

/// Opens recordings; one per broker. Its threads end when it and all its
/// channels are dropped.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    writers: Vec<Writers>,
    turn: AtomicUsize,
}

impl Recorder {
    /// Makes the root directory and starts the writer threads. What a former
    /// run left must have been mended before by [`crate::repair_all`].
    ///
    /// # Errors
    /// When the directory can't be made or a thread not be started.
    pub fn start(
        settings: Settings,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RecorderError> {
        let Settings { root, writers } = settings;
        disk.make_dir(&root)
            .map_err(RecorderError::disk("creating", &root))?;
        let names = root
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        disk.sync_dir(names)
            .map_err(RecorderError::disk("flushing", names))?;
        let writers = (0..writers.max(1))
            .map(start_writers)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            inner: Arc::new(Inner {
                root,
                disk,
                clock,
                writers,
                turn: AtomicUsize::new(0),
            }),
        })
    }

    /// Begins the recording of a channel. Its files and its header are durable
    /// when this returns.
    ///
    /// # Errors
    /// When its files can't be made durable, or are there already.
    pub async fn open(&self, header: Header) -> Result<Channel, RecorderError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.open(&header))
            .await
            .map_err(|_| RecorderError::Stopped)?
    }

    /// The directory that holds the recordings.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }
}

fn start_writers(number: usize) -> Result<Writers, RecorderError> {
    Ok(Writers {
        input: Arc::new(Writer::start(
            &format!("rec-input-{number}"),
            None,
            WriteInput,
        )?),
        output: Arc::new(Writer::start(
            &format!("rec-output-{number}"),
            Some(OUTPUT_LINGER),
            WriteOutput,
        )?),
        flusher: Arc::new(Writer::start(
            &format!("rec-flush-{number}"),
            Some(FLUSH_LINGER),
            FlushOutput,
        )?),
    })
}

/// The directory of a session's recordings.
pub(crate) fn session_dir(root: &Path, session: SessionId) -> PathBuf {
    root.join(session.to_string())
}

/// The terminal's side of a channel.
pub(crate) fn cast_path(root: &Path, session: SessionId, channel: u32) -> PathBuf {
    session_dir(root, session).join(format!("{channel}.cast"))
}

/// The vendor's side of a channel.
pub(crate) fn input_path(root: &Path, session: SessionId, channel: u32) -> PathBuf {
    session_dir(root, session).join(format!("{channel}.input"))
}

impl Inner {
    fn open(&self, header: &Header) -> Result<Channel, RecorderError> {
        let cast_header = header_line(header)?;
        let mut input_start = Vec::new();
        frame::append_open(
            header.session,
            header.channel,
            header.started,
            &mut input_start,
        );
        let input_end = input_start.len();
        input_start.resize(STEP, 0);

        let dir = session_dir(&self.root, header.session);
        self.disk
            .make_dir(&dir)
            .map_err(RecorderError::disk("creating", &dir))?;
        let input_path = input_path(&self.root, header.session, header.channel);
        let cast_path = cast_path(&self.root, header.session, header.channel);
        let input_file = self.create(&input_path, &input_start)?;
        let cast_file = self.create(&cast_path, &cast_header)?;
        for dir in [&dir, &self.root] {
            self.disk
                .sync_dir(dir)
                .map_err(RecorderError::disk("flushing", dir))?;
        }

        let input = InputSide::new(input_file, input_path, input_end as u64, STEP as u64);
        let output = OutputSide::new(cast_file, cast_path, cast_header.len() as u64, header.keep);
        let name = format!("{}/{}", header.session, header.channel);
        let writers = self.next_writers()?;
        let core = Arc::new(Core::new(
            name,
            Arc::clone(&self.clock),
            input,
            output,
            writers.clone(),
        ));
        for writer in [&writers.input, &writers.output, &writers.flusher] {
            writer.adopt(&core)?;
        }
        Ok(Channel::new(core))
    }

    fn create(&self, path: &Path, start: &[u8]) -> Result<Box<dyn DiskFile>, RecorderError> {
        let file = self
            .disk
            .create(path)
            .map_err(RecorderError::disk("creating", path))?;
        write_all_at(file.as_ref(), 0, start)
            .and_then(|()| file.sync())
            .map_err(RecorderError::disk("beginning", path))?;
        Ok(file)
    }

    fn next_writers(&self) -> Result<Writers, RecorderError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.writers.len().max(1);
        self.writers
            .get(turn)
            .cloned()
            .ok_or(RecorderError::Stopped)
    }
}

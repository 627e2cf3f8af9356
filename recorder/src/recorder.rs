//! Starting the threads, and beginning a recording.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, Random, SessionId};
use tokio::sync::mpsc;

use crate::archive::{Archive, Keyring};
use crate::builder::Builder;
use crate::cast::header_line;
use crate::channel::{Channel, Core, Kept, Parts, Writers};
use crate::chunks::{Interrupted, MakeChunks};
use crate::disk::Disk;
use crate::error::RecorderError;
use crate::header::Header;
use crate::live::Live;
use crate::opening::Opening;
use crate::progress::{self, Progress};
use crate::rebuild::{self, Site, Unsealed};
use crate::settle::{Charge, Health, Settle};
use crate::space::Space;
use crate::wal::{Log, Maker, Shelf, WalKey};
use crate::writer::{Writer, lock};

/// How long the log waits for more while nobody waits for what has queued: a flush
/// for each packet would cost more than the packet.
const LOG_LINGER: Duration = Duration::from_millis(5);

/// How long the making of chunks waits for more.
const CHUNK_LINGER: Duration = Duration::from_millis(20);

/// The least length of a segment: a recording's header must fit it.
pub const LEAST_SEGMENT: u64 = 8 << 20;

/// How a recorder is set up.
pub struct Settings {
    /// The directory that holds one directory per session; made if absent.
    pub root: PathBuf,
    /// The directory of the write-ahead log; made if absent. Best on the same file
    /// system, and on a disk that flushes fast.
    pub log: PathBuf,
    /// How long a segment of it is, in bytes; at least [`LEAST_SEGMENT`].
    pub segment: u64,
    /// Below so many free bytes no recording begins, below half of it all end.
    pub least_free: u64,
    /// What segments are encrypted with.
    pub log_key: WalKey,
    /// Who may read recordings.
    pub keyring: Keyring,
}

/// Opens recordings; one per broker. Its threads end when it and all its
/// channels are dropped.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    least_free: u64,
    keyring: Keyring,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    writers: Writers,
    live: Arc<Live>,
    shelf: Arc<Shelf>,
    settle: Arc<Settle>,
    next: AtomicU64,
    interrupted: Mutex<Option<mpsc::UnboundedReceiver<Interrupted>>>,
}

impl Recorder {
    /// Makes the directories, closes as interrupted what a former run left open,
    /// and starts the threads. `also` are recordings that should have been sealed and
    /// were not, in case the log knows nothing of them.
    ///
    /// What was closed comes out of [`Recorder::interrupted`].
    ///
    /// # Errors
    /// When a directory or a segment can't be made, the log can't be read, or a
    /// thread not be started.
    pub fn start(
        settings: Settings,
        also: &[Unsealed],
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, RecorderError> {
        let Settings {
            root,
            log,
            segment,
            least_free,
            log_key,
            keyring,
        } = settings;
        for dir in [&root, &log] {
            make_dir(disk.as_ref(), dir)?;
        }
        let live = Arc::new(Live::default());
        let (send, interrupted) = mpsc::unbounded_channel();
        let site = Site {
            root: &root,
            log: &log,
            key: &log_key,
            keyring: &keyring,
            disk: &disk,
        };
        let rebuilt = rebuild::rebuild(&site, also, &live, &send)?;

        let maker = Maker {
            disk: Arc::clone(&disk),
            dir: log.clone(),
            length: segment.max(LEAST_SEGMENT),
            key: log_key,
            random,
        };
        let shelf = Shelf::start(maker, rebuilt.next_segment, rebuilt.free)?;
        let settle = Arc::new(Settle::default());
        settle.start(Charge {
            root: root.clone(),
            log,
            least_free,
            disk: Arc::clone(&disk),
            live: Arc::clone(&live),
            shelf: Arc::clone(&shelf),
        })?;
        let work = Log::new(
            Arc::clone(&shelf),
            Arc::clone(&live),
            Arc::clone(&settle),
            rebuilt.next_frame,
        );
        let chunks = MakeChunks::new(send).map_err(RecorderError::disk("starting on", &root))?;
        let writers = Writers {
            log: Arc::new(Writer::start("rec-log", Some(LOG_LINGER), work)?),
            chunks: Arc::new(Writer::start("rec-chunks", Some(CHUNK_LINGER), chunks)?),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                root,
                least_free,
                keyring,
                disk,
                clock,
                writers,
                live,
                shelf,
                settle,
                next: AtomicU64::new(rebuilt.next_recording),
                interrupted: Mutex::new(Some(interrupted)),
            }),
        })
    }

    /// Begins the recording of a channel. It is durable in the log when this returns.
    ///
    /// # Errors
    /// When the disk is too full or refuses, or there is such a recording already.
    pub async fn open(&self, header: Header) -> Result<Channel, RecorderError> {
        let inner = Arc::clone(&self.inner);
        let core = tokio::task::spawn_blocking(move || inner.open(&header))
            .await
            .map_err(|_| RecorderError::Stopped)??;
        match core.durable().await {
            Ok(()) => Ok(Channel::new(core)),
            Err(stopped) => Err(RecorderError::NotBegun(stopped)),
        }
    }

    /// Recordings that were closed as interrupted: those that a former run left, and
    /// those that fail in this one. Each is to be sealed, and its receipt given back.
    /// The first caller gets them.
    #[must_use]
    pub fn interrupted(&self) -> Option<mpsc::UnboundedReceiver<Interrupted>> {
        lock(&self.inner.interrupted).take()
    }

    /// Puts what a running recording has so far into chunks, so that it can be read.
    /// One that does not run is left as it is.
    pub async fn cut(&self, session: SessionId, channel: u32) {
        let all = self.inner.live.all();
        let Some(core) = all
            .into_iter()
            .find(|core| core.session == session && core.channel == channel)
        else {
            return;
        };
        let _ = core.cut().await;
    }

    /// What the recordings under way come to so far, all of it durable. This call
    /// blocks.
    ///
    /// # Errors
    /// When the disk can't make it durable; then everything ends.
    pub fn progress(&self) -> Result<Vec<Progress>, RecorderError> {
        let inner = &self.inner;
        progress::durable(&inner.root, inner.disk.as_ref(), &inner.live)
    }

    pub(crate) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.inner.live)
    }

    /// How its disk is.
    #[must_use]
    pub fn health(&self) -> Health {
        let inner = &self.inner;
        inner
            .settle
            .health(&inner.live, &inner.shelf, inner.least_free)
    }

    /// Where recordings are read from.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::new(&self.inner.root, self.inner.keyring.clone())
    }

    /// The directory that holds the recordings.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }
}

fn make_dir(disk: &dyn Disk, dir: &Path) -> Result<(), RecorderError> {
    disk.make_dir(dir)
        .map_err(RecorderError::disk("creating", dir))?;
    let names = dir
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    disk.sync_dir(names)
        .map_err(RecorderError::disk("flushing", names))
}

impl Inner {
    fn open(&self, header: &Header) -> Result<Arc<Core>, RecorderError> {
        let health = self.settle.health(&self.live, &self.shelf, self.least_free);
        if health.space != Space::Ample {
            return Err(RecorderError::NoRoom {
                free: health.room.map_or(0, |room| room.free),
                least: self.least_free,
            });
        }
        if let Some(why) = health.trouble {
            return Err(RecorderError::Trouble(why));
        }
        let opening = Opening {
            session: header.session,
            channel: header.channel,
            started: header.started,
            header: header_line(header)?,
        };
        let facts = opening.facts();
        let builder = Builder::begin(Arc::clone(&self.disk), &self.root, &self.keyring, &facts)
            .map_err(RecorderError::disk("beginning a recording in", &self.root))?;
        let core = Arc::new(Core::new(Parts {
            session: header.session,
            channel: header.channel,
            number: self.next.fetch_add(1, Ordering::Relaxed),
            opening: opening.encode().into(),
            terminal: header.terminal.as_ref().map(|t| (t.cols, t.rows)),
            clock: Arc::clone(&self.clock),
            disk: Arc::clone(&self.disk),
            kept: Kept::new(header.keep),
            builder,
            writers: self.writers.clone(),
            live: Arc::clone(&self.live),
        }));
        if let Some(command) = &header.command {
            lock(&core.state).recent.begin(command);
        }
        for writer in [&self.writers.log, &self.writers.chunks] {
            writer.adopt(&core)?;
        }
        self.live.add(Arc::clone(&core));
        core.begin();
        Ok(core)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.settle.close();
        self.shelf.close();
    }
}

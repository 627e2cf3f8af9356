//! Segments that stand ready, so that the writer never waits for one to be made:
//! allocated in full, with their key written and flushed.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use domain::Random;

use super::frame::SegmentKey;
use super::segment::{self, PAGE, WalKey};
use crate::disk::{Disk, DiskFile, write_all_at};
use crate::error::RecorderError;
use crate::writer::lock;

/// How many stand ready.
const READY: usize = 2;

/// How many old files are kept to become new segments.
const SPARE: usize = 2;

/// After a segment that could not be made.
const PAUSE: Duration = Duration::from_secs(1);

/// A segment to be written to.
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) key: SegmentKey,
    pub(crate) length: u64,
}

/// What makes segments.
pub(crate) struct Maker {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) length: u64,
    pub(crate) key: WalKey,
    pub(crate) random: Arc<dyn Random>,
}

impl Maker {
    fn make(&self, number: u64, old: Option<&Path>) -> io::Result<Segment> {
        let path = segment::path(&self.dir, number);
        let (key, page) = self
            .key
            .make(number, self.random.as_ref())
            .ok_or_else(|| io::Error::other("the segment's key can't be made"))?;
        let made = || {
            let file = match old {
                Some(old) => {
                    self.disk.rename(old, &path)?;
                    self.disk.open(&path)?
                }
                None => self.disk.create(&path)?,
            };
            file.allocate(self.length)?;
            write_all_at(file.as_ref(), 0, &page)?;
            file.sync()?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        };
        match made() {
            Ok(file) => Ok(Segment {
                number,
                path,
                file,
                key,
                length: self.length,
            }),
            Err(error) => {
                let _ = self.disk.remove(&path);
                Err(error)
            }
        }
    }

    /// Destroys the key of a segment that is no longer needed.
    fn wipe(&self, path: &Path) -> io::Result<()> {
        let file = self.disk.open(path)?;
        write_all_at(file.as_ref(), 0, &[0; PAGE])?;
        file.sync()
    }
}

/// The segments that stand ready.
pub(crate) struct Shelf {
    state: Mutex<State>,
    bell: Condvar,
}

struct State {
    ready: VecDeque<Segment>,
    /// Files that nobody needs, with the keys to what is in them.
    old: Vec<PathBuf>,
    /// Files that nobody can read any more, to become segments.
    wiped: Vec<PathBuf>,
    next: u64,
    trouble: Option<String>,
    closed: bool,
}

impl Shelf {
    /// Starts the thread that fills the shelf, from number `next` on; the first
    /// segment is made at once. `old` are files that may be written over.
    pub(crate) fn start(
        maker: Maker,
        next: u64,
        old: Vec<PathBuf>,
    ) -> Result<Arc<Self>, RecorderError> {
        let first = maker
            .make(next, None)
            .map_err(RecorderError::disk("making a segment in", &maker.dir))?;
        let shelf = Arc::new(Self {
            state: Mutex::new(State {
                ready: VecDeque::from([first]),
                old,
                wiped: Vec::new(),
                next: next + 1,
                trouble: None,
                closed: false,
            }),
            bell: Condvar::new(),
        });
        let filled = Arc::clone(&shelf);
        thread::Builder::new()
            .name("rec-prepare".to_owned())
            .spawn(move || filled.fill(&maker))
            .map_err(RecorderError::Thread)?;
        Ok(shelf)
    }

    fn fill(&self, maker: &Maker) {
        loop {
            let mut state = lock(&self.state);
            while !state.closed && state.ready.len() >= READY && state.old.is_empty() {
                state = self
                    .bell
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            // Without this thread the log ends with what stands ready.
            let made = catch_unwind(AssertUnwindSafe(|| self.prepare(maker, state)))
                .unwrap_or_else(|_| Err(io::Error::other("making it has panicked")));
            let mut state = lock(&self.state);
            match made {
                Ok(segment) => {
                    state.ready.extend(segment);
                    state.trouble = None;
                    self.bell.notify_all();
                }
                Err(error) => {
                    let dir = maker.dir.display();
                    tracing::error!(%dir, %error, "wal.segment_not_made");
                    state.trouble = Some(format!("no new segment in {dir}: {error}"));
                    let _ = self
                        .bell
                        .wait_timeout_while(state, PAUSE, |state| !state.closed);
                }
            }
        }
    }

    fn prepare(
        &self,
        maker: &Maker,
        mut state: MutexGuard<'_, State>,
    ) -> io::Result<Option<Segment>> {
        // What can be read by nobody any more is the more urgent half.
        if let Some(old) = state.old.pop() {
            let keep = state.wiped.len() < SPARE;
            drop(state);
            return self.wipe(maker, old, keep);
        }
        let file = state.wiped.pop();
        let number = state.next;
        state.next += 1;
        drop(state);
        maker.make(number, file.as_deref()).map(Some)
    }

    fn wipe(&self, maker: &Maker, old: PathBuf, keep: bool) -> io::Result<Option<Segment>> {
        maker.wipe(&old)?;
        if keep {
            lock(&self.state).wiped.push(old);
        } else {
            maker.disk.remove(&old)?;
        }
        Ok(None)
    }

    /// The next segment; waits for one, but not for longer than `patience`.
    pub(crate) fn take(&self, patience: Duration) -> Result<Segment, String> {
        let state = lock(&self.state);
        let (mut state, _) = self
            .bell
            .wait_timeout_while(state, patience, |state| state.ready.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let segment = state.ready.pop_front();
        self.bell.notify_all();
        segment.ok_or_else(|| {
            let trouble = state.trouble.clone();
            trouble.unwrap_or_else(|| "no segment of the write-ahead log is ready".to_owned())
        })
    }

    /// Takes back a segment that nobody needs any more.
    pub(crate) fn give_back(&self, path: PathBuf) {
        lock(&self.state).old.push(path);
        self.bell.notify_all();
    }

    /// Why no segment can be made at the moment.
    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.state).trouble.clone()
    }

    /// Ends the thread.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.bell.notify_all();
    }
}

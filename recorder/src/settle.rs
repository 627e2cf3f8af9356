//! The thread that looks after the rest, once a second: closes what is old, lets go
//! of segments that nobody needs, closes again what could not be closed, and watches
//! the room on the disk.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::channel::Core;
use crate::disk::{Disk, Room};
use crate::error::RecorderError;
use crate::live::Live;
use crate::space::Space;
use crate::wal::Shelf;
use crate::writer::lock;

const TICK: Duration = Duration::from_secs(1);

/// The bell of that thread, and what it found last.
#[derive(Default)]
pub(crate) struct Settle {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    rung: bool,
    closed: bool,
    room: Option<Room>,
    space: Space,
    trouble: Option<String>,
    /// A directory that takes no new files.
    shut: Option<String>,
}

/// What the thread works on.
pub(crate) struct Charge {
    pub(crate) root: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) least_free: u64,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) live: Arc<Live>,
    pub(crate) shelf: Arc<Shelf>,
}

/// How the recorder's disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The room on it, once somebody has looked.
    pub room: Option<Room>,
    /// What that allows.
    pub space: Space,
    /// Below so many free bytes nothing new begins.
    pub least_free: u64,
    /// What does not work at the moment.
    pub trouble: Option<String>,
    /// Recordings that are not sealed, or whose seal is not stored.
    pub open: usize,
    /// Segments of the write-ahead log that are full and still needed.
    pub waiting_segments: usize,
}

impl Settle {
    pub(crate) fn start(self: &Arc<Self>, charge: Charge) -> Result<(), RecorderError> {
        let this = Arc::clone(self);
        this.look(&charge);
        thread::Builder::new()
            .name("rec-settle".to_owned())
            .spawn(move || this.run(&charge))
            .map_err(RecorderError::Thread)?;
        Ok(())
    }

    /// Has it look now.
    pub(crate) fn wake(&self) {
        lock(&self.state).rung = true;
        self.bell.notify_all();
    }

    /// Ends the thread.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.bell.notify_all();
    }

    pub(crate) fn health(&self, live: &Live, shelf: &Shelf, least_free: u64) -> Health {
        let state = lock(&self.state);
        Health {
            room: state.room,
            space: state.space,
            least_free,
            trouble: live
                .poisoned()
                .or_else(|| shelf.trouble())
                .or_else(|| state.trouble.clone())
                .or_else(|| state.shut.clone()),
            open: live.all().len(),
            waiting_segments: live.retired(),
        }
    }

    fn run(&self, charge: &Charge) {
        loop {
            let state = lock(&self.state);
            let (mut state, _) = self
                .bell
                .wait_timeout_while(state, TICK, |state| !state.rung && !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            state.rung = false;
            if state.closed {
                return;
            }
            drop(state);
            self.look(charge);
            let live = charge.live.all();
            for core in &live {
                look_after(core);
            }
            let released = release(charge, &live);
            lock(&self.state).trouble = released.err();
        }
    }

    fn look(&self, charge: &Charge) {
        let found = charge.disk.room(&charge.root);
        let shut = shut(charge);
        let mut state = lock(&self.state);
        if shut != state.shut {
            match &shut {
                Some(why) => tracing::error!(why, "recorder.shut"),
                None => tracing::info!("recorder.open_again"),
            }
            state.shut = shut;
        }
        match found {
            Ok(room) => {
                let space = state.space.next(room.free, charge.least_free);
                if space != state.space {
                    tracing::warn!(
                        free = room.free,
                        least = charge.least_free,
                        space = space.as_str(),
                        "recorder.space"
                    );
                }
                state.room = Some(room);
                state.space = space;
            }
            Err(error) => {
                tracing::error!(%error, "recorder.room_unknown");
                state.room = None;
            }
        }
        let critical = state.space == Space::Critical;
        drop(state);
        if critical {
            for core in charge.live.all() {
                if !lock(&core.state).sealed {
                    core.stop("the disk for recordings is nearly full");
                }
            }
        }
    }
}

/// Why no recording could begin, or no segment be made, though there is room: a file
/// system that was made read-only, as a failing disk often is.
fn shut(charge: &Charge) -> Option<String> {
    [&charge.root, &charge.log].into_iter().find_map(|dir| {
        let error = charge.disk.writable(dir).err()?;
        Some(format!("{} can't be written to: {error}", dir.display()))
    })
}

/// Has a recording closed that should be, or made into chunks what is old.
fn look_after(core: &Arc<Core>) {
    let state = lock(&core.state);
    if state.sealed || state.broken {
        return;
    }
    let abandoned = state.abandoned();
    drop(state);
    let stopped = core.check().is_err();
    // A chunk that is being made holds this for a moment.
    let Ok(builder) = core.builder.try_lock() else {
        return;
    };
    let missing = builder.present();
    let old = builder.is_old(core.at());
    drop(builder);
    if let Err(error) = missing
        && !stopped
    {
        core.stop(format!("its manifest is gone: {error}"));
    } else if stopped || abandoned || old {
        core.writers.chunks.push(Arc::clone(core));
    }
}

/// Lets go of the segments whose frames are all in durable chunks.
fn release(charge: &Charge, live: &[Arc<Core>]) -> Result<(), String> {
    let Charge {
        root,
        disk,
        live: all,
        shelf,
        ..
    } = charge;
    let Some(oldest) = all.oldest() else {
        return Ok(());
    };
    let mut floor = u64::MAX;
    for core in live {
        let mut state = lock(&core.state);
        let Some(first) = state.floor() else { continue };
        floor = floor.min(first);
        if first <= oldest && !state.cut && !state.sealed {
            state.cut = true;
            drop(state);
            core.writers.chunks.push(Arc::clone(core));
            core.writers.chunks.hurry();
        }
    }
    if floor <= oldest {
        return Ok(());
    }
    if let Some(why) = all.poisoned() {
        return Err(why);
    }
    let written: Vec<_> = live
        .iter()
        .map(|core| lock(&core.builder).unflushed())
        .collect();
    if let Err(error) = disk.sync_all(root) {
        let why = format!("flushing {}: {error}", root.display());
        all.poison(&why);
        return Err(why);
    }
    for (core, written) in live.iter().zip(written) {
        lock(&core.builder).flushed(written);
    }
    for path in all.release(floor) {
        shelf.give_back(path);
    }
    Ok(())
}

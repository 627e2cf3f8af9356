//! The recordings that the write-ahead log still has to know, and the segments
//! that it still has to keep for them.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::SessionId;

use crate::channel::Core;
use crate::view::{Over, Picture, Shown};
use crate::writer::lock;

/// A segment that is full.
pub(crate) struct Retired {
    pub(crate) path: PathBuf,
    /// The last frame in it.
    pub(crate) last: u64,
}

/// What is under way.
#[derive(Default)]
pub(crate) struct Live {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recordings: BTreeMap<u64, Arc<Core>>,
    over: Over,
    retired: VecDeque<Retired>,
    poisoned: Option<String>,
}

impl Live {
    /// A flush of chunks has failed: nothing is known of them any more, and a second
    /// flush that succeeds means nothing. The log keeps what it has until the next
    /// start, and nothing new begins.
    pub(crate) fn poison(&self, why: &str) {
        tracing::error!(reason = why, "recorder.chunks_in_doubt");
        lock(&self.state).poisoned.get_or_insert(why.to_owned());
        for core in self.all() {
            if !lock(&core.state).sealed {
                core.stop(why);
            }
        }
    }

    /// Why chunks are in doubt.
    pub(crate) fn poisoned(&self) -> Option<String> {
        lock(&self.state).poisoned.clone()
    }

    pub(crate) fn add(&self, core: Arc<Core>) {
        lock(&self.state).recordings.insert(core.number, core);
    }

    /// A recording is over, and its seal is stored.
    pub(crate) fn forget(&self, number: u64) {
        let Some(core) = lock(&self.state).recordings.get(&number).cloned() else {
            return;
        };
        let recent = lock(&core.state).recent.clone();
        // Both at once: whoever looks on sees it as one or as the other.
        let mut state = lock(&self.state);
        if state.recordings.remove(&number).is_some() {
            state.over.push(core.session, core.channel, recent);
        }
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> Vec<Arc<Core>> {
        lock(&self.state).recordings.values().cloned().collect()
    }

    /// What there is to see of a session: each channel that runs, and the latest few
    /// that are over.
    pub(crate) fn shown(&self, session: SessionId) -> Vec<Shown> {
        let state = lock(&self.state);
        let running = state.recordings.values();
        let running = running.filter(|core| core.session == session);
        let running = running.map(|core| Shown {
            channel: core.channel,
            picture: Picture::Running(Arc::clone(core)),
        });
        state.over.of(session).chain(running).collect()
    }

    pub(crate) fn retire(&self, segment: Retired) {
        lock(&self.state).retired.push_back(segment);
    }

    /// The last frame of the oldest full segment.
    pub(crate) fn oldest(&self) -> Option<u64> {
        lock(&self.state)
            .retired
            .front()
            .map(|segment| segment.last)
    }

    /// How many segments are full and still needed.
    pub(crate) fn retired(&self) -> usize {
        lock(&self.state).retired.len()
    }

    /// Takes the full segments whose frames are all before `floor`.
    pub(crate) fn release(&self, floor: u64) -> Vec<PathBuf> {
        let mut state = lock(&self.state);
        let mut released = Vec::new();
        while state
            .retired
            .front()
            .is_some_and(|segment| segment.last < floor)
        {
            released.extend(state.retired.pop_front().map(|segment| segment.path));
        }
        released
    }
}

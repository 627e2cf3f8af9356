//! The recordings that the write-ahead log still has to know, and the segments
//! that it still has to keep for them.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::SessionId;

use crate::channel::Core;
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
        lock(&self.state).recordings.remove(&number);
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> Vec<Arc<Core>> {
        lock(&self.state).recordings.values().cloned().collect()
    }

    /// Which of a session's channels is worth looking at: the newest with a terminal,
    /// or else the newest.
    pub(crate) fn shown(&self, session: SessionId) -> Option<Arc<Core>> {
        let of_it: Vec<_> = {
            let state = lock(&self.state);
            let all = state.recordings.values();
            all.filter(|core| core.session == session)
                .cloned()
                .collect()
        };
        let terminal = |core: &Core| lock(&core.state).recent.has_terminal();
        of_it
            .into_iter()
            .max_by_key(|core| (terminal(core), core.channel))
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

//! The threads that write. Each one serves many channels: it takes all that
//! has work, does that work, and comes back for what has queued meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::channel::Core;
use crate::error::RecorderError;

/// A lock that no panic closes: whoever panicked has poisoned its channel, and
/// every value behind these locks is whole at any moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a thread does.
pub(crate) trait Work: Send + 'static {
    /// Does what there is to do for channels, and empties the list.
    fn run(&mut self, ready: &mut Vec<Arc<Core>>);
}

/// The way to one writer thread, which ends when the last way to it is dropped.
pub(crate) struct Writer(Arc<Queue>);

impl Writer {
    /// Starts a thread. With `linger` it waits that long for more work before
    /// it begins, unless it is told to hurry.
    pub(crate) fn start(
        name: &str,
        linger: Option<Duration>,
        mut work: impl Work,
    ) -> Result<Self, RecorderError> {
        let queue = Arc::new(Queue::default());
        let taken = Arc::clone(&queue);
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(&taken, linger, &mut work))
            .map_err(RecorderError::Thread)?;
        Ok(Self(queue))
    }

    /// Lets the thread know of a channel that it is to poison should it die.
    pub(crate) fn adopt(&self, core: &Arc<Core>) -> Result<(), RecorderError> {
        let mut state = lock(&self.0.state);
        if state.dead {
            return Err(RecorderError::Stopped);
        }
        state.channels.retain(|channel| channel.strong_count() > 0);
        state.channels.push(Arc::downgrade(core));
        Ok(())
    }

    /// Queues a channel that has work.
    pub(crate) fn push(&self, core: Arc<Core>) {
        let mut state = lock(&self.0.state);
        if state.dead {
            drop(state);
            core.stop(WRITER_DIED);
            return;
        }
        state.ready.push(core);
        if state.asleep {
            self.0.bell.notify_one();
        }
    }

    /// Ends the thread's lingering.
    pub(crate) fn hurry(&self) {
        let mut state = lock(&self.0.state);
        // A bell that nobody hears is a system call all the same, for each packet.
        if !std::mem::replace(&mut state.urgent, true) && state.lingers {
            self.0.bell.notify_one();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.0.state).closed = true;
        self.0.bell.notify_one();
    }
}

const WRITER_DIED: &str = "its writer thread has died";

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    /// Channels with work, each at most once.
    ready: Vec<Arc<Core>>,
    /// Somebody is waiting for what is ready.
    urgent: bool,
    /// The thread waits for more than is ready.
    lingers: bool,
    /// The thread has to be woken for whatever comes.
    asleep: bool,
    /// No way leads here any more.
    closed: bool,
    dead: bool,
    channels: Vec<Weak<Core>>,
}

impl Queue {
    /// Waits for work; nothing when no more can come.
    fn take(&self, linger: Option<Duration>) -> Option<Vec<Arc<Core>>> {
        // First without sleep, so that nobody needs to wake it under load.
        let mut state = self.linger(lock(&self.state), linger);
        if state.ready.is_empty() {
            state.asleep = true;
            state = self
                .bell
                .wait_while(state, |state| state.ready.is_empty() && !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
            state = self.linger(state, linger);
        }
        state.urgent = false;
        let ready = std::mem::take(&mut state.ready);
        if ready.is_empty() { None } else { Some(ready) }
    }

    fn linger<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        linger: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        let Some(linger) = linger else {
            return state;
        };
        state.lingers = true;
        let (mut state, _) = self
            .bell
            .wait_timeout_while(state, linger, |state| !state.urgent && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.lingers = false;
        state
    }
}

fn run(queue: &Queue, linger: Option<Duration>, work: &mut impl Work) {
    let _obituary = Obituary(queue);
    while let Some(mut ready) = queue.take(linger) {
        work.run(&mut ready);
    }
}

/// Poisons every channel of a thread that dies.
struct Obituary<'a>(&'a Queue);

impl Drop for Obituary<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.dead = true;
        let queued = std::mem::take(&mut state.ready);
        let channels = std::mem::take(&mut state.channels);
        drop(state);
        for core in queued
            .into_iter()
            .chain(channels.iter().filter_map(Weak::upgrade))
        {
            core.stop(WRITER_DIED);
        }
    }
}

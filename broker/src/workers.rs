//! The threads that connections run on, each with a runtime of its own.
//!
//! All of a connection stays on one of them: the vendor's side, the assets' and the
//! channels in between. So passing a packet on wakes nobody on another core, which
//! would cost more than the packet.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a file that is being read or written may delay a thread's end.
const LAST: Duration = Duration::from_millis(500);

/// The threads; they end when this is dropped, with all that still runs on them.
pub(crate) struct Workers {
    all: Vec<Worker>,
    serving: TaskTracker,
    stop: CancellationToken,
}

struct Worker {
    runtime: Handle,
    serving: TaskTracker,
}

impl Workers {
    /// One thread a core.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub(crate) fn start() -> io::Result<Self> {
        let stop = CancellationToken::new();
        // Held from the first thread on, so that none is left behind.
        let mut workers = Self {
            all: Vec::new(),
            serving: TaskTracker::new(),
            stop,
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for number in 0..cores {
            workers.all.push(workers.worker(number)?);
        }
        Ok(workers)
    }

    fn worker(&self, number: usize) -> io::Result<Worker> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let worker = Worker {
            runtime: runtime.handle().clone(),
            serving: TaskTracker::new(),
        };
        let stop = self.stop.clone();
        thread::Builder::new()
            .name(format!("ssh-{number}"))
            .spawn(move || {
                runtime.block_on(stop.cancelled());
                runtime.shutdown_timeout(LAST);
            })?;
        Ok(worker)
    }

    /// Runs it on the thread that has the least to do.
    pub(crate) fn spawn(&self, serve: impl Future<Output = ()> + Send + 'static) {
        let least = self.all.iter().min_by_key(|worker| worker.serving.len());
        if let Some(worker) = least {
            let serve = worker.serving.track_future(serve);
            self.serving.spawn_on(serve, &worker.runtime);
        }
    }

    /// How many are being served.
    pub(crate) fn serving(&self) -> usize {
        self.serving.len()
    }

    /// Waits until all that runs has ended; nothing more may be spawned.
    pub(crate) async fn wait(&self) {
        self.serving.close();
        self.serving.wait().await;
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Arc, Mutex};

    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test]
    async fn each_thread_gets_its_share_and_all_are_waited_for() {
        let workers = Workers::start().expect("threads");
        let cores = workers.all.len();
        let barrier = Arc::new(Barrier::new(2 * cores));
        let seen = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..2 * cores {
            let (barrier, seen) = (Arc::clone(&barrier), Arc::clone(&seen));
            workers.spawn(async move {
                // Nobody leaves before all have come.
                barrier.wait().await;
                let here = thread::current().id();
                seen.lock().expect("not poisoned").push(here);
            });
        }
        workers.wait().await;
        let seen = seen.lock().expect("not poisoned");
        assert_eq!(seen.len(), 2 * cores);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), cores);
    }

    #[tokio::test]
    async fn a_panic_ends_one_connection_alone() {
        let workers = Workers::start().expect("threads");
        for _ in 0..workers.all.len() {
            workers.spawn(async { panic!("as one might") });
        }
        let (ran, running) = tokio::sync::oneshot::channel();
        workers.spawn(async move {
            let _ = ran.send(());
        });
        assert!(running.await.is_ok());
        workers.wait().await;
        assert_eq!(workers.serving(), 0);
    }
}

//! A clock that runs as usual and can be moved.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use domain::{Clock, Timestamp};
use tokio::sync::watch;

/// Runs at the usual pace, so that flushes and keepalives happen, from a date of
/// the test's choosing; [`TestClock::advance`] lets hours pass at once.
pub struct TestClock {
    began: Instant,
    wall: Timestamp,
    /// How much was skipped, on both clocks.
    skipped: watch::Sender<Duration>,
    /// µs that the wall clock alone was set by.
    set_by: AtomicI64,
}

impl TestClock {
    /// A clock that shows `wall` now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is handed in"
    )]
    pub fn at(wall: Timestamp) -> Arc<Self> {
        let (skipped, _) = watch::channel(Duration::ZERO);
        Arc::new(Self {
            began: Instant::now(),
            wall,
            skipped,
            set_by: AtomicI64::new(0),
        })
    }

    /// Lets `length` pass at once.
    pub fn advance(&self, length: Duration) {
        self.skipped.send_modify(|skipped| *skipped += length);
    }

    /// Lets time pass until the wall clock shows `then`.
    ///
    /// # Panics
    /// If that is in the past.
    pub fn advance_to(&self, then: Timestamp) {
        let now = self.now();
        assert!(now <= then, "{then} is past at {now}");
        self.advance(then.since(now));
    }

    /// Sets the wall clock, forward or back, as a bad time server would; no time
    /// passes.
    pub fn set_wall_by(&self, micros: i64) {
        self.set_by.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let running = self.wall.plus(self.monotonic());
        Timestamp::from_micros(running.as_micros() + self.set_by.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed() + *self.skipped.borrow()
    }

    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut skipped = self.skipped.subscribe();
        Box::pin(async move {
            loop {
                let Some(left) = at.checked_sub(self.monotonic()).filter(|l| !l.is_zero()) else {
                    return;
                };
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    _ = skipped.changed() => {}
                }
            }
        })
    }
}

/// `"2026-11-24T14:00:00Z"` and the like.
///
/// # Panics
/// If it is no time.
#[must_use]
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time in RFC 3339")
}

/// A clock that stands still until it is moved, where each microsecond counts.
/// Nothing that waits on it ever comes back.
pub struct StoppedClock(AtomicI64);

impl StoppedClock {
    /// A clock that shows `wall`.
    #[must_use]
    pub fn at(wall: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(wall.as_micros())))
    }

    /// Moves it.
    pub fn advance(&self, length: Duration) {
        self.0
            .store(self.now().plus(length).as_micros(), Ordering::SeqCst);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.now().since(Timestamp::from_micros(0))
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

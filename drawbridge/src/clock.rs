//! Where time and randomness come from: the machine, or a hand in a test.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::{Clock, Random, Timestamp};
use tokio::sync::watch;

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let Some(instant) = self.start.checked_add(at) else {
            return Box::pin(std::future::pending());
        };
        Box::pin(tokio::time::sleep_until(instant.into()))
    }
}

/// A clock that stands still until it is moved, for tests: a year passes in an
/// instant, while sockets and disks stay real. Clones share one time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    time: Arc<watch::Sender<Time>>,
}

#[derive(Clone, Copy, Debug)]
struct Time {
    wall: Timestamp,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock that shows `wall`.
    #[must_use]
    pub fn new(wall: Timestamp) -> Self {
        Self {
            time: Arc::new(watch::Sender::new(Time {
                wall,
                monotonic: Duration::ZERO,
            })),
        }
    }

    /// Time passes: both clocks move on.
    pub fn advance(&self, by: Duration) {
        self.time.send_modify(|time| {
            time.wall = time.wall.plus(by);
            time.monotonic += by;
        });
    }

    /// Somebody sets the wall clock, either way; no time passes.
    pub fn set_wall(&self, to: Timestamp) {
        self.time.send_modify(|time| time.wall = to);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.time.borrow().wall
    }

    fn monotonic(&self) -> Duration {
        self.time.borrow().monotonic
    }

    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut time = self.time.subscribe();
        Box::pin(async move {
            // The sender lives in this clock: it can't be gone.
            let _ = time.wait_for(|time| time.monotonic >= at).await;
        })
    }
}

/// The operating system's randomness, through the cryptographic library.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::panic,
        reason = "a secret that is not random must never be used"
    )]
    fn fill(&self, buf: &mut [u8]) {
        if aws_lc_rs::rand::fill(buf).is_err() {
            panic!("the operating system gives no randomness");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    #[tokio::test]
    async fn a_wait_ends_when_the_hand_moves_the_clock_far_enough() {
        let clock = ManualClock::new(NOON);
        let waiting = clock.clone();
        let wait = tokio::spawn(async move { waiting.wait_until(Duration::from_secs(60)).await });
        clock.advance(Duration::from_secs(59));
        clock.set_wall(NOON.plus(Duration::from_secs(86_400)));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!wait.is_finished(), "only monotonic time counts");
        clock.advance(Duration::from_secs(1));
        wait.await.expect("ends");
        assert_eq!(clock.now(), NOON.plus(Duration::from_secs(86_401)));
    }

    #[tokio::test]
    async fn the_machines_clocks_move() {
        let clock = SystemClock::new();
        let (wall, before) = (clock.now(), clock.monotonic());
        clock.wait_until(before + Duration::from_millis(5)).await;
        assert!(clock.monotonic() >= before + Duration::from_millis(5));
        assert!(clock.now() > wall, "unless it was set back just now");
        assert!(clock.now() > Timestamp::from_micros(1_700_000_000_000_000));
    }

    #[test]
    fn randomness_differs() {
        let mut two = [[0_u8; 32]; 2];
        two.iter_mut().for_each(|buf| OsRandom.fill(buf));
        assert_ne!(two[0], two[1]);
    }
}

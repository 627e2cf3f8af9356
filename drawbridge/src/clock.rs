//! Where time and randomness come from, outside tests: the machine.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::{Clock, Random, Timestamp};

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

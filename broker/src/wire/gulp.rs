//! A stream of many small packets costs a system call and a wake-up for each, on its
//! way in and again on its way out. So it is read in gulps: after a few small reads
//! in quick succession the next one waits a moment, and takes all that has come.
//! A keystroke is never in quick succession, and a bulk transfer never small.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A read of less is small.
const SMALL: usize = 16 << 10;

/// So many small reads are quick succession, when they come within [`MOMENT`].
const FEW: u32 = 4;

/// As short as the runtime can wait.
const MOMENT: Duration = Duration::from_millis(2);

/// Decides when to read next.
pub(super) struct Gulp {
    began: Instant,
    small: u32,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Gulp {
    pub(super) fn new() -> Self {
        Self {
            began: now(),
            small: 0,
            pause: None,
        }
    }

    /// Ready when it is time to read.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// So many bytes came with one read.
    pub(super) fn took(&mut self, bytes: usize) {
        if bytes >= SMALL {
            return;
        }
        let now = now();
        if now >= self.began + MOMENT {
            self.began = now;
            self.small = 0;
        }
        self.small += 1;
        if self.small == FEW {
            self.pause = Some(Box::pin(sleep_until(self.began + MOMENT)));
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how fast packets come has nothing to do with the plant's time"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn waits(gulp: &mut Gulp) -> bool {
        let ready = poll_fn(|cx| gulp.poll_ready(cx));
        tokio::time::timeout(Duration::ZERO, ready).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn many_small_reads_are_taken_together() {
        let mut gulp = Gulp::new();
        for _ in 1..FEW {
            gulp.took(1);
            assert!(!waits(&mut gulp).await);
        }
        gulp.took(1);
        assert!(waits(&mut gulp).await);
        tokio::time::advance(MOMENT).await;
        assert!(!waits(&mut gulp).await, "a moment is enough");
    }

    #[tokio::test(start_paused = true)]
    async fn keystrokes_and_bulk_never_wait() {
        let mut gulp = Gulp::new();
        for _ in 0..100 {
            gulp.took(1);
            assert!(!waits(&mut gulp).await, "a keystroke");
            tokio::time::advance(MOMENT).await;
        }
        for _ in 0..100 {
            gulp.took(SMALL);
            assert!(!waits(&mut gulp).await, "bulk");
        }
    }
}

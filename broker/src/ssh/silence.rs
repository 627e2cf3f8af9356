//! Finds out that a peer has gone without a word.

use std::future::Future;
use std::time::Duration;

use crate::wire::Tap;

/// How many questions a peer may leave unanswered.
const QUESTIONS: u32 = 3;

/// Returns once a peer has sent nothing in answer to three questions, asked when it
/// was silent for as long as `every`. `ask` may wait for an answer; it is not
/// needed, since whatever comes in is a sign of life.
///
/// Nothing is asked while nothing is read from the peer on purpose.
pub(crate) async fn until_silent<Asking: Future>(
    tap: &Tap,
    every: Duration,
    ask: impl Fn() -> Asking,
) {
    let mut heard = tap.bytes_read();
    let mut asked = 0;
    loop {
        let pause = tokio::time::sleep(every);
        if asked == 0 {
            pause.await;
        } else {
            let question = async {
                ask().await;
                std::future::pending().await
            };
            tokio::select! {
                () = pause => {}
                () = question => {}
            }
        }
        let now = tap.bytes_read();
        if now != heard || tap.is_paused() {
            heard = now;
            asked = 0;
        } else if asked == QUESTIONS {
            return;
        } else {
            asked += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::wire::Wire;

    const EVERY: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn three_unanswered_questions_are_enough() {
        let (here, _there) = tokio::io::duplex(64);
        let (_wire, tap) = Wire::new(here, u64::MAX);
        let questions = AtomicU32::new(0);
        let ask = || {
            questions.fetch_add(1, Ordering::Relaxed);
            std::future::ready(())
        };
        let patience = tokio::time::timeout(EVERY * 40, until_silent(&tap, EVERY, ask));
        assert!(patience.await.is_ok());
        assert_eq!(questions.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn one_who_answers_stays() {
        let (here, mut there) = tokio::io::duplex(64);
        let (mut wire, tap) = Wire::new(here, u64::MAX);
        let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
        let ask = || {
            let _ = asked.send(());
            std::future::ready(())
        };
        let answer = async {
            while questions.recv().await.is_some() {
                there.write_u8(1).await.expect("written");
                wire.read_u8().await.expect("read");
            }
        };
        let watch = tokio::time::timeout(EVERY * 12, until_silent(&tap, EVERY, ask));
        tokio::select! {
            outcome = watch => assert!(outcome.is_err(), "it was taken for gone"),
            () = answer => {}
        }
    }

    #[tokio::test]
    async fn one_who_is_not_read_is_not_asked() {
        let (here, mut there) = tokio::io::duplex(64);
        let (mut wire, tap) = Wire::new(here, u64::MAX);
        there.write_u8(1).await.expect("written");
        tap.hold(4 << 20);
        let read = tokio::time::timeout(Duration::from_secs(1), wire.read_u8());
        assert!(read.await.is_err(), "too much is held");
        let ask = || -> std::future::Ready<()> { panic!("asked") };
        let watch = tokio::time::timeout(EVERY * 12, until_silent(&tap, EVERY, ask));
        assert!(watch.await.is_err(), "it was taken for gone");
    }
}

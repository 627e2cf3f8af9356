//! Telling the store how something ended. A full disk or a busy database is just
//! when things end, so it is tried again until the store takes it.

use std::future::Future;
use std::time::Duration;

use store::StoreError;

use crate::house::House;

/// Before the second try; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tries until it is stored, or the broker stops; then once more. What is not
/// stored then is found at the next start. Whether it is stored.
pub(crate) async fn until_stored<Storing>(
    house: &House,
    what: &str,
    store: impl Fn() -> Storing,
) -> bool
where
    Storing: Future<Output = Result<(), StoreError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let last = house.stopping.is_cancelled();
        match store().await {
            Ok(()) => return true,
            Err(error) => tracing::error!(what, reason = %error, last, "broker.end_not_stored"),
        }
        if last {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = house.stopping.cancelled() => {}
        }
        pause = LONGEST_PAUSE.min(2 * pause);
    }
}

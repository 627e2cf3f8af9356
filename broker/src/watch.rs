//! Reads how every session stands, after each change and at least twice a second,
//! and tells the sessions. It looks at the state of things and not at messages
//! about it, so nothing can be missed.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{CloseReason, SessionId, Verdict};
use futures::FutureExt;
use store::StoreError;

use crate::house::House;

/// It is read at least this often.
pub(crate) const AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// A look that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sessions may run so long on the last state that could be read. With
/// [`PATIENCE`], they close within 15 s.
const BLIND: Duration = Duration::from_millis(12_500);

/// Watches until the broker has stopped and its last session is closed.
pub(crate) async fn watch(house: Arc<House>) -> Infallible {
    let mut changed = house.store.changed();
    let mut seen_at = house.clock.monotonic();
    loop {
        // Before looking, so that a change meanwhile is seen next time.
        changed.mark_unchanged();
        let running = house.registry.sessions();
        let began = house.clock.monotonic();
        match look(house.store.standing()).await {
            Ok(standings) => {
                seen_at = began;
                tell(&house, &running, &standings);
            }
            Err(why) => {
                let blind_for = house.clock.monotonic().saturating_sub(seen_at);
                tracing::error!(reason = %why, ?blind_for, "watch.failed");
                if blind_for >= BLIND {
                    house.registry.end_all(&CloseReason::StateUnreadable);
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AT_LEAST_EVERY) => {}
            Ok(()) = changed.changed() => {}
        }
    }
}

pub(crate) async fn look<T>(
    asking: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, String> {
    // Whatever happens in there, somebody must go on watching.
    let looking = AssertUnwindSafe(asking).catch_unwind();
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(found)) => found.map_err(|error| error.to_string()),
        Ok(Err(_)) => Err("reading it has panicked".to_owned()),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

/// `running` was taken before the look, so that a session which began meanwhile is
/// not missed in it.
fn tell(house: &House, running: &[SessionId], standings: &[(SessionId, Verdict)]) {
    for (session, verdict) in standings {
        house.registry.tell(*session, verdict);
    }
    for session in running {
        if !standings.iter().any(|(stored, _)| stored == session) {
            // Its row says that it is over, or is gone: nothing vouches for it.
            let end = Verdict::End(CloseReason::StateUnreadable);
            house.registry.tell(*session, &end);
        }
    }
}

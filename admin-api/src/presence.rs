//! Who has joined a session, and whether they are still there. A stream that nobody
//! reads any more may stay open for a quarter of an hour, or for ever: so whoever has
//! joined says again and again that they are there, and it is not the stream that
//! counts but that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{AccountName, SessionId, WatchId};
use store::Store;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::app::Api;
use crate::caller::Caller;
use crate::problem::ApiError;

/// For so long does somebody count who says nothing.
const LEASE: Duration = Duration::from_secs(15);
/// So often is that looked at, and ending a watch tried again.
const CHECK: Duration = Duration::from_secs(1);

#[expect(
    clippy::disallowed_methods,
    reason = "a pause between looks, not a time of the plant"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// When those who have joined last said that they are there.
#[derive(Clone, Default)]
pub(crate) struct Watching(Arc<Mutex<HashMap<(AccountName, SessionId), Instant>>>);

impl Watching {
    /// Somebody is there. Nothing happens if they have not joined.
    pub(crate) fn here(&self, account: &AccountName, session: SessionId, now: Instant) {
        if let Some(last) = self.lock().get_mut(&(account.clone(), session)) {
            *last = now;
        }
    }

    fn joins(&self, account: &AccountName, session: SessionId, now: Instant) {
        self.lock().insert((account.clone(), session), now);
    }

    fn is_here(&self, account: &AccountName, session: SessionId, now: Instant) -> bool {
        let all = self.lock();
        let last = all.get(&(account.clone(), session));
        last.is_some_and(|last| now.duration_since(*last) < LEASE)
    }

    /// Forgets those who have said nothing for long.
    fn tidy(&self, now: Instant) {
        self.lock()
            .retain(|_, last| now.duration_since(*last) < LEASE);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(AccountName, SessionId), Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's presence at a session; it ends when dropped, when they say no more that
/// they are there, and when they may not be any more.
pub(crate) struct Presence(Option<JoinHandle<()>>);

impl Presence {
    /// # Errors
    /// When they may not watch, or the database fails.
    pub(crate) async fn begin(
        api: &Api,
        caller: &Caller,
        session: SessionId,
        join: bool,
    ) -> Result<Self, ApiError> {
        let (begun, actor, store) = (api.clone(), caller.actor(), api.store.clone());
        // In a task, since it goes on to its end when its caller leaves meanwhile, and
        // what it has begun is then ended.
        let begun = tokio::spawn(async move {
            let watch = begun.store.begin_watch(&actor, session, join).await?;
            Ok::<_, store::StoreError>(join.then_some(Watch { store, watch }))
        });
        let watch = begun.await.map_err(ApiError::fault)??;
        let Some(watch) = watch else {
            return Ok(Self(None));
        };
        api.watching.joins(&caller.account.name, session, now());
        let (api, caller) = (api.clone(), caller.clone());
        Ok(Self(Some(tokio::spawn(async move {
            stay(&api, caller, session).await;
            drop(watch);
        }))))
    }

    /// Whether one who had joined is no longer there.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(JoinHandle::is_finished)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Until they are no longer there, or may not be. It does not depend on anybody's
/// reading the stream.
async fn stay(api: &Api, mut caller: Caller, session: SessionId) {
    loop {
        tokio::time::sleep(CHECK).await;
        if !api.watching.is_here(&caller.account.name, session, now()) {
            api.watching.tidy(now());
            return;
        }
        match caller.again(api).await {
            Ok(Some(again)) => caller = again,
            Ok(None) | Err(_) => return,
        }
        match api.store.session(&caller.scope(), session).await {
            Ok(Some(row)) if row.closed.is_none() => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// A watch in the store; it ends when dropped.
struct Watch {
    store: Store,
    watch: WatchId,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let (store, watch) = (self.store.clone(), self.watch);
        tokio::spawn(async move {
            // A watcher who has left must not count for longer than the database
            // makes it.
            while let Err(error) = store.end_watch(watch).await {
                tracing::error!(%watch, reason = %error, "live.watch_not_ended");
                tokio::time::sleep(CHECK).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use domain::SessionId;

    use super::*;

    #[test]
    fn who_says_nothing_counts_for_a_quarter_of_a_minute_and_nobody_joins_by_saying_so() {
        let watching = Watching::default();
        let olga = AccountName::parse("olga").unwrap();
        let session = SessionId::from_uuid(uuid::Uuid::from_u128(7));
        let began = now();
        watching.here(&olga, session, began);
        assert!(
            !watching.is_here(&olga, session, began),
            "she has not joined"
        );
        watching.joins(&olga, session, began);
        let at = |seconds| began + Duration::from_secs(seconds);
        assert!(watching.is_here(&olga, session, at(14)));
        assert!(!watching.is_here(&olga, session, at(15)));
        watching.here(&olga, session, at(14));
        assert!(watching.is_here(&olga, session, at(28)));
        watching.tidy(at(29));
        assert!(watching.lock().is_empty());
    }
}

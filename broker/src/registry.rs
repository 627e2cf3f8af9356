//! The sessions that run here, and what the state of things says about each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CloseReason, SessionId, Verdict};
use tokio::sync::watch;

type Verdicts = watch::Sender<Option<Verdict>>;

/// The sessions that run here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    sessions: Arc<Mutex<HashMap<SessionId, Verdicts>>>,
}

impl Registry {
    /// A session begins. It is known until the [`Entry`] is dropped.
    pub(crate) fn enter(&self, session: SessionId) -> Entry {
        let (sender, verdict) = watch::channel(None);
        self.lock().insert(session, sender);
        Entry {
            registry: self.clone(),
            session,
            verdict,
        }
    }

    /// Those that run just now.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.lock().keys().copied().collect()
    }

    /// Tells a session how it stands, if that has changed.
    pub(crate) fn tell(&self, session: SessionId, verdict: &Verdict) {
        if let Some(sender) = self.lock().get(&session) {
            sender.send_if_modified(|last| {
                let changed = last.as_ref() != Some(verdict);
                if changed {
                    *last = Some(verdict.clone());
                }
                changed
            });
        }
    }

    /// Ends all.
    pub(crate) fn end_all(&self, reason: &CloseReason) {
        for session in self.sessions() {
            self.tell(session, &Verdict::End(reason.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Verdicts>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's place in the registry.
#[derive(Debug)]
pub(crate) struct Entry {
    registry: Registry,
    session: SessionId,
    verdict: watch::Receiver<Option<Verdict>>,
}

impl Entry {
    /// The next change of how it stands.
    pub(crate) async fn verdict(&mut self) -> Verdict {
        loop {
            if self.verdict.changed().await.is_err() {
                // Only its own drop takes the sender out of the registry.
                return std::future::pending().await;
            }
            if let Some(verdict) = self.verdict.borrow_and_update().clone() {
                return verdict;
            }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.session);
    }
}

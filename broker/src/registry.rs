//! The sessions that run here, and what the state of things says about each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CloseReason, SessionId, Verdict};
use store::Message;
use tokio::sync::{mpsc, watch};

/// Where a session hears what concerns it.
#[derive(Debug)]
struct Post {
    verdict: watch::Sender<Option<Verdict>>,
    messages: mpsc::UnboundedSender<String>,
    /// It has all messages up to the one of that number.
    told: i64,
}

/// What a session hears.
#[derive(Debug)]
pub(crate) enum Heard {
    /// How it stands has changed.
    Verdict(Verdict),
    /// A message for its vendor.
    Message(String),
}

/// The sessions that run here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    sessions: Arc<Mutex<HashMap<SessionId, Post>>>,
}

impl Registry {
    /// A session begins. It is known until the [`Entry`] is dropped.
    pub(crate) fn enter(&self, session: SessionId) -> Entry {
        let (verdicts, verdict) = watch::channel(None);
        let (sender, messages) = mpsc::unbounded_channel();
        let post = Post {
            verdict: verdicts,
            messages: sender,
            told: 0,
        };
        self.lock().insert(session, post);
        Entry {
            registry: self.clone(),
            session,
            verdict,
            messages,
        }
    }

    /// Those that run just now.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.lock().keys().copied().collect()
    }

    /// Tells a session how it stands, if that has changed.
    pub(crate) fn tell(&self, session: SessionId, verdict: &Verdict) {
        if let Some(post) = self.lock().get(&session) {
            post.verdict.send_if_modified(|last| {
                let changed = last.as_ref() != Some(verdict);
                if changed {
                    *last = Some(verdict.clone());
                }
                changed
            });
        }
    }

    /// The number of the last message that all sessions have; none without sessions.
    pub(crate) fn told(&self) -> Option<i64> {
        self.lock().values().map(|post| post.told).min()
    }

    /// Hands on the messages after the one of that number, each once. One whose
    /// session has just begun is found by the next look.
    pub(crate) fn hand_on(&self, after: i64, messages: &[Message]) {
        let Some(last) = messages.last() else { return };
        for (session, post) in self.lock().iter_mut() {
            if post.told < after {
                continue;
            }
            let told = post.told;
            let new = messages
                .iter()
                .filter(|message| message.session == *session && message.number > told);
            for message in new {
                // A session that is ending hears no more.
                let _ = post.messages.send(message.text.clone());
            }
            post.told = told.max(last.number);
        }
    }

    /// Ends all.
    pub(crate) fn end_all(&self, reason: &CloseReason) {
        for session in self.sessions() {
            self.tell(session, &Verdict::End(reason.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Post>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session's place in the registry.
#[derive(Debug)]
pub(crate) struct Entry {
    registry: Registry,
    session: SessionId,
    verdict: watch::Receiver<Option<Verdict>>,
    messages: mpsc::UnboundedReceiver<String>,
}

impl Entry {
    /// The next thing that concerns the session.
    pub(crate) async fn heard(&mut self) -> Heard {
        loop {
            tokio::select! {
                // Both senders live until its own drop takes them out of the registry.
                Ok(()) = self.verdict.changed() => {
                    if let Some(verdict) = self.verdict.borrow_and_update().clone() {
                        return Heard::Verdict(verdict);
                    }
                }
                Some(text) = self.messages.recv() => return Heard::Message(text),
                else => return std::future::pending().await,
            }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: i64, session: SessionId) -> Message {
        Message {
            number,
            session,
            text: number.to_string(),
        }
    }

    async fn heard(entry: &mut Entry) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(Heard::Message(text)) = {
            let soon = std::time::Duration::from_millis(10);
            tokio::time::timeout(soon, entry.heard()).await.ok()
        } {
            texts.push(text);
        }
        texts
    }

    #[tokio::test]
    async fn each_message_is_handed_on_once_and_in_order() {
        let registry = Registry::default();
        let id = |last: u32| {
            let text = format!("01930000-0000-7000-8000-{last:012}");
            text.parse().expect("an id")
        };
        assert_eq!(registry.told(), None);
        let mut first = registry.enter(id(1));
        assert_eq!(registry.told(), Some(0));
        let all = [message(3, id(1)), message(4, id(2)), message(5, id(1))];
        registry.hand_on(0, &all);
        assert_eq!(heard(&mut first).await, ["3", "5"]);
        assert_eq!(registry.told(), Some(5));

        // The second begins after the look whose answer comes now.
        let mut second = registry.enter(id(2));
        registry.hand_on(5, &[message(6, id(1))]);
        assert_eq!(heard(&mut first).await, ["6"]);
        assert_eq!(registry.told(), Some(0), "the second has seen none yet");
        let all = [message(4, id(2)), message(5, id(1)), message(6, id(1))];
        registry.hand_on(0, &all);
        assert_eq!(heard(&mut first).await, [""; 0]);
        assert_eq!(heard(&mut second).await, ["4"]);
    }
}

//! One session as its channels see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{CloseReason, Input, Permit, PlantTime};
use recorder::RecordingStopped;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use crate::house::House;

/// One session: a permit, and what runs under it.
pub(crate) struct Session {
    pub(crate) house: Arc<House>,
    pub(crate) permit: Permit,
    pub(crate) time: PlantTime,
    /// The channels' tasks.
    pub(crate) tasks: TaskTracker,
    recordings: AtomicU32,
    ended: mpsc::UnboundedSender<ChannelEnd>,
    /// All that was announced: several at once must not hide each other.
    news: watch::Sender<Vec<Arc<str>>>,
    input: watch::Sender<Input>,
    end: watch::Sender<Option<CloseReason>>,
}

/// How a channel ended, or why the whole session has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelEnd {
    pub(crate) reason: CloseReason,
    /// For the plant, not for the vendor.
    pub(crate) note: Option<String>,
}

impl ChannelEnd {
    pub(crate) const fn plain(reason: CloseReason) -> Self {
        Self { reason, note: None }
    }

    pub(crate) fn noted(reason: CloseReason, note: impl ToString) -> Self {
        Self {
            reason,
            note: Some(note.to_string()),
        }
    }

    /// Whether no other channel may go on after this.
    pub(crate) const fn ends_session(&self) -> bool {
        match self.reason {
            CloseReason::VendorLeft
            | CloseReason::TargetClosed
            | CloseReason::TargetUnreachable
            | CloseReason::TargetRefusedCredential
            | CloseReason::CredentialMissing => false,
            CloseReason::WindowEnded
            | CloseReason::GrantRevoked
            | CloseReason::AccountDisabled
            | CloseReason::ConduitClosed
            | CloseReason::Ended { .. }
            | CloseReason::RecordingFailed
            | CloseReason::HostKeyChanged
            | CloseReason::BacklogFull
            | CloseReason::BrokerStopped
            | CloseReason::Interrupted
            | CloseReason::StateUnreadable
            | CloseReason::BrokerFault => true,
        }
    }
}

impl From<RecordingStopped> for ChannelEnd {
    fn from(why: RecordingStopped) -> Self {
        Self::noted(CloseReason::RecordingFailed, why)
    }
}

/// What is announced from some moment on.
pub(crate) struct News {
    all: watch::Receiver<Vec<Arc<str>>>,
    told: usize,
}

impl News {
    /// The next announcement.
    pub(crate) async fn next(&mut self) -> Arc<str> {
        let told = self.told;
        let text = match self.all.wait_for(|all| all.len() > told).await {
            Ok(all) => all.get(told).cloned(),
            Err(_) => None,
        };
        let Some(text) = text else {
            // The sender is in the session, which outlives its channels.
            return std::future::pending().await;
        };
        self.told += 1;
        text
    }
}

impl Session {
    pub(crate) fn new(
        house: Arc<House>,
        permit: Permit,
        time: PlantTime,
        input: Input,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<ChannelEnd>) {
        let (ended, ends) = mpsc::unbounded_channel();
        let session = Arc::new(Self {
            house,
            permit,
            time,
            tasks: TaskTracker::new(),
            recordings: AtomicU32::new(0),
            ended,
            news: watch::Sender::new(Vec::new()),
            input: watch::Sender::new(input),
            end: watch::Sender::new(None),
        });
        (session, ends)
    }

    /// The number of the next channel that is recorded, from 0.
    pub(crate) fn next_recording(&self) -> u32 {
        self.recordings.fetch_add(1, Ordering::Relaxed)
    }

    /// How many channels were recorded so far.
    pub(crate) fn recordings(&self) -> u32 {
        self.recordings.load(Ordering::Relaxed)
    }

    /// Something that the vendor is to know, on every channel.
    pub(crate) fn announce(&self, text: String) {
        self.news.send_modify(|all| all.push(text.into()));
    }

    /// Follows what is announced from now on.
    pub(crate) fn news(&self) -> News {
        let all = self.news.subscribe();
        let told = all.borrow().len();
        News { all, told }
    }

    /// Whether input flows, as the plant says now.
    pub(crate) fn steer(&self, input: Input) {
        self.input.send_if_modified(|last| {
            let changed = *last != input;
            *last = input;
            changed
        });
    }

    /// Follows whether input flows.
    pub(crate) fn input(&self) -> watch::Receiver<Input> {
        self.input.subscribe()
    }

    /// Ends every channel now. The first reason stands.
    pub(crate) fn end(&self, reason: &CloseReason) {
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            if first {
                *end = Some(reason.clone());
            }
            first
        });
    }

    /// Ready once the session is to end, with the reason.
    pub(crate) async fn ending(&self) -> CloseReason {
        let mut end = self.end.subscribe();
        let reason = end
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|end| end.clone());
        // The sender is in `self`: it can't be gone.
        reason.unwrap_or(CloseReason::BrokerFault)
    }

    /// Reports how a channel ended, or that the session must.
    pub(crate) fn report(&self, end: ChannelEnd) {
        let _ = self.ended.send(end);
    }
}

//! One way out: what is due on it is sent, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use domain::notice::{next_try, one_line};
use futures::future::join_all;
use store::{DueNotice, NoticeChannel, Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Messenger, NotSent};

/// How many are under way at once.
const AT_ONCE: u32 = 4;
/// How long one may take.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How long one under way may still take once the server stops: to cut it off might
/// tell somebody twice.
const GRACE: Duration = Duration::from_secs(2);
/// How often is looked for what is due, at the least.
const LOOK: Duration = Duration::from_secs(60);
/// When it is looked again, if the database fails.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The longest reason that is kept, in characters: the other side's words are in it.
const MAX_WHY: usize = 300;

/// One way out.
pub(super) struct Lane {
    pub(super) channel: NoticeChannel,
    pub(super) messenger: Arc<dyn Messenger>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    /// Rings when there are new ones.
    pub(super) bell: watch::Receiver<u64>,
}

impl Lane {
    /// Sends until `stop`.
    pub(super) async fn keep(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.bell.mark_unchanged();
            let wait = match self.turn(&stop).await {
                Ok(None) => continue,
                Ok(Some(wait)) => wait,
                Err(error) => {
                    tracing::error!(%error, "reminders.outbox_failed");
                    LOOK_AGAIN
                }
            };
            let at = self.clock.monotonic() + wait;
            let rung = async {
                if self.bell.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = rung => {}
                () = self.clock.wait_until(at) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends what is due; how long to wait if that is nothing.
    async fn turn(&self, stop: &CancellationToken) -> Result<Option<Duration>, StoreError> {
        let due = self.store.due_notices(&self.channel, AT_ONCE).await?;
        if due.is_empty() {
            let next = self.store.next_notice(&self.channel).await?;
            let wait = next.map_or(LOOK, |next| next.since(self.clock.now()));
            return Ok(Some(wait.min(LOOK)));
        }
        let mut under_way = Vec::new();
        for notice in &due {
            under_way.push(self.one(notice, stop));
        }
        for settled in join_all(under_way).await {
            settled?;
        }
        Ok(None)
    }

    async fn one(&self, notice: &DueNotice, stop: &CancellationToken) -> Result<(), StoreError> {
        if !notice.active {
            let why = "the account was disabled before it could be told";
            return self.store.notice_failed(notice.id, why).await;
        }
        let stopped = async {
            stop.cancelled().await;
            self.clock.wait_until(self.clock.monotonic() + GRACE).await;
        };
        let sent = tokio::select! {
            sent = self.messenger.send(notice, self.clock.now()) => sent,
            () = self.clock.wait_until(self.clock.monotonic() + ATTEMPT) => {
                Err(NotSent::Yet(format!("no answer within {} s", ATTEMPT.as_secs())))
            }
            () = stopped => return Ok(()),
        };
        let (id, to, how) = (notice.id, &notice.account, self.channel.as_str());
        let (why, wait) = match sent {
            Ok(()) => {
                tracing::info!(%id, %to, how, kind = %notice.kind, "reminders.sent");
                return self.store.notice_sent(id).await;
            }
            Err(NotSent::Yet(why)) => (why, next_try(notice.tries.saturating_add(1))),
            Err(NotSent::Ever(why)) => (why, None),
        };
        let why = one_line(&why, MAX_WHY);
        match wait {
            Some(wait) => {
                tracing::warn!(%id, %to, how, why, "reminders.not_sent_yet");
                self.store.notice_again(id, wait, &why).await
            }
            None => {
                tracing::error!(%id, %to, how, why, "reminders.not_sent");
                self.store.notice_failed(id, &why).await
            }
        }
    }
}

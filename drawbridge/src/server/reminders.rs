//! People who must act are told: by e-mail, and by calls to programs of the plant.
//!
//! One task looks at what happens and fills the outbox in the store; each way out has
//! a task of its own that empties it, so that a server that is slow or dead holds up
//! only what goes to itself. Nothing here holds up the end of the server.

mod lane;
mod mail;
mod secret;
#[cfg(test)]
mod tests;
mod webhook;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::{Clock, Timestamp};
use store::{DueNotice, Lookout, NoticeChannel, NoticeWays, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use lane::Lane;
use mail::Mail;
pub(crate) use mail::try_mail;
pub(crate) use webhook::try_webhook;

/// How often is looked for what only time brings about.
const LOOK: Duration = Duration::from_secs(20);
/// What happens at once is looked at together.
const GATHER: Duration = Duration::from_millis(500);
/// How often old notices are forgotten.
const PURGE: Duration = Duration::from_secs(3600);

/// Why a notice did not get through.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NotSent {
    /// It may later.
    Yet(String),
    /// It never will.
    Ever(String),
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// Who takes notices to people.
trait Messenger: Send + Sync {
    /// Comes back when the other side has it.
    fn send<'a>(&'a self, notice: &'a DueNotice, now: Timestamp) -> Sending<'a>;
}

/// All ways out, ready to be used.
pub(super) struct Reminders {
    ways: NoticeWays,
    messengers: Vec<(NoticeChannel, Arc<dyn Messenger>)>,
}

impl Reminders {
    /// Reads what the configured ways need.
    ///
    /// # Errors
    /// When a file of a secret or of authorities can't be used.
    pub(super) fn open(config: &Config, public_url: String) -> anyhow::Result<Self> {
        let mut messengers: Vec<(NoticeChannel, Arc<dyn Messenger>)> = Vec::new();
        if let Some(mail) = &config.mail {
            let name = config.api.names.first().map_or("localhost", String::as_str);
            let mail = Mail::open(mail, name, public_url.clone());
            let mail = mail.context("no e-mail can be sent")?;
            messengers.push((NoticeChannel::Email, Arc::new(mail)));
        }
        for webhook in &config.webhooks {
            let opened = webhook::Webhook::open(webhook, public_url.clone());
            let name = webhook.name.clone();
            let opened = opened.with_context(|| format!("the webhook {name} can't be used"))?;
            messengers.push((NoticeChannel::Webhook(name), Arc::new(opened)));
        }
        let names = config.webhooks.iter().map(|webhook| webhook.name.clone());
        let ways = NoticeWays {
            mail: config.mail.is_some(),
            webhooks: names.collect(),
        };
        Ok(Self { ways, messengers })
    }

    /// On which ways people are told.
    pub(super) const fn ways(&self) -> &NoticeWays {
        &self.ways
    }

    /// Tells people until `stop`.
    pub(super) async fn run(
        self,
        store: Store,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        if self.messengers.is_empty() {
            stop.cancelled().await;
            return Ok(());
        }
        let bell = watch::Sender::new(0_u64);
        let mut lanes = JoinSet::new();
        for (channel, messenger) in self.messengers {
            let lane = Lane {
                channel,
                messenger,
                store: store.clone(),
                clock: Arc::clone(&clock),
                bell: bell.subscribe(),
            };
            lanes.spawn(lane.keep(stop.clone()));
        }
        let looking = look(&store, self.ways, clock.as_ref(), &bell);
        stop.run_until_cancelled(looking).await;
        while lanes.join_next().await.is_some() {}
        Ok(())
    }
}

/// Looks at what happens, for ever, and rings when there is something to send.
async fn look(store: &Store, ways: NoticeWays, clock: &dyn Clock, bell: &watch::Sender<u64>) {
    let mut changed = store.changed();
    let mut lookout = open(store, ways, clock).await;
    let mut purge_at = clock.monotonic();
    loop {
        changed.mark_unchanged();
        let made = async {
            let made = lookout.look().await?;
            anyhow::Ok(made + lookout.remind().await?)
        };
        match made.await {
            Ok(0) => {}
            Ok(made) => {
                tracing::info!(made, "reminders.made");
                bell.send_modify(|count| *count = count.wrapping_add(1));
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "reminders.look_failed"),
        }
        if clock.monotonic() >= purge_at {
            purge_at = clock.monotonic() + PURGE;
            if let Err(error) = store.purge_notices().await {
                tracing::error!(%error, "reminders.purge_failed");
            }
        }
        let look_at = clock.monotonic() + LOOK;
        tokio::select! {
            there = changed.changed() => {
                // The store itself sends this; it is there as long as we are.
                if there.is_err() {
                    clock.wait_until(look_at).await;
                }
            }
            () = clock.wait_until(look_at) => {}
        }
        clock.wait_until(clock.monotonic() + GATHER).await;
    }
}

async fn open(store: &Store, ways: NoticeWays, clock: &dyn Clock) -> Lookout {
    loop {
        match Lookout::open(store, ways.clone()).await {
            Ok(lookout) => return lookout,
            Err(error) => tracing::error!(%error, "reminders.look_failed"),
        }
        clock.wait_until(clock.monotonic() + LOOK).await;
    }
}

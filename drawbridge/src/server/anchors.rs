//! Anchors: places outside of the broker that get every signed checkpoint, so that
//! whoever rewrites the log here can't rewrite what is known of it there.
//!
//! Each has its own task: one that is slow or dead holds up neither the signing nor
//! the others. What is known of each is kept in memory; an audit event tells when
//! one has failed for long, and when it works again.

mod directory;
mod syslog;
#[cfg(test)]
mod tests;
mod webhook;
mod witness;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{AnchorBoard, AnchorPlace};
use anyhow::{Context, anyhow};
use domain::{Actor, Clock, Draft};
use ledger::VerifierKey;
use serde_json::json;
use store::{LogCheckpoint, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::http;
use super::standing::{News, Pace, Standing};
use crate::config::{Anchor, AnchorKind};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(20);

/// What is done with a checkpoint at an anchor.
type Publishing<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// Where checkpoints go to.
trait Target: Send + Sync {
    /// Whether it is to be told again of a checkpoint that witnesses have signed
    /// since.
    fn takes_cosignatures(&self) -> bool {
        true
    }

    /// Puts it there; comes back when it is there for sure, as far as the other
    /// side says so.
    fn publish<'a>(&'a self, checkpoint: &'a LogCheckpoint) -> Publishing<'a>;
}

/// All anchors, ready to be used.
pub(super) struct Anchors {
    all: Vec<(String, Arc<dyn Target>)>,
    store: Store,
    cosigned: watch::Sender<u64>,
    pace: Pace,
    patience: Duration,
}

impl Anchors {
    /// Reads what the configured anchors need.
    ///
    /// # Errors
    /// When a file of authorities can't be read.
    pub(super) fn open(configured: &[Anchor], store: &Store) -> anyhow::Result<Self> {
        let cosigned = watch::Sender::new(0);
        let mut all = Vec::new();
        for anchor in configured {
            let name = anchor.name.clone();
            let target = target(&anchor.kind, store, &cosigned)
                .with_context(|| format!("the anchor {name} can't be used"))?;
            all.push((name, target));
        }
        Ok(Self {
            all,
            store: store.clone(),
            cosigned,
            pace: Pace::USUAL,
            patience: ATTEMPT,
        })
    }

    /// Publishes until `stop`.
    pub(super) async fn run(
        self,
        board: AnchorBoard,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        for (name, target) in self.all {
            let one = One {
                place: board.add(&name),
                name,
                target,
                store: self.store.clone(),
                clock: Arc::clone(&clock),
                pace: self.pace,
                patience: self.patience,
                cosigned: self.cosigned.subscribe(),
            };
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(one.keep()).await });
        }
        stop.cancelled().await;
        while tasks.join_next().await.is_some() {}
        Ok(())
    }
}

/// The keys of the witnesses among the anchors, for those who check.
pub(super) fn witnesses(configured: &[Anchor]) -> Vec<VerifierKey> {
    let key = |anchor: &Anchor| match &anchor.kind {
        AnchorKind::Witness { key, .. } => Some(key.clone()),
        AnchorKind::Directory { .. } | AnchorKind::Webhook { .. } | AnchorKind::Syslog { .. } => {
            None
        }
    };
    configured.iter().filter_map(key).collect()
}

fn target(
    kind: &AnchorKind,
    store: &Store,
    cosigned: &watch::Sender<u64>,
) -> anyhow::Result<Arc<dyn Target>> {
    let ca = |path: &Option<std::path::PathBuf>| path.as_deref().map(read_ca).transpose();
    Ok(match kind {
        AnchorKind::Directory { path } => Arc::new(directory::Directory::new(path.clone())),
        AnchorKind::Webhook { url, ca: path } => {
            Arc::new(webhook::Webhook::new(url.clone(), ca(path)?.as_deref())?)
        }
        AnchorKind::Syslog {
            address,
            server,
            ca,
        } => Arc::new(syslog::Syslog::new(address.clone(), server, &read_ca(ca)?)?),
        AnchorKind::Witness { url, key, ca: path } => {
            let client = http::client(url, ca(path)?.as_deref())?;
            Arc::new(witness::Witness::new(
                url,
                client,
                key.clone(),
                store.clone(),
                cosigned.clone(),
            )?)
        }
    })
}

fn read_ca(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} could not be read", path.display()))
}

/// One anchor, kept up to date.
struct One {
    name: String,
    place: AnchorPlace,
    target: Arc<dyn Target>,
    store: Store,
    clock: Arc<dyn Clock>,
    pace: Pace,
    patience: Duration,
    cosigned: watch::Receiver<u64>,
}

impl One {
    async fn keep(mut self) {
        let mut signed = self.store.checkpoints_signed();
        let mut standing = Standing::default();
        let mut published: Option<LogCheckpoint> = None;
        loop {
            signed.mark_unchanged();
            self.cosigned.mark_unchanged();
            let newest = self.store.latest_checkpoint().await;
            let wait = match newest {
                Ok(Some(newest)) if !self.is_there(published.as_ref(), &newest) => {
                    let outcome = self.attempt(&newest).await;
                    let now = self.clock.monotonic();
                    match &outcome {
                        Ok(()) => {
                            tracing::debug!(anchor = self.name, size = newest.size, "log.anchored");
                            self.place.has(newest.size, self.clock.now());
                            standing.worked();
                            published = Some(newest);
                        }
                        Err(error) => {
                            let why = format!("{error:#}");
                            tracing::warn!(anchor = self.name, why, "log.not_anchored");
                            self.place.failed(self.clock.now(), &why);
                            standing.failed(now, why);
                        }
                    }
                    standing.wait(&self.pace)
                }
                Ok(_) => {
                    tokio::select! {
                        _ = signed.changed() => {}
                        _ = self.cosigned.changed() => {}
                    }
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, anchor = self.name, "log.not_anchored");
                    self.pace.least
                }
            };
            self.tell(&mut standing).await;
            self.clock.wait_until(self.clock.monotonic() + wait).await;
        }
    }

    /// Whether what was published says all that there is to say.
    fn is_there(&self, published: Option<&LogCheckpoint>, newest: &LogCheckpoint) -> bool {
        published.is_some_and(|former| {
            let same = former.size == newest.size && former.at == newest.at;
            same && (!self.target.takes_cosignatures() || former.note == newest.note)
        })
    }

    async fn attempt(&self, checkpoint: &LogCheckpoint) -> anyhow::Result<()> {
        let late = self.clock.monotonic() + self.patience;
        tokio::select! {
            outcome = self.target.publish(checkpoint) => outcome,
            () = self.clock.wait_until(late) => {
                Err(anyhow!("it did not answer within {} s", self.patience.as_secs_f32()))
            }
        }
    }

    /// Writes an event when it has failed for long, and when it works again.
    async fn tell(&self, standing: &mut Standing) {
        let Some(news) = standing.news(self.clock.monotonic(), &self.pace) else {
            return;
        };
        let draft = match &news {
            News::Failed { why } => Draft::new("log.anchor_failed", "anchor", &self.name)
                .after(json!({ "for_s": self.pace.told_after.as_secs() }))
                .reason(why),
            News::WorksAgain => Draft::new("log.anchor_works_again", "anchor", &self.name),
        };
        match self.store.alarm(&Actor::system(), draft).await {
            Ok(()) => standing.told(&news),
            Err(error) => tracing::error!(%error, anchor = self.name, "log.anchor_not_told"),
        }
    }
}

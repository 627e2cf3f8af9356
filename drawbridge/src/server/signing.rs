//! Signs the log from time to time, and at once where a recording was sealed. Where
//! that fails it is shown at once, and told in an event when it lasts.

use std::sync::Arc;
use std::time::Duration;

use admin_api::SigningBoard;
use domain::{Actor, Clock, Draft};
use ledger::SigningKey;
use serde_json::json;
use store::Store;

use super::standing::{News, Pace, Standing};

/// How often the log is signed at least, with room to be late: a minute is what
/// is promised.
const SIGN: Duration = Duration::from_secs(50);

/// How often it is tried again; what fails for longer breaks that promise.
pub(super) const AGAIN: Pace = Pace {
    least: Duration::from_secs(2),
    most: Duration::from_secs(2),
    told_after: Duration::from_secs(10),
};

/// Who signs what, by which clock, and shows where how that goes.
pub(super) struct Signing {
    pub(super) store: Store,
    pub(super) key: Arc<SigningKey>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) board: SigningBoard,
    pub(super) again: Pace,
}

impl Signing {
    /// Goes on for ever.
    pub(super) async fn keep(&self) {
        let mut changed = self.store.changed();
        let mut due = self.clock.monotonic();
        let mut standing = Standing::default();
        loop {
            changed.mark_unchanged();
            let sealed = self.store.seal_to_be_signed().await;
            if self.clock.monotonic() >= due || sealed.is_ok_and(|sealed| sealed) {
                let wait = self.sign(&mut standing).await;
                due = self.clock.monotonic() + wait;
                self.tell(&mut standing).await;
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = self.clock.wait_until(due) => {}
            }
        }
    }

    /// Signs once, and says how long until the next time.
    async fn sign(&self, standing: &mut Standing) -> Duration {
        match self.store.sign_checkpoint(&self.key).await {
            Ok(signed) => {
                tracing::debug!(size = signed.size, "log.signed");
                standing.worked();
                self.board.works();
                SIGN
            }
            Err(error) => {
                tracing::error!(%error, "log.not_signed");
                let why = error.to_string();
                self.board.failed(self.clock.now(), &why);
                standing.failed(self.clock.monotonic(), why);
                standing.wait(&self.again)
            }
        }
    }

    /// Writes an event when it has failed for long, and when it works again.
    async fn tell(&self, standing: &mut Standing) {
        let Some(news) = standing.news(self.clock.monotonic(), &self.again) else {
            return;
        };
        let log = self.key.name();
        let draft = match &news {
            News::Failed { why } => Draft::new("log.not_signed", "log", log)
                .after(json!({ "for_s": self.again.told_after.as_secs() }))
                .reason(why),
            News::WorksAgain => Draft::new("log.signed_again", "log", log),
        };
        match self.store.alarm(&Actor::system(), draft).await {
            Ok(()) => standing.told(&news),
            Err(error) => tracing::error!(%error, "log.signing_not_told"),
        }
    }
}

#[cfg(test)]
mod tests;

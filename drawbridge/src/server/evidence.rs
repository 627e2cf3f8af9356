//! What the recorder has to say for itself goes into the store: recordings that it
//! had to close on its own, and how its disk is.

use std::sync::Arc;
use std::time::Duration;

use domain::{Actor, Clock, Draft};
use recorder::{Health, Interrupted, Recorder, Space};
use serde_json::json;
use store::{RecordingEnd, RecordingSeal, Store};
use tokio_util::sync::CancellationToken;

/// How often its health is looked at, and a seal that was not stored is tried again.
const TURN: Duration = Duration::from_secs(1);

/// Goes on until `stop`, and for what comes while sessions end after that.
pub(super) async fn keep(
    store: Store,
    recorder: Recorder,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let Some(mut interrupted) = recorder.interrupted() else {
        anyhow::bail!("somebody else has asked the recorder already");
    };
    let mut waiting: Vec<Interrupted> = Vec::new();
    let mut told = Told::default();
    loop {
        while let Ok(one) = interrupted.try_recv() {
            waiting.push(one);
        }
        let mut left = Vec::new();
        for one in waiting {
            if !sealed(&store, &one).await {
                left.push(one);
            }
        }
        waiting = left;
        told.tell(&store, &recorder.health()).await;
        let next = clock.monotonic() + TURN;
        tokio::select! {
            () = clock.wait_until(next) => {}
            Some(one) = interrupted.recv() => waiting.push(one),
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Stores the seal of a recording that was closed as interrupted.
async fn sealed(store: &Store, one: &Interrupted) -> bool {
    let Interrupted {
        session,
        channel,
        closing,
        seal,
        receipt,
    } = one;
    let end = RecordingEnd {
        exit: closing.exit,
        bytes_in: closing.bytes_in,
        bytes_out: closing.bytes_out,
        state: closing.end.as_str(),
        seal: Some(RecordingSeal {
            lines: seal.lines,
            root: seal.root,
        }),
    };
    match store.finish_recording(*session, *channel, &end).await {
        Ok(()) => {
            receipt.stored();
            true
        }
        Err(error) => {
            tracing::error!(%session, channel, %error, "recording.seal_not_stored");
            false
        }
    }
}

/// What was last said of the recorder's health.
#[derive(Default)]
struct Told {
    space: Space,
    trouble: Option<String>,
}

impl Told {
    /// Writes an event for each change.
    async fn tell(&mut self, store: &Store, health: &Health) {
        if health.space != self.space {
            let draft = Draft::new("recorder.space_changed", "recorder", "disk")
                .before(json!({ "space": self.space.as_str() }))
                .after(json!({
                    "space": health.space.as_str(),
                    "free_bytes": health.room.map(|room| room.free),
                    "least_free_bytes": health.least_free,
                }));
            if said(store, draft).await {
                self.space = health.space;
            }
        }
        if health.trouble != self.trouble {
            let draft = match &health.trouble {
                Some(why) => Draft::new("recorder.in_trouble", "recorder", "disk").reason(why),
                None => Draft::new("recorder.works_again", "recorder", "disk"),
            };
            if said(store, draft).await {
                self.trouble.clone_from(&health.trouble);
            }
        }
    }
}

async fn said(store: &Store, draft: Draft) -> bool {
    match store.alarm(&Actor::system(), draft).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "recorder.health_not_stored");
            false
        }
    }
}

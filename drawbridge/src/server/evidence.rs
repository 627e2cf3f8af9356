//! What the recorder has to say for itself goes into the store: recordings that it
//! had to close on its own, and how its disk is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Actor, Clock, Draft};
use recorder::archive::{Archive, ArchiveError};
use recorder::{Health, Interrupted, Recorder, Space};
use serde_json::json;
use store::{RecordingEnd, RecordingSeal, Store};
use tokio::task::spawn_blocking;
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
    let archive = recorder.archive();
    let mut waiting: Vec<Interrupted> = Vec::new();
    let mut told = Told::default();
    loop {
        while let Ok(one) = interrupted.try_recv() {
            waiting.push(one);
        }
        let mut left = Vec::new();
        for one in waiting {
            if !sealed(&store, &archive, &one).await {
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

/// Stores the seal of a recording that was closed as interrupted, and before that an
/// alarm if it does not go on as it was committed to while it ran.
async fn sealed(store: &Store, archive: &Archive, one: &Interrupted) -> bool {
    if let Err(error) = continued(store, archive, one).await {
        let (session, channel) = (one.session, one.channel);
        let error = format!("{error:#}");
        tracing::error!(%session, channel, error, "recording.progress_not_compared");
        return false;
    }
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

async fn continued(store: &Store, archive: &Archive, one: &Interrupted) -> anyhow::Result<()> {
    let Interrupted {
        session, channel, ..
    } = *one;
    let progress = store.progress_of(session, channel).await?;
    if progress.is_empty() {
        return Ok(());
    }
    let lines = progress.iter().map(|so_far| so_far.lines).collect();
    let archive = archive.clone();
    let is = spawn_blocking(move || {
        match archive.open(session, channel) {
            Ok(recording) => Ok(recording.manifest().seals_after(&lines)),
            Err(ArchiveError::Disk(error)) => Err(error),
            // Nothing that could be understood: nothing of it is left.
            Err(_) => Ok(BTreeMap::new()),
        }
    })
    .await??;
    let kept = |so_far: &&RecordingSeal| {
        is.get(&so_far.lines)
            .is_some_and(|seal| seal.root == so_far.root)
    };
    let Some(lost) = progress.iter().find(|so_far| !kept(so_far)) else {
        return Ok(());
    };
    tracing::error!(%session, channel, lines = lost.lines, "recording.not_continued");
    let draft = Draft::new("recording.not_continued", "session", session)
        .after(json!({ "channel": channel, "lines": lost.lines }))
        .reason(format!(
            "What is left of the recording does not begin with the {} lines that were committed \
             to while it ran: it was altered or damaged. Keep it as it is, and compare it with a \
             copy.",
            lost.lines
        ));
    Ok(store.alarm(&Actor::system(), draft).await?)
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

//! What is done by itself: grants and requests whose time is over are settled,
//! accounts that nobody uses are disabled, recordings are committed to while they run,
//! made searchable and, when their retention has ended, purged, and the log is signed.
//! All look at the state of things, so a turn that is missed or fails is made good by
//! the next one.

mod index;
mod progress;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use recorder::Recorder;
use store::Store;
use tokio_util::sync::CancellationToken;

use super::purge;
use super::signing::Signing;

/// How often requests lapse and grants close. Sessions do not wait for it: the
/// broker holds their deadlines.
const LAPSE: Duration = Duration::from_secs(5);
/// How often idle accounts are looked for.
const IDLE: Duration = Duration::from_secs(3600);
/// How often recordings are purged.
const PURGE: Duration = Duration::from_secs(3600);

/// Does the jobs until `stop`.
pub(super) async fn run(
    store: Store,
    recorder: Recorder,
    signing: Signing,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let jobs = async {
        tokio::join!(
            lapse(&store, clock.as_ref()),
            disable_idle(&store, clock.as_ref()),
            purge(&store, recorder.root(), clock.as_ref()),
            signing.keep(),
            progress::run(&store, &recorder, clock.as_ref()),
            index::run(&store, &recorder, &clock, &stop)
        )
    };
    stop.run_until_cancelled(jobs).await;
    Ok(())
}

async fn lapse(store: &Store, clock: &dyn Clock) {
    loop {
        match store.lapse_due().await {
            Ok(0) => {}
            Ok(settled) => tracing::info!(settled, "jobs.lapsed"),
            Err(error) => tracing::error!(%error, "jobs.lapse_failed"),
        }
        clock.wait_until(clock.monotonic() + LAPSE).await;
    }
}

async fn disable_idle(store: &Store, clock: &dyn Clock) {
    loop {
        match store.disable_idle_accounts().await {
            Ok(accounts) => {
                for account in accounts {
                    tracing::info!(%account, "jobs.idle_account_disabled");
                }
            }
            Err(error) => tracing::error!(%error, "jobs.idle_failed"),
        }
        clock.wait_until(clock.monotonic() + IDLE).await;
    }
}

async fn purge(store: &Store, recordings: &Path, clock: &dyn Clock) {
    let began = purge::Began::at(clock);
    loop {
        if began.has_leapt(clock) {
            tracing::error!(
                now = %clock.now(),
                why = "the wall clock has leapt more than a day ahead, so nothing is purged: set \
                       it right, or restart the broker if it is right",
                "jobs.purge_put_off"
            );
            clock.wait_until(clock.monotonic() + PURGE).await;
            continue;
        }
        match purge::turn(store, recordings).await {
            Ok(turn) if turn == purge::Turn::default() => {}
            Ok(purge::Turn {
                purged,
                files,
                stuck,
            }) => tracing::info!(purged, files, stuck, "jobs.purged"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "jobs.purge_failed"),
        }
        clock.wait_until(clock.monotonic() + PURGE).await;
    }
}

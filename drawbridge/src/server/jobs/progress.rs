//! Recordings under way are committed to in the log, as far as they are: whoever
//! alters or drops the first hour of a session that still runs, or that is cut later,
//! contradicts what is signed already.

use std::time::Duration;

use domain::Clock;
use recorder::{Progress, Recorder};
use store::{RecordingSeal, Store};
use tokio::task::spawn_blocking;

/// How often, with room to be late: ten minutes is what is promised.
const COMMIT: Duration = Duration::from_secs(9 * 60);
/// When it is tried again, if that failed.
const COMMIT_AGAIN: Duration = Duration::from_secs(5);

/// Goes on for ever.
pub(super) async fn run(store: &Store, recorder: &Recorder, clock: &dyn Clock) {
    let mut wait = COMMIT;
    loop {
        clock.wait_until(clock.monotonic() + wait).await;
        wait = match turn(store, recorder).await {
            Ok(0) => COMMIT,
            Ok(committed) => {
                tracing::info!(committed, "jobs.progress");
                COMMIT
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "jobs.progress_failed");
                COMMIT_AGAIN
            }
        };
    }
}

/// Commits to each recording that has more than the last time; to how many.
///
/// # Errors
/// When the disk or the database fails. What was committed before is kept.
async fn turn(store: &Store, recorder: &Recorder) -> anyhow::Result<usize> {
    let durable = {
        let recorder = recorder.clone();
        spawn_blocking(move || recorder.progress()).await??
    };
    let mut committed = 0;
    for Progress {
        session,
        channel,
        so_far,
    } in durable
    {
        let so_far = RecordingSeal {
            lines: so_far.lines,
            root: so_far.root,
        };
        let new = store.commit_progress(session, channel, so_far).await?;
        committed += usize::from(new);
    }
    Ok(committed)
}

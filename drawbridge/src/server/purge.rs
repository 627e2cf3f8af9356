//! Purging recordings whose retention has ended.
//!
//! First it is decided, and the event is committed; only then files go, and what
//! the search index has of them. A turn
//! that breaks off in between is made good by the next one, which looks at all
//! recordings that were ever purged: files that a backup brought back go again.

use std::path::Path;
use std::time::Duration;

use domain::{Clock, Purge, SessionId, Timestamp};
use recorder::purge::erase;
use store::Store;
use tokio::task::spawn_blocking;

/// How many recordings are decided on in one read.
const BATCH: usize = 500;

/// How far the wall clock may be corrected forward while the broker runs.
const CORRECTION: Duration = Duration::from_secs(24 * 3600);

/// The clocks as they stood when the broker started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Began {
    wall: Timestamp,
    monotonic: Duration,
}

impl Began {
    pub(super) fn at(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            monotonic: clock.monotonic(),
        }
    }

    /// Whether the wall clock has leapt more than a day ahead of the time that has
    /// passed: a bad time server must not end the retention of everything at once.
    pub(super) fn has_leapt(&self, clock: &dyn Clock) -> bool {
        let passed = clock.monotonic().saturating_sub(self.monotonic);
        clock.now() > self.wall.plus(passed).plus(CORRECTION)
    }
}

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// Recordings that were purged.
    pub(super) purged: usize,
    /// Files that were deleted.
    pub(super) files: usize,
    /// Recordings whose files could not be deleted; why is in the log.
    pub(super) stuck: usize,
}

/// Purges all that is due, then deletes the files of all that is purged.
///
/// # Errors
/// When the state can't be read or written. What was decided before is kept.
pub(super) async fn turn(store: &Store, recordings: &Path) -> anyhow::Result<Turn> {
    let mut turn = Turn {
        purged: mark(store).await?,
        ..Turn::default()
    };
    forget_lines(store).await?;
    let mut after = None;
    loop {
        let batch = store.purged_after(after).await?;
        let Some(last) = batch.last() else { break };
        after = Some(*last);
        let root = recordings.to_owned();
        let (files, stuck) = spawn_blocking(move || delete(&root, &batch)).await?;
        turn.files += files;
        turn.stuck += stuck;
    }
    Ok(turn)
}

async fn mark(store: &Store) -> anyhow::Result<usize> {
    let mut purged = 0;
    loop {
        let due = store.due_for_purge(BATCH).await?;
        let before = purged;
        for recording in due {
            // Decided again: a hold may have been placed a moment ago.
            match store
                .mark_purged(recording.session, recording.channel)
                .await?
            {
                Purge::Now => {
                    tracing::info!(session = %recording.session, channel = recording.channel, "recording.purged");
                    purged += 1;
                }
                Purge::Keep(_) => {}
            }
        }
        if purged == before {
            return Ok(purged);
        }
    }
}

async fn forget_lines(store: &Store) -> anyhow::Result<()> {
    loop {
        let batch = store.purged_in_index().await?;
        if batch.is_empty() {
            return Ok(());
        }
        for (session, channel) in batch {
            store.unindex(session, channel).await?;
        }
    }
}

fn delete(root: &Path, recordings: &[(SessionId, u32)]) -> (usize, usize) {
    let (mut files, mut stuck) = (0, 0);
    for (session, channel) in recordings {
        match erase(root, *session, *channel) {
            Ok(count) => files += count,
            Err(error) => {
                stuck += 1;
                tracing::error!(%session, channel, %error, "recording.not_deleted");
            }
        }
    }
    (files, stuck)
}

#[cfg(test)]
mod tests;

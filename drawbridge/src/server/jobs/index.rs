//! What was shown in recordings is made searchable once they have ended. Sessions
//! come first: one recording at a time, on a thread that gives way to all others.

use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use domain::{Clock, SessionId};
use recorder::archive::{Archive, ArchiveError};
use recorder::transcript::{Limits, Line, Transcript, shown};
use recorder::{Patience, Recorder, serve};
use store::{ScreenLine, Store};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How often is looked for a recording that has ended.
const LOOK: Duration = Duration::from_secs(5);
/// The pause between two recordings.
const REST: Duration = Duration::from_millis(100);
/// How long one may take. A 12-hour recording takes some seconds.
const LONGEST: Duration = Duration::from_secs(600);
/// How many times as long as it has worked the database rests, so that sessions have
/// the rest of its core.
const RESTS: u32 = 3;
/// The lowest priority of a thread there is.
const NICEST: i32 = 19;

/// Indexes whatever has ended, for ever.
pub(super) async fn run(
    store: &Store,
    recorder: &Recorder,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) {
    let archive = recorder.archive();
    // A file that could not be read may be back since the last start.
    if let Err(error) = store.retry_index().await {
        tracing::error!(%error, "jobs.index_failed");
    }
    loop {
        let pause = match one(store, &archive, clock, stop).await {
            Ok(true) => REST,
            Ok(false) => LOOK,
            Err(error) => {
                tracing::error!(%error, "jobs.index_failed");
                LOOK
            }
        };
        clock.wait_until(clock.monotonic() + pause).await;
    }
}

/// `false` if there is nothing to do.
async fn one(
    store: &Store,
    archive: &Archive,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    let Some((session, channel)) = store.next_unindexed().await? else {
        return Ok(false);
    };
    match read(archive, session, channel, clock, stop).await {
        Ok(Some(Transcript { lines, cut })) => {
            let lines: Vec<_> = lines.iter().map(screen_line).collect();
            let mut began = clock.monotonic();
            let rest = || rest(clock.as_ref(), &mut began);
            store
                .index_recording(session, channel, &lines, cut, rest)
                .await?;
            tracing::debug!(%session, channel, lines = lines.len(), cut, "jobs.indexed");
        }
        Ok(None) => store.unindex(session, channel).await?,
        Err(error) => {
            tracing::warn!(%session, channel, error = format!("{error:#}"), "jobs.not_searchable");
            store.index_failed(session, channel).await?;
        }
    }
    Ok(true)
}

/// Rests after some work, longer after more of it. `began` is when the work began.
fn rest<'a>(
    clock: &'a dyn Clock,
    began: &mut Duration,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    let now = clock.monotonic();
    let worked = now.saturating_sub(*began);
    *began = now + worked.saturating_mul(RESTS);
    clock.wait_until(*began)
}

fn screen_line(line: &Line) -> ScreenLine<'_> {
    ScreenLine {
        at_ms: line.at_ms,
        text: &line.text,
    }
}

/// `None` if the recording is not to be searched.
async fn read(
    archive: &Archive,
    session: SessionId,
    channel: u32,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Transcript<Line>>> {
    let (archive, clock, stop) = (archive.clone(), Arc::clone(clock), stop.clone());
    let (send, receive) = oneshot::channel();
    let work = move || {
        // Only politeness: without it the work is done all the same.
        let _ = rustix::process::nice(NICEST);
        let end = clock.monotonic().saturating_add(LONGEST);
        let mut may_go_on = || clock.monotonic() < end && !stop.is_cancelled();
        let mut patience = Patience::new(&mut may_go_on);
        let read = open(&archive, session, channel).and_then(|cast| {
            cast.map(|cast| shown(cast, Limits::default(), &mut patience))
                .transpose()
        });
        // Nobody waits any more once the server stops.
        let _ = send.send(read);
    };
    thread::Builder::new()
        .name("index".to_owned())
        .spawn(work)?;
    let read = receive.await.context("the terminal gave up on it")?;
    Ok(read?)
}

/// `None` if the broker can't read it, and is not meant to.
fn open(
    archive: &Archive,
    session: SessionId,
    channel: u32,
) -> io::Result<Option<impl Read + use<>>> {
    let recording = archive.open(session, channel);
    match recording.and_then(|recording| serve::cast(&recording)) {
        Ok(cast) => Ok(Some(cast)),
        Err(ArchiveError::Sealed | ArchiveError::Purged) => Ok(None),
        Err(ArchiveError::Disk(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::Timestamp;

    use super::*;

    /// Stands at a time until somebody waits on it.
    struct Waited(Mutex<Duration>);

    impl Clock for Waited {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0)
        }

        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            *self.0.lock().unwrap() = at;
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn the_database_rests_longer_than_it_worked() {
        let clock = Waited(Mutex::new(Duration::from_secs(7)));
        let mut since = clock.monotonic();
        for (worked, rested) in [(10, 30), (0, 0), (1000, 3000)] {
            let began = clock.monotonic();
            *clock.0.lock().unwrap() += Duration::from_millis(worked);
            rest(&clock, &mut since).await;
            let slept = clock.monotonic() - began - Duration::from_millis(worked);
            assert_eq!(slept, Duration::from_millis(rested), "after {worked} ms");
        }
    }
}

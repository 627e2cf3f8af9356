//! What was shown in recordings is made searchable once they have ended. Sessions
//! come first: one recording at a time, on a thread that gives way to all others.

use std::io::{self, Read};
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
            store.index_recording(session, channel, &lines, cut).await?;
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

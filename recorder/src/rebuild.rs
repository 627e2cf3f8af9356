//! What a run left that did not stop in order is made whole: chunks that may not
//! have reached the disk are made again from the log, and the recording is closed
//! as interrupted.

mod alone;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{SessionId, Timestamp};
use tokio::sync::mpsc;

use crate::archive::manifest::BadManifest;
use crate::archive::{Closing, End, Keyring, MANIFEST, Manifest, Seal, Track, recording_dir};
use crate::builder::{Builder, Facts, Packers};
use crate::channel::{Entry, Piece, Receipt, What};
use crate::chunks::Interrupted;
use crate::disk::Disk;
use crate::error::RecorderError;
use crate::live::Live;
use crate::opening::{Counts, Opening};
use crate::wal::{Kind, WalKey, read_all};

/// A recording that should have been sealed and was not, as whoever keeps the seals
/// knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// Its session.
    pub session: SessionId,
    /// Its channel.
    pub channel: u32,
    /// When it began.
    pub started: Timestamp,
    /// So many lines of its manifest are committed to, and were durable then.
    pub committed: u64,
}

/// Where things are.
pub(crate) struct Site<'a> {
    pub(crate) root: &'a Path,
    pub(crate) log: &'a Path,
    pub(crate) key: &'a WalKey,
    pub(crate) keyring: &'a Keyring,
    pub(crate) disk: &'a Arc<dyn Disk>,
}

/// From where a new run goes on.
pub(crate) struct Rebuilt {
    pub(crate) next_segment: u64,
    pub(crate) next_frame: u64,
    pub(crate) next_recording: u64,
    /// Segments that nobody needs any more.
    pub(crate) free: Vec<PathBuf>,
}

/// Makes whole what the log knows of, and closes `also` as far as there is
/// something to close. One recording that can't be closed leaves the others alone;
/// the log is then kept for the next try.
pub(crate) fn rebuild(
    site: &Site<'_>,
    also: &[Unsealed],
    live: &Arc<Live>,
    closed: &mpsc::UnboundedSender<Interrupted>,
) -> Result<Rebuilt, RecorderError> {
    let mut packers = Packers::new().map_err(RecorderError::disk("starting on", site.root))?;
    let mut all: BTreeMap<u64, io::Result<Recording>> = BTreeMap::new();
    let mut first = None;
    let found = read_all(site.log, site.key, |head, payload| {
        let first = *first.get_or_insert(head.sequence);
        if head.kind == Kind::Open {
            all.entry(head.recording)
                .or_insert_with(|| Recording::open(site, payload, first, also));
            return;
        }
        let Some(Ok(recording)) = all.get_mut(&head.recording) else {
            return;
        };
        let Some(what) = What::of(head.kind, payload) else {
            return;
        };
        let piece = Piece {
            sequence: head.sequence,
            entry: Entry { at: head.at, what },
        };
        if let Err(error) = recording.take(piece, &mut packers) {
            all.insert(head.recording, Err(error));
        }
    })
    .map_err(RecorderError::disk("reading", site.log))?;

    let mut whole = true;
    let mut seen = Vec::new();
    for (number, recording) in all {
        match recording.and_then(|recording| recording.close(&mut packers)) {
            Ok(ended) => {
                seen.push((ended.session, ended.channel));
                let _ = closed.send(ended.into_interrupted(live, number));
            }
            Err(error) => {
                whole = false;
                tracing::error!(recording = number, %error, "recording.not_rebuilt");
            }
        }
    }
    let unseen = |one: &&Unsealed| !seen.contains(&(one.session, one.channel));
    for one in also.iter().filter(unseen) {
        match alone::resume(site, one).and_then(|recording| recording.close(&mut packers)) {
            Ok(ended) => {
                let _ = closed.send(ended.into_interrupted(live, 0));
            }
            Err(error) => {
                let Unsealed {
                    session, channel, ..
                } = one;
                tracing::error!(%session, channel, %error, "recording.not_closed");
            }
        }
    }
    Ok(Rebuilt {
        next_segment: found.next_segment,
        next_frame: found.next_frame,
        next_recording: found.next_recording,
        free: if whole { found.files } else { Vec::new() },
    })
}

/// One recording, while its log is read.
struct Recording {
    session: SessionId,
    channel: u32,
    at: Duration,
    state: State,
}

enum State {
    /// It was closed, and only its seal was not stored.
    Closed(Closing, Seal),
    /// What comes after `through` of each track is still to be made into chunks.
    Open {
        builder: Box<Builder>,
        output: u64,
        input: u64,
    },
}

struct Ended {
    session: SessionId,
    channel: u32,
    closing: Closing,
    seal: Seal,
}

impl Ended {
    fn into_interrupted(self, live: &Arc<Live>, number: u64) -> Interrupted {
        Interrupted {
            session: self.session,
            channel: self.channel,
            closing: self.closing,
            seal: self.seal,
            receipt: Receipt {
                live: Arc::clone(live),
                number,
            },
        }
    }
}

impl Recording {
    /// From the frame that opens it; `first` is the first frame that is still in
    /// the log.
    fn open(site: &Site<'_>, payload: &[u8], first: u64, also: &[Unsealed]) -> io::Result<Self> {
        let (opening, counts) = Opening::decode(payload)
            .ok_or_else(|| io::Error::other("its first frame can't be understood"))?;
        let facts = opening.facts();
        let dir = recording_dir(site.root, opening.session, opening.channel);
        let path = dir.join(MANIFEST);
        let committed = also
            .iter()
            .find(|one| (one.session, one.channel) == (opening.session, opening.channel))
            .map_or(0, |one| one.committed);
        let read = match fs::read(&path) {
            Ok(bytes) => match Manifest::parse(&bytes) {
                Ok(read) => Some(trusted(read, &bytes, &dir, first, committed)?),
                Err(BadManifest::Empty) => None,
                Err(bad) => return Err(io::Error::other(bad)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match read {
            Some(read) => Self::resume(site, &facts, &read, counts),
            None => {
                site.disk.remove(&path)?;
                let disk = Arc::clone(site.disk);
                let builder = Builder::begin(disk, site.root, site.keyring, &facts)?;
                Ok(Self::at_work(&facts, builder, None))
            }
        }
    }

    fn resume(site: &Site<'_>, facts: &Facts, read: &Manifest, counts: Counts) -> io::Result<Self> {
        let Some(writer) = read.writer() else {
            let closing = read
                .closing
                .ok_or_else(|| io::Error::other("a manifest without an end"))?;
            return Ok(Self {
                session: facts.session,
                channel: facts.channel,
                at: Duration::ZERO,
                state: State::Closed(closing, read.seal()),
            });
        };
        let disk = Arc::clone(site.disk);
        let builder = Builder::resume(disk, site.root, facts, read, writer, counts)?;
        Ok(Self::at_work(facts, builder, Some(read)))
    }

    fn at_work(facts: &Facts, builder: Builder, read: Option<&Manifest>) -> Self {
        let last = |track| read.and_then(|read| read.of(track).last());
        let through = |track| last(track).map_or(0, |line| line.chunk.through);
        let at = Track::ALL
            .into_iter()
            .filter_map(|track| last(track).map(|line| line.chunk.to_ms))
            .max();
        Self {
            session: facts.session,
            channel: facts.channel,
            at: Duration::from_millis(at.unwrap_or(0)),
            state: State::Open {
                output: through(Track::Output),
                input: through(Track::Input),
                builder: Box::new(builder),
            },
        }
    }

    fn take(&mut self, piece: Piece, packers: &mut Packers) -> io::Result<()> {
        let State::Open {
            builder,
            output,
            input,
        } = &mut self.state
        else {
            return Ok(());
        };
        self.at = self.at.max(piece.entry.at);
        let through = if piece.entry.what.is_vendors() {
            *input
        } else {
            *output
        };
        if piece.sequence <= through {
            builder.count(&piece);
            return Ok(());
        }
        builder.take(&piece);
        builder.write_full(packers)
    }

    fn close(self, packers: &mut Packers) -> io::Result<Ended> {
        let Self {
            session,
            channel,
            at,
            state,
        } = self;
        let (closing, seal) = match state {
            State::Closed(closing, seal) => (closing, seal),
            State::Open { mut builder, .. } => {
                tracing::warn!(%session, channel, "recording.rebuilt");
                builder
                    .close(End::Interrupted, at, None, packers)
                    .map_err(io::Error::other)?
            }
        };
        Ok(Ended {
            session,
            channel,
            closing,
            seal,
        })
    }
}

/// The manifest up to its first chunk that did not reach the disk whole, if the log
/// can make that again. One that the log has let go of, or that is committed to, was
/// durable once: it is left as it is, for whoever verifies to see.
fn trusted(
    read: Manifest,
    bytes: &[u8],
    dir: &Path,
    first: u64,
    committed: u64,
) -> io::Result<Manifest> {
    let kept = usize::try_from(committed).unwrap_or(usize::MAX);
    for (lines, line) in (1..)
        .zip(&read.chunks)
        .skip_while(|(lines, _)| *lines < kept)
    {
        let opening = read.opening.track(line.chunk.track);
        let stored = match fs::read(dir.join(line.file_name(opening))) {
            Ok(stored) => stored,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        if !line.chunk.is(&stored) && line.chunk.through >= first {
            let end = bytes
                .split_inclusive(|byte| *byte == b'\n')
                .take(lines)
                .map(<[u8]>::len)
                .sum();
            let whole = bytes.get(..end).unwrap_or(bytes);
            return Manifest::parse(whole).map_err(io::Error::other);
        }
    }
    Ok(read)
}

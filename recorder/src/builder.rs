//! From entries to chunks: what is durable in the log is encoded, and what is
//! enough becomes a chunk on the disk, with its line in the manifest.

mod tracks;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{SessionId, Timestamp};

use self::tracks::{InputTrack, Open, OutputTrack};
use crate::archive::chunk::{file_name, hash};
use crate::archive::keys::key_file_name;
use crate::archive::{
    Chunk, Closing, End, Keyring, MANIFEST, Manifest, ManifestWriter, Opening, Packer, Seal, Track,
    TrackOpening, recording_dir,
};
use crate::cast::Ending;
use crate::channel::{Piece, What};
use crate::disk::{Disk, DiskFile, write_all_at};
use crate::opening::Counts;

/// A chunk is closed at so many bytes.
const CHUNK: usize = 256 << 10;

/// Or at so many, in a flood: a file for each 256 KiB costs more than what is in it.
const FLOOD_CHUNK: usize = 2 << 20;

/// A chunk is closed when its oldest entry is so old.
const OLD: Duration = Duration::from_secs(30);

/// Two ways to compress.
pub(crate) struct Packers {
    well: Packer,
    fast: Packer,
}

impl Packers {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            well: Packer::new(3)?,
            fast: Packer::new(-3)?,
        })
    }
}

/// The chunks of one recording.
pub(crate) struct Builder {
    disk: Arc<dyn Disk>,
    /// The directories that lead to it, innermost first.
    dirs: [PathBuf; 3],
    protection: [TrackOpening; 2],
    file: Box<dyn DiskFile>,
    /// Up to where the manifest is written.
    end: u64,
    manifest: ManifestWriter,
    output: OutputTrack,
    input: InputTrack,
    /// Chunks that only the log makes durable so far.
    unflushed: Vec<PathBuf>,
    counts: Counts,
    /// Its last line is encoded.
    ended: bool,
}

/// Why a recording can't be closed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloseError {
    /// It can be tried again.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// Nothing is known of its chunks any more.
    #[error("flushing: {0}")]
    Flush(io::Error),
}

/// What a recording says of itself, to begin its tracks with.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    pub(crate) started: Timestamp,
    /// The first line of the asciicast.
    pub(crate) header: Vec<u8>,
}

impl Builder {
    /// Makes the recording's directory, manifest and keys, and makes them durable:
    /// a chunk without its key would be lost.
    pub(crate) fn begin(
        disk: Arc<dyn Disk>,
        root: &Path,
        keyring: &Keyring,
        facts: &Facts,
    ) -> io::Result<Self> {
        let dirs = dirs(root, facts);
        let [dir, ..] = &dirs;
        disk.make_dir(dir)?;
        let keys = keyring.recording().map_err(io::Error::other)?;
        for track in Track::ALL {
            if let Some(text) = &keys.track(track).key_file {
                write_new(disk.as_ref(), &dir.join(key_file_name(track)), text)?.sync()?;
            }
        }
        let opening = Opening {
            session: facts.session,
            channel: facts.channel,
            started: facts.started,
            output: keys.output.opening.clone(),
            input: keys.input.opening.clone(),
        };
        let (manifest, line) = ManifestWriter::open(&opening);
        let file = disk.create(&dir.join(MANIFEST))?;
        write_all_at(file.as_ref(), 0, &line)?;
        file.sync()?;
        dirs.iter().try_for_each(|dir| disk.sync_dir(dir))?;
        Ok(Self {
            disk,
            dirs,
            protection: [keys.output.opening, keys.input.opening],
            file,
            end: line.len() as u64,
            manifest,
            output: OutputTrack::begin(facts.header.clone()),
            input: InputTrack::begin(facts),
            unflushed: Vec::new(),
            counts: Counts::default(),
            ended: false,
        })
    }

    /// Goes on where a manifest ends, whose chunks are all as it says; `counts` is what
    /// came before all that will be taken or counted.
    pub(crate) fn resume(
        disk: Arc<dyn Disk>,
        root: &Path,
        facts: &Facts,
        read: &Manifest,
        manifest: ManifestWriter,
        counts: Counts,
    ) -> io::Result<Self> {
        let dirs = dirs(root, facts);
        let [dir, ..] = &dirs;
        let file = disk.open(&dir.join(MANIFEST))?;
        file.set_len(read.valid)?;
        Ok(Self {
            disk,
            protection: [read.opening.output.clone(), read.opening.input.clone()],
            file,
            end: read.valid,
            manifest,
            output: OutputTrack::resume(facts.header.clone(), read),
            input: InputTrack::resume(facts, read),
            unflushed: Vec::new(),
            counts,
            ended: false,
            dirs,
        })
    }

    /// The recording's directory.
    pub(crate) fn dir(&self) -> &Path {
        let [dir, ..] = &self.dirs;
        dir
    }

    /// Whether its manifest is still where it was made.
    pub(crate) fn present(&self) -> io::Result<()> {
        self.file.present()
    }

    /// An entry is in a chunk already: it is only counted.
    pub(crate) fn count(&mut self, piece: &Piece) {
        self.counts.take(&piece.entry.what);
    }

    /// Encodes an entry. Whatever the disk does, it is not lost: it stays in memory
    /// until it is in a chunk, and in the log until then. What is full is to be written
    /// first.
    pub(crate) fn take(&mut self, piece: &Piece) {
        self.count(piece);
        let (at, sequence) = (piece.entry.at, piece.sequence);
        match &piece.entry.what {
            What::Input(bytes) => self.input.data(sequence, at, bytes),
            What::InputEnd => self.input.end(sequence, at),
            What::Output(stream, bytes) => self.output.output(sequence, at, *stream, bytes),
            What::Resize(cols, rows) => self.output.resize(sequence, at, *cols, *rows),
            What::Marker(label) => self.output.marker(sequence, at, label),
            What::Exit(status) => self.output.exit(sequence, at, *status),
            What::Open => self.output.opened(sequence, at),
            What::Finish => {}
        }
    }

    /// The place in the log of the first entry that is in no chunk.
    pub(crate) fn floor(&self) -> Option<u64> {
        let open = [self.output.open(), self.input.open()];
        open.into_iter().flatten().map(|open| open.first).min()
    }

    /// Whether something is old enough to become a chunk.
    pub(crate) fn is_old(&self, now: Duration) -> bool {
        let open = [self.output.open(), self.input.open()];
        open.into_iter()
            .flatten()
            .any(|open| now.saturating_sub(open.from) >= OLD)
    }

    /// Makes chunks of what is enough for one.
    pub(crate) fn write_full(&mut self, packers: &mut Packers) -> io::Result<()> {
        if self.output.is_full(enough(self.output.open())) {
            self.write(Track::Output, packers)?;
        }
        if self.input.is_full(enough(self.input.open())) {
            self.write(Track::Input, packers)?;
        }
        Ok(())
    }

    /// Makes chunks of all there is.
    pub(crate) fn cut(&mut self, packers: &mut Packers) -> io::Result<()> {
        for track in Track::ALL {
            self.write(track, packers)?;
        }
        Ok(())
    }

    fn write(&mut self, track: Track, packers: &mut Packers) -> io::Result<()> {
        let (open, plain) = match track {
            Track::Output => self.output.settle(),
            Track::Input => self.input.settle(),
        };
        let Some(open) = open else { return Ok(()) };
        let [output, input] = &self.protection;
        let opening = match track {
            Track::Output => output,
            Track::Input => input,
        };
        let flood = open.is_fast() && plain.len() >= CHUNK;
        let packer = if flood {
            &mut packers.fast
        } else {
            &mut packers.well
        };
        let stored = packer.pack(plain, &opening.recipients)?;
        let chunk = Chunk {
            track,
            from_ms: millis(open.from),
            to_ms: millis(open.to),
            events: open.events,
            through: open.through,
            bytes: plain.len() as u64,
            stored: stored.len() as u64,
            sha256: hash(&stored),
        };
        let name = file_name(self.manifest.next_chunk(), track, opening);
        let path = self.dir().join(name);
        write_new(self.disk.as_ref(), &path, &stored)?;
        // The manifest has the line, or nothing has happened.
        let mut manifest = self.manifest.clone();
        let line = manifest.chunk(&chunk);
        write_all_at(self.file.as_ref(), self.end, &line)?;
        self.manifest = manifest;
        self.end += line.len() as u64;
        self.unflushed.push(path);
        match track {
            Track::Output => self.output.written(),
            Track::Input => self.input.written(),
        }
        Ok(())
    }

    /// What its manifest comes to so far.
    pub(crate) fn so_far(&self) -> Seal {
        self.manifest.seal()
    }

    /// How many chunks only the log makes durable so far.
    pub(crate) const fn unflushed(&self) -> usize {
        self.unflushed.len()
    }

    /// The first so many of those are durable: somebody flushed the file system.
    pub(crate) fn flushed(&mut self, chunks: usize) {
        self.unflushed.drain(..chunks.min(self.unflushed.len()));
    }

    /// Closes the recording, and makes all of it durable. `bytes_out` counts what
    /// was not kept as well, where somebody has counted.
    pub(crate) fn close(
        &mut self,
        end: End,
        at: Duration,
        bytes_out: Option<u64>,
        packers: &mut Packers,
    ) -> Result<(Closing, Seal), CloseError> {
        let ending = match end {
            End::Complete => Ending::Finished,
            End::Interrupted => Ending::Interrupted,
        };
        if !std::mem::replace(&mut self.ended, true) {
            let input_len = self.input.total();
            self.output.close(ending, at, input_len);
        }
        self.cut(packers)?;
        let closing = Closing {
            end,
            bytes_in: self.counts.bytes_in,
            bytes_out: bytes_out.unwrap_or(self.counts.bytes_out),
            exit: self.counts.exit,
        };
        let (line, seal) = self.manifest.clone().close(&closing);
        write_all_at(self.file.as_ref(), self.end, &line)?;
        self.make_durable().map_err(CloseError::Flush)?;
        Ok((closing, seal))
    }

    fn make_durable(&mut self) -> io::Result<()> {
        for path in &self.unflushed {
            self.disk.open(path)?.sync()?;
        }
        self.unflushed.clear();
        self.file.sync()?;
        self.dirs.iter().try_for_each(|dir| self.disk.sync_dir(dir))
    }
}

/// How many bytes make a chunk.
fn enough(open: Option<Open>) -> usize {
    if open.is_some_and(|open| open.is_fast()) {
        FLOOD_CHUNK
    } else {
        CHUNK
    }
}

fn dirs(root: &Path, facts: &Facts) -> [PathBuf; 3] {
    let dir = recording_dir(root, facts.session, facts.channel);
    let session = dir.parent().unwrap_or(root).to_owned();
    [dir, session, root.to_owned()]
}

/// Writes a file, in place of one that was not finished.
fn write_new(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<Box<dyn DiskFile>> {
    let file = match disk.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk.remove(path)?;
            disk.create(path)?
        }
        created => created?,
    };
    write_all_at(file.as_ref(), 0, content)?;
    Ok(file)
}

fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

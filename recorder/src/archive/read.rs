//! Recordings as they are read back: each chunk is held against its hash before
//! a byte of it is handed out. These calls block.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::vec;

use age::x25519::Identity;
use domain::SessionId;
use thiserror::Error;

use super::chunk::{BadChunk, MAX_STORED, unpack};
use super::files::{DirFiles, Files};
use super::keys::{KeyError, Keyring, Protection, key_file_name};
use super::manifest::{BadManifest, ChunkLine, MAX_MANIFEST, Manifest, Track, TrackOpening};

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.jsonl";

/// The longest file with a recording's own key that is read, in bytes.
const MAX_KEY_FILE: u64 = 64 << 10;

/// Where a channel's recording is.
#[must_use]
pub fn recording_dir(root: &Path, session: SessionId, channel: u32) -> PathBuf {
    root.join(session.to_string()).join(channel.to_string())
}

/// Why a recording can't be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// There is none.
    #[error("there is no such recording")]
    Missing,
    /// Something of it is not what it was.
    #[error("the recording is damaged: {0}")]
    Damaged(String),
    /// What lists its files can't be read, so nothing is known of them.
    #[error("the recording's manifest is damaged: {0}")]
    Unlisted(String),
    /// The broker has no key for it.
    #[error("the recording is sealed: only an auditor's key opens it")]
    Sealed,
    /// What it was made of has been deleted; what commits to it is still there.
    #[error("the recording has been purged; its manifest is still there")]
    Purged,
    /// Nothing of it is in chunks yet.
    #[error("nothing of the recording can be read yet")]
    Pending,
    /// The disk refused.
    #[error("reading the recording: {0}")]
    Disk(#[from] io::Error),
}

impl From<BadManifest> for ArchiveError {
    fn from(bad: BadManifest) -> Self {
        Self::Unlisted(bad.to_string())
    }
}

/// All recordings of a site.
#[derive(Clone, Debug)]
pub struct Archive {
    root: PathBuf,
    keyring: Keyring,
}

impl Archive {
    /// Those under `root`, read with the broker's keys.
    #[must_use]
    pub fn new(root: &Path, keyring: Keyring) -> Self {
        Self {
            root: root.to_owned(),
            keyring,
        }
    }

    /// One channel's recording, as it is now: one that still runs ends with its
    /// last chunk.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn open(&self, session: SessionId, channel: u32) -> Result<Recording, ArchiveError> {
        let dir = recording_dir(&self.root, session, channel);
        let mut files = DirFiles::new(&dir);
        let bytes = files
            .read(MANIFEST, MAX_MANIFEST)?
            .ok_or(ArchiveError::Missing)?;
        let manifest = Manifest::parse(&bytes)?;
        if manifest.opening.session != session || manifest.opening.channel != channel {
            return Err(ArchiveError::Unlisted(
                "it is that of another recording".to_owned(),
            ));
        }
        Ok(Recording {
            files,
            keyring: self.keyring.clone(),
            manifest,
        })
    }
}

/// One channel's recording.
#[derive(Clone, Debug)]
pub struct Recording {
    files: DirFiles,
    keyring: Keyring,
    manifest: Manifest,
}

impl Recording {
    /// What it consists of.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the asset showed: an asciicast v3 file.
    ///
    /// # Errors
    /// [`ArchiveError`]; while it is read, `InvalidData` for a chunk that is not
    /// what the manifest says.
    pub fn output(&self) -> Result<ChunkReader<DirFiles>, ArchiveError> {
        self.track(Track::Output)
    }

    /// What the vendor sent: frames (see [`crate::frame`]).
    ///
    /// # Errors
    /// As [`Self::output`].
    pub fn input(&self) -> Result<ChunkReader<DirFiles>, ArchiveError> {
        self.track(Track::Input)
    }

    /// One of the two.
    ///
    /// # Errors
    /// As [`Self::output`].
    pub fn track(&self, track: Track) -> Result<ChunkReader<DirFiles>, ArchiveError> {
        self.check_presence(track)?;
        let keys = self.key(track)?.into_iter().collect();
        Ok(ChunkReader::new(
            self.files.clone(),
            &self.manifest,
            track,
            keys,
        ))
    }

    /// The recording's own key to a track; `None` if it is not encrypted.
    ///
    /// # Errors
    /// [`ArchiveError::Sealed`] if the broker has none, `Damaged` if the key
    /// can't be opened.
    pub fn key(&self, track: Track) -> Result<Option<Identity>, ArchiveError> {
        match self.manifest.opening.track(track).encryption {
            Protection::Off => return Ok(None),
            Protection::Sealed => return Err(ArchiveError::Sealed),
            Protection::AtRest => {}
        }
        let name = key_file_name(track);
        let file = self
            .files
            .clone()
            .read(name, MAX_KEY_FILE)?
            .ok_or_else(|| ArchiveError::Damaged(format!("{name} is not there")))?;
        self.keyring
            .unlock(track, &file)
            .map(Some)
            .map_err(|error| {
                // Made under another key of the broker's: auditors still have theirs.
                if matches!(error, KeyError::Unlock(BadChunk::Locked)) {
                    ArchiveError::Sealed
                } else {
                    ArchiveError::Damaged(error.to_string())
                }
            })
    }

    /// The stored files, as they are.
    #[must_use]
    pub fn files(&self) -> DirFiles {
        self.files.clone()
    }

    pub(crate) fn check_presence(&self, track: Track) -> Result<(), ArchiveError> {
        let opening = self.manifest.opening.track(track);
        let mut files = self.files.clone();
        let (mut all, mut gone) = (0_u64, Vec::new());
        for line in self.manifest.of(track) {
            all += 1;
            let name = line.file_name(opening);
            if !files.has(&name)? {
                gone.push(name);
            }
        }
        match gone.first() {
            None => Ok(()),
            Some(_) if gone.len() as u64 == all => Err(ArchiveError::Purged),
            Some(name) => Err(ArchiveError::Damaged(format!("{name} is not there"))),
        }
    }
}

/// One track of a recording, decompressed and decrypted chunk by chunk.
pub struct ChunkReader<F> {
    files: F,
    opening: TrackOpening,
    keys: Vec<Identity>,
    chunks: vec::IntoIter<ChunkLine>,
    plain: Vec<u8>,
    read: usize,
}

impl<F: Files> ChunkReader<F> {
    /// Reads what `manifest` names from `files`; without the right one of `keys`
    /// the first encrypted chunk is an error.
    #[must_use]
    pub fn new(files: F, manifest: &Manifest, track: Track, keys: Vec<Identity>) -> Self {
        Self {
            files,
            opening: manifest.opening.track(track).clone(),
            keys,
            chunks: manifest.of(track).cloned().collect::<Vec<_>>().into_iter(),
            plain: Vec::new(),
            read: 0,
        }
    }

    /// Goes on from a byte of the whole track; chunks before it are not read.
    ///
    /// # Errors
    /// As reading does.
    pub fn from_byte(mut self, mut offset: u64) -> io::Result<Self> {
        while let Some(line) = self.chunks.as_slice().first()
            && offset >= line.chunk.bytes
        {
            offset -= line.chunk.bytes;
            self.chunks.next();
        }
        io::copy(&mut (&mut self).take(offset), &mut io::sink())?;
        Ok(self)
    }

    fn load(&mut self, line: &ChunkLine) -> io::Result<()> {
        let name = line.file_name(&self.opening);
        let bad = |why: &dyn std::fmt::Display| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {why}"))
        };
        let stored = match self.files.read(&name, MAX_STORED as u64) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Err(bad(&"it is not there")),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(bad(&error)),
            Err(error) => return Err(error),
        };
        if !line.chunk.is(&stored) {
            return Err(bad(&"it is not what the manifest says"));
        }
        let encrypted = self.opening.encryption != Protection::Off;
        self.plain =
            unpack(&stored, line.chunk.bytes, encrypted, &self.keys).map_err(|why| bad(&why))?;
        self.read = 0;
        Ok(())
    }
}

impl<F: Files> Read for ChunkReader<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.plain.get(self.read..).unwrap_or_default();
            if !rest.is_empty() || buf.is_empty() {
                let count = rest.len().min(buf.len());
                for (slot, byte) in buf.iter_mut().zip(rest) {
                    *slot = *byte;
                }
                self.read += count;
                return Ok(count);
            }
            // Left in place until it was read: after an error comes the same error.
            let Some(line) = self.chunks.as_slice().first().cloned() else {
                return Ok(0);
            };
            self.load(&line)?;
            self.chunks.next();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

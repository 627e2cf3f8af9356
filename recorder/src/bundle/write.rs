//! A bundle as it is written: file by file, so that one of any size needs the
//! memory of its largest chunk.

use std::collections::VecDeque;
use std::io::{self, Read};

use secrecy::ExposeSecret;
use tar::{Builder, EntryType, Header};

use super::{
    HANDOVERS, MAX_PROGRESS, PROOF, README, RECORDING, REPLAY, SEAL, VKEYS, key_name,
    progress_names, readme,
};
use crate::archive::chunk::MAX_STORED;
use crate::archive::keys::identity_text;
use crate::archive::manifest::MAX_MANIFEST;
use crate::archive::{
    ArchiveError, ChunkLine, DirFiles, Files, MANIFEST, Opening, Recording, Track,
};

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its leaf, as it is.
    pub leaf: Vec<u8>,
    /// The proof that it is in the log (c2sp.org/tlog-proof).
    pub proof: String,
}

/// What the log says of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// The event that seals it.
    pub seal: Proven,
    /// Those that committed to it while it ran, in order, under the same checkpoint;
    /// of more than [`MAX_PROGRESS`] the last ones are taken.
    pub progress: Vec<Proven>,
    /// The log's public key, then those of witnesses.
    pub vkeys: Vec<String>,
    /// Hand-over notes; empty if the key was never changed.
    pub handovers: String,
}

/// What goes into a bundle.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The recording, which must have ended.
    pub recording: Recording,
    /// Which of its tracks the reader may have: their chunks and their keys.
    pub tracks: Vec<Track>,
    /// What the log says of it.
    pub papers: Papers,
    /// A page to look at it.
    pub replay: Option<Vec<u8>>,
}

/// A bundle as a stream of bytes: a tar file.
pub struct BundleReader {
    files: DirFiles,
    opening: Opening,
    /// Names and content that are there already.
    papers: VecDeque<(String, Vec<u8>)>,
    chunks: VecDeque<ChunkLine>,
    builder: Option<Builder<Vec<u8>>>,
    ready: Vec<u8>,
    read: usize,
}

impl BundleReader {
    /// Begins a bundle of `contents`.
    ///
    /// # Errors
    /// [`ArchiveError`] if something of the recording is missing.
    pub fn new(contents: Contents) -> Result<Self, ArchiveError> {
        let first = first_files(&contents)?;
        let Contents {
            recording, tracks, ..
        } = contents;
        let files = recording.files();
        let manifest = recording.manifest();
        let wanted = |line: &&ChunkLine| tracks.contains(&line.chunk.track);
        Ok(Self {
            files,
            opening: manifest.opening.clone(),
            papers: first.into(),
            chunks: manifest.chunks.iter().filter(wanted).cloned().collect(),
            builder: Some(Builder::new(Vec::new())),
            ready: Vec::new(),
            read: 0,
        })
    }

    /// The next file; `None` after the last.
    fn next_file(&mut self) -> io::Result<Option<(String, Vec<u8>)>> {
        if let Some(paper) = self.papers.pop_front() {
            return Ok(Some(paper));
        }
        // As they are: what was changed or is gone is for the verifier to say.
        while let Some(line) = self.chunks.pop_front() {
            let name = line.file_name(self.opening.track(line.chunk.track));
            if let Some(stored) = self.files.read(&name, MAX_STORED as u64)? {
                return Ok(Some((format!("{RECORDING}/{name}"), stored)));
            }
        }
        Ok(None)
    }

    /// Makes more bytes ready; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        let file = self.next_file()?;
        let Some(builder) = &mut self.builder else {
            return Ok(false);
        };
        match file {
            Some((name, content)) => {
                let header = header(&name, content.len() as u64, &self.opening)?;
                builder.append(&header, content.as_slice())?;
                self.ready = std::mem::take(builder.get_mut());
            }
            None => {
                let last = self.builder.take().map(Builder::into_inner);
                self.ready = last.transpose()?.unwrap_or_default();
            }
        }
        self.read = 0;
        Ok(true)
    }
}

/// All files of a bundle but the chunks, in their order.
///
/// # Errors
/// [`ArchiveError`] if something of the recording is missing.
pub(super) fn first_files(contents: &Contents) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let Contents {
        recording,
        tracks,
        papers,
        replay,
    } = contents;
    let manifest = recording.files().read(MANIFEST, MAX_MANIFEST)?;
    let manifest = manifest.ok_or(ArchiveError::Missing)?;
    let mut first: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, content: Vec<u8>| first.push((name.to_owned(), content));
    add(README, readme::of(contents).into_bytes());
    add(SEAL, papers.seal.leaf.clone());
    add(PROOF, papers.seal.proof.clone().into_bytes());
    let left_out = papers.progress.len().saturating_sub(MAX_PROGRESS);
    for (number, event) in (1..).zip(papers.progress.iter().skip(left_out)) {
        let [leaf, proof] = progress_names(number);
        add(&leaf, event.leaf.clone());
        add(&proof, event.proof.clone().into_bytes());
    }
    let vkeys: String = papers.vkeys.iter().map(|key| format!("{key}\n")).collect();
    add(VKEYS, vkeys.into_bytes());
    if !papers.handovers.is_empty() {
        add(HANDOVERS, papers.handovers.clone().into_bytes());
    }
    add(&format!("{RECORDING}/{MANIFEST}"), manifest);
    for track in tracks {
        match recording.check_presence(*track) {
            Ok(()) | Err(ArchiveError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        match recording.key(*track) {
            Ok(Some(key)) => {
                let text = identity_text(&key);
                add(key_name(*track), text.expose_secret().as_bytes().to_vec());
            }
            Ok(None) | Err(ArchiveError::Sealed | ArchiveError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if let Some(page) = replay {
        add(REPLAY, page.clone());
    }
    Ok(first)
}

/// Nothing in it is of the machine that wrote it, so that the same recording
/// always makes the same bundle.
fn header(name: &str, size: u64, opening: &Opening) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(opening.started.as_millis() / 1000);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header)
}

impl Read for BundleReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.ready.get(self.read..).unwrap_or_default();
            if !rest.is_empty() || buf.is_empty() {
                let count = rest.len().min(buf.len());
                for (slot, byte) in buf.iter_mut().zip(rest) {
                    *slot = *byte;
                }
                self.read += count;
                return Ok(count);
            }
            if !self.advance()? {
                return Ok(0);
            }
        }
    }
}

//! A recording where it lies, read as a bundle of it would be: to be verified without
//! being copied.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::write::first_files;
use super::{Contents, RECORDING};
use crate::archive::{ArchiveError, DirFiles, Files};

/// The files of a bundle that is not written.
pub struct InPlace<Seen> {
    stored: DirFiles,
    papers: BTreeMap<String, Vec<u8>>,
    /// The chunks that would be in it.
    chunks: BTreeSet<String>,
    seen: Seen,
}

impl<Seen: FnMut() -> bool> InPlace<Seen> {
    /// What a bundle of `contents` would have in it. `seen` is called for each chunk
    /// that is read, and says whether to go on.
    ///
    /// # Errors
    /// [`ArchiveError`] if something of the recording is missing.
    pub fn new(contents: &Contents, seen: Seen) -> Result<Self, ArchiveError> {
        let manifest = contents.recording.manifest();
        let wanted = manifest.chunks.iter();
        let wanted = wanted.filter(|line| contents.tracks.contains(&line.chunk.track));
        let mut stored = contents.recording.files();
        let mut chunks = BTreeSet::new();
        for line in wanted {
            let name = line.file_name(manifest.opening.track(line.chunk.track));
            if stored.has(&name)? {
                chunks.insert(format!("{RECORDING}/{name}"));
            }
        }
        Ok(Self {
            stored,
            papers: first_files(contents)?.into_iter().collect(),
            chunks,
            seen,
        })
    }

    /// The names of all of them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.papers.keys().chain(&self.chunks).cloned().collect()
    }

    /// How many chunks there are.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }
}

impl<Seen: FnMut() -> bool> Files for InPlace<Seen> {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        if let Some(paper) = self.papers.get(name) {
            if u64::try_from(paper.len()).unwrap_or(u64::MAX) > limit {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            return Ok(Some(paper.clone()));
        }
        let inside = name
            .strip_prefix(RECORDING)
            .and_then(|n| n.strip_prefix('/'));
        match inside.filter(|_| self.chunks.contains(name)) {
            Some(inside) => {
                if !(self.seen)() {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                self.stored.read(inside, limit)
            }
            None => Ok(None),
        }
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        Ok(self.papers.contains_key(name) || self.chunks.contains(name))
    }
}

//! A bundle as it is read: a tar file, or the directory that it was unpacked to.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use thiserror::Error;

use super::{PROGRESS, PROOF, RECORDING, SEAL, TarFiles};
use crate::archive::{DirFiles, Files, MANIFEST};

/// The most files of a directory that are looked at.
const MAX_LISTED: usize = 600_000;

/// Why something is no bundle.
#[derive(Debug, Error)]
pub enum BadBundle {
    /// The disk refused, or it is no tar file.
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Nothing of a bundle is in it.
    #[error("it has no recording and no seal in it, so it is no bundle")]
    NoBundle,
}

/// A bundle's files.
#[derive(Debug)]
pub enum Bundle {
    /// In a tar file.
    Tar(TarFiles<File>),
    /// In a directory, with their names.
    Dir(DirFiles, Vec<String>),
}

impl Bundle {
    /// Finds what is in the bundle at `path`.
    ///
    /// # Errors
    /// [`BadBundle`].
    pub fn open(path: &Path) -> Result<Self, BadBundle> {
        let mut bundle = if path.is_dir() {
            Self::Dir(DirFiles::new(path), listed(path)?)
        } else {
            Self::Tar(TarFiles::find(File::open(path)?)?)
        };
        for name in [&format!("{RECORDING}/{MANIFEST}"), SEAL, PROOF] {
            if bundle.has(name)? {
                return Ok(bundle);
            }
        }
        Err(BadBundle::NoBundle)
    }

    /// The names of all files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Tar(files) => files.names().map(str::to_owned).collect(),
            Self::Dir(_, names) => names.clone(),
        }
    }
}

impl Files for Bundle {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Tar(files) => files.read(name, limit),
            Self::Dir(files, _) => files.read(name, limit),
        }
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        match self {
            Self::Tar(files) => files.has(name),
            Self::Dir(files, _) => files.has(name),
        }
    }
}

/// The files of a bundle's directory, and of those in it.
fn listed(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let dirs = [("", ""), (RECORDING, "recording/"), (PROGRESS, "progress/")];
    for (dir, before) in dirs {
        let entries = match fs::read_dir(path.join(dir)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries.take(MAX_LISTED) {
            let entry = entry?;
            if entry.path().is_file() {
                let name = entry.file_name();
                names.push(format!("{before}{}", name.to_string_lossy()));
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

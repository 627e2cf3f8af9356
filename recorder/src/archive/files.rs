//! Where the files of a recording or a bundle are read from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files by name. The names asked for are ours, never ones that were read.
pub trait Files {
    /// The content of a file; `None` if there is none.
    ///
    /// # Errors
    /// `FileTooLarge` for more than `limit` bytes, or what the system says.
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// Whether there is such a file.
    ///
    /// # Errors
    /// What the system says.
    fn has(&mut self, name: &str) -> io::Result<bool>;
}

impl<F: Files + ?Sized> Files for &mut F {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        (**self).read(name, limit)
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        (**self).has(name)
    }
}

/// The files under a directory.
#[derive(Clone, Debug)]
pub struct DirFiles(PathBuf);

impl DirFiles {
    /// Those under `dir`.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
}

impl Files for DirFiles {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        // A pipe would be waited for, for ever.
        if !self.has(name)? {
            return Ok(None);
        }
        match File::open(self.0.join(name)) {
            Ok(file) => whole(file, limit).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        match fs::metadata(self.0.join(name)) {
            Ok(found) => Ok(found.is_file()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// All of `from`, if that is not more than `limit` bytes.
pub(crate) fn whole(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

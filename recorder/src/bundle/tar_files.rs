//! The files in a tar file, found once and read when they are asked for.
//! Nothing is ever unpacked to the disk.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use crate::archive::{Files, whole};

/// A tar file ends with so many zeros, in bytes.
const TRAILER: u64 = 1024;
/// The most files: more than half a million chunks, and what is beside them.
const MAX_FILES: usize = 600_000;
/// The longest name, in bytes: what a plain tar header has room for.
const MAX_NAME: usize = 255;

/// The files in a tar file.
#[derive(Debug)]
pub struct TarFiles<R> {
    from: R,
    /// Where each begins, and how long it is.
    files: BTreeMap<String, (u64, u64)>,
}

impl<R: Read + Seek> TarFiles<R> {
    /// Finds the files in `from`.
    ///
    /// # Errors
    /// `InvalidData` for what is no tar file, has more than files and
    /// directories in it, or one name twice; or what the reader says.
    pub fn find(mut from: R) -> io::Result<Self> {
        let end = from.seek(SeekFrom::End(0))?;
        from.rewind()?;
        let mut files = BTreeMap::new();
        let mut last = 0_u64;
        let mut archive = tar::Archive::new(from);
        for entry in archive.entries_with_seek()?.raw(true) {
            let entry = entry?;
            let place = (entry.raw_file_position(), entry.header().entry_size()?);
            last = place.0.saturating_add(place.1);
            if last > end {
                return Err(bad("it is cut off"));
            }
            let header = entry.header();
            let what = header.entry_type();
            // Times and owners, which others' tars write, are not looked at.
            if what.is_dir() || what.is_pax_local_extensions() || what.is_pax_global_extensions() {
                continue;
            }
            if !what.is_file() {
                return Err(bad("it has more in it than files and directories"));
            }
            let name = name(&header.path_bytes()).ok_or_else(|| bad("a name in it is none"))?;
            if files.len() == MAX_FILES {
                return Err(bad("it has too many files"));
            }
            if files.insert(name, place).is_some() {
                return Err(bad("it has a file twice"));
            }
        }
        // One that was cut between two files looks whole otherwise.
        if last.next_multiple_of(512).saturating_add(TRAILER) > end {
            return Err(bad("it is cut off"));
        }
        Ok(Self {
            from: archive.into_inner(),
            files,
        })
    }

    /// The names of all files, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// Without `./` in front, as some tars write it.
fn name(path: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(path).ok()?;
    let name = name.strip_prefix("./").unwrap_or(name);
    let plain = !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control);
    plain.then(|| name.to_owned())
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl<R: Read + Seek> Files for TarFiles<R> {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((start, length)) = self.files.get(name) else {
            return Ok(None);
        };
        self.from.seek(SeekFrom::Start(*start))?;
        let bytes = whole((&mut self.from).take(*length), limit)?;
        if bytes.len() as u64 == *length {
            Ok(Some(bytes))
        } else {
            Err(bad("it is cut off"))
        }
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        Ok(self.files.contains_key(name))
    }
}

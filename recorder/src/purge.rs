//! What is left of a recording once it was purged: its manifest, so that its seal
//! can still be verified. These calls block.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;

use domain::SessionId;

use crate::archive::{MANIFEST, recording_dir};

/// How the names of a recording's own keys end.
const KEY: &str = ".key.age";

/// Deletes all of a recording but its manifest, and says how many files that
/// were. Keys go first: without them the rest is unreadable already. Done again,
/// or begun again after a crash, it deletes what is still there.
///
/// That it may go is decided, and written down, before.
///
/// # Errors
/// What the system says. A recording that is not there is none.
pub fn erase(root: &Path, session: SessionId, channel: u32) -> io::Result<usize> {
    let dir = recording_dir(root, session, channel);
    erase_by(&dir, |entry| {
        // What a link leads to is no part of the recording.
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        }
    })
}

fn erase_by(dir: &Path, mut remove: impl FnMut(&DirEntry) -> io::Result<()>) -> io::Result<usize> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?.collect::<io::Result<Vec<_>>>()?,
    };
    let doomed = entries.into_iter().filter(|e| e.file_name() != MANIFEST);
    let is_key = |entry: &DirEntry| entry.file_name().to_string_lossy().ends_with(KEY);
    let (keys, rest): (Vec<_>, Vec<_>) = doomed.partition(is_key);
    for entries in [&keys, &rest] {
        for entry in entries {
            remove(entry)?;
        }
        if !entries.is_empty() {
            File::open(dir)?.sync_all()?;
        }
    }
    Ok(keys.len() + rest.len())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const ID: &str = "01930000-0000-7000-8000-000000000001";

    fn recording(root: &Path, channel: u32) -> PathBuf {
        let dir = root.join(ID).join(channel.to_string());
        fs::create_dir_all(dir.join("index")).unwrap();
        for name in [
            MANIFEST,
            "000000.output.cast.zst.age",
            "000001.input.frames.zst.age",
            "output.key.age",
            "input.key.age",
            "index/segment.json",
        ] {
            fs::write(dir.join(name), name).unwrap();
        }
        dir
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_but_the_manifest_is_left() {
        let root = tempfile::tempdir().unwrap();
        let (dir, other) = (recording(root.path(), 0), recording(root.path(), 1));
        let session = ID.parse().unwrap();
        assert_eq!(erase(root.path(), session, 0).unwrap(), 5);
        assert_eq!(names(&dir), [MANIFEST]);
        assert_eq!(fs::read_to_string(dir.join(MANIFEST)).unwrap(), MANIFEST);
        assert_eq!(names(&other).len(), 6, "another channel is left alone");
        assert_eq!(erase(root.path(), session, 0).unwrap(), 0, "once is enough");
    }

    #[test]
    fn what_a_crash_left_goes_the_next_time() {
        let root = tempfile::tempdir().unwrap();
        let dir = recording(root.path(), 0);
        fs::remove_file(dir.join("output.key.age")).unwrap();
        assert_eq!(erase(root.path(), ID.parse().unwrap(), 0).unwrap(), 4);
        assert_eq!(names(&dir), [MANIFEST]);
    }

    #[test]
    fn what_is_not_there_needs_no_deleting() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(erase(root.path(), ID.parse().unwrap(), 0).unwrap(), 0);
    }

    #[test]
    fn a_link_is_deleted_and_not_what_it_leads_to() {
        let root = tempfile::tempdir().unwrap();
        let dir = recording(root.path(), 0);
        let outside = root.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(&outside, dir.join("link")).unwrap();
        erase(root.path(), ID.parse().unwrap(), 0).unwrap();
        assert_eq!(names(&dir), [MANIFEST]);
        assert_eq!(names(&outside), ["kept"]);
    }

    #[test]
    fn keys_go_before_what_they_open() {
        let root = tempfile::tempdir().unwrap();
        let dir = recording(root.path(), 0);
        let mut asked = Vec::new();
        let broken_off = erase_by(&dir, |entry| {
            asked.push(entry.file_name().into_string().unwrap());
            if asked.len() < 3 {
                fs::remove_file(entry.path())
            } else {
                Err(io::ErrorKind::StorageFull.into())
            }
        });
        assert!(broken_off.is_err());
        asked.truncate(2);
        asked.sort();
        assert_eq!(asked, ["input.key.age", "output.key.age"]);
        assert!(names(&dir).iter().all(|name| !name.ends_with(KEY)));
    }
}

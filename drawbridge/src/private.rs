//! Files and directories that only their owner may see.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;

/// Makes a directory, and those above it, of mode 0700. What is there already
/// stays as it is.
///
/// # Errors
/// When it can't be made.
pub(crate) fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file of mode 0600, all or nothing, in place of what is there.
///
/// # Errors
/// When it can't be written; then the file is as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = OsString::from(path);
    beside.push(".new");
    // What a crash left may belong to a former attempt.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_parent(path)
}

/// Makes durable which files are in the directory that holds `path`.
///
/// # Errors
/// When it can't be opened or flushed.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Refuses a key that others may read: they may have done so.
///
/// # Errors
/// When they may, or when it can't be looked at.
pub(crate) fn refuse_open_key(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let metadata = fs::metadata(path).with_context(|| format!("the key {shown}"))?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        anyhow::bail!(
            "others may read the key {shown} (mode {mode:04o}). If nobody has, `chmod 600` it; \
             else put a new one in its place"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_file_replaces_what_was_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let inner = dir.path().join("a/b");
        make_dir(&inner).expect("made");
        let path = inner.join("secret");
        fs::write(&path, "old, and open to all").expect("written");
        fs::write(inner.join("secret.new"), "left by a crash").expect("written");
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"new");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&inner)), (0o600, 0o700));
        assert_eq!(fs::read_dir(&inner).expect("listed").count(), 1);
    }
}

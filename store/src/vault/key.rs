//! The vault's key file: 32 bytes that only their owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};

use super::VaultError;

const LENGTH: usize = 32;

/// What credentials are sealed with. Wiped from memory when dropped.
pub struct VaultKey(SecretBox<[u8; LENGTH]>);

impl VaultKey {
    /// The key in `path`, made if there is no such file.
    ///
    /// # Errors
    /// When others may read the file, when it is no key, or when it can't be
    /// read or made.
    pub fn load_or_create(path: &Path) -> Result<Self, VaultError> {
        match Self::load(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path).and_then(|()| Self::load(path))
            }
            loaded => loaded,
        }
        .map_err(|error| VaultError::KeyFile {
            path: path.to_owned(),
            why: error.to_string(),
        })
    }

    fn load(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            let why = format!(
                "others may read or write it (mode {mode:04o}), so it can't be trusted. If nobody has, `chmod 600` it; else make a new key and set all credentials again"
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes)?;
        let key = <[u8; LENGTH]>::try_from(bytes.as_slice()).map_err(|_| {
            let why = "it is not a vault key, which has exactly 32 bytes. Put the right file there, or move this one away to have a new one made";
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// Under another name first: a crash leaves a whole key or none, and of two who
/// make it at the same time the first one's stays.
fn create(path: &Path) -> io::Result<()> {
    let mut key = Zeroizing::new([0; LENGTH]);
    aws_lc_rs::rand::fill(key.as_mut_slice())
        .map_err(|_| io::Error::other("the system gave no randomness for a new key"))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let placed = file
        .write_all(key.as_slice())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

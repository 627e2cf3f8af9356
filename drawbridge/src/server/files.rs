//! The data directory: everything that the broker keeps, for its user alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::Random;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;

use crate::private;

/// The data directory.
#[derive(Clone, Debug)]
pub(super) struct DataDir(PathBuf);

/// Held while a server runs on the directory.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl DataDir {
    /// The directory, made if it is not there.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let open = || -> io::Result<u32> {
            private::make_dir(path)?;
            Ok(fs::metadata(path)?.mode() & 0o7777)
        };
        let mode = open()
            .with_context(|| format!("the data directory {} can't be used", path.display()))?;
        if mode & 0o077 != 0 {
            let mode = format!("{mode:04o}");
            tracing::warn!(path = %path.display(), %mode, "data.open_to_others");
        }
        refuse_strange_owner(path)?;
        Ok(Self(path.to_owned()))
    }

    /// A file in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Keeps other servers out: they would take this one's sessions for orphans.
    pub(super) fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.path("lock");
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = file.with_context(|| format!("{} can't be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => bail!(
                "another Drawbridge runs on {}; stop it first, or name another data directory",
                self.0.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} can't be locked", path.display()))
            }
        }
    }

    /// What the broker proves itself with to vendors; made at the first start.
    pub(super) fn host_key(&self, random: &dyn Random) -> anyhow::Result<PrivateKey> {
        private_key(&self.path("ssh_host_ed25519_key"), random)
    }
}

/// Started by root on the directory of the service's user, this program would
/// leave files behind that the service can't open.
fn refuse_strange_owner(path: &Path) -> anyhow::Result<()> {
    let owner = fs::metadata(path)?.uid();
    let me = rustix::process::geteuid().as_raw();
    if owner != me {
        bail!(
            "{} belongs to the user {owner}, and you are {me}. Run this as its owner: sudo -u '#{owner}' …",
            path.display()
        );
    }
    Ok(())
}

/// The Ed25519 key in a file that only its owner reads; made if there is none.
pub(crate) fn private_key(path: &Path, random: &dyn Random) -> anyhow::Result<PrivateKey> {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut seed = [0; 32];
            random.fill(&mut seed);
            let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
            let pem = key.to_openssh(LineEnding::LF)?;
            private::write(path, pem.as_bytes())
                .with_context(|| format!("the key {shown} can't be written"))?;
            Ok(key)
        }
        metadata => {
            let mode = metadata.with_context(|| format!("the key {shown}"))?.mode() & 0o7777;
            if mode & 0o077 != 0 {
                bail!(
                    "others may read the key {shown} (mode {mode:04o}). If nobody has, \
                     `chmod 600` it; else move it away to have a new one made"
                );
            }
            let pem = fs::read_to_string(path).with_context(|| format!("the key {shown}"))?;
            PrivateKey::from_openssh(&pem)
                .with_context(|| format!("{shown} is no private key of OpenSSH"))
        }
    }
}

/// The 32 secret bytes in a file that only its owner reads; made if there is none.
pub(super) fn secret(path: &Path, random: &dyn Random) -> anyhow::Result<Box<[u8; 32]>> {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut bytes = Box::new([0; 32]);
            random.fill(bytes.as_mut_slice());
            private::write(path, bytes.as_slice())
                .with_context(|| format!("the key {shown} can't be written"))?;
            Ok(bytes)
        }
        _ => {
            private::refuse_open_key(path)?;
            let bytes = fs::read(path).with_context(|| format!("the key {shown}"))?;
            <[u8; 32]>::try_from(bytes)
                .map(Box::new)
                .map_err(|bytes| anyhow::anyhow!("{shown} has {} bytes, not 32", bytes.len()))
        }
    }
}

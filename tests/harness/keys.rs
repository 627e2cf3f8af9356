//! SSH keys, made by OpenSSH so that they are what a plant would have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::Tool;

/// A new key pair.
pub struct KeyPair {
    /// The private key's file; the public one is beside it, with `.pub`.
    pub path: PathBuf,
    /// The private key, as OpenSSH writes it.
    pub private: String,
    /// `ssh-ed25519 AAAA…` or of another type, without a comment.
    pub public: String,
}

impl KeyPair {
    /// Makes one in `directory`.
    ///
    /// # Panics
    /// If `ssh-keygen` can't.
    #[must_use]
    pub fn new(directory: &Path, name: &str) -> Self {
        Self::of_type("ed25519", directory, name)
    }

    /// The same of another type, as `ssh-keygen -t` names it.
    ///
    /// # Panics
    /// If `ssh-keygen` can't.
    #[must_use]
    pub fn of_type(kind: &str, directory: &Path, name: &str) -> Self {
        let path = directory.join(name);
        let made = Command::new(Tool::SshKeygen.path())
            .args(["-q", "-t", kind, "-N", "", "-C", "", "-f"])
            .arg(&path)
            .status()
            .expect("ssh-keygen runs");
        assert!(made.success(), "ssh-keygen: {made}");
        let private = fs::read_to_string(&path).expect("a private key");
        let public = fs::read_to_string(path.with_extension("pub")).expect("a public key");
        Self {
            path,
            private,
            public: public.trim().to_owned(),
        }
    }
}

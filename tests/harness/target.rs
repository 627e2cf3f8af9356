//! An asset that tells what reaches it: `tests/python/target.py`.

use std::ffi::OsStr;
use std::fs;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::child::Minded;
use crate::keys::KeyPair;
use crate::tools::{Tool, workspace};

/// A running asset.
pub struct Target {
    port: u16,
    host_key: KeyPair,
    user_key: KeyPair,
    _directory: TempDir,
    _server: Minded,
}

impl Target {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One that takes a password only as the answer to a question.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn that_asks(answer: &str) -> Self {
        Self::with(&[answer])
    }

    fn with(more: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let host_key = KeyPair::new(directory.path(), "host");
        let user_key = KeyPair::new(directory.path(), "user");
        let said = directory.path().join("port");
        let script = workspace().join("tests/python/target.py");
        let public = user_key.path.with_extension("pub");
        let files = [&script, &host_key.path, &public, &said].map(|file| file.as_os_str());
        let more = more.iter().map(OsStr::new);
        let arguments: Vec<_> = files.into_iter().chain(more).collect();
        let server = Minded::start(Tool::Asyncssh.path(), &arguments);
        for _ in 0..400 {
            if let Some(port) = fs::read_to_string(&said)
                .ok()
                .and_then(|t| t.trim().parse().ok())
            {
                return Self {
                    port,
                    host_key,
                    user_key,
                    _directory: directory,
                    _server: server,
                };
            }
            thread::sleep(Duration::from_millis(25));
        }
        panic!("target.py does not come up");
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its host key: `ssh-ed25519 AAAA…`.
    #[must_use]
    pub fn host_key(&self) -> &str {
        &self.host_key.public
    }

    /// The private key that it lets in.
    #[must_use]
    pub fn credential(&self) -> &str {
        &self.user_key.private
    }
}

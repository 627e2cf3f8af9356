//! The programs that the scenarios talk to. A missing one fails the test and
//! says how to get it; it is left out only where that was asked for by name.

use std::env;
use std::path::{Path, PathBuf};

/// The workspace's root.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in a workspace")
}

/// Something that a machine may lack, by its group in `tests/tools.sh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// OpenSSH's client.
    Ssh,
    /// OpenSSH's server.
    Sshd,
    /// OpenSSH's key maker.
    SshKeygen,
    /// What OpenSSH's client and server keep a display's cookies with.
    Xauth,
    /// PuTTY's command-line client.
    Plink,
    /// A Python with asyncssh and aiosmtpd in it.
    Asyncssh,
    /// The asciinema CLI 3.
    Asciinema,
    /// What gives a program a terminal.
    Script,
    /// What says whether a unit file is sound.
    Systemd,
    /// What checks signatures without us.
    Openssl,
    /// What decompresses without us.
    Zstd,
    /// What opens an age file without us.
    Age,
    /// A browser.
    Chromium,
    /// What drives the browser, with playwright-core beside it.
    Node,
    /// A file system that can be filled, mounted in a namespace of its own.
    Tmpfs,
    /// What enters that namespace.
    Nsenter,
}

impl Tool {
    const fn group(self) -> &'static str {
        match self {
            Self::Ssh | Self::Sshd | Self::SshKeygen | Self::Xauth => "ssh",
            Self::Plink => "plink",
            Self::Asyncssh => "asyncssh",
            Self::Asciinema => "asciinema",
            Self::Script => "pty",
            Self::Systemd => "systemd",
            Self::Tmpfs | Self::Nsenter => "tmpfs",
            Self::Openssl | Self::Zstd | Self::Age => "stock",
            Self::Chromium | Self::Node => "browser",
        }
    }

    fn find(self) -> Option<PathBuf> {
        match self {
            Self::Ssh => in_path("ssh"),
            Self::Sshd => in_path("sshd"),
            Self::SshKeygen => in_path("ssh-keygen"),
            Self::Xauth => in_path("xauth"),
            Self::Plink => in_path("plink"),
            Self::Script => in_path("script"),
            Self::Systemd => in_path("systemd-analyze"),
            Self::Tmpfs => in_path("unshare"),
            Self::Openssl => in_path("openssl"),
            Self::Zstd => in_path("zstd"),
            Self::Age => in_path("age"),
            Self::Chromium => in_path("chromium"),
            Self::Node => in_path("node"),
            Self::Nsenter => in_path("nsenter"),
            Self::Asyncssh => in_tools("python/bin/python"),
            Self::Asciinema => in_tools("bin/asciinema"),
        }
    }

    /// Where it is.
    ///
    /// # Panics
    /// If it is not there.
    #[must_use]
    pub fn path(self) -> PathBuf {
        self.find().unwrap_or_else(|| {
            panic!(
                "{self:?} is missing. Run `make test`, or `tests/tools.sh ensure {}`.",
                self.group()
            )
        })
    }

    /// Whether the person who runs the tests has left it out by name, in
    /// `DRAWBRIDGE_TESTS_WITHOUT`. Says so where the test can't hide it.
    #[must_use]
    pub fn left_out(self) -> bool {
        let without = env::var("DRAWBRIDGE_TESTS_WITHOUT").unwrap_or_default();
        let left_out = without.split_whitespace().any(|word| word == self.group());
        if left_out {
            eprintln!("NOT RUN, as asked: this test needs {}", self.group());
        }
        left_out
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

fn in_tools(name: &str) -> Option<PathBuf> {
    let path = workspace().join("target/tools").join(name);
    path.is_file().then_some(path)
}

//! A real OpenSSH server as an asset, with keys and configuration of its own. It
//! allows all that a broker must refuse, so that each refusal is the broker's.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::child::{Minded, free_port, greets};
use crate::keys::KeyPair;
use crate::tools::Tool;

/// A running `sshd`.
pub struct Sshd {
    at: SocketAddr,
    host_key: KeyPair,
    user_key: KeyPair,
    directory: TempDir,
    server: Option<Minded>,
    /// Connections that were made to see whether it is up.
    probes: usize,
}

impl Sshd {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn start() -> Self {
        Self::with("")
    }

    /// The same, with further lines of `sshd_config`.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn with(extra: &str) -> Self {
        Self::with_keys("ed25519", extra)
    }

    /// The same, with a host key and a user's key of another type, as
    /// `ssh-keygen -t` names it.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn with_keys(kind: &str, extra: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("sshd")
            .tempdir()
            .expect("a directory");
        let host_key = KeyPair::of_type(kind, directory.path(), "host");
        let user_key = KeyPair::of_type(kind, directory.path(), "user");
        fs::copy(
            directory.path().join("user.pub"),
            directory.path().join("authorized"),
        )
        .expect("a copy");
        let home = directory.path().join("home");
        fs::create_dir(&home).expect("a home");
        privilege_separation();
        let mut sshd = Self {
            at: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            host_key,
            user_key,
            directory,
            server: None,
            probes: 0,
        };
        sshd.listen(extra);
        sshd
    }

    /// Free ports can be taken by somebody else in between: tried thrice.
    fn listen(&mut self, extra: &str) {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for _ in 0..3 {
            self.at = SocketAddr::new(address, free_port(address));
            let file = self.directory.path().join("config");
            fs::write(&file, self.configuration(extra)).expect("a configuration");
            let log = self.log_file();
            let arguments = ["-D", "-f"].map(AsRef::as_ref);
            let mut server = Minded::start(
                Tool::Sshd.path(),
                &[
                    &arguments[..],
                    &[file.as_ref(), "-E".as_ref(), log.as_ref()],
                ]
                .concat(),
            );
            for _ in 0..200 {
                if greets(self.at) {
                    self.probes = self.lines("Connection from ");
                    self.server = Some(server);
                    return;
                }
                if server.is_gone() {
                    break;
                }
                thread::sleep(Duration::from_millis(25));
            }
        }
        panic!("sshd does not come up:\n{}", self.log());
    }

    fn configuration(&self, extra: &str) -> String {
        let here = self.directory.path().display();
        let (address, port) = (self.at.ip(), self.at.port());
        let mut text = String::new();
        // The first value of a key counts: what a scenario asks for comes first.
        let _ = writeln!(
            text,
            "{extra}
ListenAddress {address}:{port}
HostKey {here}/host
AuthorizedKeysFile {here}/authorized
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin yes
PasswordAuthentication no
PubkeyAuthentication yes
MaxStartups 1000
MaxSessions 1000
PrintMotd no
PrintLastLog no
AllowTcpForwarding yes
AllowAgentForwarding yes
AllowStreamLocalForwarding yes
X11Forwarding yes
PermitTunnel no
AcceptEnv *
SetEnv HOME={here}/home
Subsystem sftp internal-sftp
LogLevel VERBOSE"
        );
        if has_penalties() {
            // Tests are refused often, on purpose, and all from one address.
            let _ = writeln!(text, "PerSourcePenalties no");
        }
        text
    }

    /// Where it listens.
    #[must_use]
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// The process that listens.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("it runs").pid()
    }

    /// Its host key: `ssh-ed25519 AAAA…`.
    #[must_use]
    pub fn host_key(&self) -> &str {
        &self.host_key.public
    }

    /// The private key that it lets in, as OpenSSH writes it.
    #[must_use]
    pub fn credential(&self) -> &str {
        &self.user_key.private
    }

    /// The file of that key.
    #[must_use]
    pub fn credential_file(&self) -> &Path {
        &self.user_key.path
    }

    /// A directory that its users may write to.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// How many connections have reached it, whatever came of them.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lines("Connection from ") - self.probes
    }

    /// How many of those have signed in.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.lines("Accepted publickey for ")
    }

    fn lines(&self, start: &str) -> usize {
        self.log()
            .lines()
            .filter(|line| line.starts_with(start))
            .count()
    }
}

/// The user that it lets in: the one who runs the tests.
///
/// # Panics
/// If `id` can't tell.
#[must_use]
pub fn user() -> String {
    let id = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8(id.stdout)
        .expect("a name")
        .trim()
        .to_owned()
}

/// As root, sshd asks for the directory that its service would have made.
fn privilege_separation() {
    if user() == "root" {
        let _ = fs::DirBuilder::new()
            .mode(0o755)
            .recursive(true)
            .create("/run/sshd");
    }
}

/// Penalties came with OpenSSH 9.8; before, the line is an error.
fn has_penalties() -> bool {
    let version = Command::new(Tool::Ssh.path())
        .arg("-V")
        .output()
        .expect("ssh runs");
    let version = String::from_utf8_lossy(&version.stderr).into_owned();
    let number = version
        .trim_start_matches("OpenSSH_")
        .split([',', ' ', 'p'])
        .next();
    let parts: Vec<u32> = number
        .unwrap_or_default()
        .split('.')
        .filter_map(|p| p.parse().ok())
        .collect();
    parts >= vec![9, 8]
}

//! OpenSSH's server as the asset.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Plain, Stdio};
use std::time::Duration;
use std::{fs, thread};

use tokio::process::Command;

use super::user;

/// A real `sshd` with a configuration of its own; stopped by its pid when dropped,
/// or when the test dies.
pub(crate) struct Sshd {
    pub(crate) at: SocketAddr,
    pub(crate) host_key: String,
    pub(super) user_key: String,
    directory: PathBuf,
    minder: Child,
}

impl Sshd {
    pub(super) fn start(directory: &Path) -> Self {
        if user() == "root" {
            let _ = fs::DirBuilder::new()
                .mode(0o755)
                .recursive(true)
                .create("/run/sshd");
        }
        for key in ["host", "user"] {
            let made = Plain::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
                .arg(directory.join(key))
                .status()
                .expect("ssh-keygen runs");
            assert!(made.success(), "ssh-keygen: {made}");
        }
        let read = |file: &str| fs::read_to_string(directory.join(file)).expect("a key");
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let at = free.local_addr().expect("its address");
        drop(free);
        let here = directory.display();
        let configuration = format!(
            "ListenAddress {at}\nHostKey {here}/host\nAuthorizedKeysFile {here}/user.pub\n\
             PidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nPrintMotd no\nPrintLastLog no\nAcceptEnv *\n\
             MaxStartups 1000\nMaxSessions 1000\nRekeyLimit 32M\nLogLevel DEBUG1\n"
        );
        let file = directory.join("sshd_config");
        fs::write(&file, configuration).expect("a configuration");
        // Its standard input closes when the test ends in whatever way.
        let minder = Plain::new("sh")
            .args([
                "-c",
                r#""$@" & server=$!; cat >/dev/null; kill $server; wait"#,
                "minder",
            ])
            .args(["/usr/sbin/sshd", "-D", "-f"])
            .arg(&file)
            .arg("-E")
            .arg(directory.join("sshd.log"))
            .stdin(Stdio::piped())
            .spawn()
            .expect("sshd runs");
        for _ in 0..200 {
            if std::net::TcpStream::connect(at).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(25));
        }
        Self {
            at,
            host_key: read("host.pub").trim().to_owned(),
            user_key: read("user"),
            directory: directory.to_owned(),
            minder,
        }
    }

    /// OpenSSH's client, past the broker.
    pub(crate) fn ssh(&self, command: &[&str]) -> Command {
        let mut ssh = Command::new("ssh");
        let key = self.directory.join("user");
        ssh.args(["-F", "none", "-p", &self.at.port().to_string(), "-i"])
            .arg(key);
        for option in [
            "UserKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=no",
            "LogLevel=ERROR",
            "IdentityAgent=none",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.args(["-l", &user(), "127.0.0.1"])
            .args(command)
            .kill_on_drop(true)
            .stdin(Stdio::null());
        ssh
    }

    /// How many connections have reached it since it was up.
    pub(crate) fn connections(&self) -> usize {
        self.lines("Connection from ").saturating_sub(1)
    }

    /// How many have signed in.
    pub(crate) fn logins(&self) -> usize {
        self.lines("Accepted publickey for ")
    }

    /// How often a connection that had signed in has changed its keys.
    pub(crate) fn rekeys(&self) -> usize {
        self.lines("debug1: SSH2_MSG_NEWKEYS received")
            .saturating_sub(self.lines("debug1: SSH2_MSG_NEWKEYS received [preauth]"))
    }

    fn lines(&self, start: &str) -> usize {
        let log = fs::read_to_string(self.directory.join("sshd.log")).unwrap_or_default();
        log.lines().filter(|line| line.starts_with(start)).count()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.minder.stdin.take());
        let _ = self.minder.wait();
    }
}

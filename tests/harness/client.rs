//! The clients that vendors have, run as they are: OpenSSH's `ssh` and PuTTY's
//! `plink`, with nothing of the machine's own configuration.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::tools::Tool;

/// How long a client may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a vendor connects to, as whom, and with which secret.
#[derive(Clone, Debug)]
pub struct Door {
    /// The SSH server.
    pub at: SocketAddr,
    /// The user name: `ACCOUNT+ASSET` at a broker.
    pub user: String,
    /// The password: a ticket at a broker.
    pub password: String,
}

/// What a client left behind.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status; `None` if a signal killed it.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    /// The standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// A client that is about to run.
pub struct Client {
    command: Command,
    /// Its home: known hosts, password, and whatever it leaves there.
    home: TempDir,
}

impl Client {
    /// OpenSSH's client with further options, and the command to run, if any. It
    /// takes the server's key on first sight.
    #[must_use]
    pub fn ssh(door: &Door, options: &[&str], remote: Option<&str>) -> Self {
        let mut client = Self::new(Tool::Ssh, door);
        let known = client.home.path().join("known_hosts");
        client.command.args([
            "-F",
            "none",
            "-p",
            &door.at.port().to_string(),
            "-l",
            &door.user,
        ]);
        client
            .command
            .arg("-o")
            .arg(format!("UserKnownHostsFile={}", known.display()));
        for option in [
            "GlobalKnownHostsFile=none",
            "StrictHostKeyChecking=accept-new",
            "PreferredAuthentications=password",
            "IdentityAgent=none",
            "IdentityFile=none",
            "NumberOfPasswordPrompts=1",
            "ConnectTimeout=20",
        ] {
            client.command.args(["-o", option]);
        }
        client
            .command
            .args(options)
            .arg(door.at.ip().to_string())
            .args(remote);
        client
    }

    /// OpenSSH's client with a key of its own instead of a password.
    #[must_use]
    pub fn ssh_with_key(door: &Door, key: &OsStr, options: &[&str], remote: Option<&str>) -> Self {
        let mut identity = std::ffi::OsString::from("IdentityFile=");
        identity.push(key);
        let identity = identity.to_str().expect("a path in UTF-8").to_owned();
        let mut all = vec!["-o", "PreferredAuthentications=publickey", "-o", &identity];
        all.extend_from_slice(options);
        // The first value of an option counts, so these come before the usual ones.
        let mut client = Self::new(Tool::Ssh, door);
        client.command.args(["-F", "none"]).args(&all);
        let rest = Self::ssh(door, &[], remote);
        client
            .command
            .args(rest.command.as_std().get_args().skip(2));
        client.home = rest.home;
        client
    }

    /// PuTTY's client. Unlike the others it is told the server's fingerprint.
    #[must_use]
    pub fn plink(door: &Door, fingerprint: &str, options: &[&str], remote: Option<&str>) -> Self {
        let mut client = Self::new(Tool::Plink, door);
        let password = client.home.path().join("password");
        client
            .command
            .args([
                "-ssh",
                "-batch",
                "-P",
                &door.at.port().to_string(),
                "-l",
                &door.user,
            ])
            .args(["-hostkey", fingerprint, "-pwfile"])
            .arg(password)
            .args(options)
            .arg(door.at.ip().to_string())
            .args(remote);
        client
    }

    fn new(tool: Tool, door: &Door) -> Self {
        let home = tempfile::Builder::new()
            .prefix("vendor")
            .tempdir()
            .expect("a directory");
        let (password, ask) = (home.path().join("password"), home.path().join("ask"));
        fs::write(&password, format!("{}\n", door.password)).expect("a file");
        let script = format!("#!/bin/sh\necho '{}'\n", door.password);
        fs::write(&ask, script).expect("a script");
        fs::set_permissions(&ask, fs::Permissions::from_mode(0o700)).expect("a script");
        let mut command = Command::new(tool.path());
        command
            .env("HOME", home.path())
            .env("SSH_ASKPASS", ask)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("DISPLAY", ":99")
            .env("TERM", "xterm-256color")
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self { command, home }
    }

    /// With an environment variable of its own.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end with nothing to read.
    pub async fn run(self) -> Outcome {
        self.run_with(&[]).await
    }

    /// Runs it to its end with `stdin` to read.
    ///
    /// # Panics
    /// If it takes longer than [`PATIENCE`].
    pub async fn run_with(self, stdin: &[u8]) -> Outcome {
        let mut live = self.start();
        let mut pipe = live.stdin.take().expect("a pipe");
        let feed = async {
            // A client that has gone reads no more, and says why elsewhere.
            let _ = pipe.write_all(stdin).await;
            drop(pipe);
        };
        let ((), outcome) = tokio::join!(feed, live.end(PATIENCE));
        outcome
    }

    /// Starts it, and throws away what it prints.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn start_unheard(mut self) -> Unheard {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.start_unread()
    }

    /// Starts it, and reads nothing of what it prints: its pipe fills, and it
    /// stops reading from the network.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn start_unread(mut self) -> Unheard {
        Unheard {
            child: self.command.spawn().expect("the client runs"),
            _home: self.home,
        }
    }

    /// The command itself, for those who read and write by themselves; its home
    /// must live as long as it runs.
    #[must_use]
    pub fn into_std(self) -> (std::process::Command, TempDir) {
        let mut command = std::process::Command::new(self.command.as_std().get_program());
        command.args(self.command.as_std().get_args());
        for (name, value) in self.command.as_std().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        (command, self.home)
    }

    /// Starts it.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn start(mut self) -> Live {
        let mut child = self.command.spawn().expect("the client runs");
        let stdout = Collected::of(child.stdout.take().expect("a pipe"));
        let stderr = Collected::of(child.stderr.take().expect("a pipe"));
        Live {
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr,
            _home: self.home,
        }
    }
}

/// A client that runs unheard: whatever it prints is thrown away, or left in the
/// pipe. Its standard input stays open.
pub struct Unheard {
    child: Child,
    _home: TempDir,
}

impl Unheard {
    /// Waits for its end.
    ///
    /// # Panics
    /// If there is no status.
    pub async fn wait(&mut self) {
        self.child.wait().await.expect("a status");
    }

    /// Kills it.
    ///
    /// # Panics
    /// If that fails.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }
}

/// A client that runs.
pub struct Live {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Collected,
    stderr: Collected,
    _home: TempDir,
}

impl Live {
    /// Types.
    ///
    /// # Panics
    /// If the client reads no more.
    pub async fn send(&mut self, text: &str) {
        self.try_send(text).await.unwrap_or_else(|error| {
            panic!(
                "{error}\nstdout: {}\nstderr: {}",
                self.output(),
                self.errors()
            )
        });
    }

    /// Types, if the client still reads.
    ///
    /// # Errors
    /// If it does not.
    pub async fn try_send(&mut self, text: &str) -> std::io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        stdin.write_all(text.as_bytes()).await?;
        stdin.flush().await
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Its process id.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("it runs")).expect("a process id")
    }

    /// Has it do nothing for so long, as on a machine that is busy with something else.
    ///
    /// # Panics
    /// If it has ended.
    pub async fn stall(&self, time: Duration) {
        let process = Pid::from_raw(self.pid()).expect("no zero");
        kill_process(process, Signal::STOP).expect("stopped");
        tokio::time::sleep(time).await;
        kill_process(process, Signal::CONT).expect("goes on");
    }

    /// Waits until its standard output holds `text`.
    pub async fn expect(&mut self, text: &str) {
        self.stdout.wait_for(text, 1, PATIENCE).await;
    }

    /// Waits until its standard output holds `text` so many times.
    pub async fn expect_times(&mut self, text: &str, times: usize) {
        self.stdout.wait_for(text, times, PATIENCE).await;
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until its standard error holds `text`.
    pub async fn expect_error(&mut self, text: &str) {
        self.stderr.wait_for(text, 1, PATIENCE).await;
    }

    /// Its standard output so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.stdout.text()
    }

    /// Its standard error so far.
    #[must_use]
    pub fn errors(&self) -> String {
        self.stderr.text()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it has not ended within `limit`.
    pub async fn end(mut self, limit: Duration) -> Outcome {
        let all = async {
            let status = self.child.wait().await.expect("a status");
            (status, self.stdout.all().await, self.stderr.all().await)
        };
        let Ok((status, stdout, stderr)) = tokio::time::timeout(limit, all).await else {
            panic!(
                "the client still runs after {limit:?}\nstdout: {}\nstderr: {}",
                tail(&self.stdout.text()),
                tail(&self.stderr.text())
            );
        };
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Outcome {
            status: status.code(),
            stdout,
            stderr,
        }
    }
}

fn tail(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(2000);
    text.chars().skip(skip).collect()
}

/// A stream that is read as it comes, so that nobody waits for us.
struct Collected {
    seen: watch::Receiver<Arc<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Collected {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, seen) = watch::channel(Arc::new(Vec::new()));
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                sender.send_modify(|all| Arc::make_mut(all).extend_from_slice(&buffer[..count]));
            }
        });
        Self { seen, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.borrow()).into_owned()
    }

    async fn wait_for(&mut self, text: &str, times: usize, limit: Duration) {
        let holds =
            |all: &Arc<Vec<u8>>| String::from_utf8_lossy(all).matches(text).count() >= times;
        let found = tokio::time::timeout(limit, self.seen.wait_for(holds))
            .await
            .is_ok_and(|f| f.is_ok());
        assert!(
            found,
            "no {text:?} within {limit:?} in: {}",
            tail(&self.text())
        );
    }

    async fn all(&mut self) -> Vec<u8> {
        let _ = (&mut self.reader).await;
        self.seen.borrow().as_ref().clone()
    }
}

//! The real program, `drawbridge serve`, in a process of its own: for what a
//! process can suffer, and for what it costs.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use domain::{Clock as _, Timestamp};
use drawbridge::clock::SystemClock;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::api::{Api, PASSWORD, Person};
use crate::child::{Minded, free_port, greets};
use crate::plant::PlantFile;
use crate::tools::{Tool, workspace};

/// Where the recordings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Beside the database.
    Plenty,
    /// On a file system of its own with so many MiB.
    Tmpfs(u32),
    /// Beside the database, in a namespace in which they can be made read-only.
    Mounts,
}

/// Bytes on that file system that a test can throw off.
const BALLAST: u64 = 4 << 20;

/// A plant with a Drawbridge in front of it.
pub struct Binary {
    server: Option<Minded>,
    api_at: SocketAddr,
    ssh_at: SocketAddr,
    room: Room,
    /// Further lines of `[recordings]`.
    recordings: String,
    /// Further sections.
    sections: String,
    directory: TempDir,
}

impl Binary {
    /// Starts it, with this plant; everybody in it has the usual password.
    pub async fn start(plant: &PlantFile) -> Self {
        Self::start_in(plant, Room::Plenty).await
    }

    /// The same, with the recordings somewhere else.
    pub async fn start_in(plant: &PlantFile, room: Room) -> Self {
        Self::start_with(plant, room, "").await
    }

    /// The same, with further sections in its configuration.
    pub async fn start_having(plant: &PlantFile, sections: &str) -> Self {
        Self::start_as(plant, Room::Plenty, "", sections).await
    }

    /// The same, with further lines of `[recordings]` in its configuration.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(plant: &PlantFile, room: Room, recordings: &str) -> Self {
        Self::start_as(plant, room, recordings, "").await
    }

    async fn start_as(plant: &PlantFile, room: Room, recordings: &str, sections: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("binary")
            .tempdir()
            .expect("a directory");
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let api_at = SocketAddr::new(address, free_port(address));
        let ssh_at = SocketAddr::new(address, free_port(address));
        let mut binary = Self {
            server: None,
            api_at,
            ssh_at,
            room,
            recordings: recordings.to_owned(),
            sections: sections.to_owned(),
            directory,
        };
        fs::write(binary.path("drawbridge.toml"), binary.configuration()).expect("a file");
        fs::write(binary.path("password"), PASSWORD).expect("a file");
        let init = Command::new(program())
            .args(["init", "--name", "adam", "--full-name", "Adam Admin"])
            .arg("--config")
            .arg(binary.path("drawbridge.toml"))
            .arg("--password-file")
            .arg(binary.path("password"))
            .output()
            .expect("it runs");
        assert!(
            init.status.success(),
            "init: {}",
            String::from_utf8_lossy(&init.stderr)
        );
        binary.start_again();
        let adam = binary.api().person("adam").await;
        adam.apply_plant(plant.text())
            .await
            .expect("a plant that is right");
        for name in plant.people() {
            adam.give_password(name).await;
        }
        binary
    }

    fn configuration(&self) -> String {
        let (api, ssh, more) = (self.api_at, self.ssh_at, &self.recordings);
        let sections = &self.sections;
        format!(
            r#"
data = "data"

[api]
listen = "{api}"
names = ["localhost", "127.0.0.1"]

[ssh]
listen = "{ssh}"
host = "127.0.0.1"

[recordings]
segment_mib = 8
least_free_mib = 0
{more}

[limits]
unauthenticated = 1000
unauthenticated_per_address = 1000

{sections}
"#
        )
    }

    /// Starts the server, after the first time or after it was killed.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start_again(&mut self) {
        let before = match self.room {
            Room::Plenty | Room::Mounts => String::new(),
            Room::Tmpfs(size) => {
                let recordings = self.path("data/recordings");
                fs::create_dir_all(&recordings).expect("a directory");
                let recordings = recordings.display();
                format!(
                    "mount -t tmpfs -o size={size}m,mode=700 tmpfs '{recordings}' && \
                     head -c {BALLAST} /dev/zero > '{recordings}/ballast' && "
                )
            }
        };
        let script = format!("{before}exec \"$0\" serve --config \"$1\" 2>>\"$2\"");
        let (config, log) = (self.path("drawbridge.toml"), self.path("log"));
        let mut arguments: Vec<&OsStr> = Vec::new();
        if self.room != Room::Plenty {
            arguments.extend(["--mount", "--map-root-user", "sh"].map(OsStr::new));
        }
        let program = program();
        arguments.extend([
            OsStr::new("-c"),
            script.as_ref(),
            program.as_ref(),
            config.as_ref(),
            log.as_ref(),
        ]);
        let first = if self.room == Room::Plenty {
            "sh"
        } else {
            "unshare"
        };
        let mut server = Minded::start(first, &arguments);
        for _ in 0..800 {
            if greets(self.ssh_at) {
                self.server = Some(server);
                return;
            }
            if server.is_gone() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("drawbridge does not come up:\n{}", self.log());
    }

    /// Makes some room on the file system of the recordings.
    ///
    /// # Panics
    /// If there is none of its own.
    pub fn make_room(&self) {
        let seen = self.path("data/recordings/ballast");
        let seen = seen.strip_prefix("/").expect("an absolute path");
        let ballast = PathBuf::from(format!("/proc/{}/root", self.pid())).join(seen);
        fs::remove_file(&ballast).unwrap_or_else(|e| panic!("{}: {e}", ballast.display()));
    }

    /// Makes a directory of its data read-only, or writable again, by a mount that
    /// only the server sees.
    ///
    /// # Panics
    /// If the server does not run in [`Room::Mounts`], or the system refuses.
    pub fn read_only(&self, name: &str, yes: bool) {
        assert_eq!(self.room, Room::Mounts);
        let script = if yes {
            "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\""
        } else {
            "umount \"$0\""
        };
        let pid = self.pid().to_string();
        let done = Command::new(Tool::Nsenter.path())
            .args([
                "--target",
                &pid,
                "--user",
                "--mount",
                "--preserve-credentials",
            ])
            .args(["sh", "-c", script])
            .arg(self.data().join(name))
            .output()
            .expect("nsenter runs");
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&mut self) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, Signal::KILL).expect("it runs");
        self.server = None;
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Its process id.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("it runs").pid()
    }

    /// The people's side.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(self.api_at, &self.authority())
    }

    /// Where the API is, as people write it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.api_at)
    }

    /// The certificate authority that the API is trusted by.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.path("data/tls/ca.pem")
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path("drawbridge.toml")
    }

    /// Its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Person {
        self.api().person("adam").await
    }

    /// What time it is: the real one.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        SystemClock::new().now()
    }

    /// Where the recordings are, as far as this process can see them.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.path("data/recordings")
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// The most memory that a process has had, in bytes.
///
/// # Panics
/// If it does not run.
#[must_use]
pub fn peak_memory(pid: u32) -> u64 {
    memory(pid, "VmHWM:")
}

/// The memory that a process has now, in bytes.
///
/// # Panics
/// If it does not run.
#[must_use]
pub fn resident_memory(pid: u32) -> u64 {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .expect("a size");
    let kilobytes: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("kB");
    kilobytes * 1024
}

/// The program as it is now, in the profile that the caller was built in.
///
/// # Panics
/// If it can't be built.
#[must_use]
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut directory = env::current_exe().expect("a program");
        directory.pop();
        if directory.ends_with("deps") {
            directory.pop();
        }
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bin",
            "drawbridge",
        ]);
        build
            .arg("--target-dir")
            .arg(directory.parent().expect("a target directory"));
        if directory.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(workspace()).status().expect("cargo runs");
        assert!(built.success(), "drawbridge can't be built");
        directory.join("drawbridge")
    })
}

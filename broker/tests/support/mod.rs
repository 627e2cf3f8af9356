//! A plant with one real `sshd` as its asset, a broker before it with a real store
//! and a real recorder, and OpenSSH's client as the vendor.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod failing;
mod sshd;

use std::fmt::Debug;
use std::fs;
use std::future::Future;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command as Plain, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::{
    AccountName, Actor, AssetName, Clock, GrantId, Plant, Protocol, Random, RequestState,
    SessionId, Timestamp, Window,
};
use drawbridge_broker::{Broker, BrokerError, Limits, Settings};
use recorder::archive::{Archive, Keyring, Protection, Recording};
use recorder::{Disk, RealDisk, Recorder};
use russh::keys::{Algorithm, PrivateKey};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Apply, Credential, Narrowing, NewRequest, Options, Page, Scope, SessionFilter, SessionRow,
    Store, VaultKey,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use sshd::Sshd;

/// The machine's clocks.
pub(crate) struct MachineClock {
    began: Instant,
    fails_once: AtomicBool,
}

impl MachineClock {
    /// Whoever asks for the monotonic time next gets a panic instead.
    pub(crate) fn fail_once(&self) {
        self.fails_once.store(true, Ordering::SeqCst);
    }
}

impl Clock for MachineClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is handed in"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("before 294000"))
    }

    fn monotonic(&self) -> Duration {
        let fails = self.fails_once.swap(false, Ordering::SeqCst);
        assert!(!fails, "the clock fails, as the test wants");
        self.began.elapsed()
    }

    fn wait_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep_until((self.began + at).into()))
    }
}

struct MachineRandom;

impl Random for MachineRandom {
    fn fill(&self, buf: &mut [u8]) {
        aws_lc_rs::rand::fill(buf).expect("randomness");
    }
}

pub(crate) fn clock() -> Arc<MachineClock> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is handed in"
    )]
    let began = Instant::now();
    Arc::new(MachineClock {
        began,
        fails_once: AtomicBool::new(false),
    })
}

pub(crate) fn name<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

/// What a test may want otherwise.
pub(crate) struct Wishes {
    pub(crate) limits: Limits,
    pub(crate) disk: Arc<dyn Disk>,
    /// Further lines of the zone.
    pub(crate) zone: &'static str,
    /// The operations that the conduit lets through, and further lines of it.
    pub(crate) conduit: &'static str,
    /// Where the asset is, instead of at the `sshd`.
    pub(crate) asset: Option<SocketAddr>,
    /// The asset's pinned key, instead of the `sshd`'s.
    pub(crate) host_key: Option<String>,
    /// How long the grant lasts.
    pub(crate) window: Duration,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            disk: Arc::new(RealDisk),
            zone: "",
            conduit: "operations = [\"shell\", \"exec\"]\nenvironment = [\"LANG\", \"LC_*\"]",
            asset: None,
            host_key: None,
            window: Duration::from_secs(7200),
        }
    }
}

/// The house, for as long as a test runs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) at: SocketAddr,
    pub(crate) sshd: Sshd,
    pub(crate) clock: Arc<MachineClock>,
    pub(crate) directory: TempDir,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<Result<(), BrokerError>>,
    grant: GrantId,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Wishes::default()).await
    }

    pub(crate) async fn with(wishes: Wishes) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let sshd = Sshd::start(directory.path());
        let machine = clock();
        let clock: Arc<dyn Clock> = Arc::<MachineClock>::clone(&machine);
        let options = Options {
            path: directory.path().join("state.sqlite"),
            vault_key: VaultKey::load_or_create(&directory.path().join("vault.key"))
                .expect("a key"),
        };
        let store = Store::open(options, Arc::clone(&clock), Arc::new(MachineRandom))
            .await
            .expect("a store");
        let at = wishes.asset.unwrap_or(sshd.at);
        let host_key = wishes.host_key.as_deref().unwrap_or(&sshd.host_key);
        let plant = plant(at, host_key, wishes.zone, wishes.conduit);
        let plant: Plant = plant.parse().unwrap_or_else(|e| panic!("{e}\n{plant}"));
        store
            .apply_plant(&Actor::host(), &plant, Apply::default())
            .await
            .expect("applied");
        let key = Credential::PrivateKey(SecretString::from(sshd.user_key.clone()));
        store
            .set_credential(&Actor::host(), &name("plc-7"), key)
            .await
            .expect("stored");
        let grant = grant(&store, clock.now(), wishes.window).await;

        let settings = recorder::Settings {
            root: directory.path().join("recordings"),
            log: directory.path().join("wal"),
            segment: recorder::LEAST_SEGMENT,
            least_free: 0,
            log_key: recorder::WalKey::new(Box::new([7; 32])),
            keyring: keyring(directory.path()),
        };
        let random = Arc::new(MachineRandom);
        let recorder = Recorder::start(settings, &[], wishes.disk, Arc::clone(&clock), random)
            .expect("a recorder");
        let host_key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519);
        let mut settings = Settings::new(host_key.expect("a key"));
        settings.limits = wishes.limits;
        let broker = Broker::new(settings, store.clone(), recorder, Arc::clone(&clock));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let at = listener.local_addr().expect("its address");
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(broker.run(listener, shutdown.clone()));
        Self {
            store,
            at,
            sshd,
            clock: machine,
            directory,
            shutdown,
            running,
            grant,
        }
    }

    pub(crate) fn grant(&self) -> GrantId {
        self.grant
    }

    /// A new ticket.
    pub(crate) async fn ticket(&self) -> String {
        let vera = Actor::account(name("vera"), "127.0.0.1");
        let issued = self
            .store
            .issue_ticket(&vera, self.grant)
            .await
            .expect("a ticket");
        issued.ticket.expose_secret().to_owned()
    }

    /// OpenSSH's client with a new ticket. Options come before the address, the
    /// command after it.
    pub(crate) async fn ssh(&self, options: &[&str], command: &[&str]) -> Command {
        let ticket = self.ticket().await;
        self.ssh_with(&ticket, options, command)
    }

    pub(crate) fn ssh_with(&self, ticket: &str, options: &[&str], command: &[&str]) -> Command {
        let ask = self.directory.path().join(format!("ask-{ticket}"));
        fs::write(&ask, format!("#!/bin/sh\necho '{ticket}'\n")).expect("a script");
        fs::set_permissions(&ask, fs::Permissions::from_mode(0o700)).expect("a script");
        let mut ssh = Command::new("ssh");
        ssh.args([
            "-F",
            "none",
            "-p",
            &self.at.port().to_string(),
            "-l",
            "vera+plc-7",
        ]);
        for option in [
            "UserKnownHostsFile=/dev/null",
            "GlobalKnownHostsFile=none",
            "StrictHostKeyChecking=no",
            "LogLevel=ERROR",
            "PreferredAuthentications=password",
            "IdentityAgent=none",
            "NumberOfPasswordPrompts=1",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.args(options).arg("127.0.0.1").args(command);
        ssh.env("SSH_ASKPASS", ask)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("DISPLAY", ":9")
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ssh
    }

    /// The same, with options that come before the usual ones and so count.
    pub(crate) async fn ssh_options_first(&self, options: &[&str], command: &[&str]) -> Command {
        let usual = self.ssh(&[], command).await;
        let mut ssh = Command::new("ssh");
        ssh.args(options).args(usual.as_std().get_args());
        for (name, value) in usual.as_std().get_envs() {
            ssh.env(name, value.unwrap_or_default());
        }
        ssh.kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ssh
    }

    /// All sessions, newest first.
    pub(crate) async fn sessions(&self) -> Vec<SessionRow> {
        let page = Page {
            after: None,
            limit: 100,
        };
        let rows = self
            .store
            .sessions(&Scope::All, &SessionFilter::default(), &page)
            .await;
        rows.expect("sessions").items
    }

    /// The newest session, once it is closed.
    pub(crate) async fn closed(&self) -> SessionRow {
        for _ in 0..200 {
            let newest = self.sessions().await.into_iter().next();
            if let Some(row) = newest
                && row.closed.is_some()
            {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("not closed after 5 s: {:?}", self.sessions().await);
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.expect("no panic").expect("no error");
    }

    /// The first recording of a session that is over.
    pub(crate) fn recording(&self, session: SessionId) -> Recording {
        let root = self.directory.path().join("recordings");
        Archive::new(&root, keyring(self.directory.path()))
            .open(session, 0)
            .expect("a recording")
    }

    /// What it shows, as asciicast.
    pub(crate) fn cast(&self, session: SessionId) -> String {
        let mut cast = String::new();
        recorder::serve::cast(&self.recording(session))
            .expect("a recording")
            .read_to_string(&mut cast)
            .expect("text");
        cast
    }
}

fn keyring(directory: &Path) -> Keyring {
    Keyring::in_dir(&directory.join("keys"), Protection::AtRest, Vec::new()).expect("keys")
}

fn plant(at: SocketAddr, host_key: &str, zone: &str, conduit: &str) -> String {
    let (address, port, user) = (at.ip(), at.port(), user());
    format!(
        r#"
[site]
name = "north-ridge"
time_zone = "Europe/Oslo"

[[zone]]
name = "hall"
security_level = 1
{zone}

[[conduit]]
name = "to-hall"
zone = "hall"
{conduit}

[[asset]]
name = "plc-7"
zone = "hall"
address = "{address}"
[asset.ssh]
port = {port}
user = "{user}"
host_key = "{host_key}"
credential = "plc-7"

[[account]]
name = "vera"
role = "vendor"
assets = ["plc-7"]

[[account]]
name = "arne"
role = "approver"
zones = ["hall"]
"#
    )
}

async fn grant(store: &Store, now: Timestamp, length: Duration) -> GrantId {
    let ask = NewRequest {
        asset: name::<AssetName>("plc-7"),
        protocol: Protocol::Ssh,
        purpose: "vibration".to_owned(),
        work_order: None,
        wanted: Window::new(now, now.plus(length)).expect("a window"),
    };
    let vera = Actor::account(name::<AccountName>("vera"), "127.0.0.1");
    let arne = Actor::account(name::<AccountName>("arne"), "127.0.0.1");
    let request = store.request(&vera, ask).await.expect("filed");
    let request = store
        .approve(&arne, request.id, Narrowing::default(), None)
        .await
        .expect("approved");
    let RequestState::Granted { grant, .. } = request.state else {
        panic!("not granted: {:?}", request.state);
    };
    grant
}

pub(crate) fn user() -> String {
    let id = Plain::new("id").arg("-un").output().expect("id runs");
    String::from_utf8(id.stdout)
        .expect("a name")
        .trim()
        .to_owned()
}

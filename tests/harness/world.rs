//! A plant with a Drawbridge in the same process: real sockets, a real database,
//! a clock that can be moved and a disk that can fail.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use admin_api::dto::{Grant, Page, Session};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use domain::{AccountName, Actor, Clock as _, Timestamp};
use drawbridge::clock::OsRandom;
use drawbridge::config::{self, Anchor, Config};
use drawbridge::server::{self, Parts, Running};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::api::{Api, PASSWORD, Person};
use crate::client::Door;
use crate::clock::{TestClock, at};
use crate::disk::FaultyDisk;
use crate::plant::PlantFile;
use crate::sshd::Sshd;

/// A plant with one asset, `plc-7` in zone `hall`, that is a real `sshd`.
pub struct World {
    /// The asset.
    pub asset: Sshd,
    /// The time.
    pub clock: Arc<TestClock>,
    /// The disk of the recorder.
    pub disk: FaultyDisk,
    /// The people's side.
    pub api: Api,
    /// The server; `None` once it was stopped.
    pub running: Option<Running>,
    directory: TempDir,
    config: Config,
}

impl World {
    /// One asset, and `vera` who may ask for it.
    pub async fn new() -> Self {
        Self::with(Sshd::start(), |plant, _| plant).await
    }

    /// The same with another asset, and with whatever else the plant shall have.
    pub async fn with(asset: Sshd, more: impl FnOnce(PlantFile, &Sshd) -> PlantFile) -> Self {
        let plant = PlantFile::new()
            .asset("plc-7", "hall", asset.at(), asset.host_key())
            .vendor("vera", &["plc-7"]);
        let plant = more(plant, &asset);
        let directory = tempfile::Builder::new()
            .prefix("world")
            .tempdir()
            .expect("a directory");
        let config = configuration(&directory);
        let clock = TestClock::at(at("2026-11-24T12:00:00Z"));
        let disk = FaultyDisk::default();
        let running = start(&config, &clock, &disk).await;
        let api = Api::new(running.api_addr, &running.ca_pem);
        let mut world = Self {
            asset,
            clock,
            disk,
            api,
            running: Some(running),
            directory,
            config,
        };
        world.populate(&plant).await;
        world
    }

    async fn populate(&mut self, plant: &PlantFile) {
        let store = &self.running().store;
        let admin = AccountName::parse("adam").expect("a name");
        let host = Actor::host();
        store
            .create_admin(&host, &admin, "Adam Admin", hashed_password())
            .await
            .expect("an admin");
        let adam = self.person("adam").await;
        adam.apply_plant(plant.text())
            .await
            .expect("a plant that is right");
        for name in plant.people() {
            let name = AccountName::parse(name).expect("a name");
            let store = &self.running().store;
            store
                .set_password(&host, &name, hashed_password())
                .await
                .expect("a password");
        }
        for name in plant.assets() {
            adam.store_key(name, self.asset.credential()).await;
        }
    }

    /// The server.
    ///
    /// # Panics
    /// If it was stopped.
    #[must_use]
    pub const fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }

    /// Stops the server and starts it again, on other ports.
    ///
    /// # Panics
    /// If it does not stop or start.
    pub async fn restart(&mut self) {
        self.stop().await;
        let running = start(&self.config, &self.clock, &self.disk).await;
        self.api = Api::new(running.api_addr, &running.ca_pem);
        self.running = Some(running);
    }

    /// Starts the server again, with these anchors of its log.
    ///
    /// # Panics
    /// If it does not stop or start.
    pub async fn anchored(&mut self, anchors: Vec<Anchor>) {
        self.config.anchors = anchors;
        self.restart().await;
    }

    /// Stops the server.
    ///
    /// # Panics
    /// If it does not stop within half a minute.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            let stopped = tokio::time::timeout(Duration::from_secs(30), running.stop()).await;
            stopped
                .expect("the server stops")
                .expect("the server stops in order");
        }
    }

    /// Somebody, signed in.
    pub async fn person(&self, name: &str) -> Person {
        self.api.person(name).await
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// So much later than now.
    #[must_use]
    pub fn after(&self, length: Duration) -> Timestamp {
        self.now().plus(length)
    }

    /// An open grant of `vera`'s for `plc-7` that lasts so long.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn grant(&self, length: Duration) -> String {
        let vera = self.person("vera").await;
        let request = vera
            .ask("plc-7", None, self.after(length))
            .await
            .expect("asked");
        let anna = self.person("anna").await;
        anna.approve(&request.id)
            .await
            .expect("approved")
            .grant
            .expect("a grant")
    }

    /// The way in for `vera` to `plc-7`, for two hours.
    pub async fn door(&self) -> Door {
        let grant = self.grant(Duration::from_secs(2 * 3600)).await;
        self.person("vera").await.door(&grant).await
    }

    /// The newest grant of `vera`'s.
    ///
    /// # Panics
    /// If there is none.
    pub async fn last_grant(&self) -> String {
        let vera = self.person("vera").await;
        let page: Page<Grant> = vera.get("grants?limit=1").await.expect("grants");
        page.items.into_iter().next().expect("a grant").id
    }

    /// The fingerprint of the host key that vendors see.
    ///
    /// # Panics
    /// If the key is not written as OpenSSH does.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let line = &self.running().ssh_host_key;
        let key = line.split_whitespace().nth(1).expect("a key");
        let key = BASE64_STANDARD.decode(key).expect("base64");
        format!(
            "SHA256:{}",
            BASE64_STANDARD_NO_PAD.encode(digest(&SHA256, &key))
        )
    }

    /// The newest session, once it is closed.
    ///
    /// # Panics
    /// If it is not within ten seconds.
    pub async fn closed(&self) -> Session {
        let audun = self.person("audun").await;
        for _ in 0..200 {
            let session = audun.last_session().await;
            if session.closed.is_some() {
                return session;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the session stays open: {:?}", audun.last_session().await);
    }

    /// Where the write-ahead log is.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.directory.path().join("data/wal")
    }

    /// Where the recordings are.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.directory.path().join("data/recordings")
    }
}

fn configuration(directory: &TempDir) -> Config {
    let text = r#"
data = "data"

[api]
listen = "127.0.0.1:0"
names = ["localhost"]

[ssh]
listen = "127.0.0.1:0"
host = "127.0.0.1"

[recordings]
segment_mib = 8
least_free_mib = 0

[limits]
unauthenticated = 1000
unauthenticated_per_address = 1000
"#;
    config::parse(text, directory.path()).expect("a configuration")
}

async fn start(config: &Config, clock: &Arc<TestClock>, disk: &FaultyDisk) -> Running {
    let parts = Parts {
        clock: Arc::clone(clock) as _,
        random: Arc::new(OsRandom),
        disk: Arc::new(disk.clone()),
    };
    server::start(config.clone(), parts)
        .await
        .expect("the server starts")
}

/// Hashing is slow on purpose: once for all.
fn hashed_password() -> &'static str {
    static HASHED: OnceLock<String> = OnceLock::new();
    HASHED.get_or_init(|| admin_api::password::hash(&SecretString::from(PASSWORD)).expect("a hash"))
}

//! The whole broker killed under the load of fifty vendors who type, again and again:
//! each byte that the asset received is in a recording that verifies.
//!
//! Three kills in the usual run; `DRAWBRIDGE_KILLS=50` has fifty.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use harness::api::Person;
use harness::binary::{Binary, Room};
use harness::cast::Cast;
use harness::cli::Typist;
use harness::client::Door;
use harness::plant::PlantFile;
use harness::raw::{self, Trusting};
use harness::sshd::Sshd;
use russh::client::{Handle, Msg};
use russh::{Channel, ChannelMsg};

const VENDORS: usize = 50;
/// How many kills there are if nobody says otherwise.
const USUAL: usize = 3;
/// The latest moment of a kill, after all have begun to type.
const LATEST: Duration = Duration::from_millis(1500);
/// How many calls are made at once.
const AT_ONCE: usize = 10;

/// Somebody who types, and what is typed.
struct Vendor {
    name: String,
    _connection: Handle<Trusting>,
    channel: Channel<Msg>,
}

impl Vendor {
    async fn enter(name: String, door: Door, file: &str) -> Self {
        let mut connection = raw::connect(&door).await;
        let answer = connection
            .authenticate_password(door.user.clone(), door.password.clone())
            .await
            .expect("an answer");
        assert!(answer.success(), "{name}: {answer:?}");
        let mut channel = connection.channel_open_session().await.expect("a channel");
        let command = format!("echo ready; exec cat > '{file}'");
        channel.exec(true, command).await.expect("a command");
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) if data.starts_with(b"ready") => break,
                Some(_) => {}
                None => panic!("{name}: not let in"),
            }
        }
        Self {
            name,
            _connection: connection,
            channel,
        }
    }

    /// Types lines that nobody else does, until the broker is gone.
    async fn types(self, round: usize) {
        for n in 0.. {
            let line = format!("{} round {round} line {n}\n", self.name);
            if self.channel.data(line.as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A plant of fifty vendors, each with a grant for the one asset.
struct Plant {
    asset: Sshd,
    binary: Binary,
    audun: Person,
    vendors: Vec<(Person, String)>,
}

impl Plant {
    async fn new() -> Self {
        let asset = Sshd::start();
        let mut plant = PlantFile::new().asset("plc-7", "hall", asset.at(), asset.host_key());
        for n in 0..VENDORS {
            plant = plant.vendor(&format!("vendor-{n}"), &["plc-7"]);
        }
        let binary = Binary::start_in(&plant, Room::Plenty).await;
        let admin = binary.admin().await;
        admin.store_key("plc-7", asset.credential()).await;
        let (anna, audun) = (
            binary.api().person("anna").await,
            binary.api().person("audun").await,
        );
        let until = binary.now().plus(Duration::from_secs(4 * 3600));
        let mut vendors = Vec::new();
        for n in 0..VENDORS {
            let vendor = binary.api().person(&format!("vendor-{n}")).await;
            let request = vendor.ask("plc-7", None, until).await.expect("asked");
            let granted = anna.approve(&request.id).await.expect("approved");
            vendors.push((vendor, granted.grant.expect("a grant")));
        }
        Self {
            asset,
            binary,
            audun,
            vendors,
        }
    }

    fn file(&self, round: usize, vendor: &str) -> PathBuf {
        self.asset.home().join(format!("{round}-{vendor}"))
    }

    /// All of them inside, each with a file at the asset.
    async fn enter(&self, round: usize) -> Vec<Vendor> {
        let entering = self.vendors.iter().map(|(vendor, grant)| async move {
            let door = vendor.door(grant).await;
            let file = self.file(round, &vendor.name);
            Vendor::enter(vendor.name.clone(), door, &file.display().to_string()).await
        });
        stream::iter(entering)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    /// What the asset has received in a round, once it receives no more.
    async fn reached(&self, round: usize) -> BTreeMap<String, Vec<u8>> {
        let sizes = || -> Vec<_> {
            let files = self.vendors.iter();
            files
                .map(|(vendor, _)| {
                    fs::metadata(self.file(round, &vendor.name)).map_or(0, |m| m.len())
                })
                .collect()
        };
        let mut before = sizes();
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let now = sizes();
            if now == before {
                break;
            }
            before = now;
        }
        let read = |(vendor, _): &(Person, String)| {
            let bytes = fs::read(self.file(round, &vendor.name)).unwrap_or_default();
            (vendor.name.clone(), bytes)
        };
        self.vendors.iter().map(read).collect()
    }

    fn start_again(&mut self) {
        self.binary.start_again();
        let api = self.binary.api();
        self.audun = self.audun.at(&api);
        for (vendor, _) in &mut self.vendors {
            *vendor = vendor.at(&api);
        }
    }

    /// What is recorded of the newest sessions, by vendor, once they are sealed.
    async fn recorded(&self) -> BTreeMap<String, Vec<u8>> {
        let mut sessions = self.audun.sessions().await;
        sessions.truncate(VENDORS);
        let one = |session: admin_api::dto::Session| async move {
            let closed = session.closed.expect("closed by the start");
            assert_eq!(closed.code, "interrupted");
            for _ in 0..200 {
                let recordings = self.audun.recordings(&session.id).await;
                if recordings.iter().all(|one| one.state == "interrupted") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let text = self.audun.cast(&session.id, "?input=true").await;
            let cast = Cast::read(&text.expect("a recording"));
            (session.account, cast.input())
        };
        // Fewer than may be sent out at once.
        let recorded: Vec<_> = stream::iter(sessions.into_iter().map(one))
            .buffer_unordered(4)
            .collect()
            .await;
        assert_eq!(recorded.len(), VENDORS);
        recorded.into_iter().collect()
    }

    /// The whole log, and all recordings beside it, as an auditor checks them.
    async fn verifies(&self, recordings: usize) {
        let audun = Typist::at(&self.binary, "audun").await;
        let out = audun.file("log");
        audun
            .works(&format!("audit export --out '{}'", out.display()))
            .await;
        symlink(self.binary.recordings(), out.join("recordings")).expect("linked");
        let key = audun.works("audit key").await;
        let key = key.lines().next().expect("a key");
        let keys = self.binary.data().join("keys").display().to_string();
        let verify = format!(
            "verify '{}' --key '{key}' --identity '{keys}/output.agekey' \
             --identity '{keys}/input.agekey'",
            out.display()
        );
        let seen = audun.types(&verify).await;
        assert_eq!(seen.status, 0, "{seen:?}");
        let told = format!("{recordings} recordings");
        assert!(seen.stdout.contains(&told), "no {told}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_byte_that_the_asset_received_is_in_a_recording_that_verifies() {
    let kills = env::var("DRAWBRIDGE_KILLS").map_or(USUAL, |n| n.parse().expect("a number"));
    let mut plant = Plant::new().await;
    let (mut received, mut recorded_only) = (0_usize, 0_usize);
    for round in 0..kills {
        let vendors = plant.enter(round).await;
        assert_eq!(vendors.len(), VENDORS);
        let typing: Vec<_> = vendors
            .into_iter()
            .map(|vendor| tokio::spawn(vendor.types(round)))
            .collect();
        let moment = LATEST.mul_f64(moment());
        tokio::time::sleep(moment).await;
        plant.binary.kill();
        let typed = tokio::time::timeout(Duration::from_secs(30), join_all(typing)).await;
        for typed in typed.expect("all notice that the broker is gone") {
            typed.expect("no panic");
        }
        let reached = plant.reached(round).await;
        plant.start_again();
        let recorded = plant.recorded().await;
        for (vendor, reached) in &reached {
            let recorded = &recorded[vendor];
            assert!(
                recorded.starts_with(reached),
                "round {round}, {moment:?}, {vendor}: {} bytes reached the asset, {} are recorded",
                reached.len(),
                recorded.len()
            );
            received += reached.len();
            recorded_only += recorded.len() - reached.len();
        }
    }
    assert!(received > 0, "nothing was typed before the kills");
    plant.verifies(kills * VENDORS).await;
    eprintln!(
        "{kills} kills under {VENDORS} vendors: {received} bytes reached the asset, all \
         of them recorded; {recorded_only} more were recorded and not forwarded"
    );
}

/// A moment that nobody chose, as a part of the longest.
fn moment() -> f64 {
    let mut bytes = [0; 2];
    aws_lc_rs::rand::fill(&mut bytes).expect("random");
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

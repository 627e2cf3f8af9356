use std::fs;
use std::future::{Future, pending};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Actor, Clock, HoldOn, Plant, Protocol, SessionId, Timestamp, Window};
use store::{
    Apply, EventFilter, Narrowing, NewRequest, Options, Page, RecordingEnd, RecordingSeal,
    Redeemed, ScreenLine, VaultKey,
};
use tempfile::TempDir;

use super::*;
use crate::clock::OsRandom;

const DAY: Duration = Duration::from_secs(24 * 3600);

const PLANT: &str = r#"
[site]
name = "north-ridge"
time_zone = "UTC"
[[zone]]
name = "hall"
security_level = 1
retention = "30d"
[[conduit]]
name = "to-hall"
zone = "hall"
[[asset]]
name = "plc-7"
zone = "hall"
address = "10.20.0.7"
[asset.ssh]
user = "service"
credential = "plc-7"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
[[account]]
name = "vera"
role = "vendor"
assets = ["plc-7"]
[[account]]
name = "arne"
role = "approver"
zones = ["hall"]
[[account]]
name = "audun"
role = "auditor"
"#;

/// The wall clock, and how far it was set from the time that has passed, in µs.
struct SetClock(AtomicI64, AtomicI64);

const START: i64 = 1_795_507_200_000_000;

impl SetClock {
    fn pass(&self, length: Duration) {
        let later = self.now().plus(length).as_micros();
        self.0.store(later, Ordering::SeqCst);
    }

    fn leap(&self, length: Duration) {
        self.pass(length);
        let length = i64::try_from(length.as_micros()).expect("short enough");
        self.1.fetch_add(length, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        let leapt = Duration::from_micros(self.1.load(Ordering::SeqCst).unsigned_abs());
        self.now().since(Timestamp::from_micros(START)) - leapt
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

struct World {
    store: Store,
    clock: Arc<SetClock>,
    root: PathBuf,
    _dir: TempDir,
}

fn actor(name: &str) -> Actor {
    Actor::account(name.parse().expect("a name"), "192.0.2.1")
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(SetClock(AtomicI64::new(START), AtomicI64::new(0)));
        let options = Options {
            path: dir.path().join("drawbridge.sqlite"),
            vault_key: VaultKey::load_or_create(&dir.path().join("vault.key")).expect("a key"),
        };
        let store = Store::open(options, clock.clone(), Arc::new(OsRandom)).await;
        let store = store.expect("opened");
        let plant: Plant = PLANT.parse().expect("a plant");
        let host = Actor::host();
        let applied = store.apply_plant(&host, &plant, Apply::default()).await;
        applied.expect("applied");
        Self {
            root: dir.path().join("recordings"),
            store,
            clock,
            _dir: dir,
        }
    }

    /// A sealed recording, in the database and on the disk.
    async fn recording(&self) -> SessionId {
        let (store, now) = (&self.store, self.clock.now());
        let ask = NewRequest {
            asset: "plc-7".parse().expect("a name"),
            protocol: Protocol::Ssh,
            purpose: "a look".to_owned(),
            work_order: None,
            wanted: Window::new(now, now.plus(Duration::from_secs(60))).expect("a window"),
        };
        let request = store.request(&actor("vera"), ask).await.expect("asked");
        let all = Narrowing::default();
        let approved = store.approve(&actor("arne"), request.id, all, None).await;
        let domain::RequestState::Granted { grant, .. } = approved.expect("approved").state else {
            panic!("not granted")
        };
        let ticket = store.issue_ticket(&actor("vera"), grant).await;
        let ticket = ticket.expect("a ticket").ticket;
        let (vera, plc) = (
            "vera".parse().expect("a name"),
            "plc-7".parse().expect("a name"),
        );
        let redeemed = store.redeem_ticket(&vera, &plc, Protocol::Ssh, &ticket, "192.0.2.1");
        let Redeemed::Admitted(admitted) = redeemed.await.expect("redeemed") else {
            panic!("not admitted")
        };
        let session = admitted.permit.session();
        let added = store.add_recording(session, 0, "shell", None, true).await;
        added.expect("begun");
        let end = RecordingEnd {
            exit: None,
            bytes_in: 0,
            bytes_out: 0,
            state: "complete",
            seal: Some(RecordingSeal {
                lines: 3,
                root: [0; 32],
            }),
        };
        let finished = store.finish_recording(session, 0, &end).await;
        finished.expect("finished");
        self.files(session);
        session
    }

    fn dir(&self, session: SessionId) -> PathBuf {
        self.root.join(session.to_string()).join("0")
    }

    fn files(&self, session: SessionId) {
        let dir = self.dir(session);
        fs::create_dir_all(&dir).expect("made");
        for name in [
            "manifest.jsonl",
            "000000.output.cast.zst.age",
            "output.key.age",
        ] {
            fs::write(dir.join(name), name).expect("written");
        }
    }

    fn left(&self, session: SessionId) -> usize {
        fs::read_dir(self.dir(session)).expect("there").count()
    }

    async fn purged(&self) -> usize {
        let filter = EventFilter {
            actions: vec!["recording.purged".to_owned()],
            ..EventFilter::default()
        };
        let events = self.store.events(&filter, &Page::default(), false).await;
        events.expect("read").items.len()
    }
}

async fn at_work(world: &World) -> Turn {
    turn(&world.store, &world.root).await.expect("a turn")
}

#[tokio::test]
async fn what_is_due_goes_and_what_is_held_stays() {
    let world = World::new().await;
    let (due, held) = (world.recording().await, world.recording().await);
    let hold = HoldOn::Session(held);
    let placed = world
        .store
        .place_hold(&actor("audun"), &hold, "case 17")
        .await;
    placed.expect("held");
    assert_eq!(at_work(&world).await, Turn::default());
    let lines = [ScreenLine {
        at_ms: 7,
        text: "the pump is off",
    }];
    let indexed = world
        .store
        .index_recording(due, 0, &lines, false, || std::future::ready(()))
        .await;
    indexed.expect("indexed");
    world.clock.pass(DAY * 30);
    let first = Turn {
        purged: 1,
        files: 2,
        stuck: 0,
    };
    assert_eq!(at_work(&world).await, first);
    assert_eq!((world.left(due), world.left(held)), (1, 3));
    let in_index = world.store.purged_in_index().await.expect("read");
    assert_eq!(in_index, []);
    assert!(world.dir(due).join("manifest.jsonl").exists());
    assert_eq!(at_work(&world).await, Turn::default());
    assert_eq!(world.purged().await, 1);
}

/// Killed after the event was committed and before a file went.
#[tokio::test]
async fn a_turn_that_broke_off_is_made_good() {
    let world = World::new().await;
    let session = world.recording().await;
    world.clock.pass(DAY * 30);
    world.store.mark_purged(session, 0).await.expect("purged");
    assert_eq!(world.left(session), 3);
    let made_good = Turn {
        purged: 0,
        files: 2,
        stuck: 0,
    };
    assert_eq!(at_work(&world).await, made_good);
    assert_eq!((world.left(session), world.purged().await), (1, 1));

    // As when a backup brought them back.
    world.files(session);
    assert_eq!(at_work(&world).await, made_good);
    assert_eq!((world.left(session), world.purged().await), (1, 1));
}

/// No file goes whose event could not be written.
#[tokio::test]
async fn without_its_event_nothing_is_deleted() {
    let world = World::new().await;
    let session = world.recording().await;
    world.clock.pass(DAY * 30);
    world.store.close().await;
    assert!(turn(&world.store, &world.root).await.is_err());
    assert_eq!(world.left(session), 3);
}

#[tokio::test]
async fn one_that_is_stuck_does_not_keep_the_others() {
    let world = World::new().await;
    let (stuck, due) = (world.recording().await, world.recording().await);
    // A file where its directory should be.
    fs::remove_dir_all(world.dir(stuck)).expect("gone");
    fs::write(world.dir(stuck), "no directory").expect("written");
    world.clock.pass(DAY * 30);
    let found = at_work(&world).await;
    assert_eq!((found.purged, found.stuck), (2, 1));
    assert_eq!(world.left(due), 1);
}

/// A year passes as ever; a wall clock that is a year ahead at once is not believed.
#[test]
fn a_clock_that_leaps_ahead_ends_no_retention() {
    let clock = SetClock(AtomicI64::new(START), AtomicI64::new(0));
    let began = Began::at(&clock);
    clock.pass(DAY * 365);
    assert!(!began.has_leapt(&clock));
    clock.leap(DAY);
    assert!(!began.has_leapt(&clock), "a correction");
    clock.leap(Duration::from_secs(1));
    assert!(began.has_leapt(&clock));
    clock.pass(DAY * 30);
    assert!(began.has_leapt(&clock), "until the broker is started again");
    assert!(!Began::at(&clock).has_leapt(&clock));
}

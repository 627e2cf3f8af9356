//! A broker that was killed: what it left is closed and sealed at the next start, so
//! that an exported log is wholly proven, or says what is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drawbridge::clock::{OsRandom, SystemClock};
use harness::client::{Client, Live};
use recorder::archive::Manifest;
use store::{Options, RecordingSeal, Store, VaultKey};

use super::{House, count, text};

/// A session under way, whose recording has chunks; its id.
async fn under_way(house: &House, grant: &str) -> (Live, String) {
    let vera = house.binary.api().person("vera").await;
    let mut client = Client::ssh(&vera.door(grant).await, &["-tt"], None).start();
    client.send("echo one-$((40 + 2))\n").await;
    client.expect("one-42").await;
    let audun = house.binary.api().person("audun").await;
    let session = audun.last_session().await.id;
    // Who reads it has what is there put into chunks.
    let shown = audun.cast(&session, "").await.expect("the recording");
    assert!(shown.contains("one-42"), "{shown}");
    (client, session)
}

fn recording(house: &House, session: &str) -> PathBuf {
    house.binary.recordings().join(session).join("0")
}

/// Waits for the seals of so many recordings.
async fn sealed(house: &House, many: usize) -> serde_json::Value {
    for _ in 0..200 {
        let sealed = house
            .audun
            .json("audit tail --action recording.sealed --all")
            .await;
        if count(&sealed) == many {
            return sealed;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not all is sealed:\n{}", house.binary.log());
}

/// What is said of the log, taken out beside the recordings, once the seals are signed.
async fn verdict(house: &House, wanted: i32) -> String {
    let key = house.audun.file("log.vkey");
    let shown = house.audun.works("audit key").await;
    fs::write(&key, format!("{shown}\n")).expect("written");
    let mut last = None;
    for number in 0..30 {
        let out = house.binary.data().join(format!("log-{number}"));
        let export = format!("audit export --out '{}'", out.display());
        house.audun.works(&export).await;
        let verify = format!("verify '{}' --key '{}'", out.display(), key.display());
        let verified = house.audun.types(&verify).await;
        if verified.status == wanted {
            return verified.stdout;
        }
        last = Some(verified);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{last:?}");
}

/// Killed between its row and its directory, and between its directory and the first
/// line of its manifest: the log knows nothing of either.
#[tokio::test]
async fn recordings_that_never_began_are_sealed_at_the_next_start() {
    let mut house = House::new().await;
    let grant = house.grant().await;
    let (_one, row_alone) = under_way(&house, &grant).await;
    let (_other, half) = under_way(&house, &grant).await;
    house.binary.kill();
    fs::remove_dir_all(house.binary.recordings().join(&row_alone)).expect("removed");
    let dir = recording(&house, &half);
    for entry in fs::read_dir(&dir).expect("a recording") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|kind| kind == "jsonl") {
            fs::write(path, "{\"drawbridge\":\"recording/1\",\"sess").expect("torn");
        } else if path.to_string_lossy().contains(".zst") {
            fs::remove_file(path).expect("removed");
        }
    }
    fs::remove_dir_all(house.binary.data().join("wal")).expect("removed");

    house.binary.start_again();
    sealed(&house, 2).await;
    let listed = house.audun.json("recording list").await;
    assert_eq!(count(&listed), 2);
    for recording in listed["items"].as_array().expect("a list") {
        assert_eq!(text(recording, "state"), "interrupted", "{recording}");
        assert_eq!(recording["bytes_out"], 0, "{recording}");
    }
    let log = house.binary.log();
    assert_eq!(log.matches("recording.never_begun").count(), 2, "{log}");
    let said = verdict(&house, 0).await;
    assert!(
        said.contains("2 recordings: each as it was sealed"),
        "{said}"
    );
}

/// The state of the plant, while nobody serves it.
async fn state(data: &Path) -> Store {
    let options = Options {
        path: data.join("drawbridge.sqlite"),
        vault_key: VaultKey::load_or_create(&data.join("vault.key")).expect("a key"),
    };
    let (clock, random) = (Arc::new(SystemClock::new()), Arc::new(OsRandom));
    Store::open(options, clock, random).await.expect("opened")
}

/// Commits to a recording of the house as the broker does each ten minutes; what it
/// then does with it.
async fn committed_to(change: impl FnOnce(&mut RecordingSeal)) -> House {
    let mut house = House::new().await;
    let grant = house.grant().await;
    let (_client, session) = under_way(&house, &grant).await;
    house.binary.kill();
    let manifest = recording(&house, &session).join("manifest.jsonl");
    let manifest = Manifest::parse(&fs::read(manifest).expect("a manifest")).expect("read");
    let so_far = manifest.seal();
    assert!(so_far.lines > 1, "there are chunks");
    let mut so_far = RecordingSeal {
        lines: so_far.lines,
        root: so_far.root,
    };
    change(&mut so_far);
    let store = state(&house.binary.data()).await;
    let session = session.parse().expect("an id");
    let committed = store.commit_progress(session, 0, so_far).await;
    assert!(committed.expect("committed"));
    store.close().await;
    house.binary.start_again();
    sealed(&house, 1).await;
    house
}

#[tokio::test]
async fn what_was_committed_to_is_gone_on_from_after_a_kill() {
    let house = committed_to(|_| {}).await;
    let said = verdict(&house, 0).await;
    assert!(said.contains("committed to 1 recording while"), "{said}");
    let alarms = house
        .audun
        .json("audit tail --action recording.not_continued --all");
    assert_eq!(count(&alarms.await), 0);
}

#[tokio::test]
async fn a_recording_that_contradicts_what_was_committed_to_is_an_alarm() {
    let house = committed_to(|so_far| so_far.root[0] ^= 1).await;
    let alarms = house
        .audun
        .json("audit tail --action recording.not_continued --all");
    let alarms = alarms.await;
    assert_eq!(count(&alarms), 1, "{alarms}");
    let reason = text(&alarms["items"][0], "reason");
    assert!(reason.contains("altered or damaged"), "{reason}");
    let said = verdict(&house, 1).await;
    assert!(said.contains("it contradicts the log"), "{said}");
}

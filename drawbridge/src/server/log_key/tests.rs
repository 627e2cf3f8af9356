//! The key of the log, over restarts, rotations and mishaps.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ledger::{Handover, checkpoint, handover};

use super::*;
use crate::config;
use crate::server::{Running, open_state, start};

fn config(dir: &Path) -> Config {
    let text = "data = \"data\"\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"broker.plant\"]\n\
                [ssh]\nlisten = \"127.0.0.1:0\"\n";
    config::parse(text, dir).expect("a configuration")
}

async fn running(config: &Config) -> Running {
    start(config.clone(), Parts::real()).await.expect("starts")
}

/// The key after a start and a stop.
async fn key_of(config: &Config) -> VerifierKey {
    let running = running(config).await;
    let key = running.log_key.verifier().clone();
    running.stop().await.expect("stops");
    key
}

async fn refusal(config: &Config) -> String {
    let refused = start(config.clone(), Parts::real()).await;
    format!("{:#}", refused.err().expect("refused"))
}

#[tokio::test]
async fn the_log_has_one_key_and_is_signed_at_the_start_at_seals_and_at_the_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let first = running(&config).await;
    let key = first.log_key.verifier().clone();
    assert!(key.name().starts_with("broker.plant/log/"), "{key}");
    let file = config.data.join("keys/log.key");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().expect("a directory")), 0o700);

    let mut signed = first.store.checkpoints_signed();
    let start = async {
        while first
            .store
            .latest_checkpoint()
            .await
            .expect("read")
            .is_none()
        {
            signed.changed().await.expect("open");
        }
    };
    tokio::time::timeout(Duration::from_secs(5), start)
        .await
        .expect("signed at the start");
    let draft = domain::Draft::new("recording.sealed", "session", "x");
    first
        .store
        .alarm(&Actor::system(), draft)
        .await
        .expect("written");
    let size = first.store.log_head().await.expect("a head").size;
    let at_once = async {
        loop {
            signed.changed().await.expect("open");
            let newest = first.store.latest_checkpoint().await.expect("read");
            if newest.is_some_and(|newest| newest.size >= size) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), at_once)
        .await
        .expect("signed at the seal");
    let draft = domain::Draft::new("test.event", "x", "y");
    first
        .store
        .alarm(&Actor::system(), draft)
        .await
        .expect("written");
    let store = first.store.clone();
    let size = store.log_head().await.expect("a head").size;
    first.stop().await.expect("stops");

    let store = open_state(&config, &Parts::real())
        .await
        .expect("the state");
    let last = store.latest_checkpoint().await.expect("read").expect("one");
    assert!(last.size >= size, "signed at the end");
    checkpoint::open(last.note.as_bytes(), &key, &[]).expect("by the key");
    store.close().await;
    assert_eq!(key_of(&config).await, key, "the same after a restart");
}

#[tokio::test]
async fn a_key_that_others_read_or_that_is_another_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let key = key_of(&config).await;
    let file = config.data.join("keys/log.key");
    let line = fs::read(&file).expect("the key");

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
    assert!(refusal(&config).await.contains("others may read the key"));
    fs::remove_file(&file).expect("removed");
    let missing = refusal(&config).await;
    assert!(
        missing.contains("is missing") && missing.contains(&key.to_string()),
        "{missing}"
    );
    let other = make("broker.plant/log/0", &crate::clock::OsRandom).expect("made");
    save(&file, &other).expect("saved");
    let another = refusal(&config).await;
    assert!(
        another.contains("is not the key that the log is signed with"),
        "{another}"
    );
    private::write(&file, b"rubbish").expect("written");
    let rubbish = refusal(&config).await;
    assert!(rubbish.contains("no key of a signed note"), "{rubbish}");
    assert!(!rubbish.contains("rubbish"), "{rubbish}");
    private::write(&file, &line).expect("written");
    assert_eq!(key_of(&config).await, key);
}

#[tokio::test]
async fn a_new_key_is_led_to_by_the_old_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let early = rotate(&config, &Parts::real(), false)
        .await
        .expect_err("too early");
    assert!(early.to_string().contains("no key yet"), "{early}");
    let running = running(&config).await;
    let one = running.log_key.verifier().clone();
    let busy = rotate(&config, &Parts::real(), false)
        .await
        .expect_err("it runs");
    assert!(
        busy.to_string().contains("another Drawbridge runs"),
        "{busy}"
    );
    running.stop().await.expect("stops");
    let not_lost = rotate(&config, &Parts::real(), true)
        .await
        .expect_err("there");
    assert!(not_lost.to_string().contains("is not lost"), "{not_lost}");

    let rotated = rotate(&config, &Parts::real(), false)
        .await
        .expect("rotated");
    assert_eq!(rotated.old, one);
    let two = key_of(&config).await;
    assert_eq!(rotated.new, two);
    let store = open_state(&config, &Parts::real())
        .await
        .expect("the state");
    let handovers = handover::open_all(&store.log_handovers().await.expect("read"));
    let handovers = handovers.expect("opened");
    assert!(
        matches!(handovers.as_slice(), [Handover { old, new, .. }] if *old == one && *new == two)
    );
    let tenures = handover::tenures(&one, &handovers).expect("in order");
    let newest = store.latest_checkpoint().await.expect("read").expect("one");
    handover::open_with(newest.note.as_bytes(), &tenures, &[]).expect("trusted");
    store.close().await;

    fs::remove_file(&rotated.file).expect("lost");
    let lost = rotate(&config, &Parts::real(), false)
        .await
        .expect_err("lost");
    assert!(lost.to_string().contains("add --lost"), "{lost}");
    let three = rotate(&config, &Parts::real(), true)
        .await
        .expect("replaced");
    assert_eq!(three.old, two);
    assert_eq!(key_of(&config).await, three.new);
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_is_made_good() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let one = key_of(&config).await;
    let next = config.data.join("keys/log.key.next");

    // Before the database has the hand-over.
    let new = make(one.name(), &crate::clock::OsRandom).expect("made");
    save(&next, &new).expect("saved");
    assert_eq!(key_of(&config).await, one);
    assert!(!next.exists());

    // After it.
    save(&next, &new).expect("saved");
    let old = load(&config.data.join("keys/log.key"))
        .expect("read")
        .expect("there");
    let store = open_state(&config, &Parts::real())
        .await
        .expect("the state");
    store
        .hand_over_log(&Actor::host(), &old, new.verifier())
        .await
        .expect("handed over");
    store.close().await;
    assert_eq!(key_of(&config).await, *new.verifier());
    assert!(!next.exists());
}

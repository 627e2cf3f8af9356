//! A recording as a bundle: who gets one, what is in it, and that it holds.

use std::io::Cursor;

use domain::{Actor, Clock as _};
use ledger::{KeyKind, SigningKey};
use recorder::bundle::TarFiles;
use recorder::verify::{Outcome, Report, Trust, verify_bundle};
use secrecy::SecretBox;
use store::EventFilter;

use super::recordings::{recorded, sealed};
use super::world::{Answer, World};

fn log_key() -> SigningKey {
    let seed = SecretBox::new(Box::new([7; 32]));
    SigningKey::from_seed("plant.example/log", KeyKind::Note, seed).unwrap()
}

pub(super) async fn sign(world: &World) {
    let key = log_key();
    let actor = Actor::system();
    world.store.begin_log(&actor, key.verifier()).await.unwrap();
    world.store.sign_checkpoint(&key).await.unwrap();
}

/// The names of the files in a bundle that is proven whole.
pub(super) fn proven(world: &World, answer: &Answer) -> Vec<String> {
    let (names, report) = verified(world, answer);
    assert_eq!(report.verdict(), Outcome::Proven, "{report:#?}");
    names
}

fn verified(world: &World, answer: &Answer) -> (Vec<String>, Report) {
    let mut files = TarFiles::find(Cursor::new(answer.body.to_vec())).unwrap();
    let names: Vec<String> = files.names().map(str::to_owned).collect();
    let trust = Trust {
        keys: vec![log_key().verifier().clone()],
        last_seen: None,
        max_age: Some(std::time::Duration::from_secs(60)),
        now: world.clock.now(),
        identities: Vec::new(),
    };
    let report = verify_bundle(&mut files, &names, &trust).unwrap();
    (names, report)
}

#[tokio::test]
async fn a_bundle_holds_and_its_opening_is_in_the_log() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let path = format!("/sessions/{session}/bundle.tar");
    world
        .get("arne", &path)
        .await
        .problem(409, "not_signed_yet");
    sign(&world).await;
    for (who, query) in [("arne", ""), ("audun", "?input=true")] {
        let answer = world.get(who, &format!("{path}{query}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-tar");
        let names = proven(&world, &answer);
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        assert!(has("recording/output.agekey"), "{names:?}");
        assert_eq!(has("recording/input.agekey"), who == "audun", "{names:?}");
    }
    let filter = EventFilter {
        actions: vec!["recording.opened".to_owned()],
        ..EventFilter::default()
    };
    let page = store::Page::default();
    let events = world.store.events(&filter, &page, false).await.unwrap();
    let openings: Vec<_> = events.items.iter().map(|event| &event.actor).collect();
    assert_eq!(openings, ["account/arne", "account/audun"]);
}

/// Whoever is told that a recording was altered takes home what is left, and the
/// verifier says what is not.
#[tokio::test]
async fn what_was_altered_is_taken_home_and_told() {
    let world = World::new().await;
    let session = sealed(&world).await;
    sign(&world).await;
    let dir = world.recorder.root().join(session.to_string()).join("0");
    let names = std::fs::read_dir(&dir).unwrap();
    let chunk = names
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains(".output.cast"))
        .unwrap();
    let mut stored = std::fs::read(&chunk).unwrap();
    *stored.last_mut().unwrap() ^= 1;
    std::fs::write(&chunk, stored).unwrap();
    let cast = format!("/sessions/{session}/recording.cast");
    world
        .get("audun", &cast)
        .await
        .problem(409, "recording_damaged");
    let bundle = format!("/sessions/{session}/bundle.tar");
    let answer = world.get("audun", &bundle).await;
    assert_eq!(answer.status, 200);
    let report = verified(&world, &answer).1;
    assert_eq!(report.verdict(), Outcome::Contradicted, "{report:#?}");

    // Without a list of its files there is nothing to go by.
    std::fs::write(dir.join("manifest.jsonl"), b"{}\n").unwrap();
    for path in [&cast, &bundle] {
        let problem = world.get("audun", path).await;
        problem.problem(409, "recording_unlisted");
    }
}

/// Whoever sees a recording is told why there is no bundle of it yet.
#[tokio::test]
async fn what_is_not_sealed_is_not_said_to_be_missing() {
    let world = World::new().await;
    let session = recorded(&world).await;
    sign(&world).await;
    let path = format!("/sessions/{session}/bundle.tar");
    world
        .get("audun", &path)
        .await
        .problem(409, "recording_not_sealed");
    world.get("asta", &path).await.problem(404, "not_found");
}

#[tokio::test]
async fn nobody_else_gets_one() {
    let world = World::new().await;
    let session = sealed(&world).await;
    sign(&world).await;
    let path = format!("/sessions/{session}/bundle.tar");
    for who in ["vera", "viktor", "olga", "adam"] {
        world.get(who, &path).await.problem(403, "not_allowed");
    }
    let typed = format!("{path}?input=true");
    world.get("arne", &typed).await.problem(403, "not_allowed");
    world.get("asta", &path).await.problem(404, "not_found");
    let other = format!("{path}?channel=1");
    world.get("audun", &other).await.problem(404, "not_found");
}

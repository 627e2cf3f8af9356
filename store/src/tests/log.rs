//! The transparency log: every event a leaf, nothing taken back, and what is
//! proven of it.

use std::time::Duration;

use domain::{Actor, Draft, SessionId};
use ledger::proof::{verify_consistency, verify_inclusion};
use ledger::{
    Checkpoint, Hash, KeyKind, Note, SigningKey, TilePath, VerifierKey, bundle, checkpoint,
    handover, leaf_hash, root_of,
};
use secrecy::SecretBox;
use serde_json::json;

use super::world::*;
use crate::{LogCheckpoint, LogFault, SealProof, Store, StoreError};

fn key(name: &str, seed: u8) -> SigningKey {
    let seed = SecretBox::new(Box::new([seed; 32]));
    SigningKey::from_seed(name, KeyKind::Note, seed).expect("a key")
}

pub(super) fn log() -> SigningKey {
    key("plant.example/log", 1)
}

async fn leaves(store: &Store) -> Vec<Vec<u8>> {
    let size = store.log_head().await.expect("a head").size;
    let mut leaves = Vec::new();
    for path in TilePath::all(size).filter(|path| path.nodes().is_empty()) {
        let bundle = store.log_tile(path).await.expect("read").expect("there");
        let entries = bundle::read(&bundle).expect("a bundle");
        leaves.extend(entries.into_iter().map(<[u8]>::to_vec));
    }
    leaves
}

async fn seal(world: &World, session: SessionId, channel: u32) {
    let draft = Draft::new("recording.sealed", "session", session)
        .after(json!({ "channel": channel, "root": Hash::of(b"root").to_hex() }));
    world
        .store
        .alarm(&Actor::system(), draft)
        .await
        .expect("sealed");
}

async fn many(world: &World, count: usize) {
    for number in 0..count {
        let draft = Draft::new("test.event", "number", number);
        world
            .store
            .alarm(&Actor::system(), draft)
            .await
            .expect("written");
    }
}

fn fault<T: std::fmt::Debug>(result: Result<T, StoreError>) -> LogFault {
    match result {
        Err(StoreError::Log(fault)) => fault,
        other => panic!("no fault of the log: {other:?}"),
    }
}

#[tokio::test]
async fn every_event_is_a_leaf_in_its_place() {
    let world = World::new().await;
    world.session("vera").await;
    let mut tx = world.store.write().await.expect("begun");
    tx.also(&Actor::system(), Draft::new("x.y", "x", 1))
        .await
        .expect("written");
    drop(tx);
    many(&world, 300).await;

    let store = &world.store;
    let head = store.log_head().await.expect("a head");
    assert_eq!(i64::try_from(head.size), Ok(world.last_event().await));
    let leaves = leaves(store).await;
    assert_eq!(leaves.len() as u64, head.size);
    assert_eq!(root_of(&leaves), head.root);
    for (seq, leaf) in (1..).zip(&leaves) {
        let event: serde_json::Value = serde_json::from_slice(leaf).expect("JSON");
        assert_eq!(event["seq"], json!(seq));
        assert_ne!(event["action"], "x.y", "dropped, so never written");
    }

    let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let tile = async |path: &str| {
        let tile = store.log_tile(path.parse().expect("a path")).await;
        tile.expect("read")
    };
    let bytes = |hashes: &[Hash]| hashes.iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
    assert_eq!(tile("0/000").await, Some(bytes(&hashes[..256])));
    assert_eq!(tile("0/000.p/7").await, Some(bytes(&hashes[..7])));
    assert_eq!(tile("0/001.p/9").await, Some(bytes(&hashes[256..265])));
    assert_eq!(
        tile("1/000.p/1").await,
        Some(root_of(&leaves[..256]).0.to_vec())
    );
    for beyond in [
        "0/001",
        "1/000.p/2",
        "2/000.p/1",
        "entries/001",
        "0/x001/000",
    ] {
        assert_eq!(tile(beyond).await, None, "{beyond}");
    }
}

#[tokio::test]
async fn nothing_of_it_is_changed_deleted_or_replaced() {
    let world = World::new().await;
    let key = log();
    world
        .store
        .begin_log(&Actor::system(), key.verifier())
        .await
        .expect("begun");
    world.store.sign_checkpoint(&key).await.expect("signed");
    for sql in [
        "UPDATE log_nodes SET hash = zeroblob(32)",
        "DELETE FROM log_nodes WHERE level = 0",
        "INSERT OR REPLACE INTO log_nodes VALUES (0, 0, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (0, 0, zeroblob(32)) ON CONFLICT DO UPDATE SET hash = zeroblob(32)",
        "UPDATE log_checkpoints SET root = zeroblob(32)",
        "UPDATE log_checkpoints SET size = size - 1",
        "DELETE FROM log_checkpoints",
        "REPLACE INTO log_checkpoints SELECT size, zeroblob(32), at, note FROM log_checkpoints",
        "UPDATE log_keys SET handover = 'x'",
        "DELETE FROM log_keys",
        "REPLACE INTO log_keys SELECT number, 'x', size, handover, at FROM log_keys",
        "REPLACE INTO log_keys (key, size, at) SELECT key, 0, 0 FROM log_keys",
    ] {
        let error = world.sql(sql).await.expect_err(sql).to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_checkpoint_is_signed_again_with_its_time_and_keeps_its_witnesses() {
    let world = World::new().await;
    let (store, key) = (&world.store, log());
    let witness = key_of_witness();
    let known = [witness.verifier().clone()];
    assert_eq!(store.latest_checkpoint().await.expect("read"), None);
    let told = store.checkpoints_signed();
    let first = store.sign_checkpoint(&key).await.expect("signed");
    assert!(told.has_changed().expect("open"));
    let head = store.log_head().await.expect("a head");
    assert_eq!((first.size, first.root), (head.size, head.root));
    assert_eq!(
        store.log_head().await.expect("a head"),
        head,
        "no event of its own"
    );
    let open = |signed: &LogCheckpoint| {
        checkpoint::open(signed.note.as_bytes(), key.verifier(), &known).expect("opened")
    };
    assert_eq!(open(&first).checkpoint.root, head.root);
    let seconds = START.as_millis() / 1000;
    assert_eq!(open(&first).signed_at, Some(seconds));

    let cosigned = witnessed(&first, &witness, seconds + 1);
    store
        .add_cosignatures(first.size, &cosigned)
        .await
        .expect("added");
    store
        .add_cosignatures(first.size, &cosigned)
        .await
        .expect("twice");
    let missing = store.add_cosignatures(first.size + 1, &cosigned).await;
    assert!(
        matches!(missing, Err(StoreError::NotFound(_))),
        "{missing:?}"
    );

    world.clock.pass(Duration::from_secs(60));
    let again = store.sign_checkpoint(&key).await.expect("signed");
    assert_eq!(
        (again.size, again.at),
        (first.size, domain::Clock::now(&*world.clock))
    );
    let opened = open(&again);
    assert_eq!(opened.signed_at, Some(seconds + 60));
    assert_eq!(opened.witnesses, [(known[0].clone(), seconds + 1)]);
    assert_eq!(store.latest_checkpoint().await.expect("read"), Some(again));

    many(&world, 1).await;
    let next = store.sign_checkpoint(&key).await.expect("signed");
    assert_eq!(next.size, first.size + 1);
    assert_eq!(open(&next).witnesses, []);
    let former = store.checkpoint_of(first.size).await.expect("read");
    assert_eq!(open(&former.expect("kept")).witnesses.len(), 1);
    assert_eq!(store.checkpoint_of(0).await.expect("read"), None);
}

fn key_of_witness() -> SigningKey {
    let seed = SecretBox::new(Box::new([9; 32]));
    SigningKey::from_seed("w.example", KeyKind::Timestamped, seed).expect("a key")
}

/// As a witness would answer.
fn witnessed(signed: &LogCheckpoint, witness: &SigningKey, at: u64) -> Vec<ledger::Signature> {
    let note = Note::parse(signed.note.as_bytes()).expect("a note");
    let request = ledger::witness::AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        note,
    };
    let accepted = ledger::witness::decide(
        &request,
        &[log().verifier().clone()],
        &ledger::witness::Seen::nothing(),
    );
    let answer = accepted.expect("accepted").answer(witness, at);
    let keys = [witness.verifier().clone()];
    checkpoint::cosignatures(&answer, request.note.text(), &keys).expect("good")
}

#[tokio::test]
async fn a_seal_is_proven_once_a_checkpoint_covers_it() {
    let world = World::new().await;
    let (store, key) = (&world.store, log());
    let (_, session) = world.session("vera").await;
    assert!(!store.seal_to_be_signed().await.expect("read"));
    assert!(matches!(
        store.seal_proof(session, 0).await,
        Err(StoreError::NotFound(_))
    ));
    seal(&world, session, 0).await;
    seal(&world, session, 1).await;
    many(&world, 10).await;
    assert!(store.seal_to_be_signed().await.expect("read"));
    assert_eq!(
        refused(store.seal_proof(session, 0).await),
        "not_signed_yet"
    );
    let first = store.sign_checkpoint(&key).await.expect("signed");
    assert!(!store.seal_to_be_signed().await.expect("read"));
    many(&world, 3).await;
    let newest = store.sign_checkpoint(&key).await.expect("signed");

    for channel in [0, 1] {
        let sealed = store.seal_proof(session, channel).await.expect("proven");
        assert_eq!(sealed.size, newest.size);
        let SealProof { seal: sealed, .. } = sealed;
        let leaf: serde_json::Value = serde_json::from_slice(&sealed.leaf).expect("JSON");
        assert_eq!(leaf["action"], "recording.sealed");
        assert_eq!(leaf["subject"], format!("session/{session}"));
        assert_eq!(leaf["after"]["channel"], channel);
        let opened = checkpoint::open(sealed.proof.checkpoint.as_bytes(), key.verifier(), &[]);
        let signed = opened.expect("opened").checkpoint;
        let (hash, proof) = (leaf_hash(&sealed.leaf), &sealed.proof);
        let held = verify_inclusion(hash, proof.index, signed.size, &proof.proof, &signed.root);
        assert_eq!(held, Ok(()));
    }
    assert!(store.seal_proof(session, 2).await.is_err());

    // One that a witness has signed says more, unless it is old.
    let cosigned = witnessed(&first, &key_of_witness(), 5);
    store
        .add_cosignatures(first.size, &cosigned)
        .await
        .expect("added");
    let sealed = store.seal_proof(session, 0).await.expect("proven");
    assert_eq!(sealed.size, first.size);
    assert!(sealed.seal.proof.checkpoint.contains("w.example"));
    world.clock.pass(HOUR);
    many(&world, 1).await;
    let later = store.sign_checkpoint(&key).await.expect("signed");
    let sealed = store.seal_proof(session, 0).await.expect("proven");
    assert_eq!(sealed.size, later.size);
}

#[tokio::test]
async fn the_log_is_proven_to_go_on() {
    let world = World::new().await;
    let mut roots = Vec::new();
    for _ in 0..20 {
        let head = world.store.log_head().await.expect("a head");
        roots.push((head.size, head.root));
        many(&world, 1).await;
    }
    for (old, old_root) in &roots {
        for (new, new_root) in &roots {
            let proof = world.store.consistency_proof(*old, *new).await;
            if new < old {
                assert_eq!(refused(proof), "bad_size");
                continue;
            }
            let proof = proof.expect("proven");
            let held = verify_consistency(*old, old_root, *new, new_root, &proof);
            assert_eq!(held, Ok(()), "{old} to {new}");
        }
    }
    let beyond = world.store.consistency_proof(1, 10_000).await;
    assert_eq!(refused(beyond), "bad_size");
}

/// What is done to the database, and how it is found out.
type Tampering = (&'static [&'static str], fn(LogFault) -> bool);

#[tokio::test]
async fn a_log_that_was_tampered_with_is_not_opened_and_not_signed() {
    let drop_triggers = [
        "DROP TRIGGER audit_is_never_deleted",
        "DROP TRIGGER audit_is_never_changed",
        "DROP TRIGGER log_nodes_are_never_deleted",
        "DROP TRIGGER log_nodes_are_never_changed",
    ];
    let cases: [Tampering; 4] = [
        (&["DELETE FROM audit WHERE seq > 20"], |fault| {
            matches!(fault, LogFault::OtherLength { events: 20, .. })
        }),
        (
            &[
                "DELETE FROM audit WHERE seq > 20",
                "DELETE FROM log_nodes WHERE ((n + 1) << level) > 20",
            ],
            |fault| matches!(fault, LogFault::RolledBack { leaves: 20, .. }),
        ),
        (
            &["UPDATE log_nodes SET hash = zeroblob(32) WHERE level = 5"],
            |fault| matches!(fault, LogFault::NotAsSigned { .. }),
        ),
        (&["DELETE FROM log_nodes WHERE level = 5"], |fault| {
            matches!(fault, LogFault::Missing { level: 5, .. })
        }),
    ];
    for (changes, expected) in cases {
        let world = World::new().await;
        many(&world, 40).await;
        world.store.sign_checkpoint(&log()).await.expect("signed");
        for sql in drop_triggers.iter().chain(changes) {
            world.sql(sql).await.expect(sql);
        }
        let running = world.store.sign_checkpoint(&log()).await;
        assert!(running.is_err() || changes.len() == 1, "{changes:?}");
        world.store.close().await;
        let opened = open(&world.dir, "vault.key", &world.clock, &world.random).await;
        let found = fault(opened);
        assert!(expected(found), "{changes:?}: {found:?}");
    }
}

#[tokio::test]
async fn an_event_that_was_changed_has_no_proof() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    seal(&world, session, 0).await;
    world.store.sign_checkpoint(&log()).await.expect("signed");
    world.store.seal_proof(session, 0).await.expect("proven");
    world
        .sql("DROP TRIGGER audit_is_never_changed")
        .await
        .expect("dropped");
    world
        .sql("UPDATE audit SET at = at + 1 WHERE action = 'recording.sealed'")
        .await
        .expect("changed");
    let changed = fault(world.store.seal_proof(session, 0).await);
    assert!(
        matches!(changed, LogFault::EventChanged { .. }),
        "{changed:?}"
    );
}

#[tokio::test]
async fn a_database_from_before_there_was_a_log_gets_one() {
    let mut world = World::new().await;
    many(&world, 2500).await;
    let head = world.store.log_head().await.expect("a head");
    world
        .sql("DROP TRIGGER log_nodes_are_never_deleted")
        .await
        .expect("dropped");
    world.sql("DELETE FROM log_nodes").await.expect("deleted");
    world.restart().await;
    assert_eq!(world.store.log_head().await.expect("a head"), head);
    many(&world, 3).await;
    world.restart().await;
    assert_eq!(
        root_of(leaves(&world.store).await),
        world.store.log_head().await.expect("a head").root
    );
}

#[tokio::test]
async fn a_key_hands_over_to_the_next_one() {
    let world = World::new().await;
    let (store, host) = (&world.store, Actor::host());
    let name = "plant.example/log";
    let (one, two, three) = (key(name, 1), key(name, 2), key(name, 3));
    assert_eq!(store.log_key().await.expect("read"), None);
    assert!(
        store
            .hand_over_log(&host, &one, two.verifier())
            .await
            .is_err()
    );
    assert!(
        store
            .replace_lost_log_key(&host, one.verifier())
            .await
            .is_err()
    );
    store.begin_log(&host, one.verifier()).await.expect("begun");
    assert_eq!(
        refused(store.begin_log(&host, two.verifier()).await),
        "other_key"
    );
    store.sign_checkpoint(&one).await.expect("signed");

    let before = store.log_head().await.expect("a head").size;
    store
        .hand_over_log(&host, &one, two.verifier())
        .await
        .expect("handed over");
    assert_eq!(
        store.log_key().await.expect("read").as_ref(),
        Some(two.verifier())
    );
    assert_eq!(
        world.happened(i64::try_from(before).expect("few")).await,
        ["log.key_changed"]
    );
    let old = store.hand_over_log(&host, &one, three.verifier()).await;
    assert_eq!(refused(old), "other_key");
    let back = store.hand_over_log(&host, &two, one.verifier()).await;
    assert_eq!(refused(back), "key_used_before");
    let elsewhere = key("another/log", 4);
    let other = store.hand_over_log(&host, &two, elsewhere.verifier()).await;
    assert_eq!(refused(other), "bad_handover");

    let notes = store.log_handovers().await.expect("read");
    let handovers = handover::open_all(&notes).expect("opened");
    let tenures = handover::tenures(one.verifier(), &handovers).expect("in order");
    let signed = store.sign_checkpoint(&two).await.expect("signed");
    handover::open_with(signed.note.as_bytes(), &tenures, &[]).expect("trusted");
    assert_eq!(refused(store.sign_checkpoint(&one).await), "other_key");
    let stolen = Checkpoint {
        origin: one.name().to_owned(),
        size: signed.size,
        root: signed.root,
        extensions: Vec::new(),
    };
    let stolen = stolen.sign(&one, 1).expect("signed").to_string();
    assert!(handover::open_with(stolen.as_bytes(), &tenures, &[]).is_err());

    // Without the old key nothing leads to the new one.
    let lost = store
        .replace_lost_log_key(&host, elsewhere.verifier())
        .await;
    assert_eq!(refused(lost), "other_key");
    store
        .replace_lost_log_key(&host, three.verifier())
        .await
        .expect("replaced");
    assert_eq!(store.log_handovers().await.expect("read"), notes);
    let current: VerifierKey = store.log_key().await.expect("read").expect("one");
    assert_eq!(&current, three.verifier());
}

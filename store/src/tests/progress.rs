//! What is committed to of a recording before its seal.

use domain::SessionId;
use ledger::leaf_hash;
use ledger::proof::verify_inclusion;
use serde_json::Value;

use super::log::log;
use super::world::World;
use crate::{RecordingEnd, RecordingSeal, UnsealedRecording};

const fn of(lines: u64, byte: u8) -> RecordingSeal {
    RecordingSeal {
        lines,
        root: [byte; 32],
    }
}

async fn begin(world: &World, session: SessionId, channel: u32) {
    let added = world
        .store
        .add_recording(session, channel, "shell", None, true);
    added.await.expect("added");
}

async fn seal(world: &World, session: SessionId, channel: u32, seal: RecordingSeal) {
    let end = RecordingEnd {
        exit: None,
        bytes_in: 0,
        bytes_out: 0,
        state: "complete",
        seal: Some(seal),
    };
    let finished = world.store.finish_recording(session, channel, &end);
    finished.await.expect("sealed");
}

#[tokio::test]
async fn only_what_is_new_and_not_sealed_is_committed_to() {
    let world = World::new().await;
    let store = &world.store;
    let (_, session) = world.session("vera").await;
    for channel in [0, 1] {
        begin(&world, session, channel).await;
    }
    let commit = async |channel, so_far| store.commit_progress(session, channel, so_far).await;
    let size = store.log_head().await.expect("a head").size;
    let no_chunk = commit(0, of(1, 1)).await.expect("looked");
    assert!(!no_chunk, "a manifest without a chunk");
    assert!(commit(0, of(3, 3)).await.expect("committed"));
    assert!(!commit(0, of(3, 3)).await.expect("looked"), "nothing new");
    assert!(commit(1, of(2, 9)).await.expect("committed"), "of another");
    assert!(commit(0, of(5, 5)).await.expect("committed"));
    assert_eq!(store.log_head().await.expect("a head").size, size + 3);
    let progress = store.progress_of(session, 0).await.expect("read");
    assert_eq!(progress, [of(3, 3), of(5, 5)]);

    let unsealed = store.unsealed_recordings().await.expect("read");
    let committed = unsealed.iter().map(|one: &UnsealedRecording| {
        assert_eq!(one.session, session);
        (one.channel, one.committed)
    });
    assert_eq!(committed.collect::<Vec<_>>(), [(0, 5), (1, 2)]);

    seal(&world, session, 0, of(9, 9)).await;
    let late = commit(0, of(8, 8)).await.expect("looked");
    assert!(!late, "after its seal");
    assert!(commit(7, of(2, 2)).await.is_err(), "of none");
}

/// A bundle takes it along, under one checkpoint.
#[tokio::test]
async fn each_is_proven_with_the_seal() {
    let world = World::new().await;
    let store = &world.store;
    let (_, session) = world.session("vera").await;
    for channel in [0, 1] {
        begin(&world, session, channel).await;
    }
    for (channel, lines) in [(0, 2), (1, 4), (0, 3)] {
        let committed = store.commit_progress(session, channel, of(lines, 7));
        committed.await.expect("committed");
    }
    seal(&world, session, 0, of(4, 4)).await;
    let signed = store.sign_checkpoint(&log()).await.expect("signed");
    let proven = store.seal_proof(session, 0).await.expect("proven");
    let mut said = Vec::new();
    for event in &proven.progress {
        let proof = &event.proof;
        assert_eq!(proof.checkpoint, proven.seal.proof.checkpoint);
        let hash = leaf_hash(&event.leaf);
        let held = verify_inclusion(hash, proof.index, signed.size, &proof.proof, &signed.root);
        assert_eq!(held, Ok(()));
        let leaf: Value = serde_json::from_slice(&event.leaf).expect("JSON");
        assert_eq!(leaf["action"], "recording.progress");
        assert_eq!(leaf["subject"], format!("session/{session}"));
        assert_eq!(leaf["after"]["root"], "07".repeat(32));
        said.push(leaf["after"]["lines"].as_u64().expect("lines"));
    }
    assert_eq!(said, [2, 3]);
}

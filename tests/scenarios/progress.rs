//! A recording is committed to in the log while it runs.

use std::fs;
use std::process::Command;
use std::time::Duration;

use admin_api::dto::AuditEvent;
use harness::api::Person;
use harness::binary::program;
use harness::client::{Client, Live};
use harness::tools::{Tool, workspace};
use harness::world::World;

/// A session of half an hour, from its first keystroke to what two verifiers say.
#[tokio::test]
async fn a_long_session_is_committed_to_while_it_runs() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let mut client = Client::ssh(&world.door().await, &["-tt"], None).start();
    let audun = world.person("audun").await;
    let mut lines = Vec::new();
    for number in 1..=2 {
        type_into_a_chunk(&world, &mut client, number).await;
        world.clock.advance(Duration::from_secs(10 * 60));
        lines = committed(&audun, number).await;
    }
    // Nothing new: nothing to commit to, however long it takes.
    world.clock.advance(Duration::from_secs(10 * 60));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(committed(&audun, 2).await, lines);
    assert!(lines.is_sorted(), "{lines:?}");
    client.send("exit\n").await;
    client.end(Duration::from_secs(20)).await;
    let session = world.closed().await;

    let mut bundle = audun.bundle(&session.id, "?input=true").await;
    for _ in 0..100 {
        if bundle.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        bundle = audun.bundle(&session.id, "?input=true").await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let tar = dir.path().join("visit.tar");
    fs::write(&tar, bundle.expect("a bundle")).expect("written");
    let log_key = world.running().store.log_key().await.expect("read");
    let key = log_key.expect("a key").to_string();
    let program = Command::new(program())
        .arg("verify")
        .arg(&tar)
        .args(["--key", &key])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&program.stdout);
    assert_eq!(program.status.code(), Some(0), "{program:?}");
    assert!(said.contains("the log committed to it 2 times"), "{said}");
    let python = Command::new(Tool::Asyncssh.path())
        .arg(workspace().join("tests/python/verify_bundle.py"))
        .arg(&tar)
        .args(["--key", &key])
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&python.stdout);
    assert_eq!(python.status.code(), Some(0), "{python:?}");
    assert!(said.contains("the log committed to it 2 times"), "{said}");
}

/// Has something shown, and waits until it is in a chunk.
async fn type_into_a_chunk(world: &World, client: &mut Live, number: usize) {
    client
        .send(&format!("echo line-$((40 + {number}))\n"))
        .await;
    client.expect(&format!("line-{}", 40 + number)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = chunks(world);
    world.clock.advance(Duration::from_secs(31));
    for _ in 0..200 {
        if chunks(world) > before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("what was shown comes into no chunk");
}

fn chunks(world: &World) -> usize {
    let sessions = fs::read_dir(world.recordings()).expect("recordings");
    let manifests = sessions.map(|entry| entry.expect("an entry").path().join("0/manifest.jsonl"));
    manifests
        .map(|manifest| {
            fs::read_to_string(manifest)
                .expect("a manifest")
                .lines()
                .count()
        })
        .sum()
}

/// To how many lines the log has committed, once it has so often.
async fn committed(audun: &Person, times: usize) -> Vec<u64> {
    let session = audun.last_session().await.id;
    let query = format!("&action=recording.progress&subject=session/{session}");
    for _ in 0..200 {
        let events = audun.audit(&query).await;
        if events.len() >= times {
            return events.iter().map(lines).collect();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the log has not committed to it {times} times");
}

fn lines(event: &AuditEvent) -> u64 {
    let after = event.after.as_ref().expect("what is committed to");
    assert_eq!(after["channel"], 0);
    assert_eq!(after["root"].as_str().expect("a root").len(), 64);
    after["lines"].as_u64().expect("a count")
}

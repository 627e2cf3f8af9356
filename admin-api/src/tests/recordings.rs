//! Who opens a recording, and that it is in the log before they read it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use domain::SessionId;
use recorder::{Finished, Header, KeepOutput, Stream};
use store::{EventFilter, RecordingEnd, RecordingSeal};

use super::world::{Answer, World};

/// A session in which vera typed something and the asset answered.
pub(super) async fn recorded(world: &World) -> SessionId {
    recorded_showing(world, &["up 3 days"]).await
}

async fn recorded_showing(world: &World, shown: &[&str]) -> SessionId {
    record(world, shown).await.0
}

/// The same, sealed.
pub(super) async fn sealed(world: &World) -> SessionId {
    let (session, finished) = record(world, &["up 3 days"]).await;
    let end = RecordingEnd {
        exit: finished.exit,
        bytes_in: finished.bytes_in,
        bytes_out: finished.bytes_out,
        state: "complete",
        seal: Some(RecordingSeal {
            lines: finished.seal.lines,
            root: finished.seal.root,
        }),
    };
    let stored = world.store.finish_recording(session, 0, &end);
    stored.await.unwrap();
    session
}

/// Of a channel on which vera runs a command.
pub(super) fn header(world: &World, session: SessionId, channel: u32) -> Header {
    Header {
        session,
        channel,
        started: domain::Clock::now(&*world.clock),
        title: "vera on plc-7".to_owned(),
        command: Some("uptime".to_owned()),
        terminal: None,
        keep: KeepOutput::Everything,
        env: BTreeMap::new(),
    }
}

async fn record(world: &World, shown: &[&str]) -> (SessionId, Finished) {
    let session = world.session("vera").await;
    let added = world
        .store
        .add_recording(session, 0, "exec", Some("uptime"), false);
    added.await.unwrap();
    let header = header(world, session, 0);
    let (input, _tail, output) = world.recorder.open(header).await.unwrap().split();
    input
        .append(Bytes::from_static(b"typed-secret"))
        .await
        .unwrap();
    for part in shown {
        output.ready().await.unwrap();
        let part = Bytes::copy_from_slice(part.as_bytes());
        output.write(Stream::Out, part).unwrap();
    }
    let finished = output.finish().await.unwrap();
    (session, finished)
}

pub(super) async fn openings(world: &World) -> Vec<(String, String)> {
    let filter = EventFilter {
        actions: vec!["recording.opened".to_owned()],
        ..EventFilter::default()
    };
    let page = store::Page::default();
    let events = world.store.events(&filter, &page, false).await.unwrap();
    let events = events.items.into_iter();
    events.map(|event| (event.actor, event.subject)).collect()
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn those_entitled_open_it_and_each_opening_is_logged() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let path = format!("/sessions/{session}/recording.cast");
    for who in ["audun", "arne"] {
        let answer = world.get(who, &path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-asciicast");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let cast = text(&answer);
        assert!(
            cast.starts_with('{') && cast.contains("up 3 days"),
            "{cast}"
        );
        assert!(!cast.contains("typed-secret"), "{cast}");
    }
    let subject = format!("session/{session}");
    let opened = |who: &str| (format!("account/{who}"), subject.clone());
    assert_eq!(openings(&world).await, [opened("audun"), opened("arne")]);
}

#[tokio::test]
async fn what_was_typed_is_for_auditors() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let path = format!("/sessions/{session}/recording.cast?input=true");
    world.get("arne", &path).await.problem(403, "not_allowed");
    assert_eq!(openings(&world).await, []);
    let answer = world.get("audun", &path).await;
    assert_eq!(answer.status, 200);
    assert!(text(&answer).contains("typed-secret"));
    assert_eq!(openings(&world).await.len(), 1);
}

#[tokio::test]
async fn nobody_else_opens_it() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let path = format!("/sessions/{session}/recording.cast");
    for who in ["vera", "viktor", "olga", "adam"] {
        world.get(who, &path).await.problem(403, "not_allowed");
    }
    world.get("asta", &path).await.problem(404, "not_found");
    let other = format!("{path}?channel=1");
    world.get("audun", &other).await.problem(404, "not_found");
    assert_eq!(openings(&world).await, []);
}

#[tokio::test]
async fn a_recording_without_its_file_is_told_and_not_called_opened() {
    let world = World::new().await;
    let session = recorded(&world).await;
    std::fs::remove_dir_all(world.recorder.root()).unwrap();
    let path = format!("/sessions/{session}/recording.cast");
    world
        .get("audun", &path)
        .await
        .problem(404, "recording_missing");
    assert_eq!(openings(&world).await, []);
}

/// Larger than one piece, and read only as fast as the caller takes it.
#[tokio::test]
async fn a_long_recording_is_sent_whole() {
    let world = World::new().await;
    let line = "a line of output, which is one of very many\r\n".repeat(500);
    let session = recorded_showing(&world, &vec![line.as_str(); 40]).await;
    let answer = world
        .get("audun", &format!("/sessions/{session}/recording.cast"))
        .await;
    let cast = text(&answer);
    assert!(cast.len() > 20_000 * 40, "{}", cast.len());
    assert_eq!(cast.matches("a line of output").count(), 20_000);
}

/// What is not what was recorded is not taken for it.
#[tokio::test]
async fn a_damaged_recording_is_not_shown() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let dir = recorder::archive::recording_dir(world.recorder.root(), session, 0);
    let chunk = dir.join("000000.output.cast.zst.age");
    let mut bytes = std::fs::read(&chunk).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&chunk, bytes).unwrap();
    let path = format!("/sessions/{session}/recording.cast");
    let answer = world.get("audun", &path).await;
    answer.problem(409, "recording_damaged");
    assert_eq!(openings(&world).await, []);
}

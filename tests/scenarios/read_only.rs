//! A file system that becomes read-only, as a failing disk often does: nothing passes
//! unrecorded, nobody gets in, everybody is told, and all is well when it is writable
//! again.

use std::fs;
use std::time::Duration;

use admin_api::dto::{Health, RecorderState};
use harness::api::Person;
use harness::binary::Room;
use harness::cast::Cast;
use harness::cli::Typist;
use harness::client::Client;
use harness::tools::Tool;

use crate::process::Story;

/// Until it is shown as that, for ten seconds at most.
async fn shown(audun: &Person, state: &str) -> RecorderState {
    for _ in 0..200 {
        let health: Health = audun.get("health").await.expect("shown");
        if health.recordings == state {
            return audun.get("recorder").await.expect("shown");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is never shown as {state}");
}

/// Until that is the newest word of the recorder's trouble in the audit log, for ten
/// seconds at most; gives its reason.
async fn told(audun: &Person, action: &str) -> String {
    for _ in 0..200 {
        let mut events = audun.audit("&action=recorder").await;
        events.retain(|event| event.action != "recorder.space_changed");
        match events.pop() {
            Some(last) if last.action == action => return last.reason.unwrap_or_default(),
            Some(_) | None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("no {action} is told");
}

async fn all_is_well_but(name: &str) {
    if Tool::Tmpfs.left_out() {
        return;
    }
    let story = Story::begin(Room::Mounts).await;
    let audun = story.binary.api().person("audun").await;
    let doctor = Typist::at(&story.binary, "audun").await;
    doctor.works("doctor").await;

    // One who types all the time.
    let reached = story.asset.home().join("reached");
    let command = format!("echo ready; cat > '{}'", reached.display());
    let mut client = Client::ssh(&story.door().await, &[], Some(&command)).start();
    client.expect("ready").await;
    let mut lines = 0;
    let mut gone = false;
    for n in 0..100 {
        if n == 20 {
            story.binary.read_only(name, true);
        }
        lines += 1;
        if client.try_send(&format!("line {n}\n")).await.is_err() {
            gone = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // It is shown everywhere, and told.
    let state = shown(&audun, "trouble").await;
    let why = state.trouble.expect("why");
    let directory = story.binary.data().join(name);
    assert!(why.contains(&directory.display().to_string()), "{why}");
    assert!(why.contains("Read-only file system"), "{why}");
    let (_, metrics) = audun.read("metrics").await;
    assert!(
        metrics.contains("drawbridge_recorder_trouble 1\n"),
        "{metrics}"
    );
    let typed = doctor.types("doctor").await;
    assert_eq!(typed.status, 69, "{typed:?}");
    assert!(
        typed.stdout.contains("sessions can't be recorded"),
        "{typed:?}"
    );
    assert!(
        told(&audun, "recorder.in_trouble")
            .await
            .contains("Read-only")
    );

    // Nobody gets in, and they are told why.
    let before = story.asset.logins();
    let refused = Client::ssh(&story.door().await, &[], Some("echo inside"))
        .run()
        .await;
    assert_ne!(refused.status, Some(0), "{refused:?}");
    assert_eq!(refused.text(), "", "{refused:?}");
    assert!(refused.stderr.contains("can't be recorded"), "{refused:?}");
    assert_eq!(story.asset.logins(), before, "the asset was dialled");

    // The one who was in: what reached the asset is recorded, to the last byte.
    client.close_stdin();
    client.end(Duration::from_secs(30)).await;
    story.binary.read_only(name, false);
    assert!(shown(&audun, "ample").await.trouble.is_none());
    told(&audun, "recorder.works_again").await;
    let (_, metrics) = audun.read("metrics").await;
    assert!(
        metrics.contains("drawbridge_recorder_trouble 0\n"),
        "{metrics}"
    );
    doctor.works("doctor").await;
    let first = audun.sessions().await.pop().expect("the first session");
    let query = format!("&action=recording.sealed&subject=session/{}", first.id);
    for _ in 0..200 {
        if !audun.audit(&query).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let text = audun
        .cast(&first.id, "?input=true")
        .await
        .expect("a recording");
    let recorded = Cast::read(&text).input();
    let reached = fs::read(&reached).expect("what reached the asset");
    assert!(reached.starts_with(b"line 0\n"), "nothing reached it");
    assert!(
        recorded.starts_with(&reached),
        "{name}: {} bytes reached the asset, {} are recorded; {lines} lines, gone: {gone}",
        reached.len(),
        recorded.len()
    );

    // And the next one gets in.
    let outcome = Client::ssh(&story.door().await, &[], Some("echo inside"))
        .run()
        .await;
    assert_eq!(outcome.text(), "inside\n", "{outcome:?}");
}

#[tokio::test]
async fn the_recordings_directory_becomes_read_only() {
    all_is_well_but("recordings").await;
}

#[tokio::test]
async fn the_write_ahead_log_s_directory_becomes_read_only() {
    all_is_well_but("wal").await;
}

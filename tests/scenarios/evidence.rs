//! Recorded before forwarded. When the recording can't go on, nothing does, and
//! nothing unrecorded has reached the asset.

use std::fs;
use std::time::Duration;

use harness::cast::Cast;
use harness::client::Client;
use harness::disk::Fault;
use harness::world::World;

/// Types numbered lines into a file on the asset until the session closes on a
/// fault; compares what reached the asset with what the recording holds.
async fn nothing_unrecorded_passes(fault: Fault) {
    let world = World::new().await;
    let door = world.door().await;
    let reached = world.asset.home().join("reached");
    let command = format!("cat > '{}'", reached.display());
    let mut client = Client::ssh(&door, &[], Some(&command)).start();
    for n in 0..50 {
        client.send(&format!("before-{n}\n")).await;
    }
    wait_for(&reached, "before-49\n").await;
    world.disk.set(fault);
    // The client may be gone in the middle of this.
    for n in 0..50 {
        if client.try_send(&format!("after-{n}\n")).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outcome = client.end(Duration::from_secs(10)).await;
    assert_ne!(outcome.status, Some(0), "{fault:?}: {outcome:?}");
    assert!(
        outcome.stderr.contains("can't be recorded"),
        "{fault:?}: {outcome:?}"
    );
    let session = world.closed().await;
    assert_eq!(
        session.closed.expect("closed").code,
        "recording_failed",
        "{fault:?}"
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    let reached = fs::read_to_string(&reached).expect("what reached the asset");
    assert!(
        !reached.contains("after-"),
        "{fault:?}: unrecorded input reached the asset: {reached}"
    );
    // The disk works again: what is there can be read, and is all of what passed.
    world.disk.set(Fault::None);
    let audun = world.person("audun").await;
    let query = format!("&action=recording.sealed&subject=session/{}", session.id);
    for _ in 0..100 {
        if !audun.audit(&query).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let cast = Cast::read(
        &audun
            .cast(&session.id, "?input=true")
            .await
            .expect("the recording"),
    );
    let recorded = String::from_utf8(cast.input()).expect("text");
    assert!(
        recorded.starts_with(&reached),
        "{fault:?}: {reached:?} is not in {recorded:?}"
    );
}

async fn wait_for(path: &std::path::Path, text: &str) {
    for _ in 0..400 {
        if fs::read_to_string(path).is_ok_and(|all| all.contains(text)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{text:?} never reached the asset");
}

#[tokio::test]
async fn a_disk_that_refuses_writes() {
    nothing_unrecorded_passes(Fault::Write).await;
}

#[tokio::test]
async fn a_disk_that_can_make_nothing_durable() {
    nothing_unrecorded_passes(Fault::Sync).await;
}

#[tokio::test]
async fn a_full_disk() {
    nothing_unrecorded_passes(Fault::Full).await;
}

#[tokio::test]
async fn a_disk_that_takes_half_of_each_write_is_no_fault() {
    let world = World::new().await;
    world.disk.set(Fault::Short);
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("cat"))
        .run_with(b"one two three\n")
        .await;
    assert_eq!(outcome.text(), "one two three\n", "{outcome:?}");
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let cast = Cast::read(
        &audun
            .cast(&session.id, "?input=true")
            .await
            .expect("the recording"),
    );
    assert_eq!(
        (cast.output(), cast.input()),
        (b"one two three\n".to_vec(), b"one two three\n".to_vec())
    );
}

#[tokio::test]
async fn no_recording_no_session() {
    let world = World::new().await;
    world.disk.set(Fault::Create);
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    assert_eq!(outcome.text(), "", "{outcome:?}");
    assert!(outcome.stderr.contains("can't be recorded"), "{outcome:?}");
    assert_eq!(world.asset.logins(), 0);
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "recording_failed"
    );
}

#[tokio::test]
async fn a_removed_directory() {
    let world = World::new().await;
    let door = world.door().await;
    let reached = world.asset.home().join("reached");
    let command = format!("cat > '{}'", reached.display());
    let mut client = Client::ssh(&door, &[], Some(&command)).start();
    client.send("before\n").await;
    wait_for(&reached, "before\n").await;
    // A segment that is made meanwhile is in the way for a moment.
    while fs::remove_dir_all(world.log()).is_err() {}
    for n in 0..50 {
        if client.try_send(&format!("after-{n}\n")).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outcome = client.end(Duration::from_secs(10)).await;
    assert!(outcome.stderr.contains("can't be recorded"), "{outcome:?}");
    assert_eq!(fs::read_to_string(&reached).expect("it"), "before\n");
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "recording_failed"
    );
}

/// Each keystroke waits for the disk, and none is lost or goes first.
#[tokio::test]
async fn a_slow_disk_is_waited_for() {
    let world = World::new().await;
    world.disk.set(Fault::Slow);
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], Some("cat")).start();
    for n in 0..20 {
        client.send(&format!("line-{n}\r")).await;
        client.expect(&format!("line-{n}")).await;
    }
    client.send("\u{4}").await;
    client.end(Duration::from_secs(10)).await;
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let cast = audun.cast(&session.id, "?input=true").await;
    let typed = String::from_utf8(Cast::read(&cast.expect("the recording")).input());
    let typed = typed.expect("text");
    assert!((0..20).all(|n| typed.contains(&format!("line-{n}\r"))));
}

/// Chunks can't be made any more, while the log still works: the session ends, and
/// what was durable is sealed as soon as chunks can be made again.
#[tokio::test]
async fn a_directory_made_read_only() {
    let world = World::new().await;
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], Some("yes")).start_unheard();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.disk.set(Fault::Create);
    let ended = tokio::time::timeout(Duration::from_secs(10), client.wait()).await;
    assert!(ended.is_ok(), "it goes on without chunks");
    let session = world.closed().await;
    assert_eq!(session.closed.expect("closed").code, "recording_failed");
    world.disk.set(Fault::None);
    let audun = world.person("audun").await;
    let query = format!("&action=recording.sealed&subject=session/{}", session.id);
    for _ in 0..100 {
        if let [sealed] = &audun.audit(&query).await[..] {
            let after = sealed.after.as_ref().expect("what was sealed");
            assert_eq!(after["state"], "interrupted");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it was never sealed");
}

/// Output that can't be recorded: reading from the asset stops as well.
#[tokio::test]
async fn a_flood_from_the_asset_ends_with_the_recording() {
    let world = World::new().await;
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], Some("yes")).start_unheard();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.disk.set(Fault::Full);
    let ended = tokio::time::timeout(Duration::from_secs(3), client.wait()).await;
    assert!(ended.is_ok(), "it goes on unrecorded");
    assert_eq!(
        world.closed().await.closed.expect("closed").code,
        "recording_failed"
    );
}

/// Another session's recording is not touched by it.
#[tokio::test]
async fn the_server_goes_on() {
    let world = World::new().await;
    let grant = world.grant(Duration::from_secs(3600)).await;
    let vera = world.person("vera").await;
    world.disk.set(Fault::Create);
    Client::ssh(&vera.door(&grant).await, &[], Some("echo one"))
        .run()
        .await;
    world.disk.set(Fault::None);
    let outcome = Client::ssh(&vera.door(&grant).await, &[], Some("echo two"))
        .run()
        .await;
    assert_eq!(outcome.text(), "two\n");
}

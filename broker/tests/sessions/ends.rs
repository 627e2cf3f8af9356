//! How sessions end, and that they do.

use std::fs;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::Actor;
use drawbridge_broker::BrokerError;
use store::Scope;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::failing::FailingDisk;
use crate::support::{Wishes, World};
use crate::{SOON, expect, now, reason, run, text};

/// A session that is ended from the plant, and how long that took.
async fn ended_by_plant(world: &World, mut child: Child, told: &str) -> Output {
    expect(&mut child, "running").await;
    let began = now();
    world
        .store
        .revoke(&Actor::host(), world.grant(), "the unit must start")
        .await
        .expect("revoked");
    let row = world.closed().await;
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(row.closed.expect("closed").reason.code(), "grant_revoked");
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    let seen = text(&output.stdout) + &text(&output.stderr);
    assert!(seen.contains(told), "{seen}");
    assert_eq!(output.status.code(), Some(255));
    output
}

const REVOKED: &str = "The plant has revoked your access and the session is closed.";

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_ends_a_terminal_within_a_second() {
    let world = World::start().await;
    let mut ssh = world.ssh(&["-tt"], &["echo running; sleep 60"]).await;
    let child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    ended_by_plant(&world, child, REVOKED).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_ends_a_command_and_its_output_stays_clean() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["echo running; sleep 60"]).await;
    let child = ssh.spawn().expect("ssh runs");
    let output = ended_by_plant(&world, child, REVOKED).await;
    assert!(output.stdout.is_empty(), "{output:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_ends_a_flood_that_nobody_reads() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["echo running; yes"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = now();
    world
        .store
        .revoke(&Actor::host(), world.grant(), "the unit must start")
        .await
        .expect("revoked");
    world.closed().await;
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_broker_tells_and_closes_its_sessions() {
    let world = World::start().await;
    let mut ssh = world.ssh(&["-tt"], &["echo running; sleep 60"]).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    world.shutdown.cancel();
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    assert!(
        text(&output.stdout).contains("The access broker is being stopped"),
        "{output:?}"
    );
    assert_eq!(reason(&world).await, "broker_stopped");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_no_longer_sees_the_plant_s_decisions_closes_everything() {
    let world = World::start().await;
    // Without a channel, so that nothing asks for the time but who looks for decisions.
    let mut ssh = world.ssh(&["-N"], &[]).await;
    let _child = ssh.spawn().expect("ssh runs");
    let opened = async {
        while world.sessions().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    timeout(SOON, opened).await.expect("a session");
    world.clock.fail_once();
    assert_eq!(reason(&world).await, "broker_stopped");
    let ended = timeout(SOON, world.running).await.expect("in time");
    let error = ended.expect("no panic").expect_err("it says why");
    assert!(matches!(error, BrokerError::Blind(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_who_is_killed_leaves_a_closed_session() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["echo running; sleep 60"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    child.kill().await.expect("killed");
    assert_eq!(reason(&world).await, "vendor_left");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_who_stops_answering_is_let_go() {
    let mut wishes = Wishes::default();
    wishes.limits.keepalive = Duration::from_millis(300);
    let world = World::with(wishes).await;
    let mut ssh = world.ssh(&[], &["echo running; sleep 60"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    // One who is only idle stays.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(world.sessions().await[0].closed.is_none());
    let pid = child.id().expect("it runs").to_string();
    let stopped = Command::new("kill")
        .args(["-STOP", &pid])
        .status()
        .await
        .expect("kill runs");
    assert!(stopped.success());
    let closed = world.closed().await.closed.expect("closed");
    assert_eq!(closed.reason.code(), "vendor_left");
    assert!(closed.note.is_some_and(|note| note.contains("silent")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_whose_connection_breaks_is_to_blame() {
    let world = World::start().await;
    let mut ssh = world
        .ssh(
            &[],
            &["echo running; sleep 1; kill -9 $(ps -o ppid= -p $$)"],
        )
        .await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    assert!(
        text(&output.stderr).contains("The asset closed the connection."),
        "{output:?}"
    );
    assert_eq!(reason(&world).await, "target_closed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_recording_nothing_is_dialled() {
    let disk = FailingDisk::new();
    let world = World::with(Wishes {
        disk: Arc::new(disk.clone()),
        ..Wishes::default()
    })
    .await;
    disk.fail_creation();
    let output = run(&mut world.ssh(&[], &["true"]).await).await;
    assert!(
        text(&output.stderr).contains("can't be recorded"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(world.sshd.connections(), 0);
    assert_eq!(reason(&world).await, "recording_failed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_fails_stops_input_at_once() {
    let disk = FailingDisk::new();
    let world = World::with(Wishes {
        disk: Arc::new(disk.clone()),
        ..Wishes::default()
    })
    .await;
    let got = world.directory.path().join("got");
    let mut ssh = world
        .ssh(&[], &[&format!("echo running; cat > {}", got.display())])
        .await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"recorded\n").await.expect("written");
    while fs::read(&got).unwrap_or_default() != b"recorded\n" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    disk.fail_writes();
    stdin.write_all(b"unrecorded\n").await.expect("written");
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    assert!(
        text(&output.stderr).contains("can't be recorded"),
        "{output:?}"
    );
    assert_eq!(reason(&world).await, "recording_failed");
    assert_eq!(
        fs::read(&got).expect("a file"),
        b"recorded\n",
        "unrecorded input got through"
    );
    let row = world.closed().await;
    let recordings = world
        .store
        .recordings_of(&Scope::All, row.id)
        .await
        .expect("rows");
    assert_eq!(recordings[0].state, "failed");
    world.stop().await;
}

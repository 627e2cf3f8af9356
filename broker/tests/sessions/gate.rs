//! The gate: the lobby, input that is paused, input that nobody watches.

use std::process::Stdio;
use std::time::Duration;

use domain::{Actor, SessionId};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};
use tokio::time::timeout;

use crate::support::{Wishes, World, name};
use crate::{SOON, expect, text};

const LOBBY: &str = "The control room has been told that you are here. Wait until you are let in.";
const PAUSED: &str = "Input is paused by the control room: what you type goes nowhere.";

/// Longer than a change takes to be noticed.
const A_WHILE: Duration = Duration::from_millis(1200);

fn arne() -> Actor {
    Actor::account(name("arne"), "127.0.0.1")
}

async fn in_zone(zone: &'static str) -> World {
    let wishes = Wishes {
        zone,
        ..Wishes::default()
    };
    World::with(wishes).await
}

async fn start(world: &World, options: &[&str], command: &[&str]) -> (Child, ChildStdin) {
    let mut ssh = world.ssh(options, command).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let stdin = child.stdin.take().expect("a pipe");
    (child, stdin)
}

async fn newest(world: &World) -> SessionId {
    for _ in 0..200 {
        if let Some(row) = world.sessions().await.first() {
            return row.id;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no session begins");
}

async fn ended(child: Child) -> String {
    let output = timeout(SOON, child.wait_with_output()).await;
    let output = output.expect("in time").expect("ended");
    text(&output.stdout) + &text(&output.stderr)
}

async fn type_in(stdin: &mut ChildStdin, keys: &str) {
    stdin.write_all(keys.as_bytes()).await.expect("typed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_dialled_before_the_vendor_is_let_in() {
    let world = in_zone("let_in = true").await;
    let (mut child, mut stdin) = start(&world, &["-tt"], &[]).await;
    expect(&mut child, LOBBY).await;
    type_in(&mut stdin, "echo too-$((3 + 4))-early\n").await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(world.sshd.connections(), 0);

    let id = newest(&world).await;
    world
        .store
        .let_session_in(&arne(), id, None)
        .await
        .expect("let in");
    expect(&mut child, "Connected to plc-7").await;
    type_in(&mut stdin, "echo in-$((3 + 4))-time; exit\n").await;
    expect(&mut child, "in-7-time").await;
    assert!(!ended(child).await.contains("too-7-early"));
    assert_eq!(world.sshd.logins(), 1);
    world.closed().await;
    let cast = world.cast(id);
    assert!(cast.contains("You have been let in."), "{cast}");
    assert!(
        cast.contains("input in the lobby, not sent: 26 bytes"),
        "{cast}"
    );
    assert!(!cast.contains("too-7-early"), "{cast}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_the_lobby_waits_with_its_input() {
    let world = in_zone("let_in = true").await;
    let (child, mut stdin) = start(&world, &[], &["cat"]).await;
    type_in(&mut stdin, "all of it").await;
    drop(stdin);
    let id = newest(&world).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(world.sshd.connections(), 0);
    world
        .store
        .let_session_in(&arne(), id, None)
        .await
        .expect("let in");
    let seen = ended(child).await;
    assert!(seen.contains("all of it"), "{seen}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_never_let_in_leaves_a_whole_recording() {
    let world = in_zone("let_in = true").await;
    let (mut child, stdin) = start(&world, &["-tt"], &[]).await;
    expect(&mut child, LOBBY).await;
    world
        .store
        .revoke(&Actor::host(), world.grant(), "not today")
        .await
        .expect("revoked");
    let row = world.closed().await;
    assert_eq!(row.closed.expect("closed").reason.code(), "grant_revoked");
    assert!(ended(child).await.contains("revoked your access"));
    drop(stdin);
    let cast = world.cast(row.id);
    assert!(cast.contains(LOBBY), "{cast}");
    assert_eq!(world.sshd.connections(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_while_paused_never_runs() {
    let world = in_zone("").await;
    let (mut child, mut stdin) = start(&world, &["-tt"], &[]).await;
    type_in(&mut stdin, "echo be-$((3 + 4))-fore\n").await;
    expect(&mut child, "be-7-fore").await;
    let id = newest(&world).await;
    world
        .store
        .pause_input(&arne(), id, Some("look at the valve"))
        .await
        .expect("paused");
    expect(&mut child, PAUSED).await;
    let marker = world.directory.path().join("ran");
    type_in(&mut stdin, &format!("touch {}\n", marker.display())).await;
    expect(&mut child, PAUSED).await;
    tokio::time::sleep(A_WHILE).await;
    world
        .store
        .resume_input(&arne(), id, None)
        .await
        .expect("resumed");
    expect(&mut child, "Input flows again.").await;
    type_in(&mut stdin, "echo af-$((3 + 4))-ter; exit\n").await;
    expect(&mut child, "af-7-ter").await;
    ended(child).await;
    assert!(!marker.exists(), "it ran");
    world.closed().await;
    let cast = world.cast(id);
    assert!(cast.contains("input while paused, not sent: "), "{cast}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_input_that_was_paused_arrives_whole() {
    let world = in_zone("").await;
    let (mut child, mut stdin) = start(&world, &[], &["echo ready; sha256sum"]).await;
    expect(&mut child, "ready").await;
    let id = newest(&world).await;
    let all = vec![b'x'; 6 << 20];
    stdin.write_all(&all[..1 << 20]).await.expect("written");
    world
        .store
        .pause_input(&arne(), id, None)
        .await
        .expect("paused");
    let rest = tokio::spawn(async move {
        stdin.write_all(&all[1 << 20..]).await.expect("written");
    });
    tokio::time::sleep(A_WHILE).await;
    world
        .store
        .resume_input(&arne(), id, None)
        .await
        .expect("resumed");
    rest.await.expect("no panic");
    // Of 6 MiB of x.
    let sum = expect(&mut child, "  -\n").await;
    let again = {
        let mut sums = tokio::process::Command::new("sh");
        sums.args(["-c", "head -c 6291456 /dev/zero | tr '\\0' x | sha256sum"]);
        text(&sums.output().await.expect("it runs").stdout)
    };
    assert_eq!(sum.trim(), again.trim());
    ended(child).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn input_flows_only_while_somebody_watches() {
    let world = in_zone("supervised = true").await;
    let (mut child, mut stdin) = start(&world, &["-tt"], &[]).await;
    expect(&mut child, "Nobody of the plant is watching just now").await;
    let id = newest(&world).await;
    assert_eq!(world.sshd.connections(), 0, "a shell is input as well");
    let watch = world.store.begin_watch(&arne(), id, true).await;
    let watch = watch.expect("watches");
    expect(&mut child, "Connected to plc-7").await;
    type_in(&mut stdin, "echo se-$((3 + 4))-en\n").await;
    expect(&mut child, "se-7-en").await;
    world.store.end_watch(watch).await.expect("ended");
    expect(&mut child, "Nobody of the plant is watching just now").await;
    type_in(&mut stdin, "echo un-$((3 + 4))-seen\n").await;
    tokio::time::sleep(A_WHILE).await;
    let again = world.store.begin_watch(&arne(), id, true).await;
    again.expect("watches");
    expect(&mut child, "Input flows again.").await;
    type_in(&mut stdin, "exit\n").await;
    assert!(!ended(child).await.contains("un-7-seen"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_channel_waits_while_input_is_paused() {
    let world = in_zone("").await;
    let control = world.directory.path().join("control");
    let control = format!("ControlPath={}", control.display());
    let master = ["-o", &control, "-o", "ControlMaster=yes"];
    let (mut first, stdin) = start(&world, &master, &["echo ready; sleep 60"]).await;
    expect(&mut first, "ready").await;
    let id = newest(&world).await;
    world
        .store
        .pause_input(&arne(), id, None)
        .await
        .expect("paused");
    tokio::time::sleep(A_WHILE).await;
    let ran = world.directory.path().join("ran");
    let command = format!("touch {}", ran.display());
    let mut second = world.ssh_with("none", &["-o", &control], &[&command]);
    let second = second.spawn().expect("ssh runs");
    tokio::time::sleep(A_WHILE).await;
    assert!(!ran.exists(), "a command is input");
    world
        .store
        .resume_input(&arne(), id, None)
        .await
        .expect("resumed");
    ended(second).await;
    assert!(ran.exists());
    drop(stdin);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_must_watch_there_is_one_channel_at_a_time() {
    for (rule, both) in [("supervised = true", false), ("", true)] {
        let world = in_zone(rule).await;
        let control = world.directory.path().join("control");
        let control = format!("ControlPath={}", control.display());
        let master = ["-o", &control, "-o", "ControlMaster=yes"];
        let (mut first, stdin) = start(&world, &master, &["echo ready; sleep 60"]).await;
        let id = newest(&world).await;
        let watch = world.store.begin_watch(&arne(), id, true).await;
        watch.expect("watches");
        expect(&mut first, "ready").await;
        let mut second = world.ssh_with("none", &["-o", &control], &["echo second-$((3 + 4))"]);
        let second = timeout(SOON, second.output()).await.expect("in time");
        let seen = text(&second.expect("it runs").stdout);
        assert_eq!(seen.contains("second-7"), both, "{rule}: {seen}");
        drop((first, stdin));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_stand_on_the_screen_in_order() {
    let world = in_zone("").await;
    let (mut child, stdin) = start(&world, &["-tt"], &[]).await;
    expect(&mut child, "This session is recorded.").await;
    let id = newest(&world).await;
    for text in ["Stop at step 4.", "Call 555-0142.", "Thank you."] {
        world
            .store
            .send_message(&arne(), id, text)
            .await
            .expect("sent");
    }
    let mut seen = expect(&mut child, "Control room: Stop at step 4.").await;
    if !seen.contains("Thank you.") {
        seen += &expect(&mut child, "Control room: Thank you.").await;
    }
    let places: Vec<_> = ["Stop at", "Call 555", "Thank you"]
        .iter()
        .map(|words| seen.find(words))
        .collect();
    assert!(places.is_sorted() && places[0].is_some(), "{seen}");
    tokio::time::sleep(A_WHILE).await;
    drop(stdin);
    world
        .store
        .revoke(&Actor::host(), world.grant(), "done")
        .await
        .expect("revoked");
    assert!(!ended(child).await.contains("Control room"), "told twice");
    world.stop().await;
}

//! What works: commands, shells, input, output, status.

use std::process::Stdio;

use store::Scope;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::support::World;
use crate::{SOON, expect, run, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_and_its_status_comes_back() {
    let world = World::start().await;
    let options = ["-o", "LogLevel=INFO"];
    let command = "echo out; echo err >&2; exit 7";
    let output = run(&mut world.ssh_options_first(&options, &[command]).await).await;
    assert_eq!(text(&output.stdout), "out\n");
    assert!(
        text(&output.stderr).ends_with("plant may end it at any time.\nerr\n"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(7));
    let row = world.closed().await;
    assert_eq!(row.closed.expect("closed").reason.code(), "vendor_left");
    let recordings = world
        .store
        .recordings_of(&Scope::All, row.id)
        .await
        .expect("rows");
    assert_eq!(recordings.len(), 1);
    assert_eq!(recordings[0].exit, Some(7));
    assert_eq!(recordings[0].state, "complete");
    assert_eq!(recordings[0].bytes_out, 8);
    let cast = world.cast(row.id);
    assert!(
        cast.contains(r#""out\n""#) && cast.contains(r#""err\n""#),
        "{cast}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_ends_a_command_looks_as_without_us() {
    let world = World::start().await;
    let output = run(&mut world.ssh(&[], &["kill -TERM $$"]).await).await;
    let direct = run(&mut world.sshd.ssh(&["kill -TERM $$"])).await;
    assert_eq!(output.status.code(), direct.status.code());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_reaches_the_command() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["cat; echo end"]).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(b"all\0 of\xff it\n")
        .await
        .expect("written");
    drop(stdin);
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    assert_eq!(output.stdout, b"all\0 of\xff it\nend\n");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_has_a_terminal_and_the_environment_that_is_let_through() {
    let world = World::start().await;
    let options = ["-tt", "-o", "SendEnv=LC_DRAWBRIDGE DRAWBRIDGE"];
    let mut ssh = world.ssh(&options, &[]).await;
    ssh.env("LC_DRAWBRIDGE", "through")
        .env("DRAWBRIDGE", "kept")
        .env("TERM", "vt220");
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let greeting = expect(&mut child, "This session is recorded.").await;
    assert!(greeting.contains("Connected to plc-7 until "), "{greeting}");
    assert!(greeting.contains("(Europe/Oslo), in 2 h"), "{greeting}");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(b"echo \"<$TERM|$LC_DRAWBRIDGE|$DRAWBRIDGE>\"; tty; exit 3\n")
        .await
        .expect("typed");
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    let shown = text(&output.stdout);
    assert!(shown.contains("<vt220|through|>"), "{shown}");
    assert!(shown.contains("/dev/pts/"), "{shown}");
    assert_eq!(output.status.code(), Some(3));
    let row = world.closed().await;
    let cast = world.cast(row.id);
    assert!(cast.contains("<vt220|through|>"), "{cast}");
    assert!(!cast.contains("DRAWBRIDGE=kept"), "{cast}");
    world.stop().await;
}

//! Sessions from end to end: what comes out, how they end, and what is refused.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what breaks here is a test that fails"
)]

mod support;

use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_and_its_status_comes_back() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["echo out; echo err >&2; exit 7"]).await;
    let output = ssh.output().await.expect("ssh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "out\n");
    assert!(
        String::from_utf8_lossy(&output.stderr).ends_with("err\n"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(7));
    let row = world.closed().await;
    assert_eq!(row.closed.expect("closed").reason.code(), "vendor_left");
    world.stop().await;
}

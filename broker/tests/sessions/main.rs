//! Sessions as a vendor with OpenSSH's client has them: what comes out, what is
//! refused, and how they end.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what breaks here is a test that fails"
)]

mod bounds;
mod ends;
mod gate;
mod refused;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod works;

use std::process::Output;
use std::time::{Duration, Instant};

use support::World;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(15);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn run(ssh: &mut Command) -> Output {
    let output = timeout(SOON, ssh.output()).await;
    output.expect("it stands still").expect("ssh runs")
}

/// Waits until the child has written something.
async fn expect(child: &mut Child, wanted: &str) -> String {
    let stdout = child.stdout.as_mut().expect("a pipe");
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !text(&seen).contains(wanted) {
        let read = timeout(SOON, stdout.read(&mut buffer)).await;
        let count = read.expect("nothing comes").expect("read");
        assert!(count > 0, "it ended after {:?}", text(&seen));
        seen.extend_from_slice(&buffer[..count]);
    }
    text(&seen)
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long something really takes")]
    Instant::now()
}

async fn reason(world: &World) -> &'static str {
    world.closed().await.closed.expect("closed").reason.code()
}

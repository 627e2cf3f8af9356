//! What a conduit and the limits bound, and what happens when an asset, the store or
//! the time gives out.

use std::time::Duration;

use russh::{ChannelMsg, ChannelOpenFailure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::strangers::{leave, refusal, vendor};
use crate::support::{Wishes, World};
use crate::{SOON, expect, now, run, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_conduit_says_from_where_an_asset_is_reached() {
    let world = World::with(Wishes {
        conduit: "source = \"127.0.0.9\"",
        ..Wishes::default()
    })
    .await;
    let output = run(&mut world.ssh(&[], &["echo $SSH_CLIENT"]).await).await;
    assert!(text(&output.stdout).starts_with("127.0.0.9 "), "{output:?}");
    world.stop().await;
}

const BULK: u64 = 20 << 20;

async fn recorded(conduit: &'static str) -> u64 {
    let world = World::with(Wishes {
        conduit,
        ..Wishes::default()
    })
    .await;
    let command = format!("head -c {BULK} /dev/zero | tr '\\0' x");
    let output = run(&mut world.ssh(&[], &[&command]).await).await;
    assert_eq!(output.stdout.len() as u64, BULK);
    let length = world.cast(world.closed().await.id).len() as u64;
    world.stop().await;
    length
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conduit_may_keep_all_of_bulk_data() {
    let usual = recorded("record = \"standard\"").await;
    assert!((16 << 20..18 << 20).contains(&usual), "{usual} bytes");
    let full = recorded("record = \"full\"").await;
    assert!(full > BULK, "{full} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_that_stops_answering_is_given_up() {
    let mut wishes = Wishes::default();
    wishes.limits.keepalive = Duration::from_millis(300);
    let world = World::with(wishes).await;
    let mut ssh = world.ssh(&[], &["echo $PPID; exec sleep 60"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    let server = expect(&mut child, "\n").await.trim().to_owned();
    let kill = async |signal: &str| {
        let mut kill = Command::new("kill");
        assert!(
            kill.args([signal, server.as_str()])
                .status()
                .await
                .expect("kill")
                .success()
        );
    };
    kill("-STOP").await;
    let closed = world.closed().await.closed.expect("closed");
    kill("-KILL").await;
    assert_eq!(closed.reason.code(), "target_closed");
    assert!(closed.note.is_some_and(|note| note.contains("silent")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_store_a_session_ends_by_itself() {
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["echo running; sleep 60"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    world.store.close().await;
    let began = now();
    let output = timeout(Duration::from_secs(30), child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    let told = text(&output.stderr);
    assert!(told.contains("can't check your grant any more"), "{told}");
    // Invariant 4.
    assert!(began.elapsed() <= Duration::from_secs(15));
    world.shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_store_a_window_ends_on_time() {
    let world = World::with(Wishes {
        window: Duration::from_secs(6),
        ..Wishes::default()
    })
    .await;
    let began = now();
    let mut ssh = world.ssh(&[], &["echo running; sleep 60"]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    expect(&mut child, "running").await;
    world.store.close().await;
    let output = timeout(SOON, child.wait_with_output())
        .await
        .expect("in time")
        .expect("ended");
    let told = text(&output.stderr);
    assert!(told.contains("Your window has ended"), "{told}");
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
    world.shutdown.cancel();
}

/// What is said on standard error, and how it exits.
async fn told(channel: &mut russh::Channel<russh::client::Msg>) -> (String, Option<u32>) {
    let (mut told, mut exit) = (Vec::new(), None);
    let all = async {
        while let Some(message) = channel.wait().await {
            if let ChannelMsg::ExtendedData { data, ext: 1 } = message {
                told.extend_from_slice(&data);
            } else if let ChannelMsg::ExitStatus { exit_status } = message {
                exit = Some(exit_status);
            } else if matches!(message, ChannelMsg::Close) {
                break;
            }
        }
    };
    timeout(SOON, all).await.expect("in time");
    (text(&told), exit)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_recording_could_hold_is_refused_in_words() {
    let world = World::start().await;
    let vendor = vendor(&world).await;
    let too_long = vec![b'x'; (64 << 10) + 1];
    for (command, why) in [
        (too_long.as_slice(), "longer than 64 KiB"),
        (b"echo \xff", "not UTF-8"),
    ] {
        let mut channel = vendor.channel_open_session().await.expect("opened");
        channel.exec(true, command).await.expect("asked");
        let (told, exit) = told(&mut channel).await;
        assert!(told.contains(why), "{told}");
        assert_eq!(exit, Some(255));
    }
    let mut channel = vendor.channel_open_session().await.expect("opened");
    channel.set_env(true, "LANG", "C").await.expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Success)));
    channel.set_env(true, "LANG", "de").await.expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    assert_eq!(world.sshd.connections(), 0, "something was dialled");
    leave(vendor, world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_a_refusal_is_told_on_standard_error() {
    let world = World::start().await;
    let vendor = vendor(&world).await;
    let mut channel = vendor.channel_open_session().await.expect("opened");
    channel.agent_forward(true).await.expect("asked");
    channel.exec(true, "echo out").await.expect("asked");
    let (told, exit) = told(&mut channel).await;
    assert_eq!(
        told,
        "Agent forwarding is not let through to this asset. Connect without -A.\n"
    );
    assert_eq!(exit, Some(0));
    leave(vendor, world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_so_many_channels_and_no_more() {
    let mut wishes = Wishes::default();
    wishes.limits.channels_in_all = 2;
    let world = World::with(wishes).await;
    let vendor = vendor(&world).await;
    for _ in 0..2 {
        let mut channel = vendor.channel_open_session().await.expect("opened");
        channel.exec(true, "true").await.expect("asked");
        assert_eq!(told(&mut channel).await.1, Some(0));
    }
    let third = vendor.channel_open_session().await;
    assert!(matches!(
        &third,
        Err(russh::Error::ChannelOpenFailure(
            ChannelOpenFailure::Other { code: 4, .. }
        )) | Err(russh::Error::ChannelOpenFailure(
            ChannelOpenFailure::ResourceShortage
        ))
    ));
    assert!(!refusal(third).is_empty());
    leave(vendor, world).await;
}

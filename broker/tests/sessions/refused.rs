//! What is refused, and what is told about it.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use domain::{Actor, Event};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use store::{Credential, EventFilter, Page};
use tokio::process::Command;

use crate::support::{Wishes, World, name};
use crate::{now, reason, run, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_conduit_does_not_let_through_is_refused_in_words() {
    let only = |conduit| {
        World::with(Wishes {
            conduit,
            ..Wishes::default()
        })
    };
    let world = only("operations = [\"exec\"]").await;
    let output = run(&mut world.ssh(&["-tt"], &[]).await).await;
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(
        told.contains("A shell is not let through to this asset."),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(world.sshd.connections(), 0);
    world.stop().await;

    let world = only("operations = [\"shell\"]").await;
    let output = run(&mut world.ssh(&[], &["true"]).await).await;
    assert!(text(&output.stderr).contains("Commands are not let through to this asset."));
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(world.sshd.connections(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_not_transferred_and_nothing_is_forwarded() {
    let world = World::start().await;
    let output = run(&mut world.ssh(&["-s"], &["sftp"]).await).await;
    let told = text(&output.stderr);
    assert!(
        told.contains("Subsystems such as SFTP are not let through"),
        "{told}"
    );

    let to = format!("127.0.0.1:{}", world.sshd.at.port());
    let options = ["-o", "LogLevel=INFO", "-W", &to];
    let output = run(&mut world.ssh_options_first(&options, &[]).await).await;
    let told = text(&output.stderr);
    assert!(
        told.contains("Forwarding is not let through to this asset."),
        "{told}"
    );
    assert!(output.stdout.is_empty());

    let options = ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"];
    let output = run(&mut world.ssh(&options, &["true"]).await).await;
    assert_eq!(output.status.code(), Some(255), "{output:?}");
    assert_eq!(world.sshd.connections(), 0, "something was dialled");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_asks_for_beside_a_shell_is_refused_on_the_terminal() {
    let world = World::start().await;
    let socket = world.directory.path().join("agent");
    let mut agent = Command::new("ssh-agent");
    let agent = agent.args(["-D", "-a"]).arg(&socket).kill_on_drop(true);
    let _agent = agent.stdout(Stdio::null()).spawn().expect("ssh-agent runs");
    while !socket.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let agent = format!("IdentityAgent={}", socket.display());
    let options = ["-tt", "-A", "-o", &agent, "-R", "0:127.0.0.1:1"];
    let command = "echo \"<$SSH_AUTH_SOCK>\"";
    let mut ssh = world.ssh_options_first(&options, &[command]).await;
    let output = run(ssh.env("SSH_AUTH_SOCK", &socket)).await;
    let told = text(&output.stdout);
    assert!(
        told.contains("*** Agent forwarding is not let through"),
        "{told}"
    );
    assert!(
        told.contains("*** Reverse forwarding is not let through"),
        "{told}"
    );
    assert!(told.contains("<>"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_session() {
    let world = World::start().await;
    let ticket = world.ticket().await;
    let output = run(&mut world.ssh_with(&ticket, &[], &["true"])).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for wrong in [&ticket, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""] {
        let output = run(&mut world.ssh_with(wrong, &[], &["true"])).await;
        assert!(
            text(&output.stderr).contains("Permission denied"),
            "{output:?}"
        );
    }
    assert_eq!(world.sessions().await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_with_a_right_ticket_at_a_wrong_time_is_told_why() {
    let world = World::start().await;
    let ticket = world.ticket().await;
    let admin = Actor::host();
    world
        .store
        .close_conduit(&admin, &name("to-hall"), "works on the network")
        .await
        .expect("closed");
    let output = run(&mut world.ssh_with(&ticket, &[], &["true"])).await;
    let told = text(&output.stderr);
    let line = "The plant has closed the way to plc-7. Call the control room.\n";
    assert!(told.ends_with(line), "{told}");
    assert_eq!(told.matches("Call the control room").count(), 1, "{told}");
    assert_eq!(output.status.code(), Some(255));
    assert!(output.stdout.is_empty());
    let output = run(&mut world.ssh_with(&ticket, &["-tt"], &[])).await;
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(
        told.contains("The plant has closed the way to plc-7."),
        "{told}"
    );
    assert_eq!(
        world.sshd.connections(),
        0,
        "something was dialled without a permit"
    );
    assert!(world.sessions().await.is_empty());
    let denied = events(&world, "session.denied").await;
    assert_eq!(denied.len(), 2);
    assert_eq!(denied[0].reason.as_deref(), Some("conduit_closed"));
    world.stop().await;
}

async fn events(world: &World, action: &str) -> Vec<Event> {
    let filter = EventFilter {
        actions: vec![action.to_owned()],
        ..EventFilter::default()
    };
    let page = Page {
        after: None,
        limit: 100,
    };
    world
        .store
        .events(&filter, &page, true)
        .await
        .expect("events")
        .items
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_key_is_refused_and_alarmed() {
    let other = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519);
    let other = other
        .expect("a key")
        .public_key()
        .to_openssh()
        .expect("a line");
    let world = World::with(Wishes {
        host_key: Some(other),
        ..Wishes::default()
    })
    .await;
    let output = run(&mut world.ssh(&[], &["true"]).await).await;
    let told = text(&output.stderr);
    assert!(
        told.contains("does not show the host key that the plant has pinned"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(reason(&world).await, "host_key_changed");
    let alarms = events(&world, "asset.host_key_changed").await;
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].subject, "asset/plc-7");
    assert!(
        alarms[0]
            .reason
            .as_deref()
            .is_some_and(|why| why.contains("SHA256:"))
    );
    assert_eq!(world.sshd.logins(), 0, "it signed in all the same");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_that_is_down_is_told_in_time() {
    // Nobody listens.
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let nobody = free.local_addr().expect("its address");
    drop(free);
    let world = World::with(Wishes {
        asset: Some(nobody),
        ..Wishes::default()
    })
    .await;
    let output = run(&mut world.ssh(&[], &["true"]).await).await;
    assert!(
        text(&output.stderr).contains("The asset does not answer."),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(reason(&world).await, "target_unreachable");
    world.stop().await;

    // Somebody listens and says nothing.
    let mute = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let at = mute.local_addr().expect("its address");
    let mut wishes = Wishes {
        asset: Some(at),
        ..Wishes::default()
    };
    wishes.limits.time_to_connect = Duration::from_secs(1);
    let world = World::with(wishes).await;
    let began = now();
    let output = run(&mut world.ssh(&["-tt"], &[]).await).await;
    let told = text(&output.stdout);
    assert!(told.contains("The asset does not answer."), "{told}");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(reason(&world).await, "target_unreachable");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_names_no_secret() {
    let world = World::start().await;
    let key =
        PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).expect("a key");
    let pem = key.to_openssh(LineEnding::LF).expect("a file");
    for (credential, expected) in [
        (
            Credential::PrivateKey(pem.as_str().into()),
            "target_refused_credential",
        ),
        (
            Credential::Password("hunter2-hunter2".into()),
            "target_refused_credential",
        ),
        (
            Credential::PrivateKey("no key at all".into()),
            "credential_missing",
        ),
    ] {
        world
            .store
            .set_credential(&Actor::host(), &name("plc-7"), credential)
            .await
            .expect("stored");
        let output = run(&mut world.ssh(&[], &["true"]).await).await;
        let told = text(&output.stderr);
        assert!(told.contains("credential"), "{told}");
        let closed = world.closed().await.closed.expect("closed");
        assert_eq!(closed.reason.code(), expected);
        let note = closed.note.expect("a note");
        for secret in ["hunter2", "no key at all", "BEGIN OPENSSH"] {
            assert!(
                !told.contains(secret) && !note.contains(secret),
                "{told} {note}"
            );
        }
    }
    world
        .store
        .remove_credential(&Actor::host(), &name("plc-7"))
        .await
        .expect("removed");
    let output = run(&mut world.ssh(&[], &["true"]).await).await;
    assert!(
        text(&output.stderr).contains("has not stored a credential"),
        "{output:?}"
    );
    assert_eq!(reason(&world).await, "credential_missing");
    world.stop().await;
}

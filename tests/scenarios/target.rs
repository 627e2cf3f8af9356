//! Assets that misbehave.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use harness::client::Client;
use harness::sshd::Sshd;
use harness::world::World;

#[tokio::test]
async fn a_changed_host_key_is_refused_and_alarmed() {
    let other = Sshd::start();
    let world = World::with(Sshd::start(), |plant, asset| {
        plant.replace(asset.host_key(), other.host_key())
    })
    .await;
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    assert_eq!(outcome.text(), "");
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("host key"), "{outcome:?}");
    assert_eq!(
        world.asset.logins(),
        0,
        "the credential was sent to a stranger"
    );
    let session = world.closed().await;
    assert_eq!(session.closed.expect("closed").code, "host_key_changed");
    let alarms = world.person("audun").await.audit("").await;
    let alarm = alarms
        .iter()
        .find(|event| event.action.contains("host_key"));
    assert!(alarm.is_some(), "no alarm in the audit log");
}

/// Whatever is wrong with it, within 10 s the vendor knows that it is the asset.
async fn assert_told_soon(world: &World, code: &str) {
    let door = world.door().await;
    let began = now();
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "took {took:?}");
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("The asset"), "{outcome:?}");
    let session = world.closed().await;
    assert_eq!(session.closed.expect("closed").code, code);
}

#[expect(clippy::disallowed_methods, reason = "how long a vendor really waits")]
fn now() -> Instant {
    Instant::now()
}

fn at_port(asset: &Sshd, port: u16) -> (String, String) {
    (
        format!("port = {}", asset.at().port()),
        format!("port = {port}"),
    )
}

#[tokio::test]
async fn an_asset_that_is_down() {
    let spare = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = spare.local_addr().expect("its address").port();
    drop(spare);
    let world = World::with(Sshd::start(), |plant, asset| {
        let (old, new) = at_port(asset, port);
        plant.replace(&old, &new)
    })
    .await;
    assert_told_soon(&world, "target_unreachable").await;
}

#[tokio::test]
async fn an_asset_that_never_answers() {
    // It accepts, in the kernel, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let world = World::with(Sshd::start(), |plant, asset| {
        let (old, new) = at_port(asset, port);
        plant.replace(&old, &new)
    })
    .await;
    assert_told_soon(&world, "target_unreachable").await;
}

#[tokio::test]
async fn an_address_where_nothing_is() {
    // RFC 5737: a network for documents; packets to it are lost or refused.
    let world = World::with(Sshd::start(), |plant, _| {
        plant.replace("address = \"127.0.0.1\"", "address = \"192.0.2.1\"")
    })
    .await;
    assert_told_soon(&world, "target_unreachable").await;
}

#[tokio::test]
async fn an_asset_that_refuses_the_credential() {
    let world = World::new().await;
    let stranger = Sshd::start();
    world
        .person("adam")
        .await
        .store_key("plc-7", stranger.credential())
        .await;
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("credential"), "{outcome:?}");
    assert!(!outcome.stderr.contains("PRIVATE KEY"), "{outcome:?}");
    let session = world.closed().await;
    assert_eq!(
        session.closed.expect("closed").code,
        "target_refused_credential"
    );
}

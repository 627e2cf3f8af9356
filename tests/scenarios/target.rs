//! Assets that misbehave.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use admin_api::dto::{Secret, SetCredential};
use harness::client::Client;
use harness::sshd::Sshd;
use harness::target::Target;
use harness::tools::Tool;
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

/// Many assets have nothing newer; neither side signs with SHA-1.
#[tokio::test]
async fn an_asset_with_rsa_keys() {
    let asset = Sshd::with_keys("rsa", "");
    assert!(asset.host_key().starts_with("ssh-rsa "));
    let world = World::with(asset, |plant, _| plant).await;
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    let log = world.asset.log();
    assert_eq!(outcome.text(), "inside\n", "{outcome:?}\n{log}");
    assert!(log.contains("Accepted publickey"), "{log}");
    assert!(log.contains(" RSA SHA256:"), "{log}");
    drop(world);
    // One that knows no better than SHA-1 is not even shown the credential.
    let old = "HostKeyAlgorithms ssh-rsa\nRequiredRSASize 1024";
    let world = World::with(Sshd::with_keys("rsa", old), |plant, _| plant).await;
    let door = world.door().await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    assert_eq!(outcome.text(), "", "{outcome:?}");
    let blame = world.closed().await.closed.expect("closed").blame;
    assert_eq!((blame.as_str(), world.asset.logins()), ("target", 0));
}

#[tokio::test]
async fn an_asset_that_takes_a_password_only_as_an_answer() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let asset = Target::that_asks("hunter2 hunter2");
    let world = World::with(Sshd::start(), |plant, sshd| {
        let (old, new) = at_port(sshd, asset.port());
        plant
            .replace(&old, &new)
            .replace(sshd.host_key(), asset.host_key())
    })
    .await;
    let adam = world.person("adam").await;
    for (password, enters) in [("hunter2 hunter3", false), ("hunter2 hunter2", true)] {
        let body = SetCredential {
            kind: "password".to_owned(),
            secret: Secret::new(password),
        };
        let () = adam.put("credentials/plc-7", &body).await.expect("stored");
        let door = world.door().await;
        let outcome = Client::ssh(&door, &[], Some("x")).run_with(b"quit\n").await;
        assert_eq!(outcome.status == Some(9), enters, "{outcome:?}");
        assert_eq!(outcome.text().starts_with("ready"), enters, "{outcome:?}");
        let closed = world.closed().await.closed.expect("closed");
        let code = if enters {
            "vendor_left"
        } else {
            "target_refused_credential"
        };
        assert_eq!(closed.code, code);
    }
}

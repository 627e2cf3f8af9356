//! A client that breaks the rules of signing in. Written on the protocol library
//! itself: no honest client does this.

use std::sync::Arc;
use std::time::Duration;

use harness::raw::{Trusting, connect};
use harness::world::World;
use russh::Signer;
use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg};

/// A signer that is asked and never signs: the offer stands alone.
struct Never;
impl Signer for Never {
    type Error = russh::AgentAuthError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        _: Option<HashAlg>,
        _: Vec<u8>,
    ) -> Result<Vec<u8>, Self::Error> {
        std::future::pending().await
    }
}

/// Whether a session opens on the connection as it stands.
async fn gets_in(handle: &Handle<Trusting>) -> bool {
    let opened = tokio::time::timeout(Duration::from_secs(5), handle.channel_open_session()).await;
    matches!(opened, Ok(Ok(_)))
}

async fn sessions(world: &World) -> usize {
    world.person("audun").await.sessions().await.len()
}

#[tokio::test]
async fn a_key_offer_without_signature() {
    let world = World::new().await;
    let door = world.door().await;
    let mut handle = connect(&door).await;
    let key = PrivateKey::from_openssh(world.asset.credential()).expect("a key");
    let public = key.public_key().clone();
    let mut never = Never;
    let offer = handle.authenticate_publickey_with(door.user.clone(), public, None, &mut never);
    let answer = tokio::time::timeout(Duration::from_secs(3), offer).await;
    assert!(
        !matches!(answer, Ok(Ok(AuthResult::Success))),
        "let in without a signature"
    );
    assert!(
        !gets_in(&handle).await,
        "a channel opened without a signature"
    );
    assert_eq!((sessions(&world).await, world.asset.connections()), (0, 0));
}

#[tokio::test]
async fn a_key_that_signs_is_no_ticket() {
    let world = World::new().await;
    let door = world.door().await;
    let mut handle = connect(&door).await;
    let key = PrivateKey::from_openssh(world.asset.credential()).expect("a key");
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    let answer = handle.authenticate_publickey(door.user.clone(), key).await;
    assert!(
        !matches!(answer, Ok(AuthResult::Success)),
        "let in by a key of nobody"
    );
    assert!(!gets_in(&handle).await);
    assert_eq!((sessions(&world).await, world.asset.connections()), (0, 0));
}

/// RFC 4252, 5: a server that is told another name either forgets what was proven
/// or hangs up. Here: the second name's ticket is right, and still nobody gets in.
#[tokio::test]
async fn a_user_name_switched_in_mid_authentication() {
    let world = World::with(harness::sshd::Sshd::start(), |plant, _| {
        plant.vendor("victor", &["plc-7"])
    })
    .await;
    let door = world.door().await;
    let mut handle = connect(&door).await;
    let first = handle
        .authenticate_password("victor+plc-7", "wrong")
        .await
        .expect("an answer");
    assert!(!matches!(first, AuthResult::Success));
    let second = handle
        .authenticate_password(door.user.clone(), door.password.clone())
        .await;
    assert!(
        !matches!(second, Ok(AuthResult::Success)),
        "let in under a second name"
    );
    assert!(!gets_in(&handle).await);
    assert_eq!((sessions(&world).await, world.asset.connections()), (0, 0));
    // The ticket was not spent on it.
    let outcome = harness::client::Client::ssh(&door, &[], Some("echo inside"))
        .run()
        .await;
    assert_eq!(outcome.text(), "inside\n", "{outcome:?}");
}

#[tokio::test]
async fn no_authentication_at_all() {
    let world = World::new().await;
    let door = world.door().await;
    let mut handle = connect(&door).await;
    assert!(!gets_in(&handle).await, "in without a word");
    let mut second = connect(&door).await;
    let none = second.authenticate_none(door.user.clone()).await;
    assert!(!matches!(none, Ok(AuthResult::Success)));
    assert!(!gets_in(&second).await);
    let _ = handle.authenticate_none(door.user.clone()).await;
    assert_eq!((sessions(&world).await, world.asset.connections()), (0, 0));
}

#[tokio::test]
async fn guessing_is_cut_off() {
    let world = World::new().await;
    let door = world.door().await;
    let mut handle = connect(&door).await;
    let guess = |n: u32| (door.user.clone(), format!("guess-{n}"));
    for n in 0..3 {
        let (user, ticket) = guess(n);
        let answer = handle.authenticate_password(user, ticket).await;
        assert!(!answer.expect("an answer").success());
    }
    // The right one is too late on this connection.
    let late = handle
        .authenticate_password(door.user.clone(), door.password.clone())
        .await;
    assert!(
        !matches!(late, Ok(AuthResult::Success)),
        "a fourth try was let in"
    );
    let mut more = 4;
    while {
        let (user, ticket) = guess(more);
        handle.authenticate_password(user, ticket).await.is_ok()
    } {
        more += 1;
        assert!(more <= 20, "guesses without end on one connection");
    }
    assert_eq!((sessions(&world).await, world.asset.connections()), (0, 0));
}

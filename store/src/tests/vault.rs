//! The vault through the store.

use domain::CredentialName;
use secrecy::ExposeSecret;

use super::world::*;
use crate::{Credential, StoreError, VaultError};

fn password(text: &str) -> Credential {
    Credential::Password(text.into())
}

async fn reveal(world: &World, credential: &str) -> Option<String> {
    let found = world
        .store
        .credential(&name(credential))
        .await
        .expect("opened");
    found.map(|c| match c {
        Credential::Password(secret) | Credential::PrivateKey(secret) => {
            secret.expose_secret().to_owned()
        }
    })
}

async fn is_shut(world: &World, credential: &str) -> bool {
    let found = world
        .store
        .credential(&name::<CredentialName>(credential))
        .await;
    matches!(found, Err(StoreError::Vault(VaultError::Sealed(_))))
}

#[tokio::test]
async fn credentials_are_set_exchanged_listed_and_removed() {
    let mut world = World::new().await;
    let (adam, plc) = (actor("adam"), name("plc-7"));
    let before = world.last_event().await;
    assert_eq!(reveal(&world, "plc-7").await, None);
    world
        .store
        .set_credential(&adam, &plc, password("first"))
        .await
        .expect("set");
    let key = Credential::PrivateKey("-----BEGIN OPENSSH PRIVATE KEY-----".into());
    world
        .store
        .set_credential(&adam, &plc, key)
        .await
        .expect("exchanged");
    world.restart().await;
    assert!(
        reveal(&world, "plc-7")
            .await
            .is_some_and(|key| key.starts_with("-----BEGIN"))
    );
    let listed = world.store.credentials().await.expect("listed");
    let [info] = listed.as_slice() else {
        panic!("one: {listed:?}")
    };
    assert_eq!(
        (info.name.as_str(), info.kind.as_str(), info.set_at),
        ("plc-7", "private_key", START)
    );
    world
        .store
        .remove_credential(&adam, &plc)
        .await
        .expect("removed");
    let again = world.store.remove_credential(&adam, &plc).await;
    assert!(matches!(again, Err(StoreError::NotFound(what)) if what == "credential/plc-7"));
    assert_eq!(
        world.happened(before).await,
        ["credential.set", "credential.set", "credential.removed"]
    );
}

#[tokio::test]
async fn only_an_admin_reaches_into_the_vault() {
    let world = World::new().await;
    for who in ["vera", "arne", "olga", "audun"] {
        let set = world
            .store
            .set_credential(&actor(who), &name("plc-7"), password("x"))
            .await;
        assert_eq!(refused(set), "not_allowed", "{who}");
        let removed = world
            .store
            .remove_credential(&actor(who), &name("plc-7"))
            .await;
        assert_eq!(refused(removed), "not_allowed", "{who}");
    }
    let adam = actor("adam");
    for bad in [String::new(), "x".repeat(64 * 1024 + 1)] {
        let set = world
            .store
            .set_credential(&adam, &name("plc-7"), password(&bad))
            .await;
        assert_eq!(refused(set), "bad_credential");
    }
}

#[tokio::test]
async fn swapped_rows_and_changed_kinds_stay_shut() {
    let world = World::new().await;
    for (credential, secret) in [("plc-7", "one"), ("hmi-1", "two")] {
        let sealed = password(secret);
        world
            .store
            .set_credential(&actor("adam"), &name(credential), sealed)
            .await
            .expect("set");
    }
    world
        .sql(
            "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE name = 'hmi-1')",
        )
        .await
        .expect("swapped");
    assert!(is_shut(&world, "plc-7").await);
    assert_eq!(reveal(&world, "hmi-1").await.as_deref(), Some("two"));
    world
        .sql("UPDATE credentials SET kind = 'private_key'")
        .await
        .expect("changed");
    assert!(is_shut(&world, "hmi-1").await);
}

#[tokio::test]
async fn another_key_opens_nothing_and_says_what_to_do() {
    let mut world = World::new().await;
    let (adam, plc) = (actor("adam"), name("plc-7"));
    world
        .store
        .set_credential(&adam, &plc, password("secret"))
        .await
        .expect("set");
    world.store.close().await;
    world.store = open(&world.dir, "other.key", &world.clock, &world.random)
        .await
        .expect("opened");
    assert!(is_shut(&world, "plc-7").await);
    let text = world
        .store
        .credential(&plc)
        .await
        .expect_err("shut")
        .to_string();
    assert!(text.contains("drawbridge vault set plc-7"), "{text}");
    world
        .store
        .set_credential(&adam, &plc, password("anew"))
        .await
        .expect("set");
    assert_eq!(reveal(&world, "plc-7").await.as_deref(), Some("anew"));
}

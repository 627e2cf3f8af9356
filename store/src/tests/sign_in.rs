//! Tokens, passwords, the first admin.

use domain::{Actor, Role};
use secrecy::ExposeSecret;

use super::world::*;
use crate::{ComingBy, LoginKind};

#[tokio::test]
async fn a_token_holds_until_its_end_its_sign_out_or_a_new_password() {
    let world = World::new().await;
    let store = &world.store;
    let vera = name("vera");
    let token = store.sign_in(&vera, "192.0.2.7", HOUR).await.expect("in");
    assert!(token.token.expose_secret().starts_with("dbt_"));
    let (account, login) = store
        .holder(LoginKind::Bearer, &token.token)
        .await
        .expect("read")
        .expect("holds");
    assert_eq!((account.name.as_str(), login.id), ("vera", token.id));
    assert!(
        store
            .holder(LoginKind::Bearer, &"dbt_wrong".into())
            .await
            .expect("read")
            .is_none()
    );

    world.clock.set(token.expires_at);
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none(),
        "ended"
    );
    let token = store.sign_in(&vera, "192.0.2.7", HOUR).await.expect("in");
    store
        .sign_out(&actor("viktor"), token.id)
        .await
        .expect("nothing happens");
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_some(),
        "only one's own"
    );
    store.sign_out(&actor("vera"), token.id).await.expect("out");
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none(),
        "signed out"
    );

    let token = store.sign_in(&vera, "192.0.2.7", HOUR).await.expect("in");
    store
        .set_password(&actor("vera"), &vera, "phc-2")
        .await
        .expect("set");
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none(),
        "a new password"
    );
    let facts = store
        .sign_in_facts(&vera, "192.0.2.7")
        .await
        .expect("facts");
    assert_eq!(facts.phc.expect("a hash").expose_secret(), "phc-2");
    assert!(facts.account.expect("there").has_password);
}

#[tokio::test]
async fn a_token_from_a_clock_that_went_back_is_void() {
    let world = World::new().await;
    world.clock.pass(DAY);
    let token = world
        .store
        .sign_in(&name("vera"), "192.0.2.7", HOUR)
        .await
        .expect("in");
    world.clock.go_back(HOUR / 30);
    let (a_little, token) = (
        world
            .store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read"),
        token,
    );
    assert!(
        a_little.is_some(),
        "two minutes are a clock being set right"
    );
    world.clock.go_back(DAY);
    assert!(
        world
            .store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none()
    );
}

/// Verifying a password takes a while, and an admin may reset it meanwhile.
#[tokio::test]
async fn a_password_that_was_reset_meanwhile_gets_nobody_in() {
    let world = World::new().await;
    let (store, vera) = (&world.store, name("vera"));
    let set = async |phc: &str| {
        let set = store.set_password(&actor("adam"), &vera, phc).await;
        set.expect("set");
    };
    set("stolen").await;
    let (by, stolen) = (actor("vera"), "stolen".into());
    let facts = store.sign_in_facts(&vera, "192.0.2.7").await;
    let verified = facts.expect("facts").phc.expect("a hash");
    assert_eq!(verified.expose_secret(), "stolen");
    set("reset").await;
    let before = world.last_event().await;
    let login = store
        .sign_in_by(
            &vera,
            &verified,
            "192.0.2.7",
            HOUR,
            ComingBy::Program { label: None },
        )
        .await;
    assert_eq!(refused(login), "password_changed");
    let change = store.change_password(&by, &vera, &stolen, "thief's");
    assert_eq!(refused(change.await), "password_changed");
    assert_eq!(world.last_event().await, before, "nothing was changed");

    let reset = "reset".into();
    let login = store
        .sign_in_by(
            &vera,
            &reset,
            "192.0.2.7",
            HOUR,
            ComingBy::Program { label: None },
        )
        .await;
    login.expect("in");
    let change = store.change_password(&by, &vera, &reset, "another");
    change.await.expect("changed");
}

#[tokio::test]
async fn passwords_are_set_by_oneself_or_an_admin() {
    let world = World::new().await;
    let store = &world.store;
    for who in ["viktor", "arne", "audun"] {
        let set = store.set_password(&actor(who), &name("vera"), "phc").await;
        assert_eq!(refused(set), "not_allowed", "{who}");
    }
    store
        .set_password(&actor("adam"), &name("vera"), "phc")
        .await
        .expect("set");
    store
        .set_password(&Actor::host(), &name("vera"), "phc")
        .await
        .expect("set");
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let world = World::empty().await;
    let store = &world.store;
    let make = |who: &'static str, full_name: &'static str| async move {
        store
            .create_admin(&Actor::host(), &name(who), full_name, "phc")
            .await
    };
    assert_eq!(refused(make("root", " ").await), "bad_text");
    make("root", "Ada Admin").await.expect("made");
    assert_eq!(refused(make("root", "Ada Admin").await), "admin_exists");
    assert_eq!(refused(make("other", "Olav Other").await), "admin_exists");
    let root = store
        .account(&name("root"))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(
        (root.role, root.full_name.as_str()),
        (Role::Admin, "Ada Admin")
    );
    store
        .disable_account(&actor("root"), &name("root"), "left")
        .await
        .expect("disabled");
    assert_eq!(refused(make("root", "Ada Admin").await), "name_taken");
    make("other", "Olav Other")
        .await
        .expect("nobody else can help any more");
}

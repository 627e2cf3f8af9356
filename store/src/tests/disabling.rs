//! Switching an account off takes everything with it, in one transaction.

use domain::{AccountState, Actor, CloseReason, GrantEndReason, RequestState, Verdict};

use super::world::*;
use crate::{LoginKind, Redeemed, Scope};

#[tokio::test]
async fn all_its_parts_go_at_once() {
    let world = World::new().await;
    let store = &world.store;
    let token = store
        .sign_in(&name("vera"), "192.0.2.7", HOUR)
        .await
        .expect("signed in");
    let (grant, session) = world.session("vera").await;
    let unused = world.ticket("vera", &grant).await;
    let waits = world.ask("vera", "hmi-1").await.expect("asked");
    let scheduled = world
        .ask_for("vera", "plc-7", START.plus(DAY), START.plus(DAY + HOUR))
        .await;
    let scheduled = world
        .approve("arne", &scheduled.expect("asked"))
        .await
        .expect("approved");
    let others = world.granted("viktor").await;
    let before = world.last_event().await;

    store
        .disable_account(&actor("adam"), &name("vera"), "left the company")
        .await
        .expect("done");

    let vera = store
        .account(&name("vera"))
        .await
        .expect("read")
        .expect("there");
    let disabled = AccountState::Disabled {
        at: START,
        reason: "left the company".to_owned(),
    };
    assert_eq!(vera.state, disabled);
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none(),
        "the token"
    );
    assert!(
        matches!(
            world.come("vera", "plc-7", &unused).await,
            Redeemed::Unknown
        ),
        "the ticket"
    );
    let ends = [(session, Verdict::End(CloseReason::AccountDisabled))];
    assert_eq!(store.standing().await.expect("standing"), ends);
    let waits = store
        .find_request(&Scope::All, waits.id)
        .await
        .expect("read")
        .expect("there");
    assert!(
        matches!(waits.state, RequestState::Cancelled { .. }),
        "the request"
    );
    for id in [grant.id, grant_of(&scheduled).expect("granted")] {
        let ended = world.grant(id).await.ended.expect("ended");
        assert_eq!(ended.why, GrantEndReason::AccountDisabled);
        assert_eq!(ended.by, Some(name("adam")));
    }
    assert_eq!(world.grant(others.id).await.ended, None, "nobody else's");
    assert_eq!(
        world.happened(before).await,
        [
            "request.cancelled",
            "grant.revoked",
            "grant.revoked",
            "account.disabled"
        ]
    );

    store
        .enable_account(&actor("adam"), &name("vera"), "was a mistake")
        .await
        .expect("enabled");
    assert_eq!(
        store.standing().await.expect("standing"),
        ends,
        "what was lost stays lost"
    );
    assert!(
        store
            .holder(LoginKind::Bearer, &token.token)
            .await
            .expect("read")
            .is_none(),
        "the token as well"
    );
    world.ask("vera", "hmi-1").await.expect("may ask again");
}

#[tokio::test]
async fn off_and_on_need_a_reason_an_admin_and_a_difference() {
    let world = World::new().await;
    let (store, vera) = (&world.store, name("vera"));
    for who in ["vera", "arne", "olga", "audun"] {
        let disabled = store.disable_account(&actor(who), &vera, "because").await;
        assert_eq!(refused(disabled), "not_allowed", "{who}");
    }
    let on = store.enable_account(&actor("adam"), &vera, "because").await;
    assert_eq!(refused(on), "already_active");
    let blank = store.disable_account(&actor("adam"), &vera, "\t").await;
    assert_eq!(refused(blank), "bad_text");
    store
        .disable_account(&actor("adam"), &vera, "because")
        .await
        .expect("disabled");
    let twice = store
        .disable_account(&actor("adam"), &vera, "because")
        .await;
    assert_eq!(refused(twice), "already_disabled");
    assert_eq!(
        refused(store.enable_account(&actor("arne"), &vera, "x").await),
        "not_allowed"
    );
    assert_eq!(
        refused(store.enable_account(&actor("adam"), &vera, "").await),
        "bad_text"
    );
    store
        .enable_account(&Actor::host(), &vera, "from the console")
        .await
        .expect("enabled");
}

#[tokio::test]
async fn the_longest_reason_still_fits_where_it_is_quoted() {
    let world = World::new().await;
    let grant = world.granted("vera").await;
    let reason = "x".repeat(500);
    world
        .store
        .disable_account(&actor("adam"), &name("vera"), &reason)
        .await
        .expect("disabled");
    assert!(world.grant(grant.id).await.ended.is_some());
}

#[tokio::test]
async fn an_approval_falls_with_its_approver() {
    let world = World::new().await;
    let store = &world.store;
    let request = world.ask("vera", "trip-1").await.expect("asked");
    world.approve("arne", &request).await.expect("one of two");
    store
        .disable_account(&actor("adam"), &name("arne"), "his login was stolen")
        .await
        .expect("disabled");
    let before = world.last_event().await;
    let second = world.approve("asta", &request).await.expect("approved");
    assert_eq!(grant_of(&second), None, "only one of them still counts");
    let happened = world.happened(before).await;
    assert_eq!(happened, ["request.approval_voided", "request.approved"]);
    let by: Vec<_> = second.approvals().iter().map(|a| a.by.as_str()).collect();
    assert_eq!(by, ["asta"]);
    let stored = store.find_request(&Scope::All, request.id).await;
    let stored = stored.expect("read").expect("there");
    assert_eq!(stored.approvals(), second.approvals());
}

#[tokio::test]
async fn a_new_password_voids_tickets_that_were_drawn_with_the_old_one() {
    let world = World::new().await;
    let store = &world.store;
    let request = world.ask("vera", "plc-7").await.expect("asked");
    let request = world.approve("arne", &request).await.expect("approved");
    let grant = grant_of(&request).expect("granted");
    let issued = store
        .issue_ticket(&actor("vera"), grant)
        .await
        .expect("a ticket");
    store
        .set_password(&actor("adam"), &name("vera"), "another hash")
        .await
        .expect("set");
    let redeemed = store
        .redeem_ticket(
            &name("vera"),
            &domain::AssetName::parse("plc-7").expect("a name"),
            domain::Protocol::Ssh,
            &issued.ticket,
            "127.0.0.1",
        )
        .await
        .expect("read");
    assert!(matches!(redeemed, Redeemed::Unknown), "{redeemed:?}");
}

//! What is refused, and that nothing is written then.

use domain::{Actor, GrantId, RequestId, SessionId};
use secrecy::SecretString;

use super::world::*;
use crate::{Narrowing, Redeemed, StoreError};

/// Runs it, and sees that the audit log did not grow: nothing was committed.
async fn leaves_no_trace<T>(world: &World, act: impl Future<Output = T>) -> T {
    let before = world.last_event().await;
    let outcome = act.await;
    assert_eq!(world.happened(before).await, [""; 0]);
    outcome
}

#[tokio::test]
async fn asking() {
    let world = World::new().await;
    let hours = |n: u32| START.plus(HOUR * n);
    world.ask("viktor", "plc-7").await.expect("asked");
    for (who, what, start, end, code) in [
        ("vera", "unknown", START, hours(1), "no_such_asset"),
        ("viktor", "hmi-1", START, hours(1), "no_such_asset"),
        ("vera", "crane", START, hours(1), "no_conduit"),
        ("vera", "plc-7", START, hours(9), "window_too_long"),
        ("vera", "trip-1", START, hours(3), "window_too_long"),
        ("vera", "plc-7", START.minus(HOUR), START, "window_passed"),
        (
            "vera",
            "plc-7",
            hours(24 * 91),
            hours(24 * 91 + 1),
            "too_far_ahead",
        ),
        (
            "viktor",
            "plc-7",
            START.plus(HOUR / 2),
            hours(2),
            "already_waiting",
        ),
        ("arne", "plc-7", START, hours(1), "not_allowed"),
        ("adam", "plc-7", START, hours(1), "not_allowed"),
        ("nobody", "plc-7", START, hours(1), "not_allowed"),
    ] {
        let asked = leaves_no_trace(&world, world.ask_for(who, what, start, end)).await;
        assert_eq!(refused(asked), code, "{who} {what}");
    }
}

#[tokio::test]
async fn no_vendor_has_more_than_twenty_requests_waiting() {
    let world = World::new().await;
    for n in 0..20 {
        let start = START.plus(HOUR * n);
        let asked = world.ask_for("vera", "plc-7", start, start.plus(HOUR));
        asked.await.expect("asked");
    }
    let more = leaves_no_trace(&world, world.ask("vera", "hmi-1")).await;
    assert_eq!(refused(more), "too_many_waiting");
    world.ask("viktor", "plc-7").await.expect("another's");
}

#[tokio::test]
async fn approving() {
    let world = World::new().await;
    let high = world.ask("vera", "trip-1").await.expect("asked");
    world.approve("arne", &high).await.expect("approved");
    for (who, code) in [
        ("arne", "approved_before"),
        ("ylva", "not_an_approver"),
        ("vera", "not_allowed"),
        ("olga", "not_allowed"),
        ("audun", "not_allowed"),
        ("adam", "not_allowed"),
        ("nobody", "not_allowed"),
    ] {
        let approved = leaves_no_trace(&world, world.approve(who, &high)).await;
        assert_eq!(refused(approved), code, "{who}");
    }
    for actor in [Actor::system(), Actor::host()] {
        let approved = world
            .store
            .approve(&actor, high.id, Narrowing::default(), None)
            .await;
        assert_eq!(refused(approved), "not_allowed", "only people approve");
    }
    let unknown = RequestId::new(START, world.random.as_ref());
    let approved = world
        .store
        .approve(&actor("arne"), unknown, Narrowing::default(), None)
        .await;
    assert!(matches!(approved, Err(StoreError::NotFound(what)) if what.contains("request/")));
}

#[tokio::test]
async fn a_request_that_has_ended_takes_no_more_steps() {
    let world = World::new().await;
    let denied = world.ask("vera", "plc-7").await.expect("asked");
    assert_eq!(
        refused(world.store.deny(&actor("arne"), denied.id, " ").await),
        "bad_text"
    );
    world
        .store
        .deny(&actor("arne"), denied.id, "no such work order")
        .await
        .expect("denied");
    let withdrawn = world.ask("vera", "plc-7").await.expect("asked");
    let others = world.store.withdraw(&actor("viktor"), withdrawn.id).await;
    assert_eq!(refused(others), "not_yours");
    world
        .store
        .withdraw(&actor("vera"), withdrawn.id)
        .await
        .expect("withdrawn");
    let granted = world.ask("vera", "plc-7").await.expect("asked");
    world.approve("arne", &granted).await.expect("approved");
    for request in [denied, withdrawn, granted] {
        let steps = [
            world.approve("asta", &request).await,
            world.store.deny(&actor("asta"), request.id, "no").await,
            world.store.withdraw(&actor("vera"), request.id).await,
        ];
        for step in steps {
            assert_eq!(refused(step), "not_waiting");
        }
    }
}

#[tokio::test]
async fn revoking_and_extending() {
    let world = World::new().await;
    let grant = world.granted("vera").await;
    let until = grant.window.end().plus(HOUR);
    for (who, code) in [
        ("vera", "not_allowed"),
        ("ylva", "not_allowed"),
        ("audun", "not_allowed"),
    ] {
        let revoked = world.store.revoke(&actor(who), grant.id, "no more").await;
        assert_eq!(refused(revoked), code, "{who}");
    }
    assert_eq!(
        refused(world.store.revoke(&actor("arne"), grant.id, "").await),
        "bad_text"
    );
    let foreign = world
        .store
        .extend(&actor("ylva"), grant.id, until, None)
        .await;
    assert_eq!(refused(foreign), "not_an_approver");
    let others = world
        .store
        .extend(&actor("viktor"), grant.id, until, None)
        .await;
    assert!(
        matches!(others, Err(StoreError::NotFound(_))),
        "another vendor's grant"
    );
    let shorter = world
        .store
        .extend(&actor("vera"), grant.id, grant.window.end(), None)
        .await;
    assert_eq!(refused(shorter), "not_extendable");
    let longest = grant.window.start().plus(HOUR * 9);
    let too_long = world
        .store
        .extend(&actor("vera"), grant.id, longest, None)
        .await;
    assert_eq!(refused(too_long), "window_too_long");
    world
        .store
        .extend(&actor("vera"), grant.id, until, None)
        .await
        .expect("asked");
    let twice = world
        .store
        .extend(&actor("arne"), grant.id, until, None)
        .await;
    assert_eq!(refused(twice), "already_waiting");

    world
        .store
        .revoke(&actor("olga"), grant.id, "alarm in the hall")
        .await
        .expect("revoked");
    let again = world.store.revoke(&actor("arne"), grant.id, "again").await;
    assert_eq!(refused(again), "grant_closed");
    let unknown = GrantId::new(START, world.random.as_ref());
    let revoked = world.store.revoke(&actor("arne"), unknown, "no").await;
    assert!(matches!(revoked, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn an_extension_falls_with_its_grant() {
    let world = World::new().await;
    let grant = world.granted("vera").await;
    let until = grant.window.end().plus(HOUR);
    let more = world
        .store
        .extend(&actor("vera"), grant.id, until, None)
        .await
        .expect("asked");
    world
        .store
        .revoke(&actor("arne"), grant.id, "no more")
        .await
        .expect("revoked");
    assert_eq!(
        refused(world.approve("arne", &more).await),
        "not_extendable"
    );
    assert_eq!(world.grant(grant.id).await.window, grant.window);
}

#[tokio::test]
async fn tickets() {
    let world = World::new().await;
    let grant = world.granted("vera").await;
    let others = world.store.issue_ticket(&actor("viktor"), grant.id).await;
    assert!(
        matches!(others, Err(StoreError::NotFound(_))),
        "another vendor's grant"
    );
    for who in ["arne", "adam", "audun", "olga"] {
        let issued = world.store.issue_ticket(&actor(who), grant.id).await;
        assert_eq!(refused(issued), "not_allowed", "{who}");
    }

    let ticket = world.ticket("vera", &grant).await;
    let wrong: SecretString = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into();
    for (who, what, ticket, case) in [
        ("vera", "plc-7", &wrong, "a wrong ticket"),
        ("viktor", "plc-7", &ticket, "another vendor's ticket"),
        ("nobody", "plc-7", &ticket, "no such account"),
        ("vera", "hmi-1", &ticket, "a ticket for another asset"),
        ("vera", "unknown", &ticket, "no such asset"),
    ] {
        let come = leaves_no_trace(&world, world.come(who, what, ticket)).await;
        assert!(matches!(come, Redeemed::Unknown), "{case}");
    }
    world.clock.pass(HOUR / 12);
    let late = world.come("vera", "plc-7", &ticket).await;
    assert!(matches!(late, Redeemed::Unknown), "five minutes");
}

#[tokio::test]
async fn a_right_ticket_is_told_why_and_stays_unused() {
    let world = World::new().await;
    let (end, minute) = (HOUR, HOUR / 60);
    let grant = world.granted("vera").await;
    let ticket = world.ticket("vera", &grant).await;
    let code = |redeemed: Redeemed| match &redeemed {
        Redeemed::Denied(denied, time) => {
            assert_eq!(time.name(), "Europe/Oslo");
            denied.code()
        }
        Redeemed::Admitted(_) | Redeemed::Unknown => panic!("not denied: {redeemed:?}"),
    };
    let hall = name("to-hall");
    world
        .store
        .close_conduit(&actor("olga"), &hall, "gas alarm")
        .await
        .expect("closed");
    let come = leaves_no_trace(&world, world.come("vera", "plc-7", &ticket)).await;
    assert_eq!(code(come), "conduit_closed");
    world
        .store
        .open_conduit(&actor("arne"), &hall, "all clear")
        .await
        .expect("opened");
    world.clock.go_back(minute);
    assert_eq!(
        code(world.come("vera", "plc-7", &ticket).await),
        "window_not_open"
    );
    world.clock.pass(minute);
    admitted(world.come("vera", "plc-7", &ticket).await);

    world.clock.pass(end - minute);
    let late = world.ticket("vera", &grant).await;
    world.clock.pass(minute);
    assert_eq!(
        code(world.come("vera", "plc-7", &late).await),
        "window_over"
    );

    let grant = world.granted("vera").await;
    let ticket = world.ticket("vera", &grant).await;
    world
        .store
        .revoke(&actor("arne"), grant.id, "no more")
        .await
        .expect("revoked");
    assert_eq!(
        code(world.come("vera", "plc-7", &ticket).await),
        "grant_revoked"
    );
}

#[tokio::test]
async fn a_ticket_from_a_clock_that_went_back_is_void() {
    let world = World::new().await;
    let request = world
        .ask_for("vera", "plc-7", START, START.plus(HOUR * 8))
        .await
        .expect("asked");
    let request = world.approve("arne", &request).await.expect("approved");
    let grant = world.grant(grant_of(&request).expect("granted")).await;
    world.clock.pass(HOUR * 4);
    let ticket = world.ticket("vera", &grant).await;
    world.clock.go_back(HOUR * 3);
    assert!(matches!(
        world.come("vera", "plc-7", &ticket).await,
        Redeemed::Unknown
    ));
}

#[tokio::test]
async fn conduits_and_sessions() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let (hall, sis) = (name("to-hall"), name("to-sis"));
    for who in ["vera", "audun", "ylva"] {
        let closed = world
            .store
            .close_conduit(&actor(who), &hall, "because")
            .await;
        assert_eq!(refused(closed), "not_allowed", "{who}");
        let ended = world
            .store
            .end_session(&actor(who), session, "because")
            .await;
        if who != "vera" {
            assert_eq!(refused(ended), "not_allowed", "{who}");
        }
    }
    let foreign = world
        .store
        .close_conduit(&actor("olga"), &sis, "not my zone")
        .await;
    assert_eq!(refused(foreign), "not_allowed");
    assert_eq!(
        refused(world.store.open_conduit(&actor("arne"), &hall, "x").await),
        "already_open"
    );
    world
        .store
        .close_conduit(&actor("olga"), &hall, "gas alarm")
        .await
        .expect("closed");
    let twice = world
        .store
        .close_conduit(&actor("arne"), &hall, "gas alarm")
        .await;
    assert_eq!(refused(twice), "already_closed");
    let opened = world
        .store
        .open_conduit(&actor("olga"), &hall, "an operator only closes")
        .await;
    assert_eq!(refused(opened), "not_allowed");
    let unknown = world
        .store
        .close_conduit(&actor("adam"), &name("to-nowhere"), "x")
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))));

    let again = world
        .store
        .end_session(&actor("arne"), session, "now")
        .await;
    assert_eq!(refused(again), "end_ordered", "vera has");
    let other = world
        .store
        .end_session(&actor("viktor"), session, "now")
        .await;
    assert!(
        matches!(other, Err(StoreError::NotFound(_))),
        "another vendor's session"
    );
    let unknown = SessionId::new(START, world.random.as_ref());
    let ended = world
        .store
        .end_session(&actor("arne"), unknown, "now")
        .await;
    assert!(matches!(ended, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn somebody_disabled_a_moment_ago_changes_nothing_any_more() {
    let world = World::new().await;
    let request = world.ask("vera", "plc-7").await.expect("asked");
    world
        .store
        .disable_account(&actor("adam"), &name("arne"), "left")
        .await
        .expect("disabled");
    assert_eq!(
        refused(world.approve("arne", &request).await),
        "not_allowed"
    );
    world
        .store
        .disable_account(&Actor::host(), &name("adam"), "left")
        .await
        .expect("disabled");
    let by_adam = world
        .store
        .disable_account(&actor("adam"), &name("olga"), "x")
        .await;
    assert_eq!(refused(by_adam), "not_allowed");
}

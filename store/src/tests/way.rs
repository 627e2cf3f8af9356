//! Request → approve → grant → ticket → session → close, with its audit trail.

use domain::{Actor, CloseReason, GrantPhase, Input, RequestState, Verdict};

use super::world::*;
use crate::{Apply, Narrowing, RecordingEnd, Redeemed, Scope};

/// One approval is not the last one.
async fn first_of_two(plant: &str, asset: &str) {
    let world = World::new().await;
    world.apply(plant, Apply::default()).await.expect("applied");
    let request = world.ask("vera", asset).await.expect("asked");
    let first = world.approve("arne", &request).await.expect("approved");
    assert!(
        matches!(first.state, RequestState::Waiting { .. }),
        "{first:?}"
    );
    let second = world.approve("asta", &request).await.expect("approved");
    assert!(grant_of(&second).is_some(), "{second:?}");
}

#[tokio::test]
async fn a_safety_zone_takes_two_at_any_level() {
    let plant = PLANT.replace("security_level = 4", "security_level = 2");
    first_of_two(&plant, "trip-1").await;
}

#[tokio::test]
async fn the_plant_files_quorum_is_what_counts() {
    first_of_two(&format!("{PLANT}\n[rules.quorum]\nsl2 = 2\n"), "plc-7").await;
}

#[tokio::test]
async fn the_whole_way_and_its_audit_trail() {
    let world = World::new().await;
    let before = world.last_event().await;
    let store = &world.store;

    let request = world.ask("vera", "plc-7").await.expect("asked");
    assert!(matches!(request.state, RequestState::Waiting { .. }));
    let request = world.approve("arne", &request).await.expect("approved");
    let grant = world.grant(grant_of(&request).expect("granted")).await;
    assert_eq!(grant.phase(START), GrantPhase::Open);
    let found = store
        .find_request(&Scope::All, request.id)
        .await
        .expect("read");
    assert_eq!(
        found,
        Some(request.clone()),
        "what is stored is what was returned"
    );

    let ticket = world.ticket("vera", &grant).await;
    let admitted = admitted(world.come("vera", "plc-7", &ticket).await);
    let session = admitted.permit.session();
    assert_eq!(admitted.permit.target().to_string(), "10.20.0.7:22");
    assert_eq!(admitted.permit.window_end(), grant.window.end());
    assert_eq!(admitted.plant_time.name(), "Europe/Oslo");
    assert!(
        matches!(
            world.come("vera", "plc-7", &ticket).await,
            Redeemed::Unknown
        ),
        "used up"
    );
    let vera = store
        .account(&name("vera"))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(vera.last_active_at, Some(START), "a session is a use");

    let stays = vec![(
        session,
        Verdict::Stay {
            end: grant.window.end(),
            input: Input::Flows,
        },
    )];
    assert_eq!(store.standing().await.expect("standing"), stays);
    store
        .add_recording(session, 0, "exec", Some("uptime"), false)
        .await
        .expect("recorded");
    let end = RecordingEnd {
        exit: Some(3),
        bytes_in: 5,
        bytes_out: 7,
        state: "complete",
        seal: Some(crate::RecordingSeal {
            lines: 3,
            root: [7; 32],
        }),
    };
    store
        .finish_recording(session, 0, &end)
        .await
        .expect("finished");
    store
        .close_session(session, CloseReason::VendorLeft, None)
        .await
        .expect("closed");
    assert_eq!(store.standing().await.expect("standing"), vec![]);

    let row = store
        .session(&Scope::All, session)
        .await
        .expect("read")
        .expect("there");
    let closed = row.closed.expect("closed");
    assert_eq!(
        (closed.reason, row.source.as_str()),
        (CloseReason::VendorLeft, "192.0.2.7")
    );
    let recordings = store
        .recordings_of(&Scope::All, session)
        .await
        .expect("read");
    let [recording] = recordings.as_slice() else {
        panic!("one recording: {recordings:?}")
    };
    assert_eq!(
        (recording.exit, recording.bytes_in, recording.bytes_out),
        (Some(3), 5, 7)
    );
    assert_eq!(
        (recording.state.as_str(), recording.command.as_deref()),
        ("complete", Some("uptime"))
    );

    assert_eq!(
        world.happened(before).await,
        [
            "request.filed",
            "grant.created",
            "request.approved",
            "ticket.issued",
            "session.opened",
            "recording.started",
            "recording.sealed",
            "session.closed",
        ]
    );
}

#[tokio::test]
async fn an_event_says_who_from_where_what_before_after_and_why() {
    let world = World::new().await;
    let request = world.ask("vera", "plc-7").await.expect("asked");
    let note = Some("called, is at the site".to_owned());
    world
        .store
        .approve(&actor("arne"), request.id, Narrowing::default(), note)
        .await
        .expect("approved");
    let seq = world.last_event().await;
    let events = world
        .store
        .events(&Default::default(), &Default::default(), true)
        .await;
    let event = events.expect("events").items.swap_remove(0);
    assert_eq!((event.seq, event.at), (seq, START));
    assert_eq!(
        (event.actor.as_str(), event.source.as_str()),
        ("account/arne", "192.0.2.1")
    );
    assert_eq!(event.subject, format!("request/{}", request.id));
    assert_eq!(event.before.expect("before")["state"], "waiting");
    let after = event.after.expect("after");
    assert_eq!(
        (&after["state"], &after["approved_by"][0]),
        (&"granted".into(), &"arne".into())
    );
    assert_eq!(event.reason.as_deref(), Some("called, is at the site"));
}

#[tokio::test]
async fn a_high_zone_takes_two_people_and_the_narrowest_window() {
    let world = World::new().await;
    let request = world.ask("vera", "trip-1").await.expect("asked");
    let narrow = |from, to| Narrowing {
        not_before: Some(START.plus(HOUR / 60 * from)),
        not_after: Some(START.plus(HOUR / 60 * to)),
    };
    let first = world
        .store
        .approve(&actor("arne"), request.id, narrow(10, 50), None)
        .await;
    let first = first.expect("approved");
    assert_eq!(grant_of(&first), None, "one of two");
    let wider = world
        .store
        .approve(&actor("asta"), request.id, narrow(5, 50), None)
        .await;
    assert_eq!(refused(wider), "widens");
    let second = world
        .store
        .approve(&actor("asta"), request.id, narrow(20, 40), None)
        .await;
    let grant = world
        .grant(grant_of(&second.expect("approved")).expect("granted"))
        .await;
    assert_eq!(grant.window.start(), START.plus(HOUR / 3));
    assert_eq!(grant.window.end(), START.plus(HOUR / 3 * 2));
    let stored = world
        .store
        .find_request(&Scope::All, request.id)
        .await
        .expect("read");
    let by: Vec<_> = stored
        .expect("there")
        .approvals()
        .iter()
        .map(|a| a.by.to_string())
        .collect();
    assert_eq!(by, ["arne", "asta"], "in their order");
}

#[tokio::test]
async fn approvals_keep_their_order_when_the_clock_goes_back_between_them() {
    let world = World::new().await;
    let request = world.ask("vera", "trip-1").await.expect("asked");
    world.approve("arne", &request).await.expect("approved");
    world.clock.go_back(HOUR);
    let narrowed = Narrowing {
        not_before: None,
        not_after: Some(START.plus(HOUR / 2)),
    };
    world
        .store
        .approve(&actor("asta"), request.id, narrowed, None)
        .await
        .expect("approved");
    let stored = world
        .store
        .find_request(&Scope::All, request.id)
        .await
        .expect("read");
    assert_eq!(stored.expect("there").window().end(), START.plus(HOUR / 2));
}

#[tokio::test]
async fn a_grant_opens_at_its_start_not_at_its_approval() {
    let world = World::new().await;
    let request = world
        .ask_for("vera", "plc-7", START.plus(HOUR), START.plus(HOUR * 2))
        .await;
    let request = world
        .approve("arne", &request.expect("asked"))
        .await
        .expect("approved");
    let id = grant_of(&request).expect("granted");
    let issue = async || world.store.issue_ticket(&actor("vera"), id).await;
    let too_early = issue().await.expect_err("too early").to_string();
    assert_eq!(
        too_early,
        "Your window for plc-7 opens at 10:00 (Europe/Oslo), in 1 h."
    );
    world.clock.pass(HOUR);
    issue().await.expect("a ticket");
    world.clock.pass(HOUR);
    assert_eq!(refused(issue().await), "window_over");
}

#[tokio::test]
async fn more_time_asked_by_the_vendor_takes_the_same_quorum() {
    let world = World::new().await;
    let grant = world.granted_to("vera", "trip-1", &["arne", "asta"]).await;
    let until = grant.window.end().plus(HOUR / 2);
    let asked = world
        .store
        .extend(&actor("vera"), grant.id, until, None)
        .await
        .expect("asked");
    world.approve("arne", &asked).await.expect("approved");
    assert_eq!(
        world.grant(grant.id).await.window,
        grant.window,
        "one of two"
    );
    let done = world.approve("asta", &asked).await.expect("approved");
    assert_eq!(grant_of(&done), Some(grant.id));
    let longer = world.grant(grant.id).await;
    assert_eq!((longer.window.end(), longer.extensions), (until, 1));
}

#[tokio::test]
async fn more_time_given_by_an_approver_has_that_approval_in_it() {
    let world = World::new().await;
    let (grant, session) = world.session("vera").await;
    let before = world.last_event().await;
    let until = grant.window.end().plus(HOUR);
    let given = world
        .store
        .extend(&actor("arne"), grant.id, until, None)
        .await
        .expect("given");
    assert_eq!(grant_of(&given), Some(grant.id));
    let stays = vec![(
        session,
        Verdict::Stay {
            end: until,
            input: Input::Flows,
        },
    )];
    assert_eq!(world.store.standing().await.expect("standing"), stays);
    assert_eq!(
        world.happened(before).await,
        ["request.filed", "grant.extended", "request.approved"]
    );
}

#[tokio::test]
async fn the_job_lapses_requests_and_closes_grants_once() {
    let world = World::new().await;
    let waits = world.ask("vera", "hmi-1").await.expect("asked");
    let grant = world.granted("vera").await;
    assert_eq!(world.store.lapse_due().await.expect("ran"), 0);
    world.clock.pass(HOUR);
    let before = world.last_event().await;
    assert_eq!(world.store.lapse_due().await.expect("ran"), 2);
    assert_eq!(world.store.lapse_due().await.expect("ran"), 0);
    assert_eq!(
        world.happened(before).await,
        ["request.lapsed", "grant.expired"]
    );
    let lapsed = world
        .store
        .find_request(&Scope::All, waits.id)
        .await
        .expect("read");
    assert_eq!(
        lapsed.expect("there").state,
        RequestState::Lapsed {
            at: START.plus(HOUR)
        }
    );
    let ended = world.grant(grant.id).await.ended.expect("ended");
    assert_eq!(ended.at, grant.window.end());
}

#[tokio::test]
async fn the_job_settles_more_than_one_batch() {
    let world = World::new().await;
    let mut plant = PLANT.to_owned();
    for n in 0..6 {
        let account = "[[account]]\nrole = \"vendor\"\nassets = [\"plc-7\"]\nname";
        plant += &format!("\n{account} = \"v{n}\"\n");
    }
    world
        .apply(&plant, Apply::default())
        .await
        .expect("applied");
    for n in 0..120 {
        let start = START.plus(HOUR / 2 * n);
        world
            .ask_for(&format!("v{}", n % 6), "plc-7", start, start.plus(HOUR / 2))
            .await
            .expect("asked");
    }
    world.clock.pass(DAY * 3);
    assert_eq!(world.store.lapse_due().await.expect("ran"), 120);
}

#[tokio::test]
async fn each_change_is_announced_and_nothing_else_is() {
    let world = World::new().await;
    let mut changed = world.store.changed();
    changed.mark_unchanged();
    world.ask("vera", "plc-7").await.expect("asked");
    assert!(changed.has_changed().expect("open"));
    changed.mark_unchanged();
    world.ask("vera", "plc-7").await.expect_err("asked before");
    world.store.standing().await.expect("standing");
    assert!(
        !changed.has_changed().expect("open"),
        "a refusal changes nothing"
    );
    world
        .store
        .alarm(
            &Actor::system(),
            domain::Draft::new("target.alarm", "asset", "plc-7"),
        )
        .await
        .expect("alarmed");
    assert!(changed.has_changed().expect("open"));
}

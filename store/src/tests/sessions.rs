//! How sessions end, and who is told to end them.

use domain::{Actor, CloseReason, Denied, Input, SessionId, Verdict};

use super::world::*;
use crate::{RecordingEnd, RecordingFilter, Redeemed, Scope, SessionFilter};

async fn verdict(world: &World, session: SessionId) -> Verdict {
    let standing = world.store.standing().await.expect("standing");
    let [(id, verdict)] = standing.as_slice() else {
        panic!("one session: {standing:?}")
    };
    assert_eq!(*id, session);
    verdict.clone()
}

#[tokio::test]
async fn each_thing_that_ends_a_session() {
    for (what, reason) in [
        ("revoke", CloseReason::GrantRevoked),
        ("disable", CloseReason::AccountDisabled),
        ("close", CloseReason::ConduitClosed),
        ("close, open", CloseReason::ConduitClosed),
        ("end", CloseReason::Ended { by: name("olga") }),
        ("window", CloseReason::WindowEnded),
        ("window, job", CloseReason::WindowEnded),
    ] {
        let world = World::new().await;
        let (grant, session) = world.session("vera").await;
        assert_eq!(
            verdict(&world, session).await,
            Verdict::Stay {
                end: grant.window.end(),
                input: Input::Flows,
            }
        );
        let (store, olga, hall) = (&world.store, actor("olga"), name("to-hall"));
        match what {
            "revoke" => store.revoke(&olga, grant.id, "now").await.expect(what),
            "disable" => {
                store
                    .disable_account(&Actor::host(), &name("vera"), "now")
                    .await
                    .expect(what);
            }
            "close" => store.close_conduit(&olga, &hall, "now").await.expect(what),
            "close, open" => {
                store.close_conduit(&olga, &hall, "now").await.expect(what);
                store
                    .open_conduit(&actor("arne"), &hall, "at once")
                    .await
                    .expect(what);
            }
            "end" => store.end_session(&olga, session, "now").await.expect(what),
            "window" => world.clock.set(grant.window.end()),
            _ => {
                world.clock.set(grant.window.end());
                store.lapse_due().await.expect(what);
            }
        }
        assert_eq!(
            verdict(&world, session).await,
            Verdict::End(reason.clone()),
            "{what}"
        );
        store
            .close_session(session, reason.clone(), Some("told so"))
            .await
            .expect("closed");
        let row = store
            .session(&Scope::All, session)
            .await
            .expect("read")
            .expect("there");
        let closed = row.closed.expect("closed");
        assert_eq!(
            (closed.reason, closed.note.as_deref()),
            (reason, Some("told so"))
        );
    }
}

#[tokio::test]
async fn a_session_after_a_closed_conduit_was_opened_again_stays() {
    let world = World::new().await;
    let hall = name("to-hall");
    world
        .store
        .close_conduit(&actor("olga"), &hall, "drill")
        .await
        .expect("closed");
    world
        .store
        .open_conduit(&actor("arne"), &hall, "drill over")
        .await
        .expect("opened");
    let (grant, session) = world.session("vera").await;
    assert_eq!(
        verdict(&world, session).await,
        Verdict::Stay {
            end: grant.window.end(),
            input: Input::Flows,
        }
    );
}

#[tokio::test]
async fn the_first_reason_of_an_end_stands() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    world
        .store
        .close_session(session, CloseReason::TargetClosed, None)
        .await
        .expect("closed");
    let before = world.last_event().await;
    world
        .store
        .close_session(session, CloseReason::BrokerFault, None)
        .await
        .expect("no harm");
    assert_eq!(world.happened(before).await, [""; 0]);
    let row = world
        .store
        .session(&Scope::All, session)
        .await
        .expect("read")
        .expect("there");
    assert_eq!(
        row.closed.expect("closed").reason,
        CloseReason::TargetClosed
    );
    let late = world
        .store
        .end_session(&actor("olga"), session, "too late")
        .await;
    assert_eq!(refused(late), "session_closed");
}

#[tokio::test]
async fn sessions_of_a_broker_that_died_are_interrupted_at_its_start() {
    let mut world = World::new().await;
    let (_, first) = world.session("vera").await;
    let (_, second) = world.session("viktor").await;
    world
        .store
        .add_recording(first, 0, "shell", None, true)
        .await
        .expect("recorded");
    world
        .store
        .add_recording(first, 1, "exec", Some("ls"), false)
        .await
        .expect("recorded");
    let end = RecordingEnd {
        exit: Some(0),
        bytes_in: 1,
        bytes_out: 2,
        state: "complete",
        seal: Some(crate::RecordingSeal {
            lines: 3,
            root: [7; 32],
        }),
    };
    world
        .store
        .finish_recording(first, 1, &end)
        .await
        .expect("finished");
    world.restart().await;
    let before = world.last_event().await;
    let left = world
        .store
        .interrupt_open_sessions()
        .await
        .expect("interrupted");
    assert_eq!(left, [first, second]);
    assert_eq!(
        world
            .store
            .interrupt_open_sessions()
            .await
            .expect("none left"),
        []
    );
    assert_eq!(world.happened(before).await, ["session.closed"; 2]);
    let row = world
        .store
        .session(&Scope::All, first)
        .await
        .expect("read")
        .expect("there");
    assert_eq!(row.closed.expect("closed").reason, CloseReason::Interrupted);
    let recordings = world
        .store
        .recordings_of(&Scope::All, first)
        .await
        .expect("read");
    let states: Vec<_> = recordings.iter().map(|r| r.state.as_str()).collect();
    assert_eq!(states, ["interrupted", "complete"]);
}

#[tokio::test]
async fn recordings_page_by_session_and_channel() {
    let world = World::new().await;
    let (_, first) = world.session("vera").await;
    world.clock.pass(HOUR);
    let (_, second) = world.session("vera").await;
    for session in [first, second] {
        for channel in 0..3 {
            world
                .store
                .add_recording(session, channel, "shell", None, true)
                .await
                .expect("added");
        }
    }
    let mut page = crate::Page {
        after: None,
        limit: 2,
    };
    let mut seen = Vec::new();
    loop {
        let filter = RecordingFilter::default();
        let paged = world
            .store
            .recordings(&Scope::All, &filter, &page)
            .await
            .expect("read");
        seen.extend(paged.items.iter().map(|r| (r.session, r.channel)));
        page.after = match paged.next {
            Some(next) => Some(next),
            None => break,
        };
    }
    let expected: Vec<_> = [second, first]
        .into_iter()
        .flat_map(|s| (0..3).map(move |c| (s, c)))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn open_and_ended_sessions_are_told_apart() {
    let world = World::new().await;
    let (grant, first) = world.session("vera").await;
    let (_, second) = world.session("viktor").await;
    world
        .store
        .close_session(first, CloseReason::VendorLeft, None)
        .await
        .expect("closed");
    for (open, expected) in [(Some(true), vec![second]), (Some(false), vec![first])] {
        let filter = SessionFilter {
            open,
            ..Default::default()
        };
        let page = crate::Page::default();
        let found = world
            .store
            .sessions(&Scope::All, &filter, &page)
            .await
            .expect("read");
        assert_eq!(
            found.items.iter().map(|s| s.id).collect::<Vec<_>>(),
            expected
        );
    }
    let filter = SessionFilter {
        grant: Some(grant.id),
        ..Default::default()
    };
    let found = world
        .store
        .sessions(&Scope::All, &filter, &Default::default())
        .await
        .expect("read");
    assert_eq!(found.items.len(), 1);
}

#[tokio::test]
async fn a_grant_has_only_so_many_sessions_at_once() {
    let world = World::new().await;
    let plant = format!("{PLANT}\n[rules]\nsessions_per_grant = 3\n");
    world
        .apply(&plant, Default::default())
        .await
        .expect("applied");
    let grant = world.granted("vera").await;
    let mut tickets = Vec::new();
    for _ in 0..4 {
        tickets.push(world.ticket("vera", &grant).await);
    }
    let last = tickets.pop().expect("the last");
    let mut open = Vec::new();
    for ticket in &tickets {
        open.push(admitted(world.come("vera", "plc-7", ticket).await));
    }
    let before = world.last_event().await;
    let denied = world.come("vera", "plc-7", &last).await;
    let Redeemed::Denied(denied, time) = denied else {
        panic!("{denied:?}")
    };
    assert_eq!(denied, Denied::TooManySessions { most: 3 });
    assert_eq!(
        denied.for_vendor(&time, &name("plc-7"), START),
        "You already have 3 sessions on plc-7. Close one, then connect again."
    );
    let ticket = world.store.issue_ticket(&actor("vera"), grant.id).await;
    assert_eq!(refused(ticket), "too_many_sessions");
    assert_eq!(
        world.happened(before).await,
        [""; 0],
        "the ticket is not used up"
    );

    let first = open.swap_remove(0).permit.session();
    let left = CloseReason::VendorLeft;
    let closed = world.store.close_session(first, left, None);
    closed.await.expect("closed");
    admitted(world.come("vera", "plc-7", &last).await);
}

#[tokio::test]
async fn a_vendor_who_ends_a_session_has_left() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let vera = actor("vera");
    let ended = world.store.end_session(&vera, session, "done");
    ended.await.expect("ordered");
    assert_eq!(
        verdict(&world, session).await,
        Verdict::End(CloseReason::VendorLeft)
    );
}

/// Whoever lists holds a reader for as long as the list takes.
#[tokio::test]
async fn those_who_list_do_not_hold_up_the_watch() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let mut lists = Vec::new();
    for _ in 0..4 {
        lists.push(world.store.read().await.expect("a reader"));
    }
    let soon = std::time::Duration::from_secs(2);
    let verdict = tokio::time::timeout(soon, verdict(&world, session)).await;
    assert!(matches!(verdict, Ok(Verdict::Stay { .. })), "{verdict:?}");
}

#[tokio::test]
async fn a_long_command_is_clipped_where_it_is_listed_and_logged() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let store = &world.store;
    for (channel, command, kept) in [
        (0, "å".repeat(500), "å".repeat(500)),
        (1, "å".repeat(60_000), "å".repeat(500) + "…"),
    ] {
        let added = store.add_recording(session, channel, "exec", Some(&command), false);
        added.await.expect("recorded");
        let listed = store
            .recordings_of(&Scope::All, session)
            .await
            .expect("read");
        let listed = listed.last().and_then(|r| r.command.clone());
        assert_eq!(listed.as_deref(), Some(kept.as_str()));
        let (all, first) = Default::default();
        let log = store.events(&all, &first, true).await;
        let event = log.expect("events").items.swap_remove(0);
        assert_eq!(event.after.expect("after")["command"], kept);
    }
}

/// One account's broken row, or one that is not due, is nobody else's trouble:
/// what is not asked for is not read.
#[tokio::test]
async fn only_what_is_due_and_ones_own_is_read() {
    let world = World::new().await;
    world.granted("viktor").await;
    world.granted("vera").await;
    let later = START.plus(DAY);
    let asked = world.ask_for("viktor", "plc-7", later, later.plus(HOUR));
    asked.await.expect("asked");
    for sql in [
        "UPDATE grants SET protocol = 'telex', window_end = window_end * 2 WHERE account = 'viktor'",
        "UPDATE requests SET protocol = 'telex' WHERE state = 'waiting'",
    ] {
        world.sql(sql).await.expect("broken");
    }
    let narrowed = world.ask("vera", "trip-1").await.expect("asked");
    let narrowing = crate::Narrowing {
        not_before: None,
        not_after: Some(START.plus(HOUR / 2)),
    };
    let approved = world
        .store
        .approve(&actor("arne"), narrowed.id, narrowing, None)
        .await;
    approved.expect("one of two");
    world.clock.pass(HOUR / 2);
    assert_eq!(
        world.store.lapse_due().await.expect("ran"),
        1,
        "the narrowed one"
    );
    world.clock.pass(HOUR / 2);
    assert_eq!(
        world.store.lapse_due().await.expect("ran"),
        1,
        "vera's grant"
    );
    let (host, vera) = (Actor::host(), name("vera"));
    let disabled = world.store.disable_account(&host, &vera, "left");
    disabled.await.expect("disabled");
}

//! A long random walk of many people's acts. Whatever they do in whatever order:
//! no state changes without an event, nobody gets in outside an approved window,
//! and nobody stays.

use domain::{Actor, Clock, GrantPhase, Random, RequestState, SessionId, Timestamp, Verdict};
use sqlx::Row;

use super::world::*;
use crate::{GrantFilter, Narrowing, Page, Redeemed, RequestFilter, Scope, SessionFilter};

/// All state, without the log of it.
pub(super) async fn snapshot(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT json_array(name, role, managed, password, enabled_at, last_active_at, disabled_at) FROM accounts ORDER BY 1",
        "SELECT json_array(id, account, expires_at) FROM tokens ORDER BY 1",
        "SELECT json_array(id, state, state_at, state_by, grant_id) FROM requests ORDER BY 1",
        "SELECT json_array(request_id, approver, window_start, window_end) FROM approvals ORDER BY 1",
        "SELECT json_array(id, window_start, window_end, extensions, ended_at) FROM grants ORDER BY 1",
        "SELECT json_array(id, grant_id, used_at) FROM tickets ORDER BY 1",
        "SELECT json_array(id, end_ordered_at, conduit_closed_at, closed_at) FROM sessions ORDER BY 1",
        "SELECT json_array(name, closed_at) FROM conduits ORDER BY 1",
    ] {
        let rows = sqlx::query(sql)
            .fetch_all(&world.store.inner.readers)
            .await
            .expect("read");
        all.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    all
}

/// That each session was begun under a grant that enough others had approved,
/// and in its window.
async fn check_admission(world: &World, session: SessionId, at: Timestamp) {
    let row = world
        .store
        .session(&Scope::All, session)
        .await
        .expect("read")
        .expect("there");
    let grant = world.grant(row.grant).await;
    assert!(grant.window.contains(at) && grant.ended.is_none());
    let request = world
        .store
        .find_request(&Scope::All, grant.request)
        .await
        .expect("read");
    let request = request.expect("there");
    let RequestState::Granted { approvals, .. } = &request.state else {
        panic!("{request:?}")
    };
    let by: std::collections::BTreeSet<_> = approvals.iter().map(|a| &a.by).collect();
    let quorum = if grant.zone.as_str() == "sis" { 2 } else { 1 };
    assert!(by.len() >= quorum && !by.contains(&request.account));
    let account = world
        .store
        .account(&grant.account)
        .await
        .expect("read")
        .expect("there");
    assert!(account.is_active());
}

/// What begins has no before, what ends for good no after; all else has both.
async fn each_event_says_what_changed(world: &World) {
    let mut page = Page {
        after: None,
        limit: Page::MOST,
    };
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let all = Default::default();
        let events = world
            .store
            .events(&all, &page, false)
            .await
            .expect("events");
        for event in events.items {
            let (before, after) = match event.action.as_str() {
                "account.created" | "account.signed_in" | "grant.created" | "plant.applied"
                | "recording.started" | "request.filed" | "session.opened" | "ticket.issued" => {
                    (false, true)
                }
                "request.approval_voided" => (true, false),
                _ => (true, true),
            };
            let found = (event.before.is_some(), event.after.is_some());
            assert_eq!(found, (before, after), "{event:?}");
            let why = matches!(
                event.action.as_str(),
                "request.withdrawn" | "request.lapsed" | "session.end_ordered"
            );
            assert!(!why || event.reason.is_some(), "{event:?}");
            seen.insert(event.action);
        }
        match events.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    for action in [
        "conduit.closed",
        "credential.removed",
        "credential.set",
        "grant.revoked",
        "recording.sealed",
        "request.withdrawn",
        "session.closed",
        "session.end_ordered",
    ] {
        assert!(seen.contains(action), "{action} is not among {seen:?}");
    }
}

/// What the walk does not come by.
async fn credentials_and_recordings(world: &World) {
    let store = &world.store;
    let (_, session) = world.session("vera").await;
    let begun = store.add_recording(session, 0, "shell", None, true);
    begun.await.expect("recorded");
    let end = crate::RecordingEnd {
        exit: None,
        bytes_in: 1,
        bytes_out: 2,
        state: "complete",
        seal: Some(crate::RecordingSeal {
            lines: 3,
            root: [7; 32],
        }),
    };
    let finished = store.finish_recording(session, 0, &end);
    finished.await.expect("finished");
    let (adam, plc) = (actor("adam"), name("plc-7"));
    for secret in ["one", "two"] {
        let secret = crate::Credential::Password(secret.into());
        let set = store.set_credential(&adam, &plc, secret);
        set.await.expect("set");
    }
    let removed = store.remove_credential(&adam, &plc);
    removed.await.expect("removed");
}

#[tokio::test]
async fn whatever_people_do() {
    let world = World::new().await;
    let dice = |sides: usize| {
        let mut byte = [0; 2];
        world.random.fill(&mut byte);
        usize::from(u16::from_le_bytes(byte)) % sides
    };
    let people = [
        "vera", "viktor", "arne", "asta", "ylva", "olga", "audun", "adam",
    ];
    let things = ["plc-7", "hmi-1", "trip-1", "crane"];
    let store = &world.store;
    credentials_and_recordings(&world).await;
    let (mut admitted, mut ended) = (0, 0);
    let mut tickets = Vec::new();
    for _ in 0..1500 {
        let who = people[dice(people.len())];
        let vendor = people[dice(2)];
        let approver = people[2 + dice(3)];
        let few = Page {
            after: None,
            limit: 4,
        };
        let waiting = RequestFilter {
            state: Some("waiting".to_owned()),
            ..Default::default()
        };
        let requests = store
            .requests(&Scope::All, &waiting, &few)
            .await
            .expect("read")
            .items;
        let open = GrantFilter {
            phase: Some(GrantPhase::Open),
            ..Default::default()
        };
        let grants = store
            .grants(&Scope::All, &open, &few)
            .await
            .expect("read")
            .items;
        let any = SessionFilter::default();
        let sessions = store
            .sessions(&Scope::All, &any, &few)
            .await
            .expect("read")
            .items;
        let (state, log) = (snapshot(&world).await, world.last_event().await);
        let now = world.clock.now();
        match dice(20) {
            0..=2 => {
                let start = now.plus(HOUR / 4 * u32::try_from(dice(3)).expect("small"));
                let _ = world
                    .ask_for(vendor, things[dice(4)], start, start.plus(HOUR))
                    .await;
            }
            3..=6 if !requests.is_empty() => {
                let request = &requests[dice(requests.len())];
                let narrowing = Narrowing {
                    not_before: None,
                    not_after: (dice(4) == 0).then(|| now.plus(HOUR / 2)),
                };
                let by = if dice(4) == 0 { who } else { approver };
                let _ = store.approve(&actor(by), request.id, narrowing, None).await;
            }
            7 if !requests.is_empty() => {
                let request = &requests[dice(requests.len())];
                let _ = match dice(2) {
                    0 => store.deny(&actor(approver), request.id, "no").await,
                    _ => store.withdraw(&actor(who), request.id).await,
                };
            }
            8 if !grants.is_empty() => {
                let grant = &grants[dice(grants.len())];
                let _ = match dice(2) {
                    0 => store.revoke(&actor(who), grant.id, "no").await.err(),
                    _ => store
                        .extend(
                            &actor(who),
                            grant.id,
                            grant.window.end().plus(HOUR / 4),
                            None,
                        )
                        .await
                        .err(),
                };
            }
            9..=11 if !grants.is_empty() => {
                let grant = &grants[dice(grants.len())];
                if let Ok(issued) = store
                    .issue_ticket(&actor(grant.account.as_str()), grant.id)
                    .await
                {
                    tickets.push((grant.clone(), issued.ticket));
                }
            }
            12..=14 if !tickets.is_empty() => {
                let (grant, ticket) = &tickets[tickets.len() - 1 - dice(tickets.len().min(6))];
                let come = world
                    .come(grant.account.as_str(), grant.asset.as_str(), ticket)
                    .await;
                if let Redeemed::Admitted(session) = come {
                    admitted += 1;
                    check_admission(&world, session.permit.session(), now).await;
                }
            }
            15 if !sessions.is_empty() => {
                let session = &sessions[dice(sessions.len())];
                let _ = store.end_session(&actor(who), session.id, "enough").await;
            }
            16 => {
                let hall = name(["to-hall", "to-sis"][dice(2)]);
                let _ = match dice(3) {
                    0 => store.close_conduit(&actor(who), &hall, "alarm").await,
                    _ => store.open_conduit(&actor(who), &hall, "clear").await,
                };
            }
            17 => {
                let whom = name(people[dice(2)]);
                let _ = match dice(4) {
                    0 => store.disable_account(&Actor::host(), &whom, "x").await,
                    _ => store.enable_account(&Actor::host(), &whom, "x").await,
                };
            }
            18 => {
                store.lapse_due().await.expect("ran");
                store.disable_idle_accounts().await.expect("ran");
                let _ = store.sign_in(&name(who), "192.0.2.7", HOUR).await;
            }
            19 => world
                .clock
                .pass(HOUR / 12 * u32::try_from(dice(12)).expect("small")),
            // Nothing there to do it to.
            _ => {}
        }
        let changed = snapshot(&world).await != state;
        assert_eq!(
            changed,
            world.last_event().await > log,
            "a change and its event, or neither"
        );
        for (session, verdict) in store.standing().await.expect("standing") {
            match verdict {
                Verdict::Stay { end, .. } => assert!(world.clock.now() < end),
                Verdict::End(reason) => {
                    ended += 1;
                    store
                        .close_session(session, reason, None)
                        .await
                        .expect("closed");
                }
            }
        }
    }
    each_event_says_what_changed(&world).await;
    println!("{admitted} admitted, {ended} ended by a rule or a person");
    assert!(
        admitted > 10 && ended > 10,
        "the walk gets about: {admitted}, {ended}"
    );
}

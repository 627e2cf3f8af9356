//! Two who act at the same instant: exactly one outcome. Real tasks on several
//! threads, over and over, so that their order differs.

use std::sync::Arc;

use domain::{Actor, CloseReason, Request, RequestState, Verdict};
use tokio::task::JoinSet;

use super::world::*;
use crate::{GrantFilter, Narrowing, Page, Redeemed, Scope, SessionFilter, Store, StoreError};

const ROUNDS: usize = 20;

async fn grants(world: &World) -> usize {
    let page = Page {
        after: None,
        limit: Page::MOST,
    };
    world
        .store
        .grants(&Scope::All, &GrantFilter::default(), &page)
        .await
        .expect("read")
        .items
        .len()
}

async fn state(world: &World, request: &Request) -> RequestState {
    let found = world
        .store
        .find_request(&Scope::All, request.id)
        .await
        .expect("read");
    found.expect("there").state
}

/// A round for a request of its own; the clock moves on, so that windows do not
/// overlap.
async fn ask(world: &World, asset: &str) -> Request {
    world.clock.pass(HOUR);
    world.ask("vera", asset).await.expect("asked")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_approvers_at_once_make_one_grant() {
    let world = Arc::new(World::new().await);
    for round in 1..=ROUNDS {
        let request = ask(&world, "plc-7").await;
        let both = tokio::join!(
            spawn_approve(&world, "arne", &request),
            spawn_approve(&world, "asta", &request)
        );
        let outcomes = [both.0, both.1];
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 1));
        assert_eq!(
            lost.into_iter().map(refused).collect::<Vec<_>>(),
            ["not_waiting"]
        );
        assert_eq!(grants(&world).await, round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_needed_approvers_at_once_make_one_grant() {
    let world = Arc::new(World::new().await);
    for round in 1..=ROUNDS {
        let request = ask(&world, "trip-1").await;
        let both = tokio::join!(
            spawn_approve(&world, "arne", &request),
            spawn_approve(&world, "asta", &request)
        );
        let granted = [both.0, both.1]
            .into_iter()
            .filter_map(|r| grant_of(&r.expect("approved")));
        assert_eq!(granted.count(), 1, "the second one makes it");
        assert_eq!(grants(&world).await, round);
    }
}

/// Broker and desk may be two processes over one database: there it is SQLite's
/// own lock that settles it, and the loser hears a refusal, not an error.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_approvers_at_two_processes_make_one_grant() {
    let world = World::new().await;
    let other = open(&world.dir, "vault.key", &world.clock, &world.random)
        .await
        .expect("opened");
    for round in 1..=ROUNDS {
        let id = ask(&world, "plc-7").await.id;
        let approve = |store: &Store, approver: &'static str| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .approve(&actor(approver), id, Narrowing::default(), None)
                    .await
            })
        };
        let both = tokio::join!(approve(&world.store, "arne"), approve(&other, "asta"));
        let outcomes = [both.0.expect("no panic"), both.1.expect("no panic")];
        let lost = outcomes.into_iter().filter(Result::is_err).map(refused);
        assert_eq!(lost.collect::<Vec<_>>(), ["not_waiting"]);
        assert_eq!(grants(&world).await, round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_double_click_approves_once() {
    let world = Arc::new(World::new().await);
    for _ in 0..ROUNDS {
        let request = ask(&world, "trip-1").await;
        let both = tokio::join!(
            spawn_approve(&world, "arne", &request),
            spawn_approve(&world, "arne", &request)
        );
        let lost: Vec<_> = [both.0, both.1]
            .into_iter()
            .filter(Result::is_err)
            .collect();
        assert_eq!(
            lost.into_iter().map(refused).collect::<Vec<_>>(),
            ["approved_before"]
        );
        let RequestState::Waiting { approvals } = state(&world, &request).await else {
            panic!("one person is no quorum of two")
        };
        assert_eq!(approvals.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn approve_races_withdraw() {
    let world = Arc::new(World::new().await);
    let mut withdrawn = 0;
    for round in 0..ROUNDS {
        let before = grants(&world).await;
        let request = ask(&world, "plc-7").await;
        let (store, id) = (world.store.clone(), request.id);
        let withdraw = async move { store.withdraw(&actor("vera"), id).await };
        let approve = spawn_approve(&world, "arne", &request);
        // Each has the head start in every second round.
        let (approved, withdrew) = if round % 2 == 0 {
            let withdraw = tokio::spawn(withdraw);
            (approve.await, withdraw.await)
        } else {
            let (approved, withdrew) = tokio::join!(approve, async {
                tokio::task::yield_now().await;
                tokio::spawn(withdraw).await
            });
            (approved, withdrew)
        };
        let withdrew = withdrew.expect("no panic");
        assert_eq!(
            approved.is_ok(),
            withdrew.is_err(),
            "{approved:?} {withdrew:?}"
        );
        let state = state(&world, &request).await;
        if withdrew.is_ok() {
            withdrawn += 1;
            assert!(matches!(state, RequestState::Withdrawn { .. }));
            assert_eq!(grants(&world).await, before);
        } else {
            assert!(matches!(state, RequestState::Granted { .. }));
            assert_eq!(grants(&world).await, before + 1);
        }
    }
    // Both ways must have been gone, or nothing has raced.
    assert!(
        (1..ROUNDS).contains(&withdrawn),
        "withdrawn in {withdrawn} of {ROUNDS}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_ticket_opens_one_session() {
    let world = Arc::new(World::new().await);
    for round in 1..=ROUNDS {
        let grant = world.granted("vera").await;
        let ticket = world.ticket("vera", &grant).await;
        let mut comers = JoinSet::new();
        for _ in 0..8 {
            let (world, ticket) = (Arc::clone(&world), ticket.clone());
            comers.spawn(async move { world.come("vera", "plc-7", &ticket).await });
        }
        let came = comers.join_all().await;
        let admitted = came
            .iter()
            .filter(|r| matches!(r, Redeemed::Admitted(_)))
            .count();
        let unknown = came
            .iter()
            .filter(|r| matches!(r, Redeemed::Unknown))
            .count();
        assert_eq!((admitted, unknown), (1, 7));
        let page = Page {
            after: None,
            limit: Page::MOST,
        };
        let filter = SessionFilter {
            open: Some(true),
            ..Default::default()
        };
        let open = world
            .store
            .sessions(&Scope::All, &filter, &page)
            .await
            .expect("read");
        assert_eq!(open.items.len(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redeeming_races_disabling() {
    let world = Arc::new(World::new().await);
    for _ in 0..ROUNDS {
        let grant = world.granted("vera").await;
        let ticket = world.ticket("vera", &grant).await;
        let store = world.store.clone();
        let disable = tokio::spawn(async move {
            store
                .disable_account(&Actor::host(), &name("vera"), "left the company")
                .await
        });
        let came = world.come("vera", "plc-7", &ticket).await;
        disable.await.expect("no panic").expect("disabled");
        let standing = world.store.standing().await.expect("standing");
        match came {
            // It was first: then the session has to end.
            Redeemed::Admitted(admitted) => {
                let id = admitted.permit.session();
                assert_eq!(standing, [(id, Verdict::End(CloseReason::AccountDisabled))]);
                world
                    .store
                    .close_session(id, CloseReason::AccountDisabled, None)
                    .await
                    .expect("closed");
            }
            Redeemed::Unknown => assert_eq!(standing, []),
            Redeemed::Denied(denied, _) => panic!("its ticket is gone: {denied:?}"),
        }
        world
            .store
            .enable_account(&Actor::host(), &name("vera"), "is back")
            .await
            .expect("enabled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_are_admitted_at_once() {
    let world = Arc::new(World::new().await);
    let plant = format!("{PLANT}\n[rules]\nsessions_per_grant = 200\n");
    let applied = world.apply(&plant, Default::default()).await;
    applied.expect("applied");
    let grant = world.granted("vera").await;
    let mut tickets = Vec::new();
    for _ in 0..200 {
        tickets.push(world.ticket("vera", &grant).await);
    }
    let mut comers = JoinSet::new();
    for ticket in tickets {
        let world = Arc::clone(&world);
        comers.spawn(async move { admitted(world.come("vera", "plc-7", &ticket).await) });
    }
    let sessions = comers.join_all().await;
    let ids: std::collections::BTreeSet<_> = sessions.iter().map(|s| s.permit.session()).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(world.store.standing().await.expect("standing").len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_gives_up_midway_leaves_all_or_nothing() {
    let world = Arc::new(World::new().await);
    let before = world.last_event().await;
    for turn in 0..60_u64 {
        let request = ask(&world, "plc-7").await;
        let world = Arc::clone(&world);
        let given_up = tokio::spawn(async move {
            let _ = world.approve("arne", &request).await;
        });
        tokio::time::sleep(std::time::Duration::from_micros(turn * 40)).await;
        given_up.abort();
        let _ = given_up.await;
    }
    // The next write waits for what is still under way.
    ask(&world, "hmi-1").await;
    let happened = world.happened(before).await;
    let count = |action| happened.iter().filter(|a| *a == action).count();
    assert_eq!(count("grant.created"), grants(&world).await);
    assert_eq!(count("grant.created"), count("request.approved"));
    println!("{} of 60 went through", count("grant.created"));
}

async fn spawn_approve(
    world: &Arc<World>,
    approver: &'static str,
    request: &Request,
) -> Result<Request, StoreError> {
    let (store, id) = (world.store.clone(), request.id);
    tokio::spawn(async move {
        store
            .approve(&actor(approver), id, Narrowing::default(), None)
            .await
    })
    .await
    .expect("no panic")
}

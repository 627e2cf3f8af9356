//! Failed logins lock, for a while.

use std::time::Duration;

use super::world::*;

const QUARTER: Duration = Duration::from_secs(15 * 60);

async fn locked(world: &World, account: &str, source: &str) -> bool {
    world
        .store
        .sign_in_facts(&name(account), source)
        .await
        .expect("facts")
        .locked
}

async fn fail(world: &World, account: &str, source: &str, times: usize) {
    for _ in 0..times {
        world
            .store
            .sign_in_failed(&name(account), source, "wrong password")
            .await
            .expect("counted");
    }
}

#[tokio::test]
async fn five_from_one_address_lock_that_address_for_a_quarter_of_an_hour() {
    let mut world = World::new().await;
    fail(&world, "vera", "192.0.2.1", 4).await;
    assert!(!locked(&world, "vera", "192.0.2.1").await);
    fail(&world, "vera", "192.0.2.1", 1).await;
    assert!(locked(&world, "vera", "192.0.2.1").await);
    assert!(
        !locked(&world, "vera", "192.0.2.2").await,
        "another address"
    );
    assert!(
        !locked(&world, "viktor", "192.0.2.1").await,
        "another account"
    );
    world.restart().await;
    assert!(
        locked(&world, "vera", "192.0.2.1").await,
        "a restart unlocks nobody"
    );

    let right = world.store.sign_in(&name("vera"), "192.0.2.1", HOUR).await;
    assert_eq!(refused(right), "locked", "even with the right password");
    world.clock.pass(QUARTER - Duration::from_secs(1));
    fail(&world, "vera", "192.0.2.1", 5).await;
    assert!(locked(&world, "vera", "192.0.2.1").await);
    world.clock.pass(Duration::from_secs(1));
    assert!(
        !locked(&world, "vera", "192.0.2.1").await,
        "trying on prolongs nothing"
    );
}

#[tokio::test]
async fn twenty_from_anywhere_lock_all_addresses() {
    let world = World::new().await;
    for host in 0..20 {
        assert!(!locked(&world, "vera", "198.51.100.1").await);
        fail(&world, "vera", &format!("192.0.2.{host}"), 1).await;
    }
    assert!(locked(&world, "vera", "198.51.100.1").await);
}

#[tokio::test]
async fn a_success_wipes_the_slate() {
    let world = World::new().await;
    fail(&world, "vera", "192.0.2.1", 4).await;
    world
        .store
        .sign_in(&name("vera"), "192.0.2.1", HOUR)
        .await
        .expect("in");
    fail(&world, "vera", "192.0.2.1", 4).await;
    assert!(!locked(&world, "vera", "192.0.2.1").await);
}

#[tokio::test]
async fn a_name_that_does_not_exist_locks_alike() {
    let world = World::new().await;
    fail(&world, "nobody", "192.0.2.1", 5).await;
    assert!(locked(&world, "nobody", "192.0.2.1").await);
    let facts = world
        .store
        .sign_in_facts(&name("nobody"), "192.0.2.1")
        .await
        .expect("facts");
    assert!(facts.account.is_none() && facts.phc.is_none());
}

#[tokio::test]
async fn failures_of_a_clock_that_went_back_age_like_others() {
    let world = World::new().await;
    world.clock.pass(DAY * 100);
    fail(&world, "vera", "192.0.2.1", 5).await;
    world.clock.go_back(DAY * 100);
    assert!(locked(&world, "vera", "192.0.2.1").await);
    fail(&world, "vera", "192.0.2.1", 1).await;
    world.clock.pass(QUARTER);
    assert!(!locked(&world, "vera", "192.0.2.1").await);
}

#[tokio::test]
async fn each_failure_is_in_the_log_with_its_address() {
    let world = World::new().await;
    let before = world.last_event().await;
    fail(&world, "vera", "192.0.2.9", 6).await;
    assert_eq!(world.happened(before).await, ["account.sign_in_failed"; 6]);
    fail(&world, "vera", "192.0.2.9", 50).await;
    assert_eq!(
        world.happened(before).await.len(),
        6,
        "a lock is told once, however long somebody tries on"
    );
    fail(&world, "viktor", "192.0.2.9", 1).await;
    assert_eq!(world.happened(before).await.len(), 7, "another account is");
    world.clock.pass(QUARTER);
    fail(&world, "vera", "192.0.2.9", 7).await;
    assert_eq!(
        world.happened(before).await.len(),
        7 + 6,
        "and the next lock"
    );
    let newest = world
        .store
        .events(&Default::default(), &Default::default(), true)
        .await;
    let newest = newest.expect("events").items.swap_remove(0);
    assert_eq!(
        (newest.source.as_str(), newest.subject.as_str()),
        ("192.0.2.9", "account/vera")
    );
    assert_eq!(newest.after.expect("after")["locked"], true);
}

#[tokio::test]
async fn thirty_failures_over_any_names_shut_an_address_out() {
    let world = World::new().await;
    let before = world.last_event().await;
    for person in 0..29 {
        fail(&world, &format!("guess-{person}"), "192.0.2.9", 1).await;
    }
    assert!(!locked(&world, "vera", "192.0.2.9").await);
    fail(&world, "guess-29", "192.0.2.9", 1).await;
    assert!(locked(&world, "vera", "192.0.2.9").await);
    assert!(
        !locked(&world, "vera", "192.0.2.10").await,
        "another address"
    );
    let right = world.store.sign_in(&name("vera"), "192.0.2.9", HOUR).await;
    assert_eq!(refused(right), "locked", "even with the right password");
    for person in 0..50 {
        fail(&world, &format!("other-{person}"), "192.0.2.9", 1).await;
    }
    assert_eq!(
        world.happened(before).await,
        ["account.sign_in_failed"; 31],
        "one event more, whatever names are tried"
    );
    world.clock.pass(QUARTER);
    assert!(!locked(&world, "vera", "192.0.2.9").await);
}

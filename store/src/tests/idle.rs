//! The idle rule over 400 days, with and without its job, across restarts,
//! clocks that jump, and changes of daylight saving time.

use std::time::Duration;

use domain::{AccountState, Actor, Clock, Timestamp};

use super::world::*;
use crate::{Apply, Redeemed};

async fn disabled_at(world: &World, account: &str) -> Option<Timestamp> {
    let account = world
        .store
        .account(&name(account))
        .await
        .expect("read")
        .expect("there");
    match account.state {
        AccountState::Active => None,
        AccountState::Disabled { at, reason } => {
            assert!(reason.starts_with("idle: "), "{reason}");
            Some(at)
        }
    }
}

async fn sign_in(world: &World, account: &str) -> Result<(), &'static str> {
    match world.store.sign_in(&name(account), "192.0.2.7", HOUR).await {
        Ok(_) => Ok(()),
        refusal => Err(refused(refusal)),
    }
}

/// Vera signs in every 29 days, Viktor once and never again, Arne never.
#[tokio::test]
async fn four_hundred_days_with_the_job() {
    let mut world = World::new().await;
    sign_in(&world, "viktor").await.expect("in");
    for day in 0..400 {
        if day % 29 == 0 {
            sign_in(&world, "vera").await.expect("in use");
        }
        if day % 7 == 3 {
            world.restart().await;
        }
        world.store.disable_idle_accounts().await.expect("ran");
        let idle = |limit: u32| (day > limit).then(|| START.plus(DAY * (limit + 1)));
        assert_eq!(disabled_at(&world, "vera").await, None, "day {day}");
        assert_eq!(disabled_at(&world, "viktor").await, idle(30), "day {day}");
        assert_eq!(disabled_at(&world, "arne").await, idle(7), "day {day}");
        world.clock.pass(DAY);
    }
    assert_eq!(sign_in(&world, "viktor").await, Err("account_disabled"));
}

/// Nobody runs the job: the rule meets them at the door.
#[tokio::test]
async fn four_hundred_days_without_the_job() {
    let mut world = World::new().await;
    for account in ["vera", "viktor"] {
        sign_in(&world, account).await.expect("in");
    }
    for day in 1..=400_u32 {
        world.clock.pass(DAY);
        if day % 50 == 0 {
            world.restart().await;
        }
        if day % 30 == 0 {
            sign_in(&world, "vera")
                .await
                .expect("the 30th day is still in time");
        }
    }
    let before = world.last_event().await;
    assert_eq!(disabled_at(&world, "viktor").await, None, "not noticed yet");
    assert_eq!(sign_in(&world, "viktor").await, Err("account_disabled"));
    assert_eq!(world.happened(before).await, ["account.disabled"]);
    assert_eq!(
        sign_in(&world, "viktor").await,
        Err("account_disabled"),
        "not undone by trying"
    );
    assert_eq!(
        sign_in(&world, "arne").await,
        Err("account_disabled"),
        "never used"
    );
    world
        .store
        .enable_account(&Actor::host(), &name("viktor"), "is back")
        .await
        .expect("enabled");
    sign_in(&world, "viktor").await.expect("in");
}

/// A ticket is no way round it: grants may be weeks ahead.
#[tokio::test]
async fn the_rule_stands_at_the_tickets_door_too() {
    let world = World::new().await;
    let start = START.plus(DAY * 8);
    let request = world
        .ask_for("vera", "plc-7", start, start.plus(HOUR))
        .await
        .expect("asked");
    let request = world.approve("arne", &request).await.expect("approved");
    let grant = world.grant(grant_of(&request).expect("granted")).await;
    world.clock.set(start);
    let ticket = world.ticket("vera", &grant).await;
    let before = world.last_event().await;
    let come = world.come("vera", "plc-7", &ticket).await;
    assert!(matches!(&come, Redeemed::Denied(denied, _) if denied.code() == "account_disabled"));
    assert_eq!(
        world.happened(before).await,
        ["grant.revoked", "account.disabled"]
    );
    assert_eq!(disabled_at(&world, "vera").await, Some(start));
}

#[tokio::test]
async fn a_session_is_a_use() {
    let world = World::new().await;
    let mut last = START;
    for _ in 0..10 {
        world.clock.pass(DAY * 7);
        last = world.clock.now();
        world.session("vera").await;
    }
    world.clock.pass(DAY * 30);
    world.store.disable_idle_accounts().await.expect("ran");
    assert_eq!(disabled_at(&world, "vera").await, None);
    world.clock.pass(Duration::from_micros(1));
    world.store.disable_idle_accounts().await.expect("ran");
    assert_eq!(
        disabled_at(&world, "vera").await,
        Some(last.plus(DAY * 30 + Duration::from_micros(1)))
    );
}

#[tokio::test]
async fn a_clock_that_went_back_gives_nobody_more_time() {
    let world = World::new().await;
    world.clock.pass(DAY * 300);
    for account in ["vera", "arne"] {
        let enabled = world
            .store
            .enable_account(&Actor::host(), &name(account), "x")
            .await;
        assert_eq!(refused(enabled), "already_active");
    }
    sign_in(&world, "vera").await.expect_err("idle");
    world
        .store
        .enable_account(&Actor::host(), &name("vera"), "is back")
        .await
        .expect("enabled");
    sign_in(&world, "vera").await.expect("in");
    world.clock.set(START.plus(DAY));
    let before = world.last_event().await;
    world.store.disable_idle_accounts().await.expect("ran");
    assert_eq!(world.happened(before).await, ["account.clock_corrected"]);
    let vera = world
        .store
        .account(&name("vera"))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(vera.last_active_at, Some(START.plus(DAY)));
    assert_eq!(vera.enabled_at, START.plus(DAY));
    world.clock.pass(DAY * 31);
    world.store.disable_idle_accounts().await.expect("ran");
    assert!(
        disabled_at(&world, "vera").await.is_some(),
        "31 days after the correction"
    );
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_disables_and_going_back_enables_nobody() {
    let world = World::new().await;
    sign_in(&world, "vera").await.expect("in");
    world.clock.pass(DAY * 365);
    world.store.disable_idle_accounts().await.expect("ran");
    world.clock.set(START.plus(HOUR));
    world.store.disable_idle_accounts().await.expect("ran");
    assert!(disabled_at(&world, "vera").await.is_some());
    assert_eq!(sign_in(&world, "vera").await, Err("account_disabled"));
}

/// Thirty days are 720 hours, whatever the plant's clocks on the wall do: Oslo
/// put them back on 2026-10-25 and forward on 2026-03-29.
#[tokio::test]
async fn daylight_saving_time_moves_nothing() {
    for used in ["2026-10-10T01:30:00Z", "2026-03-10T01:30:00Z"] {
        let world = World::empty().await;
        let used: Timestamp = used.parse().expect("a time");
        world.clock.set(used);
        world.apply(PLANT, Apply::default()).await.expect("applied");
        sign_in(&world, "vera").await.expect("in");
        world.clock.set(used.plus(HOUR * 720));
        world.store.disable_idle_accounts().await.expect("ran");
        assert_eq!(disabled_at(&world, "vera").await, None);
        world.clock.pass(Duration::from_micros(1));
        world.store.disable_idle_accounts().await.expect("ran");
        assert!(disabled_at(&world, "vera").await.is_some());
    }
}

#[tokio::test]
async fn the_plant_sets_limits_by_role_and_exempts_nobody() {
    let world = World::empty().await;
    let text = format!("{PLANT}\n[rules.idle]\nadmin = \"2d\"\nnever_used = \"1d\"\n");
    world.apply(&text, Apply::default()).await.expect("applied");
    world
        .store
        .create_admin(&Actor::host(), &name("root"), "First Admin", "phc")
        .await
        .expect_err("adam is an active admin");
    sign_in(&world, "adam").await.expect("in");
    world.clock.pass(DAY * 2 + HOUR);
    let mut idle = world.store.disable_idle_accounts().await.expect("ran");
    idle.sort();
    let all = [
        "adam", "arne", "asta", "audun", "olga", "vera", "viktor", "ylva",
    ];
    assert_eq!(idle, all.map(name));
    world
        .store
        .create_admin(&Actor::host(), &name("root"), "First Admin", "phc")
        .await
        .expect("the console is the way back in");
}

//! Accounts that nobody uses are switched off: four hundred days in a minute, with
//! restarts, a wall clock that jumps, and both changes to summer time and back.

use std::time::Duration;

use admin_api::dto::Account;
use harness::api::{PASSWORD, Person};
use harness::world::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn state(admin: &Person, name: &str) -> String {
    let account: Account = admin
        .get(&format!("accounts/{name}"))
        .await
        .expect("an account");
    account.state
}

/// Waits for the job that a jump of the clock has woken.
async fn becomes(admin: &Person, name: &str, wanted: &str) {
    for _ in 0..100 {
        if state(admin, name).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} is still {}", state(admin, name).await);
}

#[tokio::test]
async fn four_hundred_days() {
    let mut world = World::new().await;
    let start = world.now();
    // vera comes every 25 days, olga once and never again, audun never.
    world.person("olga").await;
    let (mut jumps, mut disabled_vera) = (0_i64, false);
    for day in (0..400_u32).step_by(5) {
        if day % 25 == 0 && day <= 200 {
            world.person("vera").await;
        }
        world.clock.advance(5 * DAY);
        match day % 50 {
            15 => world.restart().await,
            // Two hours forward, and back again ten days later.
            20 => {
                world.clock.set_wall_by(7_200_000_000);
                jumps += 1;
            }
            30 => {
                world.clock.set_wall_by(-7_200_000_000);
                jumps -= 1;
            }
            _ => {}
        }
        // The admin looks every five days, and so stays.
        let adam = world.person("adam").await;
        let passed = day + 5;
        // 7 days where an account was never used, 30 where it was. The two hours of
        // a wrong clock are the only doubt, and no look falls into them.
        let wanted = |unused_since: u32, limit: u32| {
            if passed - unused_since >= limit {
                "disabled"
            } else {
                "active"
            }
        };
        becomes(&adam, "audun", wanted(0, 7)).await;
        becomes(&adam, "olga", wanted(0, 30)).await;
        let vera_last = if day <= 200 { day - day % 25 } else { 200 };
        becomes(&adam, "vera", wanted(vera_last, 30)).await;
        disabled_vera |= state(&adam, "vera").await == "disabled";
    }
    assert!(
        disabled_vera,
        "vera stopped coming on day 200 and is still let in"
    );
    assert_eq!(jumps, 0);
    assert!(world.now().since(start) >= 400 * DAY);

    // Signing in does not undo it; an admin with a reason does.
    world
        .api
        .login("vera", PASSWORD)
        .await
        .expect_err("idle for too long");
    let adam = world.person("adam").await;
    adam.act("accounts/vera/enable").await;
    world.person("vera").await;
    let log = world.person("adam").await;
    let why: Vec<_> = log.audit("&subject=account/vera").await;
    let disabled = why
        .iter()
        .filter(|e| e.action == "account.disabled")
        .count();
    let enabled = why.iter().filter(|e| e.action == "account.enabled").count();
    assert_eq!((disabled, enabled), (1, 1));
}

/// The rule itself, without the job: it stands at the door as well. The job's next
/// turn is an hour away on the monotonic clock, and only the wall clock moves here.
#[tokio::test]
async fn at_the_next_login_too() {
    let world = World::new().await;
    let days = 8 * DAY;
    world
        .clock
        .set_wall_by(i64::try_from(days.as_micros()).expect("a number"));
    let refused = world.api.login("audun", PASSWORD).await;
    assert_eq!(refused.expect_err("idle for too long").code, "account_idle");
    let adam = world.person("adam").await;
    assert_eq!(state(&adam, "audun").await, "disabled");
    // As idle as audun, and still active: the job has not been here.
    assert_eq!(state(&adam, "olga").await, "active");
}

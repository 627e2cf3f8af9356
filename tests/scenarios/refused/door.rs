//! Refused at the door: tickets, windows, conduits. One who comes with a wrong
//! ticket learns nothing; one with a right ticket is told why.

use std::time::Duration;

use harness::client::{Client, Door, Outcome};
use harness::sshd::Sshd;
use harness::world::World;

async fn knock(door: &Door) -> Outcome {
    Client::ssh(door, &[], Some("echo inside")).run().await
}

fn assert_refused(world: &World, outcome: &Outcome) {
    assert_eq!(outcome.status, Some(255), "{outcome:?}");
    assert_eq!(outcome.text(), "");
    assert_eq!(world.asset.connections(), 0, "the asset was reached");
}

/// Refused, with no word of why beyond what any server says.
fn assert_told_nothing(world: &World, outcome: &Outcome) {
    assert_refused(world, outcome);
    assert!(outcome.stderr.contains("Permission denied"), "{outcome:?}");
    for word in [
        "window",
        "grant",
        "ticket is",
        "used",
        "expired",
        "revoked",
        "disabled",
        "zone",
    ] {
        assert!(
            !outcome.stderr.contains(word),
            "{word:?} tells: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_ticket() {
    let world = World::new().await;
    let mut door = world.door().await;
    let first = if door.password.starts_with('a') {
        "b"
    } else {
        "a"
    };
    door.password.replace_range(..1, first);
    assert_told_nothing(&world, &knock(&door).await);
    door.password.clear();
    assert_told_nothing(&world, &knock(&door).await);
}

#[tokio::test]
async fn a_used_ticket() {
    let world = World::new().await;
    let door = world.door().await;
    assert_eq!(knock(&door).await.status, Some(0));
    assert_eq!(world.asset.connections(), 1);
    let again = knock(&door).await;
    assert_eq!(again.status, Some(255), "{again:?}");
    assert!(again.stderr.contains("Permission denied"), "{again:?}");
    assert_eq!(world.asset.connections(), 1);
}

#[tokio::test]
async fn two_at_once_with_one_ticket() {
    let world = World::new().await;
    let door = world.door().await;
    let tries = futures::future::join_all((0..5).map(|_| knock(&door))).await;
    let inside = tries
        .iter()
        .filter(|outcome| outcome.status == Some(0))
        .count();
    assert_eq!(inside, 1, "{tries:?}");
    assert_eq!(world.asset.connections(), 1);
}

#[tokio::test]
async fn an_old_ticket() {
    let world = World::new().await;
    let door = world.door().await;
    world.clock.advance(Duration::from_secs(5 * 60));
    assert_told_nothing(&world, &knock(&door).await);
}

#[tokio::test]
async fn another_vendors_ticket() {
    let world = World::with(Sshd::start(), |plant, _| plant.vendor("victor", &["plc-7"])).await;
    let mut door = world.door().await;
    door.user = "victor+plc-7".to_owned();
    assert_told_nothing(&world, &knock(&door).await);
}

#[tokio::test]
async fn a_ticket_for_another_asset() {
    let world = World::with(Sshd::start(), |plant, asset| {
        let plant = plant.asset("plc-8", "hall", asset.at(), asset.host_key());
        plant.replace(r#"assets = ["plc-7"]"#, r#"assets = ["plc-7", "plc-8"]"#)
    })
    .await;
    let mut door = world.door().await;
    door.user = "vera+plc-8".to_owned();
    assert_told_nothing(&world, &knock(&door).await);
}

#[tokio::test]
async fn names_that_are_none() {
    let world = World::new().await;
    let door = world.door().await;
    for user in [
        "vera",
        "vera+",
        "+plc-7",
        "vera+plc-7+x",
        "vera@plc-7",
        "Vera+plc-7",
        "root",
    ] {
        let door = Door {
            user: user.to_owned(),
            ..door.clone()
        };
        assert_told_nothing(&world, &knock(&door).await);
    }
}

#[tokio::test]
async fn before_the_window() {
    let world = World::new().await;
    let vera = world.person("vera").await;
    let (start, end) = (world.after(hours(2)), world.after(hours(3)));
    let request = vera.ask("plc-7", Some(start), end).await.expect("asked");
    let granted = world
        .person("anna")
        .await
        .approve(&request.id)
        .await
        .expect("approved");
    let grant = granted.grant.expect("a grant");
    assert_eq!(vera.grant(&grant).await.phase, "scheduled");
    let early = vera
        .ticket(&grant)
        .await
        .expect_err("no ticket before the window");
    assert_eq!(early.code, "window_not_open", "{early:?}");
    assert!(early.detail.contains("Europe/Oslo"), "{early:?}");
    assert_eq!(world.asset.connections(), 0);

    world.clock.advance_to(start);
    let door = vera.door(&grant).await;
    assert_eq!(knock(&door).await.status, Some(0));
}

/// The ticket was taken inside the window, and the clock was set back: the one way
/// to stand before the window with a ticket that is right.
#[tokio::test]
async fn before_the_window_with_a_ticket() {
    let world = World::new().await;
    let vera = world.person("vera").await;
    let (start, end) = (world.after(hours(2)), world.after(hours(3)));
    let request = vera.ask("plc-7", Some(start), end).await.expect("asked");
    let granted = world
        .person("anna")
        .await
        .approve(&request.id)
        .await
        .expect("approved");
    world.clock.advance_to(start);
    let door = vera.door(&granted.grant.expect("a grant")).await;
    world.clock.set_wall_by(-119_000_000);
    let outcome = knock(&door).await;
    assert_refused(&world, &outcome);
    assert!(
        outcome
            .stderr
            .contains("Your window for plc-7 opens at 15:00 (Europe/Oslo), in 2 min."),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn after_the_window() {
    let world = World::new().await;
    let vera = world.person("vera").await;
    let grant = world.grant(Duration::from_secs(180)).await;
    let door = vera.door(&grant).await;
    world.clock.advance(Duration::from_secs(180));
    let outcome = knock(&door).await;
    assert_refused(&world, &outcome);
    assert!(
        outcome
            .stderr
            .contains("Your window for plc-7 ended at 13:03"),
        "{outcome:?}"
    );
    let late = vera
        .ticket(&grant)
        .await
        .expect_err("no ticket after the window");
    assert_eq!(late.code, "window_over", "{late:?}");
}

#[tokio::test]
async fn a_revoked_grant() {
    let world = World::new().await;
    let grant = world.grant(hours(1)).await;
    let vera = world.person("vera").await;
    let door = vera.door(&grant).await;
    world
        .person("olga")
        .await
        .act(&format!("grants/{grant}/revoke"))
        .await;
    let outcome = knock(&door).await;
    assert_refused(&world, &outcome);
    assert!(vera.ticket(&grant).await.is_err());
}

#[tokio::test]
async fn a_disabled_account() {
    let world = World::new().await;
    let door = world.door().await;
    world
        .person("adam")
        .await
        .act("accounts/vera/disable")
        .await;
    assert_refused(&world, &knock(&door).await);
    let login = world.api.login("vera", harness::api::PASSWORD).await;
    assert!(login.is_err(), "a disabled account signed in");
}

#[tokio::test]
async fn a_closed_conduit() {
    let world = World::new().await;
    let grant = world.grant(hours(1)).await;
    let vera = world.person("vera").await;
    let door = vera.door(&grant).await;
    world
        .person("olga")
        .await
        .act("conduits/to-hall/close")
        .await;
    let outcome = knock(&door).await;
    assert_refused(&world, &outcome);
    assert!(
        outcome
            .stderr
            .contains("The plant has closed the way to plc-7"),
        "{outcome:?}"
    );
    let shut = vera
        .ticket(&grant)
        .await
        .expect_err("no ticket for a closed way");
    assert_eq!(shut.code, "conduit_closed", "{shut:?}");

    world
        .person("anna")
        .await
        .act("conduits/to-hall/open")
        .await;
    assert_eq!(
        knock(&door).await.status,
        Some(0),
        "the ticket was not used up"
    );
}

#[tokio::test]
async fn an_asset_in_a_zone_without_conduit() {
    let world = World::with(Sshd::start(), |plant, asset| {
        let plant = plant.asset("fan-1", "attic", asset.at(), asset.host_key());
        plant.replace(r#"assets = ["plc-7"]"#, r#"assets = ["plc-7", "fan-1"]"#)
    })
    .await;
    let vera = world.person("vera").await;
    let problem = vera
        .ask("fan-1", None, world.after(hours(1)))
        .await
        .expect_err("no way there");
    assert_eq!(problem.code, "no_conduit", "{problem:?}");
    let door = world.door().await;
    let door = Door {
        user: "vera+fan-1".to_owned(),
        ..door
    };
    assert_told_nothing(&world, &knock(&door).await);
}

const fn hours(n: u64) -> Duration {
    Duration::from_secs(3600 * n)
}

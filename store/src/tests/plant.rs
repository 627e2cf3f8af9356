//! Applying a plant.

use std::collections::BTreeSet;

use domain::plant::file;
use domain::{
    AccountState, Actor, CloseReason, GrantEndReason, Input, Plant, RequestState, Verdict,
};

use super::world::*;
use crate::{Apply, ConduitState, Scope, StoreError};

const REVOKE: Apply = Apply {
    dry_run: false,
    revoke: true,
};
const DRY_RUN: Apply = Apply {
    dry_run: true,
    revoke: false,
};

/// The plant file without the table that begins with that name.
fn without(kind: &str, name: &str) -> String {
    let start = PLANT
        .find(&format!("[[{kind}]]\nname = \"{name}\""))
        .expect("in the plant");
    let end = PLANT[start + 2..]
        .find("\n[[")
        .map_or(PLANT.len(), |at| start + 2 + at);
    format!("{}{}", &PLANT[..start], &PLANT[end..])
}

fn without_asset_and_vendors(asset: &str) -> String {
    let gone = without("asset", asset);
    gone.replace(&format!(", \"{asset}\""), "")
        .replace(&format!("\"{asset}\", "), "")
        .replace(&format!("assets = [\"{asset}\"]"), "assets = [\"hmi-1\"]")
}

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let world = World::empty().await;
    assert_eq!(world.store.plant().await.expect("read"), None);
    let plant: Plant = PLANT.parse().expect("a plant");
    let changes = world.apply(PLANT, Apply::default()).await.expect("applied");
    assert_eq!(
        changes.len(),
        2 + 3 + 2 + 4 + 8,
        "site, rules and each thing"
    );
    assert_eq!(
        world.store.plant().await.expect("read"),
        Some(plant.clone()),
        "all of it, exactly"
    );
    assert_eq!(file::parse(&file::write(&plant)), Ok(plant.clone()));
    let before = world.last_event().await;
    assert_eq!(
        world.apply(PLANT, Apply::default()).await.expect("applied"),
        []
    );
    assert_eq!(world.happened(before).await, [""; 0], "no event");
    let zones = world.store.zones().await.expect("read");
    assert_eq!(zones, plant.zones.into_values().collect::<Vec<_>>());
    assert_eq!(world.store.site().await.expect("read"), Some(plant.site));
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let world = World::new().await;
    let before = world.last_event().await;
    let told = world
        .apply(&without("account", "olga"), DRY_RUN)
        .await
        .expect("told");
    assert_eq!(
        told.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["remove account olga"]
    );
    assert_eq!(world.happened(before).await, [""; 0]);
    let plant: Plant = PLANT.parse().expect("a plant");
    assert_eq!(world.store.plant().await.expect("read"), Some(plant));
    let done = world
        .apply(&without("account", "olga"), Apply::default())
        .await
        .expect("applied");
    assert_eq!(done, told);
}

#[tokio::test]
async fn what_live_grants_need_is_not_removed_unless_they_are_revoked() {
    let cases = [
        ("its asset", without_asset_and_vendors("plc-7")),
        ("its conduit", without("conduit", "to-hall")),
        ("its vendor", without("account", "vera")),
        (
            "its vendor's right",
            PLANT.replace("[\"plc-7\", \"hmi-1\"", "[\"hmi-1\""),
        ),
        (
            "its asset's zone",
            PLANT.replace(
                "name = \"plc-7\"\nzone = \"hall\"",
                "name = \"plc-7\"\nzone = \"sis\"",
            ),
        ),
    ];
    for (what, text) in cases {
        let world = World::new().await;
        let (grant, session) = world.session("vera").await;
        let later = world
            .ask_for("vera", "plc-7", START.plus(DAY), START.plus(DAY + HOUR))
            .await;
        let later = world
            .approve("arne", &later.expect("asked"))
            .await
            .expect("approved");
        let waits = world.ask_for(
            "vera",
            "plc-7",
            START.plus(DAY * 2),
            START.plus(DAY * 2 + HOUR),
        );
        let waits = waits.await.expect("asked");
        let before = world.last_event().await;
        for how in [Apply::default(), DRY_RUN] {
            let Err(StoreError::LiveGrants(live)) = world.apply(&text, how).await else {
                panic!("{what}: not refused")
            };
            let ids: BTreeSet<_> = live.iter().map(|g| g.grant).collect();
            let both = [grant.id, grant_of(&later).expect("granted")];
            assert_eq!(ids, BTreeSet::from(both), "{what}");
        }
        assert_eq!(world.happened(before).await, [""; 0], "{what}");

        world.apply(&text, REVOKE).await.expect(what);
        let standing = world.store.standing().await.expect("standing");
        let [(id, Verdict::End(reason))] = standing.as_slice() else {
            panic!("{standing:?}")
        };
        assert_eq!(*id, session);
        let ended = world.grant(grant.id).await.ended.expect("ended");
        if what == "its vendor" {
            assert_eq!(ended.why, GrantEndReason::AccountDisabled);
            assert_eq!(*reason, CloseReason::AccountDisabled);
        } else {
            assert_eq!(ended.why, GrantEndReason::PlantChanged, "{what}");
            assert_eq!(*reason, CloseReason::GrantRevoked, "{what}");
        }
        let waits = world
            .store
            .find_request(&Scope::All, waits.id)
            .await
            .expect("read");
        assert!(
            matches!(waits.expect("there").state, RequestState::Cancelled { .. }),
            "{what}"
        );
        let plant: Plant = text.parse().expect("a plant");
        assert_eq!(
            world.store.plant().await.expect("read"),
            Some(plant),
            "{what}"
        );
    }
}

#[tokio::test]
async fn grants_that_are_over_keep_nothing_from_being_removed() {
    let world = World::new().await;
    let grant = world.granted("vera").await;
    world.clock.set(grant.window.end());
    world
        .apply(&without_asset_and_vendors("plc-7"), Apply::default())
        .await
        .expect("applied");
    let assets = world.store.assets(&Scope::All).await.expect("read");
    assert!(assets.iter().all(|a| a.name != asset("plc-7")));
    assert_eq!(
        world.grant(grant.id).await.asset,
        asset("plc-7"),
        "history stays"
    );
}

#[tokio::test]
async fn people_who_are_gone_are_disabled_and_stay_so_when_they_are_back() {
    let world = World::new().await;
    let olga = name("olga");
    let state = || async {
        world
            .store
            .account(&olga)
            .await
            .expect("read")
            .expect("there")
            .state
    };
    let before = world.last_event().await;
    world
        .apply(&without("account", "olga"), Apply::default())
        .await
        .expect("applied");
    let reason = "removed from the plant file".to_owned();
    assert_eq!(state().await, AccountState::Disabled { at: START, reason });
    assert_eq!(
        world.happened(before).await,
        ["account.disabled", "plant.applied"]
    );
    let enabled = world
        .store
        .enable_account(&actor("adam"), &olga, "wanted")
        .await;
    assert_eq!(refused(enabled), "removed_account");
    world.apply(PLANT, Apply::default()).await.expect("applied");
    assert!(matches!(state().await, AccountState::Disabled { .. }));
    world
        .store
        .enable_account(&actor("adam"), &olga, "is back")
        .await
        .expect("enabled");
    assert_eq!(state().await, AccountState::Active);
}

#[tokio::test]
async fn a_changed_person_is_changed_at_once() {
    let world = World::new().await;
    let high = world.ask("vera", "trip-1").await.expect("asked");
    let text = PLANT.replace(
        "name = \"arne\"\nrole = \"approver\"\nzones = [\"hall\", \"sis\"]",
        "name = \"arne\"\nrole = \"approver\"\nzones = [\"hall\"]",
    );
    let before = world.last_event().await;
    world.apply(&text, Apply::default()).await.expect("applied");
    assert_eq!(
        world.happened(before).await,
        ["account.changed", "plant.applied"]
    );
    assert_eq!(
        refused(world.approve("arne", &high).await),
        "not_an_approver"
    );
}

#[tokio::test]
async fn an_account_of_the_machines_is_left_alone() {
    let world = World::empty().await;
    world
        .store
        .create_admin(&Actor::host(), &name("root"), "Ada Admin", "phc")
        .await
        .expect("made");
    let root = actor("root");
    let plant: Plant = PLANT.parse().expect("a plant");
    world
        .store
        .apply_plant(&root, &plant, Apply::default())
        .await
        .expect("applied");
    let account = world
        .store
        .account(&name("root"))
        .await
        .expect("read")
        .expect("there");
    assert!(account.is_active(), "not in the file, not disabled");
    let claimed = PLANT.replace("name = \"vera\"", "name = \"root\"");
    let refusal = world.apply(&claimed, Apply::default()).await;
    assert_eq!(refused(refusal), "host_account");
}

#[tokio::test]
async fn only_an_admin_applies() {
    let world = World::new().await;
    let plant: Plant = without("account", "olga").parse().expect("a plant");
    for who in ["vera", "arne", "olga", "audun"] {
        let applied = world
            .store
            .apply_plant(&actor(who), &plant, Apply::default())
            .await;
        assert_eq!(refused(applied), "not_allowed", "{who}");
    }
    world
        .store
        .apply_plant(&actor("adam"), &plant, Apply::default())
        .await
        .expect("applied");
}

#[tokio::test]
async fn a_closed_conduit_stays_closed_whatever_its_name() {
    let world = World::new().await;
    world
        .store
        .close_conduit(&actor("olga"), &name("to-hall"), "gas alarm")
        .await
        .expect("closed");
    let renamed = PLANT.replace("\"to-hall\"", "\"into-the-hall\"");
    for text in [PLANT.replace("north-ridge", "south-ridge"), renamed] {
        world.apply(&text, Apply::default()).await.expect("applied");
        let conduits = world.store.conduits().await.expect("read");
        let (_, state) = conduits
            .iter()
            .find(|(c, _)| c.zone == name("hall"))
            .expect("there");
        let closed = ConduitState::Closed {
            at: START,
            by: "account/olga".to_owned(),
            reason: "gas alarm".to_owned(),
        };
        assert_eq!(*state, closed);
    }
}

#[tokio::test]
async fn conduits_may_swap_their_zones() {
    let world = World::new().await;
    let swapped = PLANT
        .replace(
            "name = \"to-hall\"\nzone = \"hall\"",
            "name = \"to-hall\"\nzone = \"x\"",
        )
        .replace(
            "name = \"to-sis\"\nzone = \"sis\"",
            "name = \"to-sis\"\nzone = \"hall\"",
        )
        .replace("zone = \"x\"", "zone = \"sis\"");
    world
        .apply(&swapped, Apply::default())
        .await
        .expect("applied");
    let plant: Plant = swapped.parse().expect("a plant");
    assert_eq!(world.store.plant().await.expect("read"), Some(plant));
}

#[tokio::test]
async fn a_session_ends_when_what_it_was_admitted_by_is_another_now() {
    let key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    let other = "AAAAC3NzaC1lZDI1NTE5AAAAIBa0J0d5GCR1wPjG7hMFVmu1qWhN0X3oXYGRxkbVqJ1C";
    let hall = "name = \"to-hall\"\nzone = \"hall\"";
    for (from, to, what) in [
        ("10.20.0.7", "10.20.0.9", "the address of asset plc-7"),
        (
            "[asset.ssh]",
            "[asset.ssh]\nport = 2222",
            "the port of asset plc-7",
        ),
        ("\"service\"", "\"root\"", "the user of asset plc-7"),
        (key, other, "the host key of asset plc-7"),
        (
            "credential = \"plc-7\"",
            "credential = \"plc-8\"",
            "the credential of asset plc-7",
        ),
        (
            hall,
            &format!("{hall}\noperations = [\"exec\"]"),
            "the operations of conduit to-hall",
        ),
        (
            hall,
            &format!("{hall}\nenvironment = [\"LANG\"]"),
            "the environment of conduit to-hall",
        ),
        (
            hall,
            &format!("{hall}\nsource = \"10.20.0.2\""),
            "the source of conduit to-hall",
        ),
        (
            hall,
            &format!("{hall}\nrecord = \"full\""),
            "the record of conduit to-hall",
        ),
        (
            "name = \"to-hall\"",
            "name = \"into-hall\"",
            "the entry of conduit to-hall",
        ),
    ] {
        let world = World::new().await;
        let (_, session) = world.session("vera").await;
        let text = PLANT.replacen(from, to, 1);
        let told = world.apply(&text, DRY_RUN).await.expect("told");
        let why = format!("the plant file changed {what}");
        let line = format!("end    session {session} (vera on plc-7: {why})");
        assert_eq!(told.last().expect("a change").to_string(), line);
        let before = world.last_event().await;
        assert!(matches!(
            verdict(&world, session).await,
            Verdict::Stay { .. }
        ));

        let plant: Plant = text.parse().expect("a plant");
        let done = world
            .store
            .apply_plant(&actor("adam"), &plant, Apply::default())
            .await;
        assert_eq!(done.expect("applied"), told);
        assert_eq!(
            verdict(&world, session).await,
            Verdict::End(CloseReason::Ended { by: name("adam") }),
            "{what}"
        );
        let row = world.store.session(&Scope::All, session).await;
        let order = row.expect("read").expect("there").end_ordered;
        assert_eq!(order.expect("an order").reason, why);
        assert_eq!(
            world.happened(before).await,
            ["session.end_ordered", "plant.applied"]
        );
    }
}

#[tokio::test]
async fn without_a_person_who_applies_the_way_is_closed_over_the_session() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let text = PLANT.replacen("10.20.0.7", "10.20.0.9", 1);
    world.apply(&text, Apply::default()).await.expect("applied");
    assert_eq!(
        verdict(&world, session).await,
        Verdict::End(CloseReason::ConduitClosed)
    );
}

#[tokio::test]
async fn other_changes_end_no_session() {
    let world = World::new().await;
    let (grant, session) = world.session("vera").await;
    for (from, to) in [
        ("name = \"plc-7\"", "name = \"plc-7\"\ntitle = \"Governor\""),
        ("10.20.0.8", "10.20.0.9"),
        (
            "name = \"to-hall\"\n",
            "name = \"to-hall\"\nlongest_session = \"5m\"\n",
        ),
    ] {
        let text = PLANT.replacen(from, to, 1);
        let changes = world.apply(&text, Apply::default()).await.expect("applied");
        assert!(!changes.is_empty() && changes.iter().all(|c| c.kind != "session"));
        let end = grant.window.end();
        assert_eq!(
            verdict(&world, session).await,
            Verdict::Stay {
                end,
                input: Input::Flows
            },
            "{to}"
        );
        world.apply(PLANT, Apply::default()).await.expect("back");
    }
}

async fn verdict(world: &World, session: domain::SessionId) -> Verdict {
    let standing = world.store.standing().await.expect("standing");
    let found = standing.into_iter().find(|(id, _)| *id == session);
    found.expect("open").1
}

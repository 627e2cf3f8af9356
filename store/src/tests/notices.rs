//! Who is told what, once, and what becomes of it.

use std::time::Duration;

use domain::request::Narrowing;
use domain::{CloseReason, Draft, NoticeKind};

use super::walk::snapshot;
use super::world::{DAY, HOUR, START, World, actor, name};
use crate::{Lookout, NoticeChannel, NoticeRow, NoticeState, NoticeWays, Page};

const HOOK: &str = "hooks.example.com:443";

fn ways() -> NoticeWays {
    NoticeWays {
        mail: true,
        webhooks: vec![HOOK.to_owned()],
    }
}

/// The usual plant; Arne, Vera and Olga have an address.
async fn world() -> World {
    let world = World::new().await;
    let mut plant = super::world::PLANT.to_owned();
    for who in ["arne", "vera", "olga"] {
        plant = plant.replace(
            &format!("name = \"{who}\"\n"),
            &format!("name = \"{who}\"\nemail = \"{who}@example.com\"\n"),
        );
    }
    world
        .apply(&plant, Default::default())
        .await
        .expect("applied");
    world
}

async fn lookout(world: &World) -> Lookout {
    Lookout::open(&world.store, ways()).await.expect("opened")
}

async fn all(world: &World) -> Vec<NoticeRow> {
    let page = Page {
        after: None,
        limit: Page::MOST,
    };
    let mut all = world.store.notices(&page).await.expect("read").items;
    all.reverse();
    all
}

/// `arne email request_waits`, sorted.
async fn told(world: &World) -> Vec<String> {
    let all = all(world).await.into_iter();
    let mut told: Vec<_> = all
        .map(|n| format!("{} {} {}", n.account, n.channel.as_str(), n.kind))
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn each_is_told_once_on_each_way_there_is() {
    let mut world = world().await;
    let mut lookout = lookout(&world).await;
    assert_eq!(lookout.look().await.expect("looked"), 0, "old news");
    let request = world.ask("vera", "plc-7").await.expect("asked");
    assert_eq!(lookout.look().await.expect("looked"), 3);
    let expected = [
        "arne email request_waits",
        "arne webhook request_waits",
        // Without an address nobody gets mail.
        "asta webhook request_waits",
    ];
    assert_eq!(told(&world).await, expected);
    assert_eq!(lookout.look().await.expect("looked"), 0);
    // Whatever is looked at again after a restart, nothing is told twice.
    world.restart().await;
    world
        .sql("UPDATE notice_cursor SET event = 0")
        .await
        .expect("set");
    let mut lookout = Lookout::open(&world.store, ways()).await.expect("opened");
    assert_eq!(lookout.look().await.expect("looked"), 0);
    assert_eq!(told(&world).await, expected);

    world.clock.pass(HOUR / 60);
    let narrowing = Narrowing {
        not_before: None,
        not_after: Some(world.clock_now().plus(HOUR / 2)),
    };
    let arne = actor("arne");
    world
        .store
        .approve(&arne, request.id, narrowing, None)
        .await
        .expect("approved");
    assert_eq!(lookout.look().await.expect("looked"), 2);
    let last = all(&world).await.pop().expect("one");
    assert_eq!(
        (last.account.as_str(), last.kind),
        ("vera", NoticeKind::RequestGranted)
    );
    assert!(last.subject.contains("narrower"), "{last:?}");
    assert!(last.path.starts_with("/grants/"), "{last:?}");
}

#[tokio::test]
async fn sessions_and_tests_are_told_of() {
    let world = world().await;
    let mut lookout = lookout(&world).await;
    let (_, session) = world.session("vera").await;
    world
        .store
        .close_session(session, CloseReason::HostKeyChanged, None)
        .await
        .expect("closed");
    let adam = actor("adam");
    let draft = Draft::new("notice.tested", "account", "olga");
    world.store.alarm(&adam, draft).await.expect("written");
    lookout.look().await.expect("looked");
    let kinds: Vec<_> = told(&world).await;
    for expected in [
        "olga email session_opened",
        "olga email session_failed",
        "olga webhook test",
        "olga email test",
        "vera email request_granted",
    ] {
        assert!(
            kinds.iter().any(|k| k == expected),
            "{expected} in {kinds:?}"
        );
    }
    assert!(
        !kinds.iter().any(|k| k.contains("request_waits")),
        "it was decided: {kinds:?}"
    );
}

#[tokio::test]
async fn a_request_that_still_waits_is_told_of_once_more() {
    let world = world().await;
    let mut lookout = lookout(&world).await;
    let start = START.plus(HOUR);
    world
        .ask_for("vera", "plc-7", start, start.plus(HOUR))
        .await
        .expect("asked");
    assert_eq!(lookout.look().await.expect("looked"), 3);
    assert_eq!(lookout.remind().await.expect("looked"), 0);
    world.clock.set(start.minus(Duration::from_secs(14 * 60)));
    assert_eq!(lookout.remind().await.expect("looked"), 3);
    assert_eq!(lookout.remind().await.expect("looked"), 0, "once");
    world.clock.set(start);
    assert_eq!(lookout.remind().await.expect("looked"), 0);
    let last = all(&world).await.pop().expect("one");
    assert_eq!(last.kind, NoticeKind::RequestStillWaits);
}

#[tokio::test]
async fn what_does_not_get_through_is_tried_again_and_then_an_event() {
    let world = world().await;
    let mut lookout = lookout(&world).await;
    world.ask("vera", "plc-7").await.expect("asked");
    lookout.look().await.expect("looked");
    let store = &world.store;
    let email = NoticeChannel::Email;
    let due = async || store.due_notices(&email, 10).await.expect("read");
    let found = due().await;
    let [one] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        one.email.as_ref().map(ToString::to_string).as_deref(),
        Some("arne@example.com")
    );
    let changed = store.changed();
    let (before, state) = (world.last_event().await, snapshot(&world).await);
    store
        .notice_again(one.id, HOUR, "421 try later")
        .await
        .expect("noted");
    assert_eq!(due().await, []);
    let next = store.next_notice(&email).await.expect("read");
    assert_eq!(next, Some(world.clock_now().plus(HOUR)));
    world.clock.pass(HOUR);
    assert_eq!(due().await[0].tries, 1);
    let hook = NoticeChannel::Webhook(HOOK.to_owned());
    let hooked = store.due_notices(&hook, 10).await.expect("read");
    store.notice_sent(hooked[0].id).await.expect("noted");
    // The outbox is no state of the plant.
    assert_eq!(
        (world.last_event().await, snapshot(&world).await),
        (before, state)
    );
    assert!(!changed.has_changed().expect("there"));

    store
        .notice_failed(one.id, "550 no such user")
        .await
        .expect("noted");
    assert_eq!(world.happened(before).await, ["notice.failed"]);
    assert_eq!(due().await, []);
    assert!(store.notice_failed(one.id, "again").await.is_err());
    let states: Vec<_> = all(&world).await.iter().map(|n| n.state.as_str()).collect();
    let mut sorted = states.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["failed", "sent", "waiting"], "{states:?}");

    // What nothing sends any more is given up after a day; after a month all is gone.
    world.clock.pass(DAY);
    assert_eq!(store.purge_notices().await.expect("purged"), 1);
    let all_settled = |n: &NoticeRow| !matches!(n.state, NoticeState::Waiting { .. });
    assert!(all(&world).await.iter().all(all_settled));
    world.clock.pass(DAY * 30);
    assert_eq!(store.purge_notices().await.expect("purged"), 0);
    assert_eq!(all(&world).await, []);
}

#[tokio::test]
async fn whoever_was_disabled_meanwhile_is_known_as_that_before_it_is_sent() {
    let world = world().await;
    let mut lookout = lookout(&world).await;
    world.ask("vera", "plc-7").await.expect("asked");
    lookout.look().await.expect("looked");
    let email = NoticeChannel::Email;
    let active = async || {
        let due = world.store.due_notices(&email, 10).await.expect("read");
        due.iter().map(|due| due.active).collect::<Vec<_>>()
    };
    assert_eq!(active().await, [true]);
    let (host, arne) = (domain::Actor::host(), name("arne"));
    let disabled = world.store.disable_account(&host, &arne, "left");
    disabled.await.expect("disabled");
    assert_eq!(active().await, [false]);
}

#[tokio::test]
async fn what_was_long_ago_is_no_news() {
    let world = world().await;
    let mut lookout = lookout(&world).await;
    world.ask("vera", "plc-7").await.expect("asked");
    world.clock.pass(DAY + HOUR);
    assert_eq!(lookout.look().await.expect("looked"), 0);
}

#[tokio::test]
async fn an_address_is_stored_exported_and_taken_away() {
    let world = world().await;
    let vera = async || {
        world
            .store
            .account(&name("vera"))
            .await
            .expect("read")
            .expect("there")
    };
    assert_eq!(
        vera().await.email.map(String::from).as_deref(),
        Some("vera@example.com")
    );
    let plant = world.store.plant().await.expect("read").expect("there");
    let file = domain::plant::file::write(&plant);
    assert!(file.contains("email = \"vera@example.com\""), "{file}");
    let changes = world
        .apply(super::world::PLANT, Default::default())
        .await
        .expect("applied");
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert!(
        changes.iter().any(|c| c.detail.contains("email: ")),
        "{changes:?}"
    );
    assert_eq!(vera().await.email, None);
}

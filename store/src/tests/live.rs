//! What people of the plant do to a session while it runs.

use domain::{Actor, Input, SessionId, Verdict};

use super::world::{HOUR, PLANT, World, actor, name, refused};
use crate::{Apply, Kind, Scope, SessionRow};

/// The test plant, with the hall as strict as that.
fn hall(rules: &str) -> String {
    let line = "name = \"hall\"\nsecurity_level = 2\n";
    PLANT.replace(line, &format!("{line}{rules}\n"))
}

async fn in_hall(rules: &str) -> (World, SessionId) {
    let world = World::new().await;
    world
        .apply(&hall(rules), Apply::default())
        .await
        .expect("applied");
    let (_, session) = world.session("vera").await;
    (world, session)
}

async fn input(world: &World, session: SessionId) -> Input {
    let row = row(world, session).await;
    let standing = world.store.standing().await.expect("standing");
    let found = standing.iter().find(|(id, _)| *id == session);
    let Some((_, Verdict::Stay { input, .. })) = found else {
        panic!("{standing:?}")
    };
    assert_eq!(row.input(), *input, "the page and the broker see the same");
    *input
}

async fn row(world: &World, session: SessionId) -> SessionRow {
    let row = world.store.session(&Scope::All, session).await;
    row.expect("read").expect("there")
}

#[tokio::test]
async fn a_session_waits_until_it_is_let_in_and_stays_in() {
    let (world, session) = in_hall("let_in = true").await;
    let store = &world.store;
    assert_eq!(input(&world, session).await, Input::Lobby);
    let before = world.last_event().await;

    for (who, refusal) in [
        ("vera", "not_allowed"),
        ("ylva", "not_allowed"),
        ("audun", "not_allowed"),
        ("adam", "not_allowed"),
    ] {
        let tried = store.let_session_in(&actor(who), session, None).await;
        assert_eq!(refused(tried), refusal, "{who}");
    }
    assert_eq!(
        refused(store.let_session_in(&Actor::host(), session, None).await),
        "not_allowed"
    );
    assert_eq!(world.last_event().await, before);

    let note = Some("the pump is off");
    store
        .let_session_in(&actor("olga"), session, note)
        .await
        .expect("let in");
    assert_eq!(input(&world, session).await, Input::Flows);
    let let_in = row(&world, session).await.let_in.expect("let in");
    assert_eq!((let_in.by, let_in.at), (name("olga"), world.clock_now()));
    assert_eq!(world.happened(before).await, ["session.let_in"]);
    let again = store.let_session_in(&actor("arne"), session, None).await;
    assert_eq!(refused(again), "already_let_in");

    world.apply(PLANT, Apply::default()).await.expect("applied");
    world
        .apply(&hall("let_in = true"), Apply::default())
        .await
        .expect("applied");
    assert_eq!(input(&world, session).await, Input::Flows, "it stays in");
}

#[tokio::test]
async fn a_plant_that_becomes_stricter_holds_what_runs() {
    let world = World::new().await;
    let (_, session) = world.session("vera").await;
    let tried = world
        .store
        .let_session_in(&actor("olga"), session, None)
        .await;
    assert_eq!(refused(tried), "no_lobby", "none is let in beforehand");
    for (rules, held) in [
        ("let_in = true", Input::Lobby),
        ("supervised = true", Input::Unwatched),
        ("", Input::Flows),
    ] {
        world
            .apply(&hall(rules), Apply::default())
            .await
            .expect("applied");
        assert_eq!(input(&world, session).await, held, "{rules}");
    }
}

#[tokio::test]
async fn input_is_paused_and_flows_again() {
    let (world, session) = in_hall("").await;
    let store = &world.store;
    for who in ["vera", "ylva", "audun", "adam"] {
        let tried = store.pause_input(&actor(who), session, None).await;
        assert_eq!(refused(tried), "not_allowed", "{who}");
    }
    let before = world.last_event().await;
    let idle = store.resume_input(&actor("olga"), session, None).await;
    assert_eq!(refused(idle), "not_paused");
    store
        .pause_input(&actor("olga"), session, Some("look at the pressure"))
        .await
        .expect("paused");
    assert_eq!(input(&world, session).await, Input::Paused);
    let paused = row(&world, session).await.paused.expect("paused");
    assert_eq!(paused.reason.as_deref(), Some("look at the pressure"));
    let again = store.pause_input(&actor("arne"), session, None).await;
    assert_eq!(refused(again), "already_paused");
    store
        .resume_input(&actor("arne"), session, None)
        .await
        .expect("resumed");
    assert_eq!(input(&world, session).await, Input::Flows);
    assert_eq!(
        world.happened(before).await,
        ["session.input_paused", "session.input_resumed"]
    );
}

#[tokio::test]
async fn only_one_who_may_counts_as_a_watcher() {
    let (world, session) = in_hall("supervised = true").await;
    let store = &world.store;
    for (who, join) in [
        ("vera", true),
        ("ylva", true),
        ("adam", true),
        ("audun", true),
        ("ylva", false),
        ("vera", false),
    ] {
        let tried = store.begin_watch(&actor(who), session, join).await;
        assert_eq!(refused(tried), "not_allowed", "{who}, {join}");
    }
    let before = world.last_event().await;
    let looked = store.begin_watch(&actor("audun"), session, false).await;
    let looked = looked.expect("looks on");
    assert_eq!(input(&world, session).await, Input::Unwatched);
    store.end_watch(looked).await.expect("nothing to end");

    let olga = store.begin_watch(&actor("olga"), session, true).await;
    world.clock.pass(HOUR / 60);
    let arne = store.begin_watch(&actor("arne"), session, true).await;
    let (olga, arne) = (olga.expect("watches"), arne.expect("watches"));
    assert_eq!(input(&world, session).await, Input::Flows);
    let watchers = row(&world, session).await.watchers;
    let names: Vec<_> = watchers.iter().map(|w| w.account.as_str()).collect();
    assert_eq!(names, ["olga", "arne"]);

    store.end_watch(olga).await.expect("ended");
    store.end_watch(olga).await.expect("once is enough");
    assert_eq!(input(&world, session).await, Input::Flows, "arne watches");
    store
        .disable_account(&actor("adam"), &name("arne"), "left")
        .await
        .expect("disabled");
    assert_eq!(input(&world, session).await, Input::Unwatched);
    store.end_watch(arne).await.expect("ended");
    let happened = world.happened(before).await;
    let watches = |word| happened.iter().filter(|a| *a == word).count();
    assert_eq!(watches("session.watched"), 3);
    assert_eq!(watches("session.unwatched"), 2);
}

#[tokio::test]
async fn nobody_watches_a_broker_that_has_died() {
    let (mut world, session) = in_hall("supervised = true").await;
    let watch = world
        .store
        .begin_watch(&actor("olga"), session, true)
        .await
        .expect("watches");
    let before = world.last_event().await;
    world.restart().await;
    let left = world.store.interrupt_open_sessions().await;
    assert_eq!(left.expect("settled"), [session]);
    assert_eq!(
        world.happened(before).await,
        ["session.unwatched", "session.closed"]
    );
    world.store.end_watch(watch).await.expect("ended already");
    assert_eq!(row(&world, session).await.watchers, []);
}

#[tokio::test]
async fn messages_come_in_order_and_are_plain_text() {
    let (world, session) = in_hall("").await;
    let store = &world.store;
    for who in ["vera", "ylva", "audun"] {
        let tried = store.send_message(&actor(who), session, "hello").await;
        assert_eq!(refused(tried), "not_allowed", "{who}");
    }
    for text in ["", "\u{1b}[2Jgone", "two\nlines"] {
        let tried = store.send_message(&actor("olga"), session, text).await;
        refused(tried);
    }
    for (who, text) in [("olga", "first"), ("adam", "second"), ("arne", "third")] {
        store
            .send_message(&actor(who), session, text)
            .await
            .expect("sent");
    }
    let all = store.messages(0).await.expect("read");
    let texts: Vec<_> = all.iter().map(|m| m.text.as_str()).collect();
    assert_eq!(texts, ["first", "second", "third"]);
    let rest = store.messages(all[0].number).await.expect("read");
    assert_eq!(rest, all[1..]);
}

#[tokio::test]
async fn nothing_is_done_to_a_session_that_is_over_or_unknown() {
    let (world, session) = in_hall("let_in = true\nsupervised = true").await;
    let (store, olga) = (&world.store, actor("olga"));
    let reason = domain::CloseReason::VendorLeft;
    store
        .close_session(session, reason, None)
        .await
        .expect("closed");
    let nowhere = SessionId::new(world.clock_now(), world.random.as_ref());
    for (id, over) in [(session, true), (nowhere, false)] {
        let tried = [
            store.let_session_in(&olga, id, None).await,
            store.pause_input(&olga, id, None).await,
            store.resume_input(&olga, id, None).await,
            store.send_message(&olga, id, "hello").await,
            store.begin_watch(&olga, id, true).await.map(|_| ()),
        ];
        for tried in tried {
            let error = tried.expect_err("not done");
            let kind = if over { Kind::Refused } else { Kind::NotFound };
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}

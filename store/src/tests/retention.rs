//! Retention, legal holds, and what is purged.

use domain::{HoldOn, Purge, SessionId, Why};
use serde_json::json;

use super::world::*;
use crate::{
    Apply, HoldFilter, Page, Phrase, RecordingEnd, RecordingFilter, RecordingSeal, Scope,
    ScreenLine, SearchFilter, StoreError,
};

const YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3600);

/// A session with one recording, which is over and sealed.
async fn sealed(world: &World) -> SessionId {
    let seal = RecordingSeal {
        lines: 4,
        root: [0xab; 32],
    };
    recorded(world, Some(seal)).await
}

async fn recorded(world: &World, seal: Option<RecordingSeal>) -> SessionId {
    let (_, session) = world.session("vera").await;
    let store = &world.store;
    let added = store.add_recording(session, 0, "shell", None, true);
    added.await.expect("begun");
    let end = RecordingEnd {
        exit: Some(0),
        bytes_in: 1,
        bytes_out: 2,
        state: "complete",
        seal,
    };
    let finished = store.finish_recording(session, 0, &end);
    finished.await.expect("finished");
    session
}

async fn due(world: &World) -> Vec<SessionId> {
    let due = world.store.due_for_purge(100).await.expect("read");
    due.into_iter().map(|kept| kept.session).collect()
}

async fn state(world: &World, session: SessionId) -> String {
    let all = world.store.recordings_of(&Scope::All, session).await;
    all.expect("read").remove(0).state
}

fn on(session: SessionId) -> HoldOn {
    HoldOn::Session(session)
}

fn hall() -> HoldOn {
    HoldOn::Zone(name("hall"))
}

#[tokio::test]
async fn a_recording_is_purged_when_its_retention_has_ended() {
    let world = World::new().await;
    let session = sealed(&world).await;
    world.clock.pass(YEAR - HOUR);
    assert_eq!(due(&world).await, []);
    let kept = world.store.mark_purged(session, 0).await.expect("decided");
    assert!(matches!(kept, Purge::Keep(Why::Retention(_))), "{kept:?}");
    assert_eq!(state(&world, session).await, "complete");

    world.clock.pass(HOUR);
    assert_eq!(due(&world).await, [session]);
    let since = world.last_event().await;
    let done = world.store.mark_purged(session, 0).await.expect("decided");
    assert_eq!(done, Purge::Now);
    assert_eq!(world.happened(since).await, ["recording.purged"]);
    assert_eq!(state(&world, session).await, "purged");
    assert_eq!(due(&world).await, []);
    let purged = world.store.purged_after(None).await.expect("read");
    assert_eq!(purged, [(session, 0)]);
    let after = world.store.purged_after(Some((session, 0))).await;
    assert_eq!(after.expect("read"), []);

    // Once more changes nothing, and the log has it once.
    let again = world.store.mark_purged(session, 0).await.expect("decided");
    assert_eq!(again, Purge::Now);
    assert_eq!(world.happened(since).await.len(), 1);
    let page = Page {
        after: Some(since.to_string()),
        limit: 1,
    };
    let filter = Default::default();
    let events = world.store.events(&filter, &page, false).await;
    let event = events.expect("read").items.remove(0);
    assert_eq!(event.subject, format!("session/{session}"));
    let after = event.after.expect("after");
    assert_eq!(after["root"], "ab".repeat(32));
    assert_eq!(
        (&after["lines"], &after["channel"], &after["state"]),
        (&json!(4), &json!(0), &json!("purged"))
    );
    assert_eq!(event.before.expect("before")["state"], "complete");
}

#[tokio::test]
async fn what_is_not_over_or_not_sealed_is_kept_for_ever() {
    let world = World::new().await;
    let unsealed = recorded(&world, None).await;
    let (_, running) = world.session("viktor").await;
    let store = &world.store;
    let added = store.add_recording(running, 0, "shell", None, true);
    added.await.expect("begun");
    world.clock.pass(YEAR * 50);
    assert_eq!(due(&world).await, []);
    for (session, why) in [(unsealed, Why::NotSealed), (running, Why::Recording)] {
        let kept = store.mark_purged(session, 0).await.expect("decided");
        assert_eq!(kept, Purge::Keep(why));
    }
    let plan = store.purge_plan(10).await.expect("read");
    assert_eq!((plan.due_count, plan.held, plan.not_sealed), (0, 0, 1));
    let missing = store.mark_purged(running, 7).await;
    assert!(matches!(missing, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn nothing_is_purged_under_a_hold() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let store = &world.store;
    let place = |who: &str, on: HoldOn| {
        let (actor, store) = (actor(who), store.clone());
        async move {
            store
                .place_hold(&actor, &on, "the accident of unit 2")
                .await
        }
    };
    let one = place("adam", on(session)).await.expect("held");
    world.clock.pass(HOUR);
    let two = place("audun", hall()).await.expect("held");
    world.clock.pass(YEAR);
    assert_eq!(due(&world).await, []);
    // As when it was found due, and held before its turn came.
    let kept = store.mark_purged(session, 0).await.expect("decided");
    assert!(matches!(kept, Purge::Keep(Why::Held(_))), "{kept:?}");
    let plan = store.purge_plan(10).await.expect("read");
    assert_eq!((plan.due_count, plan.held), (0, 1));

    let release = |who: &str, id| {
        let (actor, store) = (actor(who), store.clone());
        async move { store.release_hold(&actor, id, "the case is closed").await }
    };
    for who in ["adam", "vera", "arne", "olga"] {
        assert_eq!(refused(release(who, one.id).await), "not_allowed", "{who}");
    }
    let released = release("audun", one.id).await.expect("released");
    assert_eq!(
        released.released.expect("by somebody").by,
        actor("audun").who
    );
    assert_eq!(due(&world).await, [], "the zone's hold is still there");
    assert_eq!(refused(release("audun", one.id).await), "already_released");
    release("audun", two.id).await.expect("released");
    assert_eq!(due(&world).await, [session]);

    let page = Page::default();
    let found = |filter: HoldFilter| {
        let store = store.clone();
        let page = page.clone();
        async move {
            let found = store.holds(&filter, &page).await.expect("read").items;
            found.into_iter().map(|hold| hold.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(HoldFilter::default()).await, [two.id, one.id]);
    let filter = HoldFilter {
        in_force: Some(true),
        ..HoldFilter::default()
    };
    assert_eq!(found(filter).await, []);
    let filter = HoldFilter {
        session: Some(session),
        ..HoldFilter::default()
    };
    assert_eq!(found(filter).await, [one.id]);
}

#[tokio::test]
async fn who_holds_what() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let store = &world.store;
    for who in ["vera", "arne", "olga"] {
        let placed = store.place_hold(&actor(who), &on(session), "why").await;
        assert_eq!(refused(placed), "not_allowed", "{who}");
    }
    let placed = store.place_hold(&actor("audun"), &hall(), " ").await;
    assert_eq!(refused(placed), "bad_text");
    let nowhere = HoldOn::Zone(name("attic"));
    let placed = store.place_hold(&actor("audun"), &nowhere, "why").await;
    assert!(matches!(placed, Err(StoreError::NotFound(_))));
    let nothing: SessionId = "01930000-0000-7000-8000-000000000000"
        .parse()
        .expect("an id");
    let placed = store.place_hold(&actor("audun"), &on(nothing), "why").await;
    assert!(matches!(placed, Err(StoreError::NotFound(_))));

    world.clock.pass(YEAR);
    store.mark_purged(session, 0).await.expect("purged");
    let placed = store.place_hold(&actor("audun"), &on(session), "why").await;
    assert_eq!(refused(placed), "purged");
}

#[tokio::test]
async fn a_hold_is_never_deleted_nor_changed_but_by_its_release() {
    let world = World::new().await;
    let audun = actor("audun");
    let placed = world.store.place_hold(&audun, &hall(), "why").await;
    placed.expect("held");
    for sql in [
        "DELETE FROM holds",
        "UPDATE holds SET reason = 'another'",
        "UPDATE holds SET zone = 'yard', released_at = 1, released_by = 'system', release_reason = 'x'",
        "INSERT OR REPLACE INTO holds SELECT * FROM holds",
    ] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
    let sql = "UPDATE holds SET released_at = 1, released_by = 'system', release_reason = 'x'";
    assert_eq!(world.sql(sql).await.expect("released"), 1);
    let sql = "UPDATE holds SET released_at = NULL, released_by = NULL, release_reason = NULL";
    assert!(world.sql(sql).await.is_err(), "{sql}");
    assert!(world.sql("DELETE FROM holds").await.is_err());
}

/// What was promised when a recording began is kept, whatever the plant says later.
#[tokio::test]
async fn a_plant_file_takes_no_promise_back() {
    let world = World::new().await;
    let level = "name = \"hall\"\nsecurity_level = 2";
    let with = |days: u32| PLANT.replace(level, &format!("{level}\nretention = \"{days}d\""));
    let apply = |text: String| {
        let world = &world;
        async move {
            let how = Apply {
                revoke: true,
                ..Apply::default()
            };
            world.apply(&text, how).await.expect("applied");
        }
    };
    apply(with(400)).await;
    let long = sealed(&world).await;
    apply(with(10)).await;
    let short = sealed(&world).await;
    world.clock.pass(DAY * 11);
    assert_eq!(due(&world).await, [short]);
    let plan = world.store.purge_plan(10).await.expect("read");
    let next: Vec<_> = plan.next.iter().map(|kept| kept.session).collect();
    assert_eq!((plan.due_count, next), (1, vec![long]));

    // Longer counts for those that there are.
    apply(with(600)).await;
    assert_eq!(due(&world).await, []);
    world.clock.pass(DAY * 400);
    assert_eq!(due(&world).await, []);

    // A zone that is gone: the usual at least, and what was promised.
    let gone: Vec<_> = with(600)
        .split("\n[[")
        .filter(|part| {
            !["\"hall\"", "\"plc-7\"", "\"hmi-1\""]
                .iter()
                .any(|name| part.contains(name))
        })
        .map(str::to_owned)
        .collect();
    apply(gone.join("\n[[")).await;
    assert_eq!(due(&world).await.len(), 2);
}

#[tokio::test]
async fn no_more_than_asked_for_and_the_longest_due_first() {
    let world = World::new().await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(sealed(&world).await);
        world.clock.pass(DAY);
    }
    world.clock.pass(YEAR - DAY - DAY);
    assert_eq!(due(&world).await, sessions[..3]);
    let two = world.store.due_for_purge(2).await.expect("read");
    assert_eq!(two.len(), 2);
    let plan = world.store.purge_plan(1).await.expect("read");
    assert_eq!((plan.due_count, plan.due.len(), plan.next.len()), (3, 1, 1));
    assert_eq!(plan.due[0].session, sessions[0]);
    assert_eq!(plan.next[0].session, sessions[3]);
    let filter = RecordingFilter::default();
    let page = Page::default();
    let listed = world.store.recordings(&Scope::All, &filter, &page).await;
    assert_eq!(listed.expect("read").items.len(), 4, "lists stay whole");
}

/// Nothing is found of it from the moment on at which it is purged, and what the
/// index has of it can be told, until it is gone.
#[tokio::test]
async fn what_was_purged_is_not_found() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let store = &world.store;
    let lines = [ScreenLine {
        at_ms: 7,
        text: "the pump is off",
    }];
    let indexed = store
        .index_recording(session, 0, &lines, false, || std::future::ready(()))
        .await;
    indexed.expect("indexed");
    let hits = async || {
        let (filter, page) = (SearchFilter::default(), Page::default());
        let pump = [Phrase {
            text: "pump",
            is_start: false,
        }];
        let shown = store.search(&Scope::All, &pump, &filter, &page).await;
        let typed = store
            .recordings_between(&Scope::All, &filter, None, 10)
            .await;
        (
            shown.expect("searched").items.len(),
            typed.expect("read").len(),
        )
    };
    assert_eq!(hits().await, (1, 1));
    world.clock.pass(YEAR);
    assert_eq!(store.purged_in_index().await.expect("read"), []);
    store.mark_purged(session, 0).await.expect("purged");
    assert_eq!(hits().await, (0, 0));
    let left = store.purged_in_index().await.expect("read");
    assert_eq!(left, [(session, 0)]);
    store.unindex(session, 0).await.expect("gone");
    assert_eq!(store.purged_in_index().await.expect("read"), []);
    assert_eq!(store.next_unindexed().await.expect("read"), None);
}

//! Recordings found by what is in them, and jumped about in.

use serde_json::{Value, json};
use store::{EventFilter, ScreenLine};

use super::recordings::recorded;
use super::world::World;

async fn indexed(world: &World) -> domain::SessionId {
    let session = recorded(world).await;
    let lines = [
        ScreenLine {
            at_ms: 1000,
            text: "up 3 days",
        },
        ScreenLine {
            at_ms: 3_723_000,
            text: "3 users",
        },
    ];
    let indexed = world
        .store
        .index_recording(session, 0, &lines, false, || std::future::ready(()));
    indexed.await.unwrap();
    session
}

/// Who did it, and what was noted of it.
async fn noted(world: &World, action: &str) -> Vec<(String, Value)> {
    let filter = EventFilter {
        actions: vec![action.to_owned()],
        ..EventFilter::default()
    };
    let page = store::Page::default();
    let events = world.store.events(&filter, &page, false).await.unwrap();
    let events = events.items.into_iter();
    events
        .map(|event| (event.actor, event.after.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn those_who_may_read_it_find_it_and_that_they_looked_is_logged() {
    let world = World::new().await;
    let session = indexed(&world).await;
    for (who, count) in [("arne", 1), ("asta", 0), ("audun", 1)] {
        let path = "/recordings/search?q=users&asset=plc-7";
        let found = world.get(who, path).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{who}");
    }
    let found = world
        .get("arne", "/recordings/search?q=%22up%203%22")
        .await
        .expect(200);
    let expected = json!({
        "items": [{
            "session": session.to_string(), "channel": 0, "account": "vera", "asset": "plc-7",
            "zone": "hall", "at": "2026-11-24T08:00:01Z", "at_ms": 1000, "text": "up 3 days",
        }],
        "next": null,
    });
    let mut found = found;
    let at = found["items"][0]["at"].as_str().unwrap().to_owned();
    assert!(at.starts_with("2026-11-24T08:00:01"), "{at}");
    found["items"][0]["at"] = json!("2026-11-24T08:00:01Z");
    assert_eq!(found, expected);
    let noted = noted(&world, "recording.searched").await;
    let who: Vec<_> = noted.iter().map(|(who, _)| who.as_str()).collect();
    assert_eq!(
        who,
        [
            "account/arne",
            "account/asta",
            "account/audun",
            "account/arne"
        ]
    );
    assert_eq!(noted[0].1["q"], "users");
    assert_eq!(noted[0].1["asset"], "plc-7");
    assert!(
        !noted[0].1.to_string().contains("3 users"),
        "{:?}",
        noted[0]
    );
}

#[tokio::test]
async fn what_can_not_be_looked_for() {
    let world = World::new().await;
    for (path, status, code) in [
        ("/recordings/search", 422, "invalid_value"),
        ("/recordings/search?q=--", 422, "invalid_value"),
        (
            "/recordings/search?q=x&asset=no%20name",
            422,
            "invalid_value",
        ),
        ("/recordings/search?q=x&after=xyz", 400, "bad_cursor"),
        (
            "/recordings/search?q=x&input=true&after=xyz",
            400,
            "bad_cursor",
        ),
        ("/recordings/search?q=x&vendor=vera", 400, "bad_query"),
    ] {
        world.get("audun", path).await.problem(status, code);
    }
}

#[tokio::test]
async fn what_was_typed_is_found_by_auditors_alone_and_stands_in_no_log_or_index() {
    let world = World::new().await;
    let session = indexed(&world).await;
    let path = "/recordings/search?q=typed-secret&input=true";
    for who in ["arne", "adam", "vera"] {
        world.get(who, path).await.problem(403, "not_allowed");
    }
    assert_eq!(noted(&world, "recording.searched").await, []);
    let found = world.get("audun", path).await.expect(200);
    assert_eq!(found["items"][0]["session"], session.to_string());
    assert_eq!(found["items"][0]["text"], "typed-secret");
    assert_eq!(found["next"], Value::Null);
    let shown = world.get("audun", "/recordings/search?q=typed").await;
    assert_eq!(shown.expect(200)["items"], json!([]));
    for filter in [
        "asset=pump-1",
        "until=2026-11-24T07:00:00Z",
        "since=2026-11-25T00:00:00Z",
    ] {
        let found = world.get("audun", &format!("{path}&{filter}")).await;
        assert_eq!(found.expect(200)["items"], json!([]), "{filter}");
    }
    let noted = noted(&world, "recording.searched").await;
    assert_eq!(noted[0].1["input"], true);
    assert!(!noted[0].1.to_string().contains("secret"), "{noted:?}");
}

#[tokio::test]
async fn a_replay_is_opened_once_and_its_segments_are_part_of_it() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let base = format!("/sessions/{session}");
    let index = world
        .get("arne", &format!("{base}/replay.json?idle_limit_ms=2000"))
        .await;
    let index = index.expect(200);
    assert_eq!(index["version"], 1);
    let url = index["segments"][0]["url"].as_str().unwrap();
    let segment = format!("{base}/{url}");
    for _ in 0..2 {
        let segment = world.get("arne", &segment).await.expect(200);
        assert_eq!(segment["events"][1][2], "up 3 days");
        assert!(!segment.to_string().contains("typed-secret"));
    }
    let openings = async || {
        let noted = noted(&world, "recording.opened").await;
        noted.into_iter().map(|(who, _)| who).collect::<Vec<_>>()
    };
    assert_eq!(openings().await, ["account/arne"]);
    // Who knows the address has not opened it yet.
    world.get("audun", &segment).await.expect(200);
    world.get("audun", &segment).await.expect(200);
    assert_eq!(openings().await, ["account/arne", "account/audun"]);
    for (who, path, status, code) in [
        ("asta", format!("{base}/replay.json"), 404, "not_found"),
        ("asta", segment.clone(), 404, "not_found"),
        ("olga", segment.clone(), 403, "not_allowed"),
        (
            "arne",
            segment.replace("/0.json", "/7.json"),
            404,
            "not_found",
        ),
        ("arne", segment.replace("/0.json", "/0"), 404, "not_found"),
        (
            "arne",
            segment.replace("/0.json", "/-1.json"),
            404,
            "not_found",
        ),
        (
            "arne",
            format!("{base}/replay.json?channel=3"),
            404,
            "not_found",
        ),
    ] {
        world.get(who, &path).await.problem(status, code);
    }
    assert_eq!(openings().await, ["account/arne", "account/audun"]);
}

#[tokio::test]
async fn a_replay_without_its_file_is_told_and_not_called_opened() {
    let world = World::new().await;
    let session = recorded(&world).await;
    std::fs::remove_dir_all(world.recorder.root()).unwrap();
    let path = format!("/sessions/{session}/replay.json");
    let answer = world.get("audun", &path).await;
    answer.problem(404, "recording_missing");
    assert_eq!(noted(&world, "recording.opened").await, []);
}

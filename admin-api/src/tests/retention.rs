//! Holds, and what is due to be purged.

use domain::{Purge, SessionId};
use serde_json::json;
use store::{RecordingEnd, RecordingSeal};

use super::recordings::recorded;
use super::world::{DAY, World};

/// The recording is over and sealed.
pub(super) async fn end(world: &World, session: SessionId) {
    let end = RecordingEnd {
        exit: Some(0),
        bytes_in: 12,
        bytes_out: 9,
        state: "complete",
        seal: Some(RecordingSeal {
            lines: 3,
            root: [0; 32],
        }),
    };
    let finished = world.store.finish_recording(session, 0, &end).await;
    finished.unwrap();
}

/// A year passes, and it is purged.
pub(super) async fn purge(world: &World, session: SessionId) {
    // In steps: whoever is not seen for 30 days is disabled.
    for _ in 0..25 {
        for who in ["vera", "viktor", "arne", "asta", "olga", "audun", "adam"] {
            world.token(who).await;
        }
        world.clock.pass(DAY * 15);
    }
    let purged = world.store.mark_purged(session, 0).await.unwrap();
    assert_eq!(purged, Purge::Now);
}

#[tokio::test]
async fn a_hold_is_placed_listed_and_released() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let path = format!("/sessions/{session}/hold");
    let reason = json!({ "reason": "the accident of unit 2" });
    let hold = world.post("adam", &path, reason.clone()).await.expect(201);
    assert_eq!(
        (&hold["session"], &hold["state"], &hold["placed_by"]),
        (&json!(session), &json!("in_force"), &json!("account/adam"))
    );
    assert!(hold["zone"].is_null() && hold["released"].is_null());
    let zone = world
        .post("audun", "/zones/hall/hold", reason.clone())
        .await;
    assert_eq!(zone.expect(201)["zone"], "hall");
    for missing in [
        "/zones/attic/hold",
        "/zones/At%20tic/hold",
        "/sessions/01930000-0000-7000-8000-000000000000/hold",
        "/holds/01930000-0000-7000-8000-000000000000/release",
    ] {
        let answer = world.post("audun", missing, reason.clone()).await;
        answer.problem(404, "not_found");
    }
    let blank = world.post("audun", &path, json!({ "reason": "" })).await;
    blank.problem(422, "bad_text");

    let release = format!("/holds/{}/release", hold["id"].as_str().unwrap());
    let released = world.post("audun", &release, json!({ "reason": "closed" }));
    let released = released.await.expect(200);
    assert_eq!(released["state"], "released");
    assert_eq!(released["released"]["by"], "account/audun");
    assert_eq!(released["released"]["reason"], "closed");
    let again = world.post("audun", &release, reason).await;
    again.problem(409, "already_released");
    for (query, count) in [
        (String::new(), 2),
        ("?in_force=true".to_owned(), 1),
        ("?in_force=false".to_owned(), 1),
        ("?zone=hall".to_owned(), 1),
        (format!("?session={session}"), 1),
    ] {
        let found = world
            .get("adam", &format!("/holds{query}"))
            .await
            .expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn what_is_due_is_told_before_it_goes() {
    let world = World::new().await;
    let session = recorded(&world).await;
    end(&world, session).await;
    let plan = world.get("adam", "/retention").await.expect(200);
    assert_eq!((&plan["due_count"], &plan["held"]), (&json!(0), &json!(0)));
    assert_eq!(plan["next"][0]["session"], json!(session));
    assert_eq!(plan["next"][0]["kept_until"], "2027-11-24T08:00:00Z");
    let zones = world.get("adam", "/zones").await.expect(200);
    assert_eq!(zones["items"][0]["retention_seconds"], 365 * 86_400);
    purge(&world, session).await;
    let plan = world.get("adam", "/retention").await.expect(200);
    assert_eq!(plan["next"], json!([]));
    let path = format!("/sessions/{session}/hold");
    let late = world.post("audun", &path, json!({ "reason": "too late" }));
    late.await.problem(409, "purged");
}

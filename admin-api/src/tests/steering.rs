//! Sessions under the control of people of the plant.

use domain::{Actor, Plant};
use serde_json::json;
use store::Apply;

use super::world::{PLANT, World};

async fn strict() -> World {
    let world = World::new().await;
    let hall = "name = \"hall\"\nsecurity_level = 2\n";
    let text = PLANT.replace(hall, &format!("{hall}let_in = true\nsupervised = true\n"));
    let plant: Plant = text.parse().unwrap();
    let host = Actor::host();
    let applied = world.store.apply_plant(&host, &plant, Apply::default());
    assert!(!applied.await.unwrap().is_empty());
    world
}

#[tokio::test]
async fn a_vendor_knows_beforehand_and_people_of_the_plant_are_not_named_to_them() {
    let world = strict().await;
    let assets = world.get("vera", "/assets").await.expect(200);
    let asset = &assets["items"][0];
    assert_eq!(
        (&asset["let_in"], &asset["supervised"]),
        (&json!(true), &json!(true))
    );
    let zones = world.get("olga", "/zones").await.expect(200);
    let zone = &zones["items"][0];
    assert_eq!(
        (&zone["let_in"], &zone["supervised"]),
        (&json!(true), &json!(true))
    );

    let id = world.session("vera").await;
    let at = format!("/sessions/{id}");
    let seen = world.get("vera", &at).await.expect(200);
    assert_eq!(
        seen["entry"],
        json!({ "required": true, "state": "waiting" })
    );
    assert_eq!(seen["input"], json!({ "state": "lobby" }));
    assert_eq!(seen["ends_at"], "2026-11-24T12:00:00Z");

    let note = json!({ "note": "the pump is off" });
    let seen = world.post("olga", &format!("{at}/let-in"), note).await;
    let seen = seen.expect(200);
    assert_eq!(seen["entry"]["state"], "let_in");
    assert_eq!(seen["entry"]["by"], "olga");
    assert_eq!(seen["input"], json!({ "state": "unwatched" }));
    let again = world.post("arne", &format!("{at}/let-in"), json!({})).await;
    again.problem(409, "already_let_in");

    let olga = Actor::account("olga".parse().unwrap(), "10.0.0.9");
    world.store.begin_watch(&olga, id, true).await.unwrap();
    let why = json!({ "reason": "look at the valve" });
    let seen = world.post("arne", &format!("{at}/pause"), why).await;
    let seen = seen.expect(200);
    assert_eq!(seen["input"]["by"], "arne");
    assert_eq!(seen["watchers"][0]["account"], "olga");

    let vendors = world.get("vera", &at).await.expect(200);
    assert_eq!(vendors["input"]["state"], "paused");
    assert_eq!(vendors["input"]["reason"], "look at the valve");
    let text = vendors.to_string();
    assert!(!text.contains("arne") && !text.contains("olga"), "{text}");
    assert_eq!(vendors["watchers"].as_array().unwrap().len(), 1);

    let seen = world.post("olga", &format!("{at}/resume"), json!({})).await;
    assert_eq!(seen.expect(200)["input"], json!({ "state": "flows" }));
    let idle = world.post("olga", &format!("{at}/resume"), json!({})).await;
    idle.problem(409, "not_paused");
}

#[tokio::test]
async fn others_neither_see_nor_steer_it() {
    let world = strict().await;
    let id = world.session("vera").await;
    // Has logged in before anything is counted.
    world.get("asta", "/me").await.expect(200);
    let before = world.events().await;
    for verb in ["let-in", "pause", "resume"] {
        let path = format!("/sessions/{id}/{verb}");
        let answer = world.post("asta", &path, json!({})).await;
        answer.problem(404, "not_found");
    }
    let path = format!("/sessions/{id}/message");
    let text = json!({ "text": "hello" });
    let answer = world.post("asta", &path, text).await;
    answer.problem(404, "not_found");
    assert_eq!(world.events().await, before);
}

#[tokio::test]
async fn a_message_is_one_line_of_plain_text() {
    let world = World::new().await;
    let id = world.session("vera").await;
    let path = format!("/sessions/{id}/message");
    for text in ["", "\u{1b}]0;x\u{7}", "two\nlines"] {
        let answer = world.post("olga", &path, json!({ "text": text })).await;
        answer.problem(422, "bad_text");
    }
    let answer = world
        .post("adam", &path, json!({ "text": "Stop now." }))
        .await;
    answer.expect(204);
    let sent = world.store.messages(0).await.unwrap();
    assert_eq!(sent[0].text, "Stop now.");
}

#[tokio::test]
async fn the_site_is_closed_as_far_as_one_answers_for_it() {
    let world = World::new().await;
    let why = json!({ "reason": "unknown traffic" });
    let closed = world.post("olga", "/conduits/close", why.clone()).await;
    assert_eq!(closed.expect(200), json!({ "closed": ["to-hall"] }));
    let none = world.post("olga", "/conduits/close", why.clone()).await;
    none.problem(409, "already_closed");
    let closed = world.post("adam", "/conduits/close", why).await;
    assert_eq!(closed.expect(200), json!({ "closed": ["to-reactor"] }));
}

//! What each person sees: a vendor their own, approvers and operators their
//! zones, and never where assets are, for vendors.

use serde_json::{Value, json};

use super::world::World;

fn names(list: &Value, key: &str) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item[key].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn lists_show_what_one_may_see() {
    let world = World::new().await;
    world.request("vera", "pump-1").await;
    for who in ["vera", "viktor"] {
        // Newest first goes by the millisecond.
        world.clock.pass(std::time::Duration::from_secs(1));
        let session = world.session(who).await;
        let added = world.store.add_recording(session, 0, "shell", None, true);
        added.await.unwrap();
    }
    for (who, path, expected) in [
        ("vera", "/requests", &["vera", "vera"][..]),
        ("viktor", "/requests", &["viktor"]),
        ("olga", "/requests", &["viktor", "vera"]),
        ("asta", "/requests", &["vera"]),
        ("audun", "/requests", &["viktor", "vera", "vera"]),
        ("vera", "/grants", &["vera"]),
        ("asta", "/grants", &[]),
        ("adam", "/grants", &["viktor", "vera"]),
        ("vera", "/sessions", &["vera"]),
        ("olga", "/sessions", &["viktor", "vera"]),
        ("asta", "/sessions", &[]),
        ("arne", "/recordings", &["viktor", "vera"]),
        ("asta", "/recordings", &[]),
        ("adam", "/recordings?account=vera", &["vera"]),
        ("audun", "/sessions?account=viktor&open=true", &["viktor"]),
        ("vera", "/requests?account=viktor", &[]),
    ] {
        let list = world.get(who, path).await.expect(200);
        assert_eq!(names(&list, "account"), expected, "{path} as {who}");
    }
}

#[tokio::test]
async fn single_things_of_others_are_not_there() {
    let world = World::new().await;
    let session = world.session("vera").await;
    let grants = world.get("vera", "/grants").await.expect(200);
    let grant = grants["items"][0]["id"].as_str().unwrap();
    let request = grants["items"][0]["request"].as_str().unwrap();
    let reason = json!({ "reason": "because" });
    for who in ["viktor", "asta"] {
        for path in [
            format!("/requests/{request}"),
            format!("/grants/{grant}"),
            format!("/sessions/{session}"),
        ] {
            world.get(who, &path).await.problem(404, "not_found");
        }
        let end = format!("/sessions/{session}/end");
        world
            .post(who, &end, reason.clone())
            .await
            .problem(404, "not_found");
    }
    let revoke = format!("/grants/{grant}/revoke");
    world
        .post("asta", &revoke, reason.clone())
        .await
        .problem(404, "not_found");
    for verb in ["close", "open"] {
        let path = format!("/conduits/to-hall/{verb}");
        world
            .post("asta", &path, reason.clone())
            .await
            .problem(404, "not_found");
    }
    world
        .post("olga", "/conduits/to-reactor/close", reason)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn ways_and_assets() {
    let world = World::new().await;
    for (who, zones, assets) in [
        ("arne", &["hall", "reactor"][..], &["plc-7", "pump-1"][..]),
        ("asta", &["reactor"], &["pump-1"]),
        ("olga", &["hall"], &["plc-7"]),
        ("audun", &["hall", "reactor"], &["plc-7", "pump-1"]),
    ] {
        let found = world.get(who, "/zones").await.expect(200);
        assert_eq!(names(&found, "name"), zones, "{who}");
        let found = world.get(who, "/conduits").await.expect(200);
        assert_eq!(names(&found, "zone"), zones, "{who}");
        let found = world.get(who, "/assets").await.expect(200);
        assert_eq!(names(&found, "name"), assets, "{who}");
        assert_eq!(found["items"][0]["endpoint"]["user"], "service", "{who}");
    }
    let viktor = world.get("viktor", "/assets").await;
    let asset = &viktor.expect(200)["items"][0];
    assert_eq!(asset["name"], "plc-7");
    assert_eq!(
        (&asset["protocols"], &asset["approvals"]),
        (&json!(["ssh"]), &json!(1))
    );
    assert_eq!(asset["longest_session_seconds"], 8 * 3600);
    let text = String::from_utf8(viktor.body.to_vec()).unwrap();
    for secret in ["10.20.0.7", "AAAAC3", "service", "pump-1"] {
        assert!(!text.contains(secret), "a vendor is told {secret}: {text}");
    }
}

#[tokio::test]
async fn a_session_is_ended_and_a_vendor_does_not_learn_by_whom() {
    let world = World::new().await;
    let session = world.session("vera").await;
    let path = format!("/sessions/{session}");
    let reason = json!({ "reason": "alarm in the hall" });
    let ended = world
        .post("olga", &format!("{path}/end"), reason.clone())
        .await
        .expect(200);
    assert_eq!(ended["end_order"]["by"], "olga");
    let seen = world.get("vera", &path).await.expect(200);
    assert_eq!(seen["end_order"]["reason"], "alarm in the hall");
    assert!(seen["end_order"]["by"].is_null());
    let again = world
        .post("vera", &format!("{path}/end"), reason.clone())
        .await;
    let told = again.problem(409, "end_ordered");
    assert!(!told.contains("olga"), "{told}");
    let by = "olga".parse().unwrap();
    let why = domain::CloseReason::Ended { by };
    world
        .store
        .close_session(session, why, Some("a note"))
        .await
        .unwrap();
    let closed = &world.get("arne", &path).await.expect(200)["closed"];
    assert_eq!(
        (&closed["code"], &closed["by"]),
        (&json!("ended"), &json!("olga"))
    );
    assert_eq!(
        (&closed["blame"], &closed["note"]),
        (&json!("operator"), &json!("a note"))
    );
    let seen = &world.get("vera", &path).await;
    let seen = String::from_utf8(seen.body.to_vec()).unwrap();
    assert!(!seen.contains("olga") && !seen.contains("a note"), "{seen}");
    let late = world
        .post("olga", &format!("{path}/end"), reason.clone())
        .await;
    late.problem(409, "session_closed");

    let own = world.session("viktor").await;
    let ended = world
        .post("viktor", &format!("/sessions/{own}/end"), reason)
        .await
        .expect(200);
    assert_eq!(
        ended["end_order"]["by"], "viktor",
        "one's own order is no secret"
    );
}

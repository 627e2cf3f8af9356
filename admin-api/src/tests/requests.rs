//! Requests and their approval, by the API.

use serde_json::{Value, json};

use super::world::{Answer, HOUR, World};

#[tokio::test]
async fn a_request_becomes_a_grant() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let waiting = world
        .get("vera", &format!("/requests/{id}"))
        .await
        .expect(200);
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["approvals_needed"], 1);
    let narrower = json!({ "not_after": "2026-11-24T10:00:00Z", "note": "until the shift ends" });
    let path = format!("/requests/{id}/approve");
    let granted = world.post("arne", &path, narrower).await.expect(200);
    assert_eq!(granted["state"], "granted");
    assert_eq!(granted["window"]["end"], "2026-11-24T10:00:00Z");
    assert_eq!(granted["wanted"]["end"], "2026-11-24T12:00:00Z");
    assert_eq!(granted["approvals"][0]["by"], "arne");
    let grant = granted["grant"].as_str().unwrap();
    let grant = world
        .get("vera", &format!("/grants/{grant}"))
        .await
        .expect(200);
    assert_eq!(
        (&grant["phase"], &grant["account"]),
        (&json!("open"), &json!("vera"))
    );
}

#[tokio::test]
async fn an_approval_needs_no_body() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let token = world.token("arne").await;
    let request = axum::http::Request::post(format!("/api/v1/requests/{id}/approve"))
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty());
    assert_eq!(world.send(request.unwrap()).await.status(), 200);
}

#[tokio::test]
async fn a_narrowing_is_not_lost_for_want_of_a_header() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let token = world.token("arne").await;
    let send = |kind: Option<&str>, body: &'static str| {
        let path = format!("/api/v1/requests/{id}/approve");
        let request = axum::http::Request::post(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = kind
            .into_iter()
            .fold(request, |r, kind| r.header("content-type", kind));
        world.send(request.body(body.into()).unwrap())
    };
    let narrower = r#"{ "not_after": "2026-11-24T10:00:00Z" }"#;
    for kind in [None, Some("text/plain")] {
        let answer = Answer::read(send(kind, narrower).await).await;
        let told = answer.problem(415, "not_json");
        assert!(told.contains("Content-Type"), "{told}");
    }
    let answer = Answer::read(send(Some("application/json"), narrower).await).await;
    assert_eq!(answer.expect(200)["window"]["end"], "2026-11-24T10:00:00Z");
}

#[tokio::test]
async fn who_asks_does_not_approve() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    for verb in ["approve", "deny"] {
        let path = format!("/requests/{id}/{verb}");
        let answer = world.post("vera", &path, json!({ "reason": "x" })).await;
        answer.problem(403, "not_allowed");
    }
    let request = world
        .get("vera", &format!("/requests/{id}"))
        .await
        .expect(200);
    assert_eq!(request["state"], "waiting");
}

#[tokio::test]
async fn an_approver_of_another_zone_does_not_even_see_it() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let answer = world.get("asta", &format!("/requests/{id}")).await;
    let unseen = answer.problem(404, "not_found");
    for (verb, body) in [("approve", json!({})), ("deny", json!({ "reason": "no" }))] {
        let path = format!("/requests/{id}/{verb}");
        world
            .post("asta", &path, body)
            .await
            .problem(404, "not_found");
    }
    let nothing = "01930000-0000-7000-8000-000000000000";
    let answer = world.get("asta", &format!("/requests/{nothing}")).await;
    let absent = answer.problem(404, "not_found");
    assert_eq!(absent.replace(nothing, &id), unseen, "both look the same");
}

#[tokio::test]
async fn the_same_person_does_not_approve_twice() {
    let world = World::new().await;
    let id = world.request("vera", "pump-1").await;
    let path = format!("/requests/{id}/approve");
    let first = world.post("arne", &path, json!({})).await.expect(200);
    assert_eq!(
        (&first["state"], &first["approvals_needed"]),
        (&json!("waiting"), &json!(2))
    );
    let told = world
        .post("arne", &path, json!({}))
        .await
        .problem(403, "approved_before");
    assert!(told.contains("another approver"), "{told}");
    let second = world.post("asta", &path, json!({})).await.expect(200);
    assert_eq!(second["state"], "granted");
    world
        .post("asta", &path, json!({}))
        .await
        .problem(409, "not_waiting");
}

#[tokio::test]
async fn two_who_approve_at_once_make_one_grant() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let path = format!("/requests/{id}/approve");
    let (one, two) = futures::future::join(
        world.post("arne", &path, json!({})),
        world.post("arne", &path, json!({})),
    )
    .await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let grants = world.get("vera", "/grants").await.expect(200);
    assert_eq!(grants["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_stands_against_asking() {
    let world = World::new().await;
    let ask = |change: Value| {
        let mut body = json!({
            "asset": "plc-7", "protocol": "ssh", "purpose": "a look",
            "not_after": "2026-11-24T10:00:00Z",
        });
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        world.post("viktor", "/requests", body)
    };
    for (change, status, code) in [
        (json!({ "asset": "pump-1" }), 422, "no_such_asset"),
        (json!({ "asset": "nothing" }), 422, "no_such_asset"),
        (json!({ "asset": "PLC 7" }), 422, "invalid_value"),
        (json!({ "protocol": "rdp" }), 422, "invalid_value"),
        (json!({ "purpose": "" }), 422, "bad_text"),
        (
            json!({ "not_after": "2026-11-24T07:00:00Z" }),
            422,
            "invalid_value",
        ),
        (
            json!({ "not_after": "2026-11-25T07:00:00Z" }),
            422,
            "window_too_long",
        ),
        (json!({ "not_after": "tomorrow" }), 422, "invalid_body"),
        (
            json!({ "not_before": null, "not_after": null }),
            422,
            "invalid_body",
        ),
    ] {
        ask(change).await.problem(status, code);
    }
    let hidden = ask(json!({ "asset": "pump-1" }))
        .await
        .problem(422, "no_such_asset");
    let absent = ask(json!({ "asset": "pump-2" }))
        .await
        .problem(422, "no_such_asset");
    assert_eq!(
        hidden.replace("pump-1", "pump-2"),
        absent,
        "both look the same"
    );
    ask(json!({})).await.expect(201);
    ask(json!({})).await.problem(409, "already_waiting");
}

#[tokio::test]
async fn a_misspelt_field_is_refused() {
    let world = World::new().await;
    let body = json!({
        "asset": "plc-7", "protocol": "ssh", "purpose": "a look",
        "not_after": "2026-11-24T10:00:00Z", "not_befor": "2026-11-24T09:00:00Z",
    });
    let told = world
        .post("vera", "/requests", body)
        .await
        .problem(422, "invalid_body");
    assert!(told.contains("not_befor"), "{told}");
    let id = world.request("vera", "plc-7").await;
    let path = format!("/requests/{id}/approve");
    let body = json!({ "notafter": "2026-11-24T09:00:00Z" });
    world
        .post("arne", &path, body)
        .await
        .problem(422, "invalid_body");
    let wide = json!({ "not_after": "2026-11-25T09:00:00Z" });
    world.post("arne", &path, wide).await.problem(422, "widens");
}

#[tokio::test]
async fn a_request_is_denied_withdrawn_or_lapses() {
    let world = World::new().await;
    let id = world.request("vera", "plc-7").await;
    let deny = format!("/requests/{id}/deny");
    world
        .post("arne", &deny, json!({ "reason": "" }))
        .await
        .problem(422, "bad_text");
    let reason = json!({ "reason": "the line runs" });
    let denied = world.post("arne", &deny, reason).await.expect(200);
    assert_eq!(denied["ended"]["by"], "arne");
    let seen = world
        .get("vera", &format!("/requests/{id}"))
        .await
        .expect(200);
    assert_eq!(seen["ended"]["reason"], "the line runs");
    assert!(seen["ended"]["by"].is_null(), "a vendor is not told who");

    let id = world.request("vera", "plc-7").await;
    let withdraw = format!("/requests/{id}/withdraw");
    world
        .post("viktor", &withdraw, json!({}))
        .await
        .problem(404, "not_found");
    let withdrawn = world.post("vera", &withdraw, json!({})).await.expect(200);
    assert_eq!(withdrawn["state"], "withdrawn");

    let id = world.request("vera", "plc-7").await;
    world.clock.pass(5 * HOUR);
    let late = world
        .post("arne", &format!("/requests/{id}/approve"), json!({}))
        .await;
    late.problem(422, "window_passed");
}

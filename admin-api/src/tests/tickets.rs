//! Grants: worth a ticket while they are open.

use std::time::Duration;

use serde_json::json;

use super::world::{HOUR, World};

#[tokio::test]
async fn a_ticket_says_how_to_connect() {
    let world = World::new().await;
    let grant = world.grant("vera").await;
    let ticket = world
        .post("vera", &format!("/grants/{grant}/tickets"), json!({}))
        .await;
    let ticket = ticket.expect(201);
    assert_eq!(ticket["expires_at"], "2026-11-24T08:05:00Z");
    assert_eq!(ticket["link"], "ssh://vera+plc-7@gate.example:2222");
    let ssh = json!({
        "host": "gate.example",
        "port": 2222,
        "host_key": "ssh-ed25519 AAAA",
        "username": "vera+plc-7",
        "command": "ssh -p 2222 vera+plc-7@gate.example",
    });
    assert_eq!(ticket["ssh"], ssh);
    let secret = ticket["ticket"].as_str().unwrap();
    assert!(!ticket["link"].as_str().unwrap().contains(secret));
}

#[tokio::test]
async fn before_the_window_a_vendor_is_told_when_it_opens() {
    let world = World::new().await;
    let body = json!({
        "asset": "plc-7", "protocol": "ssh", "purpose": "a look",
        "not_before": "2026-11-24T14:00:00+01:00", "not_after": "2026-11-24T15:00:00+01:00",
    });
    let id = world.post("vera", "/requests", body).await.expect(201);
    let path = format!("/requests/{}/approve", id["id"].as_str().unwrap());
    let granted = world.post("arne", &path, json!({})).await.expect(200);
    let grant = granted["grant"].as_str().unwrap();
    let tickets = format!("/grants/{grant}/tickets");
    world.clock.pass(2 * HOUR + Duration::from_secs(50 * 60));
    let told = world
        .post("vera", &tickets, json!({}))
        .await
        .problem(409, "window_not_open");
    assert_eq!(
        told,
        "Your window for plc-7 opens at 14:00 (Europe/Oslo), in 2 h 10 min."
    );
    let phase = world
        .get("vera", "/grants?phase=scheduled")
        .await
        .expect(200);
    assert_eq!(phase["items"][0]["id"], grant);
    world.clock.pass(5 * HOUR);
    let told = world
        .post("vera", &tickets, json!({}))
        .await
        .problem(409, "window_over");
    assert!(told.contains("15:00"), "{told}");
}

#[tokio::test]
async fn only_its_own_vendor_gets_a_ticket() {
    let world = World::new().await;
    let grant = world.grant("vera").await;
    let path = format!("/grants/{grant}/tickets");
    world
        .post("viktor", &path, json!({}))
        .await
        .problem(404, "not_found");
    for who in ["arne", "olga", "audun", "adam"] {
        world
            .post(who, &path, json!({}))
            .await
            .problem(403, "not_allowed");
    }
}

#[tokio::test]
async fn a_closed_conduit_or_a_revoked_grant_gives_no_ticket() {
    let world = World::new().await;
    let grant = world.grant("vera").await;
    let path = format!("/grants/{grant}/tickets");
    let reason = json!({ "reason": "maintenance of the switch" });
    let closed = world
        .post("olga", "/conduits/to-hall/close", reason.clone())
        .await;
    let closed = closed.expect(200);
    assert_eq!(closed["closed"]["by"], "account/olga");
    world
        .post("vera", &path, json!({}))
        .await
        .problem(409, "conduit_closed");
    let again = world
        .post("olga", "/conduits/to-hall/close", reason.clone())
        .await;
    again.problem(409, "already_closed");
    let opened = world
        .post("arne", "/conduits/to-hall/open", reason.clone())
        .await;
    assert_eq!(opened.expect(200)["state"], "open");
    world.post("vera", &path, json!({})).await.expect(201);

    let revoke = format!("/grants/{grant}/revoke");
    let revoked = world
        .post("olga", &revoke, reason.clone())
        .await
        .expect(200);
    assert_eq!(
        (&revoked["phase"], &revoked["ended"]["by"]),
        (&json!("closed"), &json!("olga"))
    );
    let seen = world
        .get("vera", &format!("/grants/{grant}"))
        .await
        .expect(200);
    assert_eq!(seen["ended"]["why"], "revoked");
    assert!(seen["ended"]["by"].is_null(), "a vendor is not told who");
    world
        .post("vera", &path, json!({}))
        .await
        .problem(409, "grant_revoked");
    world
        .post("olga", &revoke, reason)
        .await
        .problem(409, "grant_closed");
}

#[tokio::test]
async fn more_time_takes_an_approval_again() {
    let world = World::new().await;
    let grant = world.grant("vera").await;
    let path = format!("/grants/{grant}/extend");
    let body = json!({ "not_after": "2026-11-24T13:00:00Z" });
    world
        .post("viktor", &path, body.clone())
        .await
        .problem(404, "not_found");
    world
        .post("asta", &path, body.clone())
        .await
        .problem(404, "not_found");
    let asked = world.post("vera", &path, body.clone()).await.expect(201);
    assert_eq!(
        (&asked["state"], &asked["extends"]),
        (&json!("waiting"), &json!(grant))
    );
    let id = asked["id"].as_str().unwrap();
    world
        .post("arne", &format!("/requests/{id}/approve"), json!({}))
        .await
        .expect(200);
    let extended = world
        .get("vera", &format!("/grants/{grant}"))
        .await
        .expect(200);
    assert_eq!(extended["window"]["end"], "2026-11-24T13:00:00Z");
    let given = json!({ "not_after": "2026-11-24T14:00:00Z", "note": "it takes longer" });
    let given = world.post("arne", &path, given).await.expect(201);
    assert_eq!(given["state"], "granted");
}

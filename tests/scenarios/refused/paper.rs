//! Refused on paper: approvals that are none.

use std::time::Duration;

use admin_api::dto::Request;
use harness::sshd::Sshd;
use harness::world::World;
use serde_json::json;

async fn asked(world: &World, asset: &str) -> Request {
    let vera = world.person("vera").await;
    vera.ask(asset, None, world.after(Duration::from_secs(3600)))
        .await
        .expect("asked")
}

async fn two_assets() -> World {
    World::with(Sshd::start(), |plant, asset| {
        let plant = plant.asset("plc-9", "core", asset.at(), asset.host_key());
        plant.replace(r#"assets = ["plc-7"]"#, r#"assets = ["plc-7", "plc-9"]"#)
    })
    .await
}

#[tokio::test]
async fn self_approval() {
    let world = World::new().await;
    let request = asked(&world, "plc-7").await;
    let vera = world.person("vera").await;
    let problem = vera
        .approve(&request.id)
        .await
        .expect_err("nobody approves their own");
    assert_eq!(problem.status, 403, "{problem:?}");
    let still: Request = vera
        .get(&format!("requests/{}", request.id))
        .await
        .expect("hers");
    assert_eq!(
        (still.state.as_str(), still.approvals.len()),
        ("waiting", 0)
    );
}

#[tokio::test]
async fn approvers_of_no_rights() {
    let world = two_assets().await;
    let request = asked(&world, "plc-7").await;
    // Of another zone, where the request is not even seen, or of no approver's role.
    for (name, status) in [("aase", 404), ("olga", 403), ("audun", 403), ("adam", 403)] {
        let person = world.person(name).await;
        let problem = person.approve(&request.id).await.expect_err(name);
        assert_eq!(problem.status, status, "{name}: {problem:?}");
    }
    let vera = world.person("vera").await;
    let still: Request = vera
        .get(&format!("requests/{}", request.id))
        .await
        .expect("hers");
    assert_eq!(
        (still.state.as_str(), still.approvals.len()),
        ("waiting", 0)
    );
}

#[tokio::test]
async fn a_wider_window() {
    let world = World::new().await;
    let request = asked(&world, "plc-7").await;
    let anna = world.person("anna").await;
    let path = format!("requests/{}/approve", request.id);
    for body in [
        json!({"not_after": world.after(Duration::from_secs(7200))}),
        json!({"not_before": world.now().minus(Duration::from_secs(600))}),
    ] {
        let problem = anna
            .post::<Request>(&path, &body)
            .await
            .expect_err("only narrower");
        assert_eq!(problem.code, "widens", "{problem:?}");
    }
    let longest = world.after(Duration::from_secs(13 * 3600));
    let vera = world.person("vera").await;
    let problem = vera
        .ask("plc-7", None, longest)
        .await
        .expect_err("longer than the conduit");
    assert_eq!(problem.code, "window_too_long", "{problem:?}");
}

#[tokio::test]
async fn a_denial_needs_a_reason_and_is_final() {
    let world = World::new().await;
    let request = asked(&world, "plc-7").await;
    let (anna, arne) = (world.person("anna").await, world.person("arne").await);
    let path = format!("requests/{}/deny", request.id);
    anna.post::<Request>(&path, &json!({"reason": " "}))
        .await
        .expect_err("no reason");
    let denied: Request = anna
        .post(&path, &json!({"reason": "not today"}))
        .await
        .expect("denied");
    assert_eq!(denied.state, "denied");
    let problem = arne.approve(&request.id).await.expect_err("it is denied");
    assert_eq!(problem.code, "not_waiting", "{problem:?}");
}

#[tokio::test]
async fn two_at_the_same_instant() {
    let world = two_assets().await;
    let (anna, arne) = (world.person("anna").await, world.person("arne").await);
    let vera = world.person("vera").await;
    for _ in 0..10 {
        let request = asked(&world, "plc-7").await;
        let (withdraw, nothing) = (format!("requests/{}/withdraw", request.id), json!({}));
        let (one, other, withdrawn) = futures::join!(
            anna.approve(&request.id),
            arne.approve(&request.id),
            vera.post::<Request>(&withdraw, &nothing),
        );
        let won = [one.is_ok(), other.is_ok(), withdrawn.is_ok()];
        assert_eq!(won.iter().filter(|w| **w).count(), 1, "{won:?}");
        let end: Request = vera
            .get(&format!("requests/{}", request.id))
            .await
            .expect("hers");
        assert_eq!(end.state, if won[2] { "withdrawn" } else { "granted" });
    }
    // A double click is one approval.
    let request = asked(&world, "plc-9").await;
    let (one, other) = futures::join!(anna.approve(&request.id), anna.approve(&request.id));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn another_vendors_grant_is_not_even_seen() {
    let world = World::with(Sshd::start(), |plant, _| plant.vendor("victor", &["plc-7"])).await;
    let grant = world.grant(Duration::from_secs(3600)).await;
    let victor = world.person("victor").await;
    for path in [format!("grants/{grant}")] {
        let problem = victor
            .get::<serde_json::Value>(&path)
            .await
            .expect_err("not his");
        assert_eq!(problem.status, 404, "{problem:?}");
    }
    let problem = victor.ticket(&grant).await.expect_err("not his");
    assert_eq!(problem.status, 404, "{problem:?}");
    for name in ["anna", "olga", "audun", "adam"] {
        let problem = world
            .person(name)
            .await
            .ticket(&grant)
            .await
            .expect_err(name);
        assert_eq!(problem.status, 403, "{name}: {problem:?}");
    }
}

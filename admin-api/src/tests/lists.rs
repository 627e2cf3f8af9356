//! Lists a page at a time, and their filters.

use serde_json::{Value, json};

use super::world::World;

async fn walk(world: &World, who: &str, path: &str, key: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = world.get(who, &format!("{path}{after}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{page}");
        found.extend(items.iter().map(|item| item[key].clone()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    let world = World::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let id = world.request("vera", "plc-7").await;
        let path = format!("/requests/{id}/withdraw");
        world.post("vera", &path, json!({})).await.expect(200);
        made.push(Value::from(id));
        world.clock.pass(std::time::Duration::from_secs(1));
    }
    made.reverse();
    assert_eq!(walk(&world, "vera", "/requests?limit=2", "id").await, made);
    let names = walk(&world, "adam", "/accounts?limit=2", "name").await;
    assert_eq!(
        names,
        ["adam", "arne", "asta", "audun", "olga", "vera", "viktor"]
    );
    let by_name = async |path: &str| walk(&world, "adam", path, "name").await;
    assert_eq!(by_name("/assets?limit=1").await, ["plc-7", "pump-1"]);
    assert_eq!(by_name("/zones?limit=1").await, ["hall", "reactor"]);
    assert_eq!(
        by_name("/conduits?limit=1").await,
        ["to-hall", "to-reactor"]
    );
    for name in ["c", "a", "b"] {
        let secret = json!({ "kind": "password", "secret": "x" });
        let path = format!("/credentials/{name}");
        world.json("PUT", "adam", &path, secret).await.expect(204);
    }
    assert_eq!(by_name("/credentials?limit=2").await, ["a", "b", "c"]);
    let first = world.get("adam", "/credentials?limit=2").await.expect(200);
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let newest = walk(&world, "audun", "/audit?limit=2&action=request", "action").await;
    assert_eq!(newest.len(), 10);
    assert_eq!(newest[0], "request.withdrawn");
    let path = "/audit?limit=2&action=request&oldest_first=true";
    assert_eq!(
        walk(&world, "audun", path, "action").await[0],
        "request.filed"
    );
}

#[tokio::test]
async fn a_made_up_cursor_or_filter_is_refused() {
    let world = World::new().await;
    for (path, status, code) in [
        ("/requests?after=xyz", 400, "bad_cursor"),
        ("/assets?after=X", 400, "bad_cursor"),
        ("/assets?zone=hall", 400, "bad_query"),
        ("/zones?limit=many", 400, "bad_query"),
        ("/conduits?state=open", 400, "bad_query"),
        ("/recordings?after=xyz", 400, "bad_cursor"),
        ("/requests?stat=waiting", 400, "bad_query"),
        ("/requests?limit=many", 400, "bad_query"),
        ("/requests?limit=-1", 400, "bad_query"),
        ("/requests?state=pending", 422, "invalid_value"),
        ("/grants?phase=pending", 422, "invalid_value"),
        ("/grants?account=Vera", 422, "invalid_value"),
        ("/sessions?grant=7", 422, "invalid_value"),
        ("/audit?actor=vera", 422, "invalid_value"),
        ("/audit?since=yesterday", 400, "bad_query"),
    ] {
        world.get("audun", path).await.problem(status, code);
    }
    let answer = world.get("adam", "/credentials?kind=password").await;
    answer.problem(400, "bad_query");
}

#[tokio::test]
async fn the_audit_log_says_who_did_what_from_where_and_why() {
    let world = World::new().await;
    let reason = json!({ "reason": "maintenance" });
    world
        .post("olga", "/conduits/to-hall/close", reason)
        .await
        .expect(200);
    let log = world
        .get("audun", "/audit?actor=account/olga&subject=conduit/to-hall")
        .await;
    let event = &log.expect(200)["items"][0];
    for (key, value) in [
        ("action", "conduit.closed"),
        ("source", "10.0.0.9"),
        ("reason", "maintenance"),
        ("at", super::world::START),
    ] {
        assert_eq!(event[key], value);
    }
    assert_eq!(event["before"]["state"], "open");
}

#[tokio::test]
async fn sessions_and_recordings_are_found_by_company_and_time() {
    let world = World::new().await;
    let id = world.session("vera").await;
    let count = async |path: &str| {
        let page = world.get("audun", path).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    for (filter, expected) in [
        ("company=ACME", 1),
        ("company=%20acme%20", 1),
        ("company=%20", 1),
        ("company=other", 0),
        ("since=2100-01-01T00:00:00Z", 1),
        ("until=2000-01-01T00:00:00Z", 0),
        ("zone=reactor", 0),
    ] {
        let path = format!("/sessions?{filter}");
        assert_eq!(count(&path).await, expected, "{path}");
        // The same words, though nothing is recorded here.
        assert_eq!(count(&format!("/recordings?{filter}")).await, 0);
    }
    let seen = world
        .get("olga", &format!("/sessions/{id}"))
        .await
        .expect(200);
    assert_eq!(seen["company"], "Acme");
    for list in ["/grants", "/requests"] {
        let page = world.get("olga", list).await.expect(200);
        assert_eq!(page["items"][0]["company"], "Acme", "{list}");
    }
    for list in ["/sessions", "/recordings"] {
        let bad = world.get("audun", &format!("{list}?since=yesterday")).await;
        bad.expect(400);
    }
}

#[tokio::test]
async fn only_so_many_actions_are_asked_for_at_once() {
    let world = World::new().await;
    let many = vec!["plant"; 33].join(",");
    let long = "x".repeat(65);
    for bad in ["", ",", "plant,", &many, &long] {
        let answer = world.get("audun", &format!("/audit?action={bad}")).await;
        answer.problem(422, "invalid_value");
    }
    world
        .get("audun", "/audit?action=plant,account.created")
        .await
        .expect(200);
}

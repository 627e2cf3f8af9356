//! A browser's login: its cookie, its ends, and who may make use of it.

use axum::body::Body;
use axum::http::{Request, request::Builder};
use serde_json::{Value, json};
use store::EventFilter;

use super::world::{Answer, HOUR, PASSWORD, World};
use crate::ApiSettings;

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

/// A call as our own page makes it.
fn from_page(method: &str, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
}

fn body(request: Builder, body: &Value) -> Request<Body> {
    request
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

fn empty(request: Builder) -> Request<Body> {
    request.body(Body::empty()).unwrap()
}

async fn world() -> World {
    let settings = ApiSettings {
        banner: "Authorised use only.".to_owned(),
        ..ApiSettings::default()
    };
    let world = World::with(settings).await;
    world.set_password("vera", PASSWORD).await;
    world
}

fn credentials() -> Value {
    json!({ "name": "vera", "password": PASSWORD, "banner_accepted": true })
}

/// Logs in, and gives the cookie as a browser sends it.
async fn log_in(world: &World) -> String {
    let request = from_page("POST", "/api/v1/login/browser").header("user-agent", "Test/1.0");
    let answer = Answer::read(world.send(body(request, &credentials())).await).await;
    let said = answer.expect(200);
    assert!(said.get("token").is_none(), "no script sees it: {said}");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(
        attributes,
        "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200"
    );
    assert!(pair.starts_with("__Host-drawbridge=dbt_"), "{pair}");
    pair.to_owned()
}

async fn me(world: &World, cookie: &str) -> Answer {
    let request = from_page("GET", "/api/v1/me").header("cookie", cookie);
    Answer::read(world.send(empty(request)).await).await
}

#[tokio::test]
async fn the_terms_are_shown_to_anyone_and_their_acceptance_is_in_the_log() {
    let world = world().await;
    let request = empty(Request::get("/api/v1/banner"));
    let banner = Answer::read(world.send(request).await).await.expect(200);
    assert_eq!(banner["text"], "Authorised use only.");
    assert_eq!(banner["site"]["time_zone"], "Europe/Oslo");

    let mut refused = credentials();
    refused["banner_accepted"] = false.into();
    let request = from_page("POST", "/api/v1/login/browser");
    let answer = Answer::read(world.send(body(request, &refused)).await).await;
    answer.problem(422, "banner_not_accepted");
    assert!(!answer.headers.contains_key("set-cookie"));

    log_in(&world).await;
    let filter = EventFilter {
        actions: vec!["account.signed_in".to_owned()],
        ..EventFilter::default()
    };
    let events = world.events_of(&filter).await;
    let after = events.first().unwrap().after.clone().unwrap();
    assert_eq!(after["banner_accepted"], "Authorised use only.");
}

#[tokio::test]
async fn a_cookie_is_a_login_until_its_logout_its_revocation_or_its_end() {
    let world = world().await;
    let cookie = log_in(&world).await;
    let said = me(&world, &cookie).await.expect(200);
    assert_eq!(said["account"]["name"], "vera");
    assert_eq!(said["login"]["kind"], "browser");
    assert_eq!(said["login"]["idle_at"], "2026-11-24T08:30:00Z");

    // The same secret is no bearer token, and a bearer token is no cookie.
    let token = cookie.split_once('=').unwrap().1;
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {token}"));
    let answer = Answer::read(world.send(empty(request)).await).await;
    answer.problem(401, "token_over");
    world.clock.pass(MINUTE);
    let bearer = world.token("vera").await;
    me(&world, &format!("__Host-drawbridge={bearer}"))
        .await
        .problem(401, "token_over");

    let request = from_page("GET", "/api/v1/me/logins").header("cookie", &cookie);
    let logins = Answer::read(world.send(empty(request)).await)
        .await
        .expect(200);
    let logins = logins["items"].as_array().unwrap();
    let kinds: Vec<_> = logins.iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["bearer", "browser"], "newest first");
    assert_eq!(logins[1]["current"], true);
    assert_eq!(logins[1]["agent"], "Test/1.0");

    // From another browser.
    let other = log_in(&world).await;
    let id = logins[1]["id"].as_str().unwrap();
    let path = format!("/api/v1/me/logins/{id}/revoke");
    let request = from_page("POST", &path).header("cookie", &other);
    assert_eq!(world.send(empty(request)).await.status(), 204);
    me(&world, &cookie).await.problem(401, "token_over");

    let request = from_page("POST", "/api/v1/logout").header("cookie", &other);
    let answer = Answer::read(world.send(empty(request)).await).await;
    assert_eq!(answer.status, 204);
    let cleared = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cleared.contains("Max-Age=0"), "{cleared}");
    me(&world, &other).await.problem(401, "token_over");
}

#[tokio::test]
async fn nobody_revokes_the_login_of_another() {
    let world = world().await;
    let cookie = log_in(&world).await;
    let said = me(&world, &cookie).await.expect(200);
    let id = said["login"]["id"].as_str().unwrap();
    let path = format!("/api/v1/me/logins/{id}/revoke");
    let token = world.token("adam").await;
    let request = Request::post(path).header("authorization", format!("Bearer {token}"));
    assert_eq!(world.send(empty(request)).await.status(), 204);
    me(&world, &cookie).await.expect(200);
}

#[tokio::test]
async fn a_login_ends_that_nobody_uses_and_its_pages_own_calls_are_no_use() {
    let world = world().await;
    let cookie = log_in(&world).await;
    for _ in 0..3 {
        world.clock.pass(29 * MINUTE);
        me(&world, &cookie).await.expect(200);
    }
    for minutes in [20, 9] {
        world.clock.pass(minutes * MINUTE);
        let request = from_page("GET", "/api/v1/me")
            .header("cookie", &cookie)
            .header("drawbridge-background", "1");
        assert_eq!(world.send(empty(request)).await.status(), 200);
    }
    world.clock.pass(MINUTE);
    me(&world, &cookie).await.problem(401, "token_over");
    // It is void for good, and the log has it.
    let filter = EventFilter {
        actions: vec!["account.signed_out".to_owned()],
        ..EventFilter::default()
    };
    let events = world.events_of(&filter).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].actor, "system");
}

#[tokio::test]
async fn a_login_ends_at_its_end_however_much_it_is_used() {
    let world = world().await;
    let cookie = log_in(&world).await;
    for _ in 0..47 {
        world.clock.pass(15 * MINUTE);
        me(&world, &cookie).await.expect(200);
    }
    world.clock.pass(15 * MINUTE);
    me(&world, &cookie).await.problem(401, "token_over");
    assert_eq!(48 * 15 * MINUTE, 12 * HOUR);
}

#[tokio::test]
async fn another_site_s_page_makes_no_use_of_a_login() {
    let world = world().await;
    let cookie = log_in(&world).await;
    for (site, method, path, passes) in [
        ("same-origin", "POST", "/api/v1/me/password", true),
        ("same-site", "POST", "/api/v1/logout", false),
        ("cross-site", "POST", "/api/v1/logout", false),
        ("none", "POST", "/api/v1/logout", false),
        ("cross-site", "GET", "/api/v1/me", false),
        ("none", "GET", "/api/v1/me", true),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("sec-fetch-site", site)
            .header("cookie", &cookie);
        let answer = Answer::read(world.send(empty(request)).await).await;
        if passes {
            assert!(
                !matches!(answer.status, 401 | 403),
                "{site} {method} {path}"
            );
        } else {
            answer.problem(403, "cross_site");
        }
    }
    // Nor does it log anybody in.
    let request = Request::post("/api/v1/login/browser").header("sec-fetch-site", "cross-site");
    let answer = Answer::read(world.send(body(request, &credentials())).await).await;
    answer.problem(403, "cross_site");
    assert!(!answer.headers.contains_key("set-cookie"));
    // An older browser says its origin alone.
    for (origin, status) in [("https://here:8443", 204), ("https://there", 403)] {
        let request = Request::post("/api/v1/logout")
            .header("host", "here:8443")
            .header("origin", origin)
            .header("cookie", &log_in(&world).await);
        assert_eq!(
            world.send(empty(request)).await.status(),
            status,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_new_password_ends_all_logins() {
    let world = world().await;
    let cookie = log_in(&world).await;
    let change = json!({ "current": PASSWORD, "password": "another horse battery" });
    let request = from_page("POST", "/api/v1/me/password").header("cookie", &cookie);
    let answer = Answer::read(world.send(body(request, &change)).await).await;
    assert_eq!(answer.status, 204);
    me(&world, &cookie).await.problem(401, "token_over");
}

//! Logging in, and what those learn who can't.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use store::{EventFilter, LoginKind};

use super::world::{Answer, DAY, HOUR, PASSWORD, World};

const WRONG: &str = "wrong horse battery";

async fn world() -> World {
    let world = World::new().await;
    world.set_password("vera", PASSWORD).await;
    world
}

#[tokio::test]
async fn a_login_gives_a_token_that_holds_until_logout_or_its_end() {
    let world = world().await;
    let body = world.log_in("vera", PASSWORD).await.expect(200);
    assert_eq!(body["account"]["name"], "vera");
    assert_eq!(body["site"]["time_zone"], "Europe/Oslo");
    assert_eq!(body["expires_at"], "2026-11-24T20:00:00Z");
    let token = body["token"].as_str().unwrap();
    let ask = |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"));
        let request = request.header("authorization", format!("Bearer {token}"));
        world.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(ask("GET", "/me").await.status(), 200);
    assert_eq!(ask("POST", "/logout").await.status(), 204);
    let answer = Answer::read(ask("GET", "/me").await).await;
    answer.problem(401, "token_over");

    let token = world.token("vera").await;
    world.clock.pass(12 * HOUR);
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {token}"));
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    Answer::read(response).await.problem(401, "token_over");
}

/// What an answer shows, but for the request's own id.
fn shape(answer: Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let headers = answer.headers.iter();
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.to_vec())
}

#[tokio::test]
async fn whoever_does_not_know_the_password_learns_nothing() {
    let world = world().await;
    for name in ["viktor", "olga"] {
        world.set_password(name, PASSWORD).await;
    }
    world.disable("viktor").await;
    for _ in 0..5 {
        world
            .log_in("olga", WRONG)
            .await
            .problem(401, "login_failed");
    }
    let wrong = shape(world.log_in("vera", WRONG).await);
    assert_eq!(wrong.0, 401);
    for (what, name, password) in [
        ("an unknown name", "nobody", PASSWORD),
        ("a name that can't be", "Not A Name", PASSWORD),
        ("no name", "", ""),
        ("no password set", "audun", ""),
        ("no password set, guessed", "audun", PASSWORD),
        ("disabled, wrong password", "viktor", WRONG),
        ("disabled by a person, right password", "viktor", PASSWORD),
        ("locked, wrong password", "olga", WRONG),
        ("locked, right password", "olga", PASSWORD),
    ] {
        assert_eq!(shape(world.log_in(name, password).await), wrong, "{what}");
    }
}

/// The hash is by far the most of the work, so it is enough that nobody is
/// answered without one: that would take a hundredth of the time.
#[tokio::test]
#[expect(clippy::disallowed_methods)] // Real work takes real time.
async fn whoever_does_not_know_the_password_costs_the_same_work() {
    let world = world().await;
    world.set_password("viktor", PASSWORD).await;
    world.disable("viktor").await;
    world.set_password("olga", PASSWORD).await;
    for _ in 0..5 {
        let locked = world.log_in("olga", WRONG).await;
        locked.problem(401, "login_failed");
    }
    let mut fastest = Vec::new();
    for name in ["vera", "nobody", "Not A Name", "audun", "viktor", "olga"] {
        let mut took = Duration::MAX;
        for _ in 0..3 {
            let start = std::time::Instant::now();
            world.log_in(name, WRONG).await.problem(401, "login_failed");
            took = took.min(start.elapsed());
        }
        fastest.push((name, took));
    }
    let wrong = fastest[0].1;
    for (name, took) in fastest {
        assert!(
            took > wrong / 3,
            "{name} took {took:?}, a wrong password {wrong:?}"
        );
    }
}

#[tokio::test]
async fn five_failures_from_one_address_lock_it_for_a_while_and_not_for_others() {
    let world = world().await;
    for _ in 0..5 {
        world
            .log_in_from("10.6.6.6", "vera", WRONG)
            .await
            .problem(401, "login_failed");
    }
    let locked = world.log_in_from("10.6.6.6", "vera", PASSWORD).await;
    locked.problem(401, "login_failed");
    world
        .log_in_from("10.0.0.9", "vera", PASSWORD)
        .await
        .expect(200);
    for _ in 0..5 {
        world
            .log_in_from("10.6.6.6", "vera", WRONG)
            .await
            .problem(401, "login_failed");
    }
    world.clock.pass(Duration::from_secs(15 * 60));
    world
        .log_in_from("10.6.6.6", "vera", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_source_is_never_taken_from_a_header() {
    let world = world().await;
    let body = json!({ "name": "vera", "password": WRONG }).to_string();
    let request = Request::post("/api/v1/login")
        .header("content-type", "application/json")
        .header("x-forwarded-for", "6.6.6.6")
        .header("forwarded", "for=6.6.6.6")
        .header("x-real-ip", "6.6.6.6")
        .body(body.into());
    world.send_from("::ffff:10.1.2.3", request.unwrap()).await;
    let filter = EventFilter {
        actions: vec!["account.sign_in_failed".to_owned()],
        ..EventFilter::default()
    };
    let events = world
        .store
        .events(&filter, &store::Page::default(), true)
        .await
        .unwrap();
    let sources: Vec<_> = events.items.iter().map(|e| e.source.as_str()).collect();
    assert_eq!(sources, ["10.1.2.3"]);
}

#[tokio::test]
async fn who_was_idle_is_told_so_but_only_with_the_right_password() {
    let world = world().await;
    world.clock.pass(8 * DAY);
    let before = shape(world.log_in("nobody", WRONG).await);
    assert_eq!(shape(world.log_in("vera", WRONG).await), before);
    for when in ["found idle at this login", "disabled already"] {
        let told = world
            .log_in("vera", PASSWORD)
            .await
            .problem(403, "account_idle");
        assert!(told.contains("enable it"), "{when}: {told}");
    }
    assert_eq!(shape(world.log_in("vera", WRONG).await), before);
    world.enable("vera").await;
    world.clock.pass(HOUR);
    world.log_in("vera", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_set_by_an_admin() {
    let world = world().await;
    let new = "another long password";
    let change = |current: &str, password: &str| {
        let body = json!({ "current": current, "password": password });
        world.post("vera", "/me/password", body)
    };
    change(WRONG, new).await.problem(403, "wrong_password");
    let told = change(PASSWORD, "short")
        .await
        .problem(422, "invalid_value");
    assert!(told.contains("12 characters"), "{told}");
    let old_token = world.token("vera").await;
    change(PASSWORD, new).await.expect(204);
    assert!(
        world
            .store
            .holder(LoginKind::Bearer, &old_token.into())
            .await
            .unwrap()
            .is_none()
    );
    world
        .log_in("vera", PASSWORD)
        .await
        .problem(401, "login_failed");
    world.log_in("vera", new).await.expect(200);

    let body = json!({ "password": PASSWORD });
    world
        .post("adam", "/accounts/vera/password", body.clone())
        .await
        .expect(204);
    world.log_in("vera", PASSWORD).await.expect(200);
    world
        .post("adam", "/accounts/nobody/password", body)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn guessing_the_current_password_with_a_stolen_token_locks() {
    let world = world().await;
    let body = json!({ "current": WRONG, "password": "another long password" });
    for _ in 0..5 {
        let answer = world.post("vera", "/me/password", body.clone()).await;
        answer.problem(403, "wrong_password");
    }
    let right = json!({ "current": PASSWORD, "password": "another long password" });
    let answer = world.post("vera", "/me/password", right).await;
    answer.problem(403, "wrong_password");
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_comes_back_by_an_admin_with_a_reason() {
    let world = world().await;
    let reason = json!({ "reason": "contract ended" });
    world.get("vera", "/me").await.expect(200);
    let token = world.token("vera").await;
    let account = world
        .post("adam", "/accounts/vera/disable", reason.clone())
        .await;
    let account = account.expect(200);
    assert_eq!(account["state"], "disabled");
    assert_eq!(account["disabled"]["reason"], "contract ended");
    assert!(
        world
            .store
            .holder(LoginKind::Bearer, &token.into())
            .await
            .unwrap()
            .is_none()
    );
    let twice = world
        .post("adam", "/accounts/vera/disable", reason.clone())
        .await;
    twice.problem(409, "already_disabled");
    let silent = json!({ "reason": " " });
    let silent = world.post("adam", "/accounts/vera/enable", silent).await;
    silent.problem(422, "bad_text");
    let account = world
        .post("adam", "/accounts/vera/enable", reason)
        .await
        .expect(200);
    assert_eq!(account["state"], "active");
    world.log_in("vera", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_programs_login_has_the_name_that_its_person_gave_it() {
    let world = world().await;
    let log_in = async |label: &str| {
        let body = json!({ "name": "vera", "password": PASSWORD, "label": label });
        let request = Request::post("/api/v1/login")
            .header("content-type", "application/json")
            .body(body.to_string().into());
        Answer::read(world.send_from("10.0.0.9", request.unwrap()).await).await
    };
    for bad in ["", "  ", "two\nlines", "\u{1b}[2J", &"x".repeat(61)] {
        log_in(bad).await.problem(422, "invalid_value");
    }
    log_in("report script").await.expect(200);
    let logins = world.get("vera", "/me/logins").await.expect(200);
    let items = logins["items"].as_array().unwrap();
    let labels: Vec<_> = items.iter().map(|item| item["agent"].as_str()).collect();
    assert!(labels.contains(&Some("report script")), "{logins}");
}

//! Sizes, times, headers, and answers when things go wrong.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::get;
use futures::stream;
use serde_json::json;
use tower::ServiceExt;

use super::world::{Answer, World};
use crate::ApiSettings;

fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("content-type", "application/json")
}

#[tokio::test]
async fn an_oversized_body_is_not_read() {
    let world = World::new().await;
    let body = json!({ "name": "vera", "password": "x".repeat(1024 * 1024) }).to_string();
    let request = post("/api/v1/login").body(body.clone().into()).unwrap();
    Answer::read(world.send(request).await)
        .await
        .problem(413, "too_large");
    let chunks = stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
    let request = post("/api/v1/login")
        .body(Body::from_stream(chunks))
        .unwrap();
    Answer::read(world.send(request).await)
        .await
        .problem(413, "too_large");
}

#[tokio::test]
async fn what_is_no_json_is_a_problem() {
    let world = World::new().await;
    for (kind, body, status, code) in [
        ("application/json", "{", 400, "not_json"),
        ("application/json", "", 400, "not_json"),
        ("application/json", "[]", 422, "invalid_body"),
        ("application/json", "{\"name\": 7}", 422, "invalid_body"),
        (
            "application/json",
            "{\"name\": \"vera\"}",
            422,
            "invalid_body",
        ),
        ("text/plain", "{}", 415, "not_json"),
    ] {
        let request = Request::post("/api/v1/login").header("content-type", kind);
        let response = world.send(request.body(body.into()).unwrap()).await;
        let told = Answer::read(response).await.problem(status, code);
        assert!(told.ends_with('.'), "{told}");
    }
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("hung up"))]);
    let request = post("/api/v1/login")
        .body(Body::from_stream(broken))
        .unwrap();
    Answer::read(world.send(request).await)
        .await
        .problem(400, "unreadable_body");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let world = World::with(ApiSettings {
        request_timeout: Duration::from_millis(100),
        ..ApiSettings::default()
    })
    .await;
    let never = stream::pending::<Result<Bytes, std::io::Error>>();
    let request = post("/api/v1/login")
        .body(Body::from_stream(never))
        .unwrap();
    Answer::read(world.send(request).await)
        .await
        .problem(503, "too_slow");
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for path in [
        "/api/v1/health",
        "/api/v1/me",
        "/nowhere",
        "/api/openapi.json",
    ] {
        let request = Request::get(path).header("x-request-id", "mine");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        let headers = answer.headers();
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(!headers.contains_key("access-control-allow-origin"));
        ids.push(headers["x-request-id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| id != "mine"));
}

#[tokio::test]
async fn health_says_that_it_answers_and_of_a_lost_database_that_it_does_not() {
    let world = World::new().await;
    let ask = || async {
        let request = Request::get("/api/v1/health").body(Body::empty());
        Answer::read(world.send(request.unwrap()).await)
            .await
            .expect(200)
    };
    let health = ask().await;
    assert_eq!(
        (&health["ok"], &health["now"]),
        (&json!(true), &json!(super::world::START))
    );
    let token = world.token("vera").await;
    world.store.close().await;
    assert_eq!(ask().await["ok"], false);
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {token}"));
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    let told = Answer::read(response).await.problem(500, "fault");
    assert!(told.contains("x-request-id"), "{told}");
}

#[tokio::test]
async fn a_panic_is_answered() {
    async fn panics() {
        panic!("a secret");
    }
    let world = World::new().await;
    let app = crate::App {
        store: world.store.clone(),
        recordings: world.recordings.clone(),
        clock: world.clock.clone(),
        random: std::sync::Arc::new(Nothing),
        settings: ApiSettings::default(),
    };
    let router = Router::new().route("/panics", get(panics));
    let router = crate::frame::around(router, crate::app::Api::new(app));
    let request = Request::get("/panics").body(Body::empty()).unwrap();
    let answer = Answer::read(router.oneshot(request).await.unwrap()).await;
    let told = answer.problem(500, "fault");
    assert!(!told.contains("secret"), "{told}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

struct Nothing;
impl domain::Random for Nothing {
    fn fill(&self, _: &mut [u8]) {}
}

/// Without it every caller would look like the same one.
#[tokio::test]
async fn a_server_that_does_not_tell_addresses_serves_nobody() {
    let world = World::new().await;
    let token = world.token("vera").await;
    for request in [
        Request::get("/api/v1/me").header("authorization", format!("Bearer {token}")),
        post("/api/v1/login"),
    ] {
        let request = request.body(Body::from("{}")).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await.problem(500, "fault");
    }
}

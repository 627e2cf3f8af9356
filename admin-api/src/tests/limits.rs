//! Sizes, times, headers, and answers when things go wrong.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::get;
use futures::{StreamExt as _, stream};
use serde_json::json;
use store::LoginKind;
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::world::{Answer, NoTerminals, World};
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
async fn a_token_that_is_revoked_while_a_body_is_held_back_does_nothing_more() {
    let world = World::new().await;
    for (method, path, kind) in [
        ("POST", "/requests", "application/json"),
        ("PUT", "/plant", "application/toml"),
    ] {
        let who = if path == "/plant" { "adam" } else { "vera" };
        let token = world.token(who).await;
        let request = |body: Body| {
            Request::builder()
                .method(method)
                .uri(format!("/api/v1{path}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", kind)
                .body(body)
                .unwrap()
        };
        let body = match path {
            "/plant" => super::world::PLANT.to_owned(),
            _ => json!({
                "asset": "plc-7", "protocol": "ssh", "purpose": "x",
                "not_after": "2026-11-24T09:00:00Z",
            })
            .to_string(),
        };
        let (store, bearer) = (world.store.clone(), token.clone());
        let held = body.clone();
        let late = stream::once(async move {
            let (account, login) = store
                .holder(LoginKind::Bearer, &bearer.into())
                .await
                .unwrap()
                .unwrap();
            let actor = domain::Actor::account(account.name, "10.0.0.9");
            store.sign_out(&actor, login.id).await.unwrap();
            Ok::<_, std::io::Error>(Bytes::from(held))
        });
        let response = world.send(request(Body::from_stream(late))).await;
        Answer::read(response).await.problem(401, "token_over");
    }
}

/// A request whose body has not come yet holds its place. Streams of changes
/// hold none, and what stops a session gets through in any case.
#[tokio::test]
async fn one_account_can_not_take_all_turns() {
    let world = World::new().await;
    let token = world.token("olga").await;
    let session = world.session("vera").await;
    let send = |method: &str, path: &str, body: Body| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        world.send(request.body(body).unwrap())
    };
    let events = send("GET", "/events", Body::empty()).await;
    assert_eq!(events.status(), 200);
    let mut held = Vec::new();
    for _ in 0..16 {
        let (waits, waited_for) = oneshot::channel();
        let never = stream::once(async {
            waits.send(()).unwrap();
            pending::<Result<Bytes, std::io::Error>>().await
        });
        let mut call = Box::pin(send("POST", "/me/password", Body::from_stream(never)));
        tokio::select! {
            answer = &mut call => panic!("it did not wait for its body: {answer:?}"),
            waiting = waited_for => waiting.unwrap(),
        }
        held.push(call);
    }
    let told = Answer::read(send("GET", "/me", Body::empty()).await).await;
    let told = told.problem(429, "too_many_calls");
    assert!(told.contains("try again"), "{told}");
    let path = format!("/sessions/{session}/end");
    let ended = send("POST", &path, Body::from(r#"{ "reason": "now" }"#)).await;
    assert_eq!(ended.status(), 200);
    world.get("vera", "/me").await.expect(200);
    drop(held.pop());
    assert_eq!(send("GET", "/me", Body::empty()).await.status(), 200);
}

/// Or the client would see a reset stream instead of the refusal.
#[tokio::test]
async fn a_refusal_by_http_2_comes_when_a_small_body_has_been_read() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let world = World::new().await;
    for (chunks, read) in [(4, 4), (64, 17)] {
        let count = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&count);
        let chunk = Bytes::from(vec![b' '; 16 * 1024]);
        let body = stream::iter(vec![chunk; chunks]).map(move |chunk| {
            counted.fetch_add(1, SeqCst);
            Ok::<_, std::io::Error>(chunk)
        });
        let request = post("/api/v1/requests")
            .version(axum::http::Version::HTTP_2)
            .body(Body::from_stream(body));
        let answer = Answer::read(world.send(request.unwrap()).await).await;
        answer.problem(401, "not_logged_in");
        assert_eq!(count.load(SeqCst), read, "of {chunks} chunks");
    }
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
        recorder: world.recorder.clone(),
        clock: world.clock.clone(),
        random: std::sync::Arc::new(Nothing),
        terminals: std::sync::Arc::new(NoTerminals),
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

//! What the log says, and what it must not.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::world::{PASSWORD, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_is_in_the_log_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    // As long as there is only one, tracing asks whichever thread comes first
    // whether a line is wanted, and the other tests' threads say no for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    world.set_password("vera", PASSWORD).await;
    let token = world.log_in("vera", PASSWORD).await.expect(200);
    let token = token["token"].as_str().unwrap();
    world
        .log_in("vera", "a wrong guess of it")
        .await
        .problem(401, "login_failed");
    let grant = world.grant("vera").await;
    let ticket = world
        .post("vera", &format!("/grants/{grant}/tickets"), json!({}))
        .await;
    let ticket = ticket.expect(201);
    let secret = json!({ "kind": "password", "secret": "secret-of-the-plc" });
    world
        .json("PUT", "adam", "/credentials/plc-7", secret)
        .await
        .expect(204);
    let misspelt = json!({ "kind": "password", "secrets": "secret-of-the-plc" });
    let misspelt = world
        .json("PUT", "adam", "/credentials/plc-7", misspelt)
        .await;
    misspelt.problem(422, "invalid_body");
    for path in ["/api/v1/me", "/api/v1/requests/PATH-SECRET", "/PATH-SECRET"] {
        let request = Request::get(format!("{path}?token={token}"))
            .header("authorization", format!("Bearer {token}"));
        world.send(request.body(Body::empty()).unwrap()).await;
    }
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in [
        PASSWORD,
        "a wrong guess of it",
        token,
        ticket["ticket"].as_str().unwrap(),
        "secret-of-the-plc",
        "PATH-SECRET",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for word in [
        "http.answered",
        "http.route=\"/api/v1/grants/{id}/tickets\"",
        "account=\"vera\"",
        "request.id=",
        "source=10.0.0.9",
        "problem=\"login_failed\"",
    ] {
        assert!(log.contains(word), "{word} is not in the log:\n{log}");
    }
}

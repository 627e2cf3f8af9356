//! A session as it happens, over the API.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{CloseReason, SessionId};
use futures::StreamExt as _;
use tokio::time::timeout;

use super::recordings::sealed;
use super::world::World;

/// What the stream says at first, or until it ends.
async fn watched(world: &World, who: &str, session: SessionId) -> String {
    let token = world.token(who).await;
    let request = Request::get(format!("/api/v1/sessions/{session}/live"))
        .header("authorization", format!("Bearer {token}"));
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    if response.status() != 200 {
        return response.status().to_string();
    }
    let mut stream = response.into_body().into_data_stream();
    let mut all = String::new();
    while let Ok(Some(piece)) = timeout(Duration::from_millis(500), stream.next()).await {
        all += std::str::from_utf8(&piece.unwrap()).unwrap();
    }
    all
}

#[tokio::test]
async fn what_is_over_is_a_recording_and_not_shown_to_who_may_only_watch() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let data = BASE64_STANDARD.encode("» uptime\r\nup 3 days");
    let seen = watched(&world, "olga", session).await;
    assert!(seen.starts_with("event: screen\ndata: "), "{seen}");
    assert!(
        seen.contains(&data) && seen.contains(r#""terminal":false"#),
        "{seen}"
    );
    assert!(!seen.contains("typed-secret"), "{seen}");

    let closed = world
        .store
        .close_session(session, CloseReason::VendorLeft, None);
    closed.await.unwrap();
    let seen = watched(&world, "olga", session).await;
    assert_eq!(seen, "409 Conflict");
}

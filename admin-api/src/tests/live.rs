//! A session as it happens, over the API.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{CloseReason, SessionId};
use futures::StreamExt as _;
use recorder::OutputLog;
use tokio::time::timeout;

use super::recordings::{header, sealed};
use super::world::World;

async fn stream(world: &World, who: &str, session: SessionId, query: &str) -> Response {
    let token = world.token(who).await;
    let request = Request::get(format!("/api/v1/sessions/{session}/live{query}"))
        .header("authorization", format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

/// What it says until it is quiet, or ends.
async fn said(stream: &mut BodyDataStream) -> String {
    let mut all = String::new();
    while let Ok(Some(piece)) = timeout(Duration::from_millis(500), stream.next()).await {
        all += std::str::from_utf8(&piece.unwrap()).unwrap();
    }
    all
}

async fn watched(world: &World, who: &str, session: SessionId, query: &str) -> String {
    let response = stream(world, who, session, query).await;
    if response.status() != 200 {
        return response.status().to_string();
    }
    said(&mut response.into_body().into_data_stream()).await
}

async fn screen_of(world: &World, session: SessionId, channel: u32) -> OutputLog {
    let header = header(world, session, channel);
    let (_, _, output) = world.recorder.open(header).await.unwrap().split();
    output.ready().await.unwrap();
    let screen = Bytes::from(format!("screen {channel}"));
    output.write(recorder::Stream::Out, screen).unwrap();
    output
}

#[tokio::test]
async fn what_is_over_is_a_recording_and_not_shown_to_who_may_only_watch() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let data = BASE64_STANDARD.encode("» uptime\r\nup 3 days");
    let seen = watched(&world, "olga", session, "").await;
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
    let seen = watched(&world, "olga", session, "").await;
    assert_eq!(seen, "409 Conflict");
}

#[tokio::test]
async fn all_channels_are_shown_or_the_newest_alone() {
    let world = World::new().await;
    let session = world.session("vera").await;
    let (_first, second) = (
        screen_of(&world, session, 0).await,
        screen_of(&world, session, 1).await,
    );
    for (query, shown) in [
        ("", [true, true]),
        ("?newest=false", [true, true]),
        ("?newest=true", [false, true]),
    ] {
        let seen = watched(&world, "olga", session, query).await;
        let has = |channel| seen.contains(&format!("{{\"channel\":{channel},"));
        assert_eq!([has(0), has(1)], shown, "{query} {seen}");
    }
    let seen = watched(&world, "olga", session, "?newest=perhaps").await;
    assert_eq!(seen, "400 Bad Request");

    // Once the second is over it is told as that, and the first is the newest that runs.
    second.finish().await.unwrap().receipt.stored();
    let seen = watched(&world, "olga", session, "").await;
    let closed = "event: closed\ndata: {\"channel\":1}\n\n";
    assert!(seen.contains(closed), "{seen}");
    let seen = watched(&world, "olga", session, "?newest=true").await;
    assert!(
        seen.contains("{\"channel\":0,") && !seen.contains("{\"channel\":1"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_stream_that_has_nothing_else_to_say_says_that_it_is_there() {
    let world = World::new().await;
    let session = world.session("vera").await;
    let response = stream(&world, "olga", session, "").await;
    let mut stream = response.into_body().into_data_stream();
    assert_eq!(said(&mut stream).await, "");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    assert_eq!(said(&mut stream).await, "event: here\ndata: {}\n\n");
}

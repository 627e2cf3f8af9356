//! Word of changes, for those whom they concern.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::StreamExt;
use serde_json::json;
use tokio::time::timeout;

use super::world::World;

const SOON: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(800);

async fn listen(world: &World, token: &str) -> BodyDataStream {
    let request = Request::get("/api/v1/events").header("authorization", format!("Bearer {token}"));
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

async fn hears(stream: &mut BodyDataStream, within: Duration) -> Option<String> {
    let chunk = timeout(within, stream.next()).await.ok()??;
    Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_change_is_heard_by_those_who_may_see_it() {
    let world = World::new().await;
    // Their tokens are made first: a login is a change as well.
    for name in ["vera", "arne"] {
        world.get(name, "/me").await.expect(200);
    }
    let tokens = [
        world.token("vera").await,
        world.token("viktor").await,
        world.token("asta").await,
        world.token("audun").await,
    ];
    let mut streams = Vec::new();
    for token in &tokens {
        streams.push(listen(&world, token).await);
    }
    let waits = streams.iter_mut().map(|stream| hears(stream, QUIET));
    let heard = async {
        let (heard, _) = futures::future::join(
            futures::future::join_all(waits),
            world.request("vera", "plc-7"),
        )
        .await;
        heard
    };
    let heard: Vec<_> = heard.await.into_iter().map(|tick| tick.is_some()).collect();
    assert_eq!(heard, [true, false, false, true], "vera viktor asta audun");
}

#[tokio::test]
async fn a_tick_says_nothing_but_that_there_is_something() {
    let world = World::new().await;
    let token = world.token("arne").await;
    world.get("vera", "/me").await.expect(200);
    let mut stream = listen(&world, &token).await;
    world.request("vera", "plc-7").await;
    let seq = world.events().await;
    let tick = hears(&mut stream, SOON).await.unwrap();
    assert_eq!(tick, format!("event: changed\ndata: {{\"seq\":{seq}}}\n\n"));
}

#[tokio::test]
async fn a_stream_ends_with_its_login() {
    let world = World::new().await;
    let token = world.token("vera").await;
    let mut stream = listen(&world, &token).await;
    let reason = json!({ "reason": "left the company" });
    world
        .post("adam", "/accounts/vera/disable", reason)
        .await
        .expect(200);
    let end = timeout(SOON, stream.next()).await.expect("it ends in time");
    assert!(end.is_none());
}

#[tokio::test]
async fn one_account_listens_in_a_few_places_only() {
    let world = World::new().await;
    let token = world.token("vera").await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        streams.push(listen(&world, &token).await);
    }
    let more = || world.get("vera", "/events");
    more().await.problem(429, "too_many_listeners");
    streams.pop();
    streams.push(listen(&world, &token).await);
}

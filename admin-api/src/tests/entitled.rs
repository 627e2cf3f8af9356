//! Who may do what with recordings: each route about them, times each role, with
//! a real recording. A vendor reads nothing, not even what they did themselves; an
//! approver reads what the zones allow, without the input; an auditor reads all;
//! an admin manages, and reads nothing.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::bundle::sign;
use super::recordings::{openings, recorded};
use super::retention::{end, purge};
use super::table::described;
use super::world::{Answer, World};

/// Vendor of the session, another vendor, approver of the zone, approver of
/// another, operator of the zone, auditor, admin.
const WHO: [&str; 7] = ["vera", "viktor", "arne", "asta", "olga", "audun", "adam"];

/// Route, what is appended to it, whether it gives a recording away, and the
/// status for each of [`WHO`].
const TABLE: &[(&str, &str, &str, bool, [u16; 7])] = &[
    (
        "GET",
        "/v1/recordings",
        "?session={session}",
        false,
        [403, 403, 200, 200, 403, 200, 200],
    ),
    (
        "GET",
        "/v1/sessions/{id}/recording.cast",
        "",
        true,
        [403, 403, 200, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/sessions/{id}/recording.cast",
        "?input=true",
        true,
        [403, 403, 403, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/sessions/{id}/bundle.tar",
        "",
        true,
        [403, 403, 200, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/sessions/{id}/bundle.tar",
        "?channel=0&input=true",
        true,
        [403, 403, 403, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/sessions/{id}/replay.json",
        "",
        true,
        [403, 403, 200, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/sessions/{id}/replay/{name}",
        "",
        true,
        [403, 403, 200, 404, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/recordings/search",
        "?q=days",
        false,
        [403, 403, 200, 200, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/recordings/search",
        "?q=days&input=true",
        false,
        [403, 403, 403, 403, 403, 200, 403],
    ),
    (
        "POST",
        "/v1/sessions/{id}/hold",
        "",
        false,
        [403, 403, 403, 403, 403, 201, 201],
    ),
    (
        "POST",
        "/v1/zones/{name}/hold",
        "",
        false,
        [403, 403, 403, 403, 403, 201, 201],
    ),
    (
        "GET",
        "/v1/holds",
        "",
        false,
        [403, 403, 403, 403, 403, 200, 200],
    ),
    (
        "POST",
        "/v1/holds/{id}/release",
        "",
        false,
        [403, 403, 403, 403, 403, 200, 403],
    ),
    (
        "GET",
        "/v1/retention",
        "",
        false,
        [403, 403, 403, 403, 403, 200, 200],
    ),
    (
        "POST",
        "/v1/sessions/{id}/shares",
        "",
        false,
        [403, 403, 403, 403, 403, 201, 403],
    ),
    (
        "GET",
        "/v1/shares",
        "",
        false,
        [403, 403, 403, 403, 403, 200, 200],
    ),
    (
        "POST",
        "/v1/shares/{id}/revoke",
        "",
        false,
        [403, 403, 403, 403, 403, 200, 200],
    ),
    (
        "GET",
        "/v1/shared/{token}",
        "",
        true,
        [200, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET",
        "/v1/shared/{token}/bundle.tar",
        "",
        true,
        [200, 200, 200, 200, 200, 200, 200],
    ),
];

/// Whatever is about recordings has a line above.
#[test]
fn every_route_about_recordings_is_in_the_table() {
    let words = [
        "recording",
        "hold",
        "share",
        "retention",
        "replay",
        "search",
        "bundle",
        "transcript",
    ];
    let served = described().into_iter();
    let mut served: Vec<_> = served
        .filter(|(_, path)| words.iter().any(|word| path.contains(word)))
        .collect();
    let lines = TABLE.iter();
    let mut lines: Vec<_> = lines
        .map(|(method, path, ..)| ((*method).to_owned(), format!("/api{path}")))
        .collect();
    served.sort();
    lines.sort();
    lines.dedup();
    assert_eq!(served, lines, "left: what is served; right: this table");
}

async fn call(world: &World, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = if method == "GET" {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    Answer::read(world.send(request.body(body).unwrap()).await).await
}

/// The path of one line, with a hold or a link of its own.
async fn path(world: &World, session: &str, route: &str, rest: &str) -> String {
    let reason = json!({ "reason": "a case" });
    let share = json!({ "expires_in": "7d", "note": "for the regulator" });
    let route = match route {
        "/v1/holds/{id}/release" => {
            let at = format!("/sessions/{session}/hold");
            let hold = world.post("audun", &at, reason).await.expect(201);
            route.replace("{id}", hold["id"].as_str().unwrap())
        }
        "/v1/shares/{id}/revoke" | "/v1/shared/{token}" | "/v1/shared/{token}/bundle.tar" => {
            let at = format!("/sessions/{session}/shares");
            let link = world.post("audun", &at, share).await.expect(201);
            let token = link["path"].as_str().unwrap().rsplit('/').next().unwrap();
            route
                .replace("{id}", link["share"]["id"].as_str().unwrap())
                .replace("{token}", token)
        }
        "/v1/sessions/{id}/replay/{name}" => {
            route.replace("{id}", session).replace("{name}", "0.json")
        }
        route => route.replace("{id}", session).replace("{name}", "hall"),
    };
    route + &rest.replace("{session}", session)
}

#[tokio::test]
async fn each_route_for_each_role() {
    let world = World::new().await;
    let session = recorded(&world).await;
    end(&world, session).await;
    sign(&world).await;
    let session = session.to_string();
    for (method, route, rest, gives, statuses) in TABLE {
        let body = match *route {
            "/v1/sessions/{id}/shares" => json!({ "expires_in": "1d", "note": "a note" }),
            "/v1/shares/{id}/revoke" => json!({}),
            _ => json!({ "reason": "a reason" }),
        };
        for (who, status) in WHO.into_iter().zip(statuses) {
            let path = path(&world, &session, route, rest).await;
            let token = world.token(who).await;
            let (opened, events) = (openings(&world).await.len(), world.events().await);
            let answer = call(&world, method, &path, &token, &body).await;
            let case = format!("{method} {route}{rest} as {who}");
            assert_eq!(answer.status, *status, "{case}");
            let more = openings(&world).await.len() - opened;
            assert_eq!(more, usize::from(*gives && *status == 200), "{case}");
            if *status >= 400 {
                assert_eq!(world.events().await, events, "{case} changed something");
            }
            let text = String::from_utf8_lossy(&answer.body);
            let typed = *status == 200 && *rest == "?input=true";
            assert_eq!(text.contains("typed-secret"), typed, "{case}");
        }
    }
}

/// Who could read it is told that it is gone; all others hear what they always do.
#[tokio::test]
async fn what_was_purged_is_gone_for_those_who_could_read_it() {
    let world = World::new().await;
    let session = recorded(&world).await;
    end(&world, session).await;
    let link = path(&world, &session.to_string(), "/v1/shared/{token}", "").await;
    purge(&world, session).await;
    let cast = format!("/v1/sessions/{session}/recording.cast");
    let replay = format!("/v1/sessions/{session}/replay.json");
    for (path, statuses) in [
        (cast, [403, 403, 410, 404, 403, 410, 403]),
        (replay, [403, 403, 410, 404, 403, 410, 403]),
        (link, [404; 7]),
    ] {
        for (who, status) in WHO.into_iter().zip(statuses) {
            let token = world.token(who).await;
            let answer = call(&world, "GET", &path, &token, &Value::Null).await;
            assert_eq!(answer.status, status, "{path} as {who}");
        }
    }
    assert_eq!(openings(&world).await, []);
    let listed = format!("/recordings?session={session}");
    let listed = world.get("adam", &listed).await.expect(200);
    assert_eq!(listed["items"][0]["state"], "purged");
}

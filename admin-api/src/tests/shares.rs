//! Links for people without an account.

use axum::body::Body;
use axum::http::Request;
use domain::SessionId;
use serde_json::{Value, json};

use super::bundle::{proven, sign};
use super::recordings::{openings, recorded, sealed};
use super::retention::end;
use super::world::{Answer, DAY, PLANT, World};

const AUDITOR: &str = "198.51.100.7";

async fn over(world: &World) -> SessionId {
    let session = recorded(world).await;
    end(world, session).await;
    session
}

async fn share(world: &World, session: SessionId, more: Value) -> Answer {
    let mut body = json!({ "expires_in": "7d", "note": "the regulator, case 17" });
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    let path = format!("/sessions/{session}/shares");
    world.post("audun", &path, body).await
}

async fn open(world: &World, path: &str, from: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    Answer::read(world.send_from(from, request).await).await
}

fn link(answer: &Answer) -> String {
    answer.expect(201)["path"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stranger_opens_one_recording_and_each_opening_is_logged() {
    let world = World::new().await;
    let session = over(&world).await;
    let shared = share(&world, session, json!({})).await;
    let path = link(&shared);
    assert!(path.starts_with("/api/v1/shared/dbs_"), "{path}");
    for opening in 1..=2 {
        let answer = open(&world, &path, AUDITOR).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-asciicast");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        let cast = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(cast.contains("up 3 days"), "{cast}");
        assert!(!cast.contains("typed-secret"), "{cast}");
        let opened = ("system".to_owned(), format!("session/{session}"));
        assert_eq!(openings(&world).await, vec![opened; opening]);
    }
    let listed = format!("/shares?session={session}");
    let listed = world.get("audun", &listed).await.expect(200);
    let share = &listed["items"][0];
    assert_eq!(
        (&share["openings"], &share["state"], &share["created_by"]),
        (&json!(2), &json!("works"), &json!("audun"))
    );
    let secret = path.rsplit('/').next().unwrap();
    assert!(!listed.to_string().contains(secret), "told once");
    let log = world.get("audun", "/audit").await.expect(200);
    assert!(!log.to_string().contains(secret), "not even to the log");
}

#[tokio::test]
async fn what_was_typed_is_shown_only_if_an_auditor_said_so() {
    let world = World::new().await;
    let session = over(&world).await;
    let path = link(&share(&world, session, json!({ "input": true })).await);
    // Nobody asks for more than was shared.
    let without = link(&share(&world, session, json!({})).await) + "?input=true";
    for (path, typed) in [(path, true), (without, false)] {
        let answer = open(&world, &path, AUDITOR).await;
        let cast = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200);
        assert_eq!(cast.contains("typed-secret"), typed);
    }
}

/// Whoever must judge it takes it home as it was sealed.
#[tokio::test]
async fn a_stranger_takes_the_bundle_and_verifies_it() {
    let world = World::new().await;
    let session = sealed(&world).await;
    let path = link(&share(&world, session, json!({})).await);
    let bundle = format!("{path}/bundle.tar");
    let early = open(&world, &bundle, AUDITOR).await;
    early.problem(409, "not_signed_yet");
    sign(&world).await;
    let with_input = link(&share(&world, session, json!({ "input": true })).await);
    for (path, typed) in [(bundle, false), (with_input + "/bundle.tar", true)] {
        let answer = open(&world, &path, AUDITOR).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-tar");
        let names = proven(&world, &answer);
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        assert!(has("recording/output.agekey"), "{names:?}");
        assert_eq!(has("recording/input.agekey"), typed, "{names:?}");
    }
    let log = world.get("audun", "/audit?action=recording.opened").await;
    let log = log.expect(200);
    let opened = log["items"].as_array().unwrap();
    assert_eq!(opened.len(), 2, "{log}");
    assert!(opened.iter().all(|event| event["after"]["bundle"] == true));
}

/// Nothing tells one that never was from one that is over or was taken back.
#[tokio::test]
async fn links_that_lead_nowhere_look_alike() {
    let world = World::new().await;
    let session = over(&world).await;
    let (revoked, over) = (
        share(&world, session, json!({})).await,
        share(&world, session, json!({ "expires_in": "1d" })).await,
    );
    let id = revoked.expect(201)["share"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let revoke = format!("/shares/{id}/revoke");
    let answer = world.post("adam", &revoke, json!({})).await.expect(200);
    assert_eq!(answer["state"], "revoked");
    let again = world.post("audun", &revoke, json!({})).await;
    again.problem(409, "already_revoked");
    world.clock.pass(DAY);
    let mut answers = Vec::new();
    for path in [
        link(&revoked),
        link(&over),
        "/api/v1/shared/dbs_never-was".to_owned(),
        "/api/v1/shared/%ff".to_owned(),
        format!("/api/v1/shared/{session}"),
        link(&revoked) + "/bundle.tar",
        link(&over) + "/bundle.tar",
        "/api/v1/shared/dbs_never-was/bundle.tar".to_owned(),
    ] {
        let mut answer = open(&world, &path, AUDITOR).await;
        answer.problem(404, "no_such_link");
        answer.headers.remove("x-request-id");
        answers.push((answer.headers, answer.body));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(openings(&world).await, []);
}

#[tokio::test]
async fn guessing_shuts_a_network_out() {
    let world = World::new().await;
    let session = over(&world).await;
    let path = link(&share(&world, session, json!({})).await);
    for guess in 0..30 {
        let from = format!("2001:db8::{guess:x}");
        let guess = format!("/api/v1/shared/dbs_{guess}");
        let answer = open(&world, &guess, &from).await;
        answer.problem(404, "no_such_link");
    }
    let neighbour = open(&world, &path, "2001:db8::ffff").await;
    neighbour.problem(429, "too_many_tries");
    assert_eq!(open(&world, &path, "2001:db8:0:1::1").await.status, 200);
}

#[tokio::test]
async fn what_is_no_share_is_refused() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let running = share(&world, session, json!({})).await;
    running.problem(409, "still_recording");
    end(&world, session).await;
    for (more, code) in [
        (json!({ "expires_in": "91d" }), "bad_lifetime"),
        (json!({ "expires_in": "1s" }), "bad_lifetime"),
        (json!({ "expires_in": "soon" }), "invalid_value"),
        (json!({ "note": "" }), "bad_text"),
        (json!({ "inptu": true }), "invalid_body"),
    ] {
        share(&world, session, more).await.problem(422, code);
    }
    let other = share(&world, session, json!({ "channel": 4 })).await;
    other.problem(404, "not_found");
}

#[tokio::test]
async fn a_recording_without_its_file_is_told_and_not_called_opened() {
    let world = World::new().await;
    let session = over(&world).await;
    let path = link(&share(&world, session, json!({})).await);
    std::fs::remove_dir_all(world.recorder.root()).unwrap();
    let answer = open(&world, &path, AUDITOR).await;
    answer.problem(404, "recording_missing");
    assert_eq!(openings(&world).await, []);
}

#[tokio::test]
async fn a_purged_recording_is_gone_also_for_who_has_a_link() {
    let world = World::new().await;
    let level = "name = \"hall\"\nsecurity_level = 2";
    let plant = PLANT.replace(level, &format!("{level}\nretention = \"1d\""));
    let applied = world.body("PUT", "adam", "/plant", "application/toml", plant);
    applied.await.expect(200);
    let session = over(&world).await;
    let path = link(&share(&world, session, json!({})).await);
    world.clock.pass(DAY);
    world.store.mark_purged(session, 0).await.unwrap();
    let answer = open(&world, &path, AUDITOR).await;
    answer.problem(410, "recording_purged");
    assert_eq!(openings(&world).await, []);
    share(&world, session, json!({}))
        .await
        .problem(409, "purged");
}

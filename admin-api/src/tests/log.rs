//! The transparency log as it is served.

use ledger::{Checkpoint, Frontier, KeyKind, Note, SigningKey, TilePath, bundle, leaf_hash};
use secrecy::SecretBox;

use super::world::{Answer, World};

fn key() -> SigningKey {
    let seed = SecretBox::new(Box::new([1; 32]));
    SigningKey::from_seed("plant.example/log", KeyKind::Note, seed).unwrap()
}

async fn get(world: &World, path: &str) -> Answer {
    let token = world.token("audun").await;
    let request = axum::http::Request::get(path)
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty());
    Answer::read(world.send(request.unwrap()).await).await
}

#[tokio::test]
async fn what_is_served_is_a_log_that_can_be_checked() {
    let world = World::new().await;
    let key = key();
    get(&world, "/log/checkpoint")
        .await
        .problem(404, "not_found");
    world.store.sign_checkpoint(&key).await.unwrap();

    let served = get(&world, "/log/checkpoint").await;
    assert_eq!(served.headers["content-type"], "text/plain; charset=utf-8");
    let note = Note::parse(&served.body).unwrap();
    note.verify([key.verifier()]).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert!(checkpoint.size > 0);

    let mut frontier = Frontier::default();
    let mut hashes = Vec::new();
    for path in TilePath::all(checkpoint.size) {
        let tile = get(&world, &format!("/log/tile/{path}")).await;
        assert_eq!(tile.status, 200, "{path}");
        assert_eq!(tile.headers["content-type"], "application/octet-stream");
        if path.nodes().is_empty() {
            for leaf in bundle::read(&tile.body).unwrap() {
                frontier.append(leaf_hash(leaf), |_, _| {});
            }
        } else {
            assert_eq!(tile.body.len(), 32 * usize::from(path.width), "{path}");
            hashes.push(tile.body);
        }
    }
    assert_eq!(frontier.size(), checkpoint.size);
    assert_eq!(frontier.root(), checkpoint.root);
    assert!(!hashes.is_empty());
}

#[tokio::test]
async fn how_the_log_and_its_anchors_stand_is_shown() {
    let anchors = crate::AnchorBoard::default();
    let (good, bad) = (anchors.add("directory /srv"), anchors.add("syslog a:6514"));
    let signing = crate::SigningBoard::default();
    let world = World::with(crate::ApiSettings {
        anchors,
        signing: signing.clone(),
        ..crate::ApiSettings::default()
    })
    .await;
    let [early, late] =
        ["2026-11-24T08:00:00Z", "2026-11-24T08:01:00Z"].map(|t| t.parse().unwrap());
    good.failed(early, "it was down");
    good.has(7, late);
    bad.failed(early, "it is down");
    bad.failed(late, "it is still down");
    let shown = get(&world, "/api/v1/log/anchors").await.expect(200);
    let wanted = serde_json::json!([
        { "name": "directory /srv", "size": 7, "anchored_at": "2026-11-24T08:01:00Z" },
        {
            "name": "syslog a:6514",
            "failing_since": "2026-11-24T08:00:00Z",
            "why": "it is still down",
        },
    ]);
    assert_eq!(shown, wanted);
    assert_eq!(
        get(&world, "/api/v1/health").await.expect(200)["log"],
        "anchor_fails"
    );

    world.store.sign_checkpoint(&key()).await.unwrap();
    let shown = get(&world, "/api/v1/log").await.expect(200);
    let signed = shown["signed"].as_u64().unwrap();
    assert!(signed > 7, "{shown}");
    assert_eq!(shown["anchors"][0]["behind"], signed - 7);
    assert_eq!(shown["anchors"][1]["behind"], signed);
    assert!(shown.get("not_signed_since").is_none(), "{shown}");
    let metrics = async || {
        let answer = get(&world, "/metrics").await;
        String::from_utf8(answer.body.to_vec()).unwrap()
    };
    let text = metrics().await;
    for line in [
        "drawbridge_log_signing_fails 0".to_owned(),
        "drawbridge_log_anchor_events{anchor=\"directory /srv\"} 7".to_owned(),
        format!("drawbridge_log_anchor_behind_events{{anchor=\"syslog a:6514\"}} {signed}"),
        "drawbridge_log_anchor_fails{anchor=\"directory /srv\"} 0".to_owned(),
        "drawbridge_log_anchor_fails{anchor=\"syslog a:6514\"} 1".to_owned(),
    ] {
        assert!(text.lines().any(|one| one == line), "no {line} in {text}");
    }
    let heads = text
        .matches("# TYPE drawbridge_log_anchor_fails gauge")
        .count();
    assert_eq!(heads, 1, "once for all anchors: {text}");

    signing.failed(early, "the disk is full");
    signing.failed(late, "it is broken");
    let shown = get(&world, "/api/v1/log").await.expect(200);
    assert_eq!(shown["not_signed_since"], "2026-11-24T08:00:00Z");
    assert_eq!(shown["why"], "it is broken");
    assert_eq!(
        get(&world, "/api/v1/health").await.expect(200)["log"],
        "not_signed"
    );
    assert!(metrics().await.contains("drawbridge_log_signing_fails 1\n"));
    signing.works();
    assert_eq!(
        get(&world, "/api/v1/health").await.expect(200)["log"],
        "anchor_fails"
    );
}

#[tokio::test]
async fn other_tiles_are_not_there() {
    let world = World::new().await;
    world.store.sign_checkpoint(&key()).await.unwrap();
    for path in [
        "0/001",
        "0/000",
        "9/000",
        "0/x000/000",
        "0/000.p/0",
        "0/000.p/255",
        "entries/000",
        "data/000",
        "0/000/",
        "0%2F000.p%2F0",
        "..%2Fcheckpoint",
        "0/%FF",
    ] {
        let answer = get(&world, &format!("/log/tile/{path}")).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(get(&world, "/log/tile/0/000.p/1").await.body.len(), 32);
}

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

//! The log's checkpoints outside of the broker: a witness signs them, and a
//! directory gets them with its signature.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use admin_api::dto::Anchor as Shown;
use drawbridge::clock::{OsRandom, SystemClock};
use drawbridge::config::{Anchor, AnchorKind};
use drawbridge::witness::{self, Settings};
use harness::world::World;
use ledger::checkpoint;

#[tokio::test]
async fn a_checkpoint_in_a_directory_has_the_witness_s_signature() {
    let mut world = World::new().await;
    let log = world.running().store.log_key().await.expect("read");
    let log = log.expect("a key");
    let dir = tempfile::tempdir().expect("a directory");
    let settings = Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        state: dir.path().join("witness"),
        logs: vec![log.clone()],
        name: None,
        tls: None,
    };
    let clock = Arc::new(SystemClock::new());
    let watching = witness::start(settings, clock, &OsRandom)
        .await
        .expect("starts");
    let diode = dir.path().join("diode");
    fs::create_dir(&diode).expect("made");
    let url = format!("http://{}", watching.addr);
    world
        .anchored(vec![
            Anchor {
                name: "directory diode".to_owned(),
                kind: AnchorKind::Directory {
                    path: diode.clone(),
                },
            },
            Anchor {
                name: "witness w".to_owned(),
                kind: AnchorKind::Witness {
                    url: url.parse().expect("an address"),
                    key: watching.key.clone(),
                    ca: None,
                },
            },
        ])
        .await;

    let known = [watching.key.clone()];
    let mut opened = None;
    for _ in 0..800 {
        let note = fs::read(diode.join("checkpoint")).unwrap_or_default();
        opened = checkpoint::open(&note, &log, &known)
            .ok()
            .filter(|opened| !opened.witnesses.is_empty());
        if opened.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let opened = opened.expect("witnessed within 20 s");
    let audun = world.person("audun").await;
    let shown: Vec<Shown> = audun.get("log/anchors").await.expect("shown");
    assert_eq!(shown.len(), 2);
    for anchor in shown {
        assert!(anchor.size >= Some(opened.checkpoint.size), "{anchor:?}");
    }
    world.stop().await;
    watching.stop().await.expect("stops");
}

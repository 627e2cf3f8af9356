//! Inside a session: bytes unharmed, terminals, signals, environment, half-close.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use harness::asyncssh;
use harness::cast::Cast;
use harness::client::Client;
use harness::sshd::Sshd;
use harness::target::Target;
use harness::tools::Tool;
use harness::world::World;
use serde_json::json;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So many bytes that are not text, and the same for the same seed.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

const HUNDRED_MB: usize = 100_000_000;

#[tokio::test]
async fn a_hundred_megabytes_to_the_asset_are_unharmed() {
    let world = World::new().await;
    let door = world.door().await;
    let sent = noise(HUNDRED_MB, 7);
    let outcome = Client::ssh(&door, &[], Some("sha256sum"))
        .run_with(&sent)
        .await;
    let expected = hex(digest(&SHA256, &sent).as_ref());
    assert_eq!(
        outcome.text(),
        format!("{expected}  -\n"),
        "{}",
        outcome.stderr
    );
    // All of it is in the recording as well: towards the asset, everything is kept.
    let session = world.closed().await;
    let recording = world
        .person("audun")
        .await
        .recordings(&session.id)
        .await
        .remove(0);
    assert_eq!(recording.bytes_in, HUNDRED_MB as u64);
}

#[tokio::test]
async fn a_hundred_megabytes_from_the_asset_are_unharmed() {
    let world = World::new().await;
    let door = world.door().await;
    let file = world.asset.home().join("noise");
    let expected = noise(HUNDRED_MB, 11);
    std::fs::write(&file, &expected).expect("room for it");
    let command = format!("cat '{}'", file.display());
    let outcome = Client::ssh(&door, &[], Some(&command)).run().await;
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_eq!(outcome.stdout.len(), HUNDRED_MB);
    assert_eq!(
        hex(digest(&SHA256, &outcome.stdout).as_ref()),
        hex(digest(&SHA256, &expected).as_ref())
    );
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let recording = audun.recordings(&session.id).await.remove(0);
    assert_eq!(recording.bytes_out, HUNDRED_MB as u64);
    // Of bulk output the first 16 MiB are kept, and the whole one's SHA-256.
    let cast = Cast::read(&audun.cast(&session.id, "").await.expect("the recording"));
    let kept = cast.output();
    assert_eq!(kept.len(), 16 * 1024 * 1024);
    assert!(expected.starts_with(&kept));
    let sum = hex(digest(&SHA256, &expected).as_ref());
    assert!(
        cast.all("m").any(|marker| marker.contains(&sum)),
        "no {sum} in the markers"
    );
}

#[tokio::test]
async fn each_byte_value_passes_a_terminal_and_is_recorded() {
    let world = World::new().await;
    let door = world.door().await;
    let command = "stty -opost; awk 'BEGIN { for (i = 0; i < 256; i++) printf \"%c\", i }'; printf '\\303\\050\\377'";
    let client = Client::ssh(&door, &["-tt"], Some(command)).env("LC_ALL", "C");
    let outcome = client.run().await;
    let mut expected: Vec<u8> = (0..=255).collect();
    expected.extend([0xc3, 0x28, 0xff]);
    // A terminal is greeted first.
    assert!(outcome.stdout.ends_with(&expected), "{:?}", outcome.stdout);
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let cast = Cast::read(&audun.cast(&session.id, "").await.expect("the recording"));
    assert_eq!(cast.output(), outcome.stdout);
}

#[tokio::test]
async fn a_terminal_is_resized() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let steps = json!([{"op": "shell", "size": [100, 30], "steps": [
        {"send": "stty size\n"}, {"expect": "30 100"},
        {"resize": [132, 43]}, {"send": "stty size\n"}, {"expect": "43 132"},
        {"send": "exit 0\n"},
    ]}]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers[0]["status"], 0, "{answers:?}");
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let cast = Cast::read(&audun.cast(&session.id, "").await.expect("the recording"));
    assert_eq!(
        (&cast.header["term"]["cols"], &cast.header["term"]["rows"]),
        (&json!(100), &json!(30))
    );
    assert_eq!(cast.all("r").collect::<Vec<_>>(), ["132x43"]);
}

#[tokio::test]
async fn signals_reach_the_asset_and_come_back() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let asset = Target::start();
    let world = World::with(Sshd::start(), |plant, sshd| {
        plant
            .replace(
                &format!("port = {}", sshd.at().port()),
                &format!("port = {}", asset.port()),
            )
            .replace(sshd.host_key(), asset.host_key())
    })
    .await;
    world
        .person("adam")
        .await
        .store_key("plc-7", asset.credential())
        .await;
    let door = world.door().await;
    let steps = json!([
        {"op": "shell", "command": "x", "steps": [
            {"expect": "ready"},
            {"signal": "INT"}, {"expect": "signal INT"},
            {"signal": "TERM"}, {"expect": "signal TERM"},
            {"send": "quit\n"},
        ]},
        {"op": "shell", "command": "x", "steps": [{"expect": "ready"}, {"send": "die\n"}]},
    ]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers[0]["status"], 9, "{answers:?}");
    assert_eq!(answers[1]["signal"], "SEGV", "{answers:?}");
}

#[tokio::test]
async fn only_the_conduits_environment_passes() {
    let world = World::new().await;
    let door = world.door().await;
    let options = [
        "-o",
        "SendEnv=LC_DRAWBRIDGE DRAWBRIDGE_TEST LD_PRELOAD DRAWBRIDGE_OTHER",
    ];
    let client = Client::ssh(&door, &options, Some("env"))
        .env("LC_DRAWBRIDGE", "one")
        .env("DRAWBRIDGE_TEST", "two")
        .env("DRAWBRIDGE_OTHER", "three");
    let outcome = client.run().await;
    let shown = outcome.text();
    assert!(shown.contains("LC_DRAWBRIDGE=one\n"), "{shown}");
    assert!(shown.contains("DRAWBRIDGE_TEST=two\n"), "{shown}");
    assert!(!shown.contains("DRAWBRIDGE_OTHER"), "{shown}");
}

#[tokio::test]
async fn the_end_of_input_passes_and_output_goes_on() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let steps = json!([
        {"op": "half_close", "command": "wc -c; sleep 0.3; echo later", "stdin": "12345"},
    ]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers[0]["output"], "5\nlater\n", "{answers:?}");
    assert_eq!(answers[0]["status"], 0);
}

#[tokio::test]
async fn each_exit_status_is_exact() {
    let world = World::new().await;
    let grant = world.grant(Duration::from_secs(3600)).await;
    let vera = world.person("vera").await;
    for status in [0, 1, 127, 200, 255] {
        let door = vera.door(&grant).await;
        let outcome = Client::ssh(&door, &[], Some(&format!("exit {status}")))
            .run()
            .await;
        assert_eq!(outcome.status, Some(status));
    }
}

#[tokio::test]
async fn a_client_that_is_killed_leaves_a_finished_recording() {
    let world = World::new().await;
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    client.send("echo one-$((40 + 2))\n").await;
    client.expect("one-42").await;
    drop(client);
    let session = world.closed().await;
    assert_eq!(session.closed.expect("closed").blame, "vendor");
    let audun = world.person("audun").await;
    let cast = Cast::read(&audun.cast(&session.id, "").await.expect("the recording"));
    assert!(cast.shown().contains("one-42"));
}

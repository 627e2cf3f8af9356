//! Recordings that are sealed to an auditor's key: the broker has them, keeps them and
//! proves them, and can't read them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use age::x25519::Identity;
use harness::binary::Room;
use harness::cast::Cast;
use harness::cli::Typist;
use harness::client::Client;
use harness::tools::Tool;
use secrecy::ExposeSecret as _;

use crate::process::Story;

const TYPED: &str = "hunter2\n";
const SHOWN: &str = "the trip is reset\n";

/// A visit in which that was typed and that was shown; gives its session.
async fn visit(story: &Story) -> String {
    // The command is in the audit log; what comes of it is not.
    let command = "read secret; printf 'the trip is %s\\n' reset";
    let outcome = Client::ssh(&story.door().await, &[], Some(command))
        .run_with(TYPED.as_bytes())
        .await;
    assert_eq!(outcome.text(), SHOWN, "{outcome:?}");
    story.closed().await.id
}

/// As the README of a bundle says it: `age -d` and `zstd -d`, chunk by chunk.
fn opened(dir: &Path, ending: &str, key: &Path) -> Vec<u8> {
    let script = "for f in \"$1\"/*.\"$2\".age; do \"$3\" -d -i \"$4\" \"$f\" | \"$5\" -dcq; done";
    let done = Command::new("sh")
        .args(["-c", script, "sh"])
        .args([dir.as_os_str(), ending.as_ref()])
        .arg(Tool::Age.path())
        .arg(key)
        .arg(Tool::Zstd.path())
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    assert!(done.status.success(), "{done:?}");
    done.stdout
}

fn bytes_are_in(dir: &Path, what: &[u8]) -> bool {
    fs::read_dir(dir).expect("a directory").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            bytes_are_in(&path, what)
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            bytes.windows(what.len()).any(|part| part == what)
        }
    })
}

#[tokio::test]
async fn what_is_sealed_only_the_auditor_s_key_opens() {
    if Tool::Age.left_out() {
        return;
    }
    let auditor = Identity::generate();
    let sealed = format!(
        "encryption = \"sealed\"\nauditors = [\"{}\"]",
        auditor.to_public()
    );
    let story = Story::begin_with(Room::Plenty, &sealed).await;
    let session = visit(&story).await;

    // The broker is told no more than anybody: neither to replay nor to search.
    let (audun, adam) = (
        Typist::at(&story.binary, "audun").await,
        Typist::at(&story.binary, "adam").await,
    );
    for path in [
        format!("sessions/{session}/recording.cast"),
        format!("sessions/{session}/recording.cast?input=true"),
        format!("sessions/{session}/replay.json"),
    ] {
        let person = story.binary.api().person("audun").await;
        let (status, text) = person.read(&format!("api/v1/{path}")).await;
        assert_eq!(status, 409, "{path}: {text}");
        assert!(
            text.contains("\"code\":\"recording_sealed\""),
            "{path}: {text}"
        );
        assert!(
            text.contains("the broker has no key to it"),
            "{path}: {text}"
        );
    }
    for command in ["play", "export --out -"] {
        let typed = format!("recording {command} {session}");
        let why = audun.fails(&typed, 1).await;
        assert!(
            why["detail"]
                .as_str()
                .is_some_and(|d| d.contains("is sealed")),
            "{why}"
        );
    }
    // An admin keeps the broker, and opens nothing: sealed or not.
    adam.fails(&format!("recording play {session}"), 77).await;
    let keys = story.binary.data().join("keys");
    let own = story.binary.recordings().join(&session).join("0");
    let names: Vec<_> = fs::read_dir(&own)
        .expect("a recording")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    assert!(!names.iter().any(|name| name.contains("key")), "{names:?}");
    for text in [TYPED.trim(), SHOWN.trim()] {
        assert!(
            !bytes_are_in(&story.binary.data(), text.as_bytes()),
            "{text} is in the data"
        );
    }

    // The bundle is proven without the key, and says that nobody has looked into it.
    let bundle = audun.file("visit.tar");
    audun
        .works(&format!(
            "recording export {session} --input --out '{}'",
            bundle.display()
        ))
        .await;
    let key = audun.works("audit key").await;
    let key = key.lines().next().expect("a key").trim().to_owned();
    let verify = format!("verify '{}' --key '{key}'", bundle.display());
    let stranger = Typist::new();
    let seen = stranger.types(&verify).await;
    assert_eq!(seen.status, 0, "{seen:?}");
    assert!(seen.stdout.contains("Nobody looked into"), "{seen:?}");

    // The broker's own keys open nothing; the auditor's opens both.
    for name in ["output.agekey", "input.agekey"] {
        let with = format!("{verify} --identity '{}'", keys.join(name).display());
        let seen = stranger.types(&with).await;
        assert_eq!(seen.status, 2, "{name}: {seen:?}");
        assert!(seen.stdout.contains("does not open"), "{name}: {seen:?}");
    }
    let file = audun.file("auditor.agekey");
    fs::write(&file, auditor.to_string().expose_secret()).expect("written");
    let looked = stranger
        .types(&format!("{verify} --identity '{}'", file.display()))
        .await;
    assert_eq!(looked.status, 0, "{looked:?}");
    assert!(!looked.stdout.contains("Nobody looked into"), "{looked:?}");
    assert!(
        looked.stdout.contains("is an asciicast file of"),
        "{looked:?}"
    );

    // And so do stock tools.
    let unpacked = audun.file("unpacked");
    fs::create_dir(&unpacked).expect("made");
    let tar = Command::new("tar")
        .arg("-xf")
        .arg(&bundle)
        .arg("-C")
        .arg(&unpacked)
        .status();
    assert!(tar.expect("tar runs").success());
    let dir = unpacked.join("recording");
    let cast = String::from_utf8(opened(&dir, "output.cast.zst", &file)).expect("text");
    assert_eq!(Cast::read(&cast).shown(), SHOWN);
    let frames = opened(&dir, "input.frames.zst", &file);
    let typed = frames
        .windows(TYPED.len())
        .any(|part| part == TYPED.as_bytes());
    assert!(typed, "{frames:?}");
}

/// At rest the broker has keys of its own; whoever is given them looks into the
/// recordings beside an exported log with them.
#[tokio::test]
async fn the_broker_s_keys_look_into_recordings_beside_an_exported_log() {
    let story = Story::begin(Room::Plenty).await;
    visit(&story).await;
    let audun = Typist::at(&story.binary, "audun").await;
    let out = audun.file("log");
    let found = async |identities: &[&str]| {
        let key = audun.works("audit key").await;
        let key = key.lines().next().expect("a key").trim().to_owned();
        let mut verify = format!("verify '{}' --key '{key}'", out.display());
        for name in identities {
            let path = story.binary.data().join("keys").join(name);
            verify.push_str(&format!(" --identity '{}'", path.display()));
        }
        Typist::new().types(&verify).await
    };
    audun
        .works(&format!("audit export --out '{}'", out.display()))
        .await;
    symlink(story.binary.recordings(), out.join("recordings")).expect("linked");

    let seen = found(&[]).await;
    assert_eq!(seen.status, 0, "{seen:?}");
    assert!(
        seen.stdout.contains("not everything was looked into"),
        "{seen:?}"
    );
    let seen = found(&["output.agekey", "input.agekey"]).await;
    assert_eq!(seen.status, 0, "{seen:?}");
    assert!(
        !seen.stdout.contains("not everything was looked into"),
        "{seen:?}"
    );
    // Whoever has but the one is told what was not looked into.
    let seen = found(&["output.agekey"]).await;
    assert_eq!(seen.status, 2, "{seen:?}");
    assert!(
        seen.stdout.contains("does not open what the vendor"),
        "{seen:?}"
    );
}

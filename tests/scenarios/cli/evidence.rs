//! What is left for the auditor.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use harness::cast::Cast;
use harness::cli::Printed;
use harness::tools::{Tool, workspace};
use ledger::{VerifierKey, bundle, checkpoint, leaf_hash, root_of};

use super::{House, count, short, text};

#[tokio::test]
async fn recordings_are_listed_replayed_and_exported() {
    let house = House::new().await;
    let grant = house.grant().await;
    let connect = format!("grant connect {grant} --exec -- 'cat; echo out; exit 3'");
    let ran = house.vera.types_into(&connect, "typed\n").await;
    assert_eq!(ran.status, 3, "{ran:?}");
    let audun = &house.audun;
    let session = audun.works("session list --output id").await;
    let id = short(&session);

    let listed = audun.json("recording list --asset plc-7").await;
    assert_eq!(count(&listed), 1);
    assert_eq!(
        (
            text(&listed["items"][0], "session"),
            text(&listed["items"][0], "state")
        ),
        (session.as_str(), "complete")
    );
    assert_eq!(
        count(&audun.json(&format!("recording list --session {id}")).await),
        1
    );
    assert_eq!(count(&audun.json("recording list --account anna").await), 0);
    let table = audun.works("recording list").await;
    assert!(table.contains(id) && table.contains("exit 3"), "{table}");

    // Into a pipe all comes at once, and the exit status is a remark.
    let played = audun.types(&format!("recording play {id} --speed 2")).await;
    assert_eq!((played.status, played.stdout.as_str()), (0, "typed\nout\n"));
    assert!(played.stderr.contains("exit status 3"), "{played:?}");

    let out = audun.file("visit.cast");
    let export = format!("recording export {id} --out '{}'", out.display());
    audun.works(&export).await;
    let whole = fs::read_to_string(&out).expect("exported");
    let cast = Cast::read(&whole);
    assert_eq!(
        (cast.shown().as_str(), cast.exit()),
        ("typed\nout\n", Some("3"))
    );
    assert_eq!(cast.all("i").count(), 0, "input is only for those who ask");
    let mode = fs::metadata(&out).expect("exported").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = audun.fails(&export, 1).await;
    assert!(text(&again, "detail").contains("exists already"), "{again}");
    assert_eq!(fs::read_to_string(&out).expect("still there"), whole);
    assert_eq!(
        audun.works(&format!("recording export {id} --out -")).await,
        whole.trim_end()
    );
    let typed = audun
        .types(&format!("recording export {id} --input --out -"))
        .await;
    assert_eq!(Cast::read(&typed.stdout).input(), b"typed\n");

    // Not for everybody, and half an export is none.
    let file = house.vera.file("mine.cast");
    let vendor = format!("recording export {session} --out '{}'", file.display());
    house.vera.fails(&vendor, 77).await;
    assert!(!file.exists());
    let opened = audun
        .json("audit tail --action recording.opened --all")
        .await;
    assert_eq!(count(&opened), 4, "{opened}");
}

/// A hit names the command that opens the replay there.
#[tokio::test]
async fn what_was_shown_or_typed_is_found_and_opened_there() {
    let house = House::new().await;
    let grant = house.grant().await;
    let connect =
        format!("grant connect {grant} --exec -- 'cat; sleep 2.2; echo the trip is reset'");
    let ran = house.vera.types_into(&connect, "hunter2 before\n").await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let audun = &house.audun;
    let began = now();
    let found = loop {
        let found = audun
            .json("recording search 'reset trip' --asset plc-7")
            .await;
        if count(&found) > 0 || began.elapsed().as_secs() > 30 {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(count(&found), 1, "{found}");
    assert_eq!(text(&found["items"][0], "text"), "the trip is reset");
    let table = audun.works("recording search reset").await;
    let (_, command) = table.split_once("drawbridge ").expect("a command");
    let command = command.lines().next().expect("a line").trim();
    assert!(command.contains(" --at 0:00:0"), "{command}");
    let played = audun.types(command).await;
    assert_eq!(
        (played.status, played.stdout.as_str()),
        (0, "the trip is reset\n")
    );

    for nothing in [
        "recording search reset --vendor anna",
        "recording search reset --zone yard",
        "recording search reset --until '2020-01-01 00:00'",
        "recording search hunter2 --typed --since '2100-01-01 00:00'",
    ] {
        assert_eq!(count(&audun.json(nothing).await), 0, "{nothing}");
    }
    let typed = audun.json("recording search hunter2 --typed").await;
    assert_eq!(text(&typed["items"][0], "text"), "hunter2 before");
    house.vera.fails("recording search reset", 77).await;
    house
        .anna
        .fails("recording search hunter2 --typed", 77)
        .await;
    let looked = audun
        .json("audit tail --action recording.searched --all")
        .await;
    let typed = looked["items"].as_array().expect("a list").iter();
    let typed: Vec<_> = typed.filter(|e| e["after"]["input"] == true).collect();
    assert_eq!(typed.len(), 2, "{looked}");
    assert!(typed.iter().all(|event| event["after"]["q"].is_null()));
}

/// On a terminal a replay takes the time that the visit took, or less as is asked.
#[tokio::test]
async fn a_replay_on_a_terminal_takes_its_time() {
    if Tool::Script.left_out() {
        return;
    }
    let house = House::new().await;
    let grant = house.grant().await;
    let connect = format!("grant connect {grant} --exec -- 'echo one; sleep 3; echo two'");
    house.vera.works(&connect).await;
    let session = house.audun.works("session list --output id").await;
    for (pace, least, most) in [
        ("", 2.9, 30.0),
        ("--speed 3", 0.9, 2.9),
        ("--idle-limit 0.5", 0.4, 2.9),
    ] {
        let began = now();
        let seen = house
            .audun
            .sees(&format!("recording play {session} {pace}"))
            .await;
        let took = began.elapsed().as_secs_f64();
        assert!((least..most).contains(&took), "{pace}: {took} s");
        assert!(seen.contains("one\r\ntwo\r\n"), "{seen:?}");
        // The terminal is put back in order: the cursor shows again.
        assert!(seen.contains("\u{1b}[?25h"), "{seen:?}");
        assert!(seen.contains("exit status 0"), "{seen:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a person really waits")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn the_audit_log_is_read_and_followed() {
    let house = House::new().await;
    let grant = house.grant().await;
    let audun = &house.audun;
    let newest = audun.json("audit tail -n 3").await;
    assert_eq!(count(&newest), 3);
    let seq = |event: &serde_json::Value| event["seq"].as_i64().expect("a number");
    let items = newest["items"].as_array().expect("events");
    assert!(
        items.windows(2).all(|two| seq(&two[0]) < seq(&two[1])),
        "{newest}"
    );
    let asked = audun
        .json("audit tail --action request --actor account/vera --all")
        .await;
    assert_eq!(count(&asked), 1);
    assert_eq!(text(&asked["items"][0], "action"), "request.filed");
    assert_eq!(text(&asked["items"][0], "source"), "127.0.0.1");
    let none = audun.json("audit tail --until 2020-01-01T00:00:00Z").await;
    assert_eq!(count(&none), 0);
    let table = audun.works("audit tail").await;
    for cell in ["account/anna", "request.approved", "127.0.0.1"] {
        assert!(table.contains(cell), "no {cell} in {table}");
    }

    let mut follower = audun.start("audit tail --follow -n 1 --action grant --output json");
    let mut printed = Printed::of(&mut follower);
    // What was there comes first; then what is done meanwhile, a line each.
    let line = printed.line_with("").await;
    let first: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert!(text(&first, "action").starts_with("grant."), "{first}");
    let revoke = format!("grant revoke {grant} --reason 'Seen by the follower'");
    house.olga.works(&revoke).await;
    let line = printed.line_with("Seen by the follower").await;
    let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(
        (text(&event, "actor"), text(&event, "action")),
        ("account/olga", "grant.revoked")
    );
    assert!(
        follower.try_wait().expect("a state").is_none(),
        "it goes on"
    );
    follower.kill().await.expect("stopped");
}

/// What an auditor takes home is whole, signed, and laid out as tools expect it.
#[tokio::test]
async fn the_log_is_taken_home_and_checked_there() {
    let house = House::new().await;
    house.grant().await;
    let audun = &house.audun;
    let key: VerifierKey = audun.works("audit key").await.parse().expect("a key");
    let out = audun.file("log");
    let export = format!("audit export --out '{}'", out.display());
    let told = audun.json(&export).await;
    let size = told["size"].as_u64().expect("a size");
    assert!(size > 0, "{told}");

    let read = |path: &str| fs::read(out.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let opened = checkpoint::open(&read("checkpoint"), &key, &[]).expect("signed by the log");
    assert_eq!(opened.checkpoint.size, size);
    assert!(opened.signed_at.is_some());
    let entries = read(&format!("tile/entries/000.p/{size}"));
    let leaves = bundle::read(&entries).expect("a bundle");
    assert_eq!(root_of(&leaves), opened.checkpoint.root);
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf_hash(leaf).0).collect();
    assert_eq!(read(&format!("tile/0/000.p/{size}")), hashes);
    assert_eq!(read("log.vkeys"), format!("{key}\n").into_bytes());
    assert_eq!(read("log.handovers"), b"");
    // The newest events may wait for the next signature, the first ones do not.
    let made = leaves.iter().any(|leaf| {
        let event: serde_json::Value = serde_json::from_slice(leaf).expect("JSON");
        event["action"] == "log.key_made" && event["after"]["key"] == key.to_string()
    });
    assert!(made, "the log's key is in the log");
    let mode = fs::metadata(out.join("checkpoint"))
        .expect("exported")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    // Nothing is overwritten, and not everybody takes it home.
    let again = audun.fails(&export, 2).await;
    assert!(text(&again, "detail").contains("is not empty"), "{again}");
    let mine = house.vera.file("log");
    let vendor = format!("audit export --out '{}'", mine.display());
    house.vera.fails(&vendor, 77).await;
    house.vera.fails("audit key", 77).await;
}

/// From a real session to a verdict by somebody who has one file and one key, twice:
/// by the program, and by a verifier that shares no code with it.
#[tokio::test]
async fn a_bundle_is_taken_home_and_checked_there() {
    if Tool::Asyncssh.left_out() || Tool::Age.left_out() {
        return;
    }
    let house = House::new().await;
    let grant = house.grant().await;
    let connect = format!("grant connect {grant} --exec -- 'cat; echo out'");
    let ran = house.vera.types_into(&connect, "typed\n").await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let audun = &house.audun;
    let session = audun.works("session list --output id").await;
    let key = audun.file("log.vkey");
    fs::write(&key, audun.works("audit key").await + "\n").expect("a key");
    let out = audun.file("visit.tar");
    let export = format!(
        "recording export {session} --bundle --input --out '{}'",
        out.display()
    );
    // The seal is signed within a moment of it.
    for _ in 0..100 {
        if audun.types(&export).await.status == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let verify = format!(
        "verify '{}' --key '{}' --max-age 1h",
        out.display(),
        key.display()
    );
    let verdict = audun.types(&verify).await;
    assert_eq!(verdict.status, 0, "{verdict:?}");
    let second = || {
        Command::new(Tool::Asyncssh.path())
            .arg(workspace().join("tests/python/verify_bundle.py"))
            .arg(&out)
            .arg("--key")
            .arg(fs::read_to_string(&key).expect("the key").trim())
            .output()
            .expect("Python runs")
    };
    let second_verdict = second();
    assert_eq!(second_verdict.status.code(), Some(0), "{second_verdict:?}");

    // What its README says of looking at it, with stock age and zstd.
    let unpacked = out.with_extension("");
    fs::create_dir(&unpacked).expect("a directory");
    let _ = (Tool::Age.path(), Tool::Zstd.path());
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&out).arg("-C").arg(&unpacked);
    assert!(tar.status().expect("tar runs").success());
    let readme = fs::read_to_string(unpacked.join("README.md")).expect("a README");
    let blocks = readme.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|after| Some(after.split_once("```")?.0));
    let steps: String = blocks.filter(|block| block.contains("age -d")).collect();
    let mut looked = Command::new("bash");
    looked.args(["-euo", "pipefail", "-c", &steps]);
    looked.current_dir(&unpacked);
    assert!(looked.status().expect("bash runs").success(), "{steps}");
    let cast = fs::read_to_string(unpacked.join("visit.cast")).expect("made");
    assert_eq!(Cast::read(&cast).shown(), "typed\nout\n");
    let frames = fs::read(unpacked.join("visit.frames")).expect("made");
    assert!(frames.windows(6).any(|six| six == b"typed\n"));

    // One flipped bit of a chunk is seen by both.
    let mut bytes = fs::read(&out).expect("a bundle");
    let chunk = bytes
        .windows(21)
        .position(|window| window == b"age-encryption.org/v1")
        .expect("an encrypted chunk");
    bytes[chunk + 300] ^= 1;
    fs::write(&out, &bytes).expect("written");
    let verdict = audun.types(&verify).await;
    assert_eq!(verdict.status, 1, "{verdict:?}");
    let second_verdict = second();
    assert_eq!(second_verdict.status.code(), Some(1), "{second_verdict:?}");
}

//! The desks in a real browser, on the real program and a real `sshd`. What the
//! browsers do is in `admin-api/web/browser`.

use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use harness::api::PASSWORD;
use harness::binary::{Binary, peak_memory, program};
use harness::client::Client;
use harness::plant::PlantFile;
use harness::sshd::Sshd;
use harness::tools::{Tool, workspace};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// No play is longer.
const PATIENCE: Duration = Duration::from_secs(400);

/// A plant with the real program, and a place for what browsers take home.
struct Stage {
    _asset: Sshd,
    binary: Binary,
    directory: TempDir,
}

impl Stage {
    /// `vera` may ask for `plc-7` in the hall and `plc-9` in the core, where two
    /// approve, the control room lets in and somebody must watch.
    async fn set() -> Self {
        // They must be there before anything is started.
        let _ = (Tool::Chromium.path(), Tool::Node.path());
        let asset = Sshd::start();
        let (at, key) = (asset.at(), asset.host_key());
        let plant = PlantFile::new()
            .asset("plc-7", "hall", at, key)
            .asset("plc-9", "core", at, key)
            .vendor("vera", &["plc-7", "plc-9"])
            .replace(
                "title = \"Core\"\n",
                "title = \"Core\"\nlet_in = true\nsupervised = true\n",
            );
        let binary = Binary::start(&plant).await;
        let adam = binary.admin().await;
        for name in plant.assets() {
            adam.store_key(name, asset.credential()).await;
        }
        Self {
            _asset: asset,
            binary,
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    /// A grant of `vera`'s on `plc-7`, for an hour.
    async fn grant(&self) -> String {
        let api = self.binary.api();
        let vera = api.person("vera").await;
        let until = self.binary.now().plus(Duration::from_secs(3600));
        let request = vera.ask("plc-7", None, until).await.expect("asked");
        let anna = api.person("anna").await;
        let granted = anna.approve(&request.id).await.expect("approved");
        granted.grant.expect("a grant")
    }

    /// Has browsers play it, and gives what they saw.
    async fn play(&self, name: &str, more: Value) -> Value {
        let played = tokio::time::timeout(PATIENCE, self.playing(name, more)).await;
        let played = played.expect("it comes to an end").expect("node runs");
        seen(name, &played, &self.binary)
    }

    /// Browsers that play it.
    fn playing(&self, name: &str, more: Value) -> impl Future<Output = io::Result<Output>> + use<> {
        let mut facts = json!({ "api": self.binary.url(), "password": PASSWORD });
        let (all, more) = (facts.as_object_mut(), more.as_object().cloned());
        all.expect("an object").extend(more.unwrap_or_default());
        let path = self.directory.path().join("facts.json");
        std::fs::write(&path, facts.to_string()).expect("a file");
        let mut node = Command::new(Tool::Node.path());
        node.arg(workspace().join("admin-api/web/browser").join(name))
            .arg(path)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        async move { node.output().await }
    }
}

/// What browsers saw, if nothing went wrong in them.
fn seen(name: &str, played: &Output, binary: &Binary) -> Value {
    let said = String::from_utf8_lossy(&played.stdout);
    let why = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{why}\n{said}\n{}", binary.log());
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    eprintln!("{name}: {seen:#}");
    assert_eq!(seen["faults"], json!([]), "{seen:#}");
    seen
}

fn left_out() -> bool {
    Tool::Chromium.left_out() || Tool::Node.left_out()
}

#[tokio::test]
async fn the_whole_story_with_a_browser_for_each() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let bundle = stage.directory.path().join("visit.tar");
    let more = json!({ "asset": "plc-9", "bundle": bundle });
    let seen = stage.play("story.js", more).await;
    assert!(seen["ended"].as_u64().expect("a time") < 1500, "{seen}");
    let audun = stage.binary.api().person("audun").await;
    // What the auditor took home holds without the server.
    let (_, keys) = audun.read("../../log/vkeys").await;
    let verified = Command::new(program())
        .arg("verify")
        .arg(&bundle)
        .args(["--key", keys.lines().next().expect("a key")])
        .output();
    let verified = verified.await.expect("it runs");
    assert!(verified.status.success(), "{verified:?}");
    let events = audun.audit("").await;
    let of = |action: &str| events.iter().filter(|e| e.action == action).count();
    for (action, times) in [
        ("request.filed", 1),
        ("session.opened", 1),
        ("session.let_in", 1),
        ("session.closed", 1),
    ] {
        assert_eq!(of(action), times, "{action}");
    }
    for action in ["session.watched", "recording.opened", "recording.verified"] {
        assert!(of(action) >= 1, "{action}");
    }
}

#[tokio::test]
async fn nothing_that_a_hostile_asset_prints_runs_or_freezes() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let grant = stage.grant().await;
    stage.play("hostile.js", json!({ "grant": grant })).await;
}

/// So many bytes cross to a client that draws nothing; `DRAWBRIDGE_FLOOD_MIB` says
/// otherwise.
const FLOOD_MIB: u64 = 512;

#[tokio::test]
async fn a_flood_freezes_nothing_and_fills_no_memory() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let grant = stage.grant().await;
    let mib = std::env::var("DRAWBRIDGE_FLOOD_MIB");
    let mib = mib.map_or(FLOOD_MIB, |mib| mib.parse().expect("a number of MiB"));
    let bytes = mib << 20;
    let more = json!({ "grant": grant, "pid": stage.binary.pid(), "bytes": bytes });
    let seen = stage.play("flood.js", more).await;
    let of = |name: &str| seen[name].as_u64().expect("a number");
    assert!(of("slowest") < 1000, "a page did not answer: {seen:#}");
    assert!(of("stopped") < 3000, "Ctrl-C: {seen:#}");
    assert_eq!(seen["whole"]["code"], 1000, "{seen:#}");
    assert!(seen["whole"]["bytes"].as_u64() > Some(bytes), "{seen:#}");
    let last = seen["whole"]["last"].as_str().expect("text");
    assert!(last.contains("whole-46"), "{seen:#}");
    for who in ["vendor", "watcher"] {
        let grown = |when: &str| seen[when][who].as_u64().expect("bytes");
        assert!(grown("during") < grown("before") + (64 << 20), "{seen:#}");
    }
    let peak = peak_memory(stage.binary.pid());
    assert!(peak < 400 << 20, "the broker took {peak} bytes: {seen:#}");
}

#[tokio::test]
async fn a_terminal_is_copied_from_and_fills_the_screen() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let grant = stage.grant().await;
    let seen = stage.play("terminal.js", json!({ "grant": grant })).await;
    let rows = |when: &str| seen[when]["rows"].as_u64().expect("rows");
    assert!(rows("full") > rows("before"), "{seen:#}");
    assert_eq!(seen["again"], seen["before"], "{seen:#}");
    assert!(
        seen["narrow"]["cols"].as_u64() < seen["before"]["cols"].as_u64(),
        "{seen:#}"
    );
}

#[tokio::test]
async fn pages_say_that_they_are_not_connected_and_heal() {
    if left_out() {
        return;
    }
    let mut stage = Stage::set().await;
    let grant = stage.grant().await;
    let away = stage.directory.path().join("away");
    let playing = stage.playing(
        "away.js",
        json!({ "grant": grant, "away": away, "pid": stage.binary.pid() }),
    );
    let mut playing = tokio::spawn(playing);
    let comes_and_goes = async {
        for (is_there, what) in [
            (true, Binary::stop as fn(&mut Binary)),
            (false, Binary::start_again),
        ] {
            while away.exists() != is_there {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            what(&mut stage.binary);
        }
        std::future::pending::<()>().await;
    };
    let played = tokio::time::timeout(PATIENCE, async {
        tokio::select! {
            played = &mut playing => played,
            () = comes_and_goes => unreachable!("it waits for ever"),
        }
    });
    let played = played.await.expect("it comes to an end").expect("no panic");
    seen("away.js", &played.expect("node runs"), &stage.binary);
}

#[tokio::test]
async fn each_channel_of_a_session_is_watched() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let grant = stage.grant().await;
    let vera = stage.binary.api().person("vera").await;
    let door = vera.door(&grant).await;
    let control = stage.directory.path().join("control");
    let control = format!("ControlPath={}", control.display());
    let master = ["-tt", "-o", &control, "-o", "ControlMaster=yes"];
    let mut client = Client::ssh(&door, &master, None).start();
    client.send("echo shown-$((40 + 2))\n").await;
    client.expect("shown-42").await;
    let session = vera.last_session().await.id;
    let ready = stage.directory.path().join("ready");
    let quick = async {
        while !ready.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let command = "echo quick-$((40 + 3))";
        let ran = Client::ssh(&door, &["-o", &control], Some(command))
            .run()
            .await;
        assert_eq!(ran.text(), "quick-43\n");
    };
    let more = json!({ "session": session, "ready": ready });
    let (seen, ()) = tokio::join!(stage.play("channels.js", more), quick);
    assert_eq!(seen["marked"], 1, "{seen}");
}

#[tokio::test]
async fn ten_thousand_sessions_stay_usable() {
    if left_out() {
        return;
    }
    let mut stage = Stage::set().await;
    stage.grant().await;
    stage.binary.stop();
    let database = stage.binary.data().join("drawbridge.sqlite");
    let many = Command::new(Tool::Asyncssh.path())
        .arg(workspace().join("tests/python/many_sessions.py"))
        .arg(database)
        .arg("10000")
        .output();
    let many = many.await.expect("python runs");
    assert!(many.status.success(), "{many:?}");
    stage.binary.start_again();
    let seen = stage.play("many.js", json!({})).await;
    assert_eq!(seen["pages"], 6, "each page is another: {seen}");
    assert!(seen["elements"].as_u64().expect("a count") < 5000, "{seen}");
}

/// Pictures show nothing of the machine that they are taken on.
const PROMPT: &str = "PS1='gt1$ '; clear";
const SEEN: &str = "printf 'unit %s  %s rpm  %s mm/s\\n' GT1 3000 2.1 GT2 0 0.0";

#[tokio::test]
async fn each_page_for_each_role_light_dark_and_on_a_phone() {
    if left_out() {
        return;
    }
    let stage = Stage::set().await;
    let grant = stage.grant().await;
    let api = stage.binary.api();
    let (vera, until) = (
        api.person("vera").await,
        stage.binary.now().plus(Duration::from_secs(7200)),
    );
    let waiting = vera.ask("plc-9", None, until).await.expect("asked").id;
    // One session that is over and proven, and one that runs.
    let door = vera.door(&grant).await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    for line in [PROMPT, SEEN, "echo done-$((40 + 2))"] {
        client.send(&format!("{line}\n")).await;
    }
    client.expect("done-42").await;
    client.send("exit\n").await;
    let _ = client.end(Duration::from_secs(10)).await;
    let over = vera.last_session().await.id;
    let door = vera.door(&grant).await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    for line in [PROMPT, SEEN, "echo shown-$((40 + 2))"] {
        client.send(&format!("{line}\n")).await;
    }
    client.expect("shown-42").await;
    let session = vera.last_session().await.id;
    let pictures = workspace().join("target/desk-pictures");
    let roles = json!({
        "vendor": { "name": "vera", "paths": {
            "desk": "/", "ask": "/ask", "request": format!("/requests/{waiting}"),
            "window": format!("/grants/{grant}"),
            "terminal": format!("/grants/{grant}/terminal"), "account": "/account",
        }},
        "approver": { "name": "anna", "paths": {
            "desk": "/", "decision": format!("/requests/{waiting}"), "ways": "/ways",
            "calendar": "/calendar",
        }},
        "operator": { "name": "olga", "paths": {
            "desk": "/", "session": format!("/sessions/{session}"), "sessions": "/sessions",
        }},
        "auditor": { "name": "audun", "paths": {
            "desk": "/", "recording": format!("/recordings/{over}?at=2"), "audit": "/audit",
            "log": "/checkpoints",
        }},
        "admin": { "name": "adam", "paths": {
            "desk": "/", "plant": "/plant", "accounts": "/accounts", "changes": "/changes",
            "retention": "/retention", "notices": "/notices",
        }},
    });
    let more = json!({ "roles": roles, "pictures": pictures });
    let seen = stage.play("pages.js", more).await;
    assert_eq!(seen["found"], json!([]), "{seen:#}");
}

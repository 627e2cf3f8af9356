//! The demo, as a newcomer meets it: one command, then what it says to type.

use std::time::Duration;

use harness::cast::{Cast, as_asciinema_shows};
use harness::cli::Printed;
use harness::demo::Demo;
use harness::tools::Tool;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn it_tells_programs_what_they_need() {
    let demo = Demo::start().await;
    let facts = &demo.facts;
    assert!(
        facts["api"]
            .as_str()
            .is_some_and(|api| api.starts_with("https://")),
        "{facts}"
    );
    let authority = std::fs::read_to_string(facts["ca_cert"].as_str().expect("a path"));
    assert!(
        authority
            .expect("a file")
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert!(
        facts["ssh"]["host"].is_string() && facts["ssh"]["port"].is_u64(),
        "{facts}"
    );
    for role in ["vendor", "approver", "operator", "auditor", "admin"] {
        let people = facts["accounts"][role].as_array().expect(role);
        assert!(
            people.len() >= if role == "approver" { 2 } else { 1 },
            "{facts}"
        );
        for person in people {
            for key in ["name", "password", "token"] {
                assert!(
                    person[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{facts}"
                );
            }
        }
    }
    let assets = facts["assets"].as_array().expect("assets");
    assert!(assets.len() >= 3, "{facts}");
    assert_eq!(assets[0]["approvals"], 1);
    for asset in assets {
        assert!(
            asset["name"].is_string() && asset["zone"].is_string(),
            "{facts}"
        );
        assert_eq!(asset["protocols"], serde_json::json!(["ssh"]));
    }
    // Both the demo's data and this file hold logins: for their owner alone.
    let private = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(demo.file("demo.json"))
            .expect("a file")
            .permissions(),
    );
    assert_eq!(private & 0o077, 0, "{private:o}");
}

/// Each line that the demo prints, typed as it is printed: what it says to type is
/// taken from there and from nowhere else. Only who sits at a client is added.
#[tokio::test]
async fn the_story_works_as_it_is_printed() {
    let demo = Demo::start().await;
    let story = demo.story();
    assert!(story.len() >= 16, "{story:#?}");
    let read_in = format!(". {}", demo.file("demo.sh").display());
    assert!(story.contains(&read_in), "{story:#?}");
    let (mut ticket, mut live) = (String::new(), None);
    for (n, line) in story.iter().enumerate() {
        let said = if line.starts_with("ssh ") {
            assert!(!ticket.is_empty(), "no ticket yet");
            let said = demo.works_with(line, "status\nexit\n", &ticket).await;
            assert!(said.contains("State"), "{said}");
            said
        } else if line.contains("--exec") && story[n..].iter().any(|l| l.contains("session end")) {
            // Olga finds it open, and ends it.
            let mut client = demo.start_shell(line, "");
            let mut stdin = client.stdin.take().expect("a pipe");
            stdin.write_all(b"status\n").await.expect("ssh reads");
            Printed::of(&mut client).line_with("State").await;
            live = Some((client, stdin));
            String::new()
        } else if line.contains("--exec") && story[n..].iter().any(|l| l.contains("let-in")) {
            // She stands in the lobby until Olga lets her in.
            let mut client = demo.start_shell(line, "");
            let stdin = client.stdin.take().expect("a pipe");
            waits_in_the_lobby(&demo).await;
            live = Some((client, stdin));
            String::new()
        } else if line.contains("--exec") {
            demo.works_with(line, "status\nexit\n", "").await
        } else {
            demo.works(line).await
        };
        if line.starts_with("vera grant ticket") {
            let row = said.lines().find(|row| row.starts_with("ticket"));
            let word = row.and_then(|row| row.split_whitespace().next_back());
            word.expect("a ticket").clone_into(&mut ticket);
        }
        if line.starts_with("olga session list") {
            assert!(said.contains("open"), "{said}");
        }
        if line.starts_with("olga session end") {
            let (client, _stdin) = live.take().expect("a session");
            let end = client.wait_with_output();
            let ended = tokio::time::timeout(Duration::from_secs(10), end).await;
            let ended = ended.expect("it ends").expect("a status");
            assert!(!ended.status.success(), "{ended:?}");
            let told = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(told.contains("ended from the plant"), "{told}");
        }
        if line.starts_with("olga session let-in") {
            let (client, mut stdin) = live.take().expect("a session");
            stdin.write_all(b"status\nexit\n").await.expect("ssh reads");
            let end = client.wait_with_output();
            let ended = tokio::time::timeout(Duration::from_secs(10), end).await;
            let ended = ended.expect("it ends").expect("a status");
            let shown = String::from_utf8_lossy(&ended.stdout);
            assert!(shown.contains("State"), "{ended:?}");
        }
        if line.starts_with("audun recording play") {
            assert!(said.contains("State"), "{said}");
        }
    }
    // The safety controller let nobody in before the second approver.
    assert!(
        story
            .iter()
            .any(|line| line.starts_with("berit request approve"))
    );
    let sessions = demo.works("audun session list --output json").await;
    let sessions: Value = serde_json::from_str(&sessions).expect("JSON");
    let assets: Vec<_> = sessions["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|session| &session["asset"])
        .collect();
    assert_eq!(assets, ["sis-1", "plc-7", "plc-7"], "{sessions}");
    let trail = demo.works("audun audit tail -n 200").await;
    for deed in [
        "request.filed",
        "request.approved",
        "ticket.issued",
        "session.opened",
        "session.closed",
        "Alarm in unit 2",
        "recording.opened",
    ] {
        assert!(trail.contains(deed), "no {deed} in {trail}");
    }
}

/// What the other asset says, and what becomes of the evidence.
#[tokio::test]
async fn the_other_asset_and_its_recording() {
    let demo = Demo::start().await;
    demo.works("vera request create hist-1 --for 1h --purpose 'Read the history'")
        .await;
    demo.works(r#"arne request approve "$(arne request list --state waiting --output id)""#)
        .await;
    let said = demo
        .works("vera grant connect --exec -- 'echo in the historian'")
        .await;
    assert_eq!(said, "in the historian");
    let session = demo.works("audun recording list --output id").await;
    assert_eq!(session.lines().count(), 1);
    let play = format!("recording play {session} --speed 1000");
    assert_eq!(demo.works(&format!("audun {play}")).await, said);
    let refused = demo.shell(&format!("vera {play}")).await;
    assert!(!refused.status.success(), "a vendor replayed a recording");
    let cast = demo.file("out.cast");
    let file = cast.display();
    demo.works(&format!("audun recording export {session} --out '{file}'"))
        .await;
    let text = std::fs::read_to_string(&cast).expect("the recording");
    assert!(Cast::read(&text).shown().contains("in the historian"));
    if !Tool::Asciinema.left_out() {
        assert!(as_asciinema_shows(&text).contains("in the historian"));
    }
}

#[tokio::test]
async fn doctor_finds_it_well() {
    let demo = Demo::start().await;
    let verdicts = async |who: &str| {
        let typed = demo.shell(&format!("{who} doctor --output json")).await;
        let found: Vec<Value> = serde_json::from_slice(&typed.stdout).expect("JSON");
        let found = found.iter().map(|finding| {
            let word = |key: &str| finding[key].as_str().expect("a word").to_owned();
            format!("{} {}", word("check"), word("verdict"))
        });
        (typed.status.code(), found.collect::<Vec<_>>().join(", "))
    };
    let well = "api ok, tls ok, clock ok, recordings ok, log ok, login ok".to_owned();
    assert_eq!(verdicts("vera").await, (Some(0), well));
    // Without anybody's login that is what is wrong, and nothing else.
    let nobody = "api ok, tls ok, clock ok, recordings ok, log ok, login failed".to_owned();
    assert_eq!(verdicts("drawbridge").await, (Some(77), nobody));
}

/// Ctrl-C in the middle of a session: all is closed in order and left there, and
/// the next start goes on with it.
#[tokio::test]
async fn ctrl_c_ends_it_in_order() {
    let mut demo = Demo::start().await;
    demo.works("vera request create plc-7 --for 1h --purpose 'Check the limit'")
        .await;
    demo.works(r#"arne request approve "$(arne request list --state waiting --output id)""#)
        .await;
    let mut client = demo.start_shell("vera grant connect --exec", "");
    let mut stdin = client.stdin.take().expect("a pipe");
    let mut printed = Printed::of(&mut client);
    stdin.write_all(b"status\n").await.expect("ssh reads");
    printed.line_with("State").await;

    assert_eq!(demo.interrupt(), 0, "{}", demo.said());
    let said = demo.said();
    assert!(said.contains("The demo has ended"), "{said}");
    let ended = tokio::time::timeout(Duration::from_secs(10), client.wait_with_output()).await;
    let ended = ended.expect("it ends").expect("a status");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(told.contains("being stopped"), "{told}");
    for left in [
        "drawbridge.sqlite",
        "vault.key",
        "recordings",
        "demo.sh",
        "demo.json",
    ] {
        assert!(demo.file(left).exists(), "no {left} is left");
    }

    demo.start_again().await;
    let sessions: Value =
        serde_json::from_str(&demo.works("audun session list --output json").await).expect("JSON");
    let [session] = sessions["items"].as_array().expect("a list").as_slice() else {
        panic!("{sessions}");
    };
    assert_eq!(session["closed"]["code"], "broker_stopped");
    let id = session["id"].as_str().expect("an id");
    let recordings = demo.works("audun recording list --output json").await;
    let recordings: Value = serde_json::from_str(&recordings).expect("JSON");
    assert_eq!(recordings["items"][0]["state"], "complete");
    let export = format!("audun recording export {id} --input --out -");
    let text = demo.works(&export).await + "\n";
    let last = text.lines().last().expect("a line");
    assert!(last.contains("\"z\", \"finished"), "{last}");
    let cast = Cast::read(&text);
    assert!(cast.shown().contains("State"), "{text}");
    assert_eq!(cast.input(), b"status\n");
}

async fn waits_in_the_lobby(demo: &Demo) {
    for _ in 0..100 {
        let open = demo.works("olga session list --open").await;
        if open.contains("in the lobby") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody comes to the lobby");
}

#[tokio::test]
async fn a_safety_zone_takes_two() {
    let demo = Demo::start().await;
    demo.works("vera request create sis-1 --for 30m --purpose 'Proof test'")
        .await;
    let request = demo
        .works("arne request list --state waiting --output id")
        .await;
    demo.works(&format!("arne request approve {request}")).await;
    assert_eq!(
        demo.works("vera grant list --phase open --output id").await,
        ""
    );
    let again = demo.shell(&format!("arne request approve {request}")).await;
    assert!(!again.status.success(), "one person approved twice");
    demo.works(&format!("berit request approve {request}"))
        .await;
    let client = demo.start_shell("vera grant connect --exec -- help", "");
    waits_in_the_lobby(&demo).await;
    demo.works("berit session let-in \"$(berit session list --open --output id)\"")
        .await;
    let output = client.wait_with_output().await.expect("a status");
    assert!(
        output.status.success() && !output.stdout.is_empty(),
        "{output:?}"
    );
    let session = demo.works("audun session list --output json").await;
    let session: Value = serde_json::from_str(&session).expect("JSON");
    assert_eq!(session["items"][0]["asset"], "sis-1");
}

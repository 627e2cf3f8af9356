//! The main job, end to end, with each client that a vendor may have: ask,
//! approve, connect, work, and what is left for the auditor.

mod left;

use std::time::Duration;

use harness::asyncssh;
use harness::cast::Cast;
use harness::client::Client;
use harness::tools::Tool;
use harness::world::World;
use serde_json::json;

use left::{Left, check_evidence};

/// Says something on both streams, gives back what it is told, and fails.
const COMMAND: &str = "printf 'out\\n'; printf 'err\\n' >&2; cat; exit 42";

/// What [`COMMAND`] leaves, told [`TYPED`].
const LEFT: Left<'_> = Left {
    command: Some(COMMAND),
    said: &["out\n", "err\n", TYPED],
    typed: TYPED,
    exit: "42",
};

const TYPED: &str = "from the vendor\n";

#[tokio::test]
async fn a_command_by_openssh() {
    let world = World::new().await;
    let door = world.door().await;
    let client = Client::ssh(&door, &["-o", "LogLevel=ERROR"], Some(COMMAND));
    let outcome = client.run_with(TYPED.as_bytes()).await;
    let log = world.asset.log();
    assert_eq!(outcome.status, Some(42), "{outcome:?}\n{log}");
    assert_eq!(outcome.text(), "out\nfrom the vendor\n");
    assert_eq!(outcome.stderr, "err\n");
    check_evidence(&world, &LEFT).await;
}

#[tokio::test]
async fn a_shell_by_openssh() {
    let world = World::new().await;
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    client.send("echo one-$((40 + 2)); stty size\n").await;
    client.expect("one-42").await;
    client.send("sleep 600\n").await;
    client.expect("sleep 600").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.send("\u{3}").await;
    client.send("echo after-$((1 + 1))\n").await;
    client.expect("after-2").await;
    client.send("exit 5\n").await;
    let outcome = client.end(Duration::from_secs(10)).await;
    assert_eq!(outcome.status, Some(5), "{outcome:?}");

    let left = Left {
        command: None,
        said: &["one-42", "after-2"],
        typed: "exit 5\n",
        exit: "5",
    };
    let cast = check_evidence(&world, &left).await;
    assert_eq!(cast.header["term"]["type"], "xterm-256color");
    // All that the client has shown is in the recording, in the same order.
    let shown = cast.output();
    assert!(
        shown.ends_with(&outcome.stdout),
        "{:?} / {:?}",
        cast.shown(),
        outcome.text()
    );
}

#[tokio::test]
async fn the_same_by_plink() {
    if Tool::Plink.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let client = Client::plink(&door, &world.fingerprint(), &[], Some(COMMAND));
    let outcome = client.run_with(TYPED.as_bytes()).await;
    let log = world.asset.log();
    assert_eq!(outcome.status, Some(42), "{outcome:?}\n{log}");
    assert_eq!(outcome.text(), "out\nfrom the vendor\n");
    assert!(outcome.stderr.ends_with("err\n"), "{outcome:?}");
    check_evidence(&world, &LEFT).await;
}

#[tokio::test]
async fn a_shell_by_plink() {
    if Tool::Plink.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let mut client = Client::plink(&door, &world.fingerprint(), &["-t"], None).start();
    client.send("echo one-$((40 + 2))\n").await;
    client.expect("one-42").await;
    client.send("exit 6\n").await;
    let outcome = client.end(Duration::from_secs(10)).await;
    let left = Left {
        command: None,
        said: &["one-42"],
        typed: "exit 6\n",
        exit: "6",
    };
    check_evidence(&world, &left).await;
    assert_eq!(outcome.status, Some(6), "{outcome:?}");
}

#[tokio::test]
async fn the_same_by_asyncssh() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let stdin = asyncssh::to_base64(TYPED.as_bytes());
    let steps = json!([{"op": "exec", "command": COMMAND, "stdin": stdin}]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers[0]["status"], 42, "{answers:?}");
    assert_eq!(
        asyncssh::bytes(&answers[0], "stdout"),
        b"out\nfrom the vendor\n"
    );
    assert_eq!(asyncssh::bytes(&answers[0], "stderr"), b"err\n");
    check_evidence(&world, &LEFT).await;
}

#[tokio::test]
async fn a_shell_by_asyncssh() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let steps = json!([{"op": "shell", "size": [100, 30], "steps": [
        {"send": "echo one-$((40 + 2))\n"}, {"expect": "one-42"}, {"send": "exit 7\n"},
    ]}]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers[0]["status"], 7, "{answers:?}");
    let left = Left {
        command: None,
        said: &["one-42"],
        typed: "exit 7\n",
        exit: "7",
    };
    check_evidence(&world, &left).await;
}

#[tokio::test]
async fn several_channels_of_one_connection_have_a_recording_each() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let commands: Vec<_> =
        (0..5).map(|n| json!({"command": format!("cat; echo channel-{n}; exit {n}"), "stdin": asyncssh::to_base64(format!("to-{n}\n").as_bytes())})).collect();
    let answers = asyncssh::run(&door, json!([{"op": "many", "commands": commands}])).await;
    let answers = answers[0].as_array().expect("an answer for each");
    assert_eq!(answers.len(), 5);
    for (n, answer) in answers.iter().enumerate() {
        let expected = format!("to-{n}\nchannel-{n}\n");
        assert_eq!(asyncssh::bytes(answer, "stdout"), expected.as_bytes());
        assert_eq!(answer["status"], n);
    }
    let session = world.closed().await;
    let audun = world.person("audun").await;
    let recordings = audun.recordings(&session.id).await;
    assert_eq!(recordings.len(), 5);
    for recording in recordings {
        let n = recording.exit_status.expect("a status");
        let query = format!("?channel={}&input=true", recording.channel);
        let cast = Cast::read(
            &audun
                .cast(&session.id, &query)
                .await
                .expect("the recording"),
        );
        assert_eq!(cast.shown(), format!("to-{n}\nchannel-{n}\n"));
        assert_eq!(cast.input(), format!("to-{n}\n").into_bytes());
    }
}

#[tokio::test]
async fn two_approvers_are_two_people() {
    let world = World::with(harness::sshd::Sshd::start(), |plant, asset| {
        plant
            .asset("plc-9", "core", asset.at(), asset.host_key())
            .vendor("victor", &["plc-9"])
    })
    .await;
    let victor = world.person("victor").await;
    let until = world.after(Duration::from_secs(3600));
    let request = victor.ask("plc-9", None, until).await.expect("asked");
    let anna = world.person("anna").await;
    let first = anna.approve(&request.id).await.expect("approved");
    assert_eq!((first.state.as_str(), &first.grant), ("waiting", &None));
    let again = anna
        .approve(&request.id)
        .await
        .expect_err("the same person twice");
    assert_eq!(again.code, "approved_before");
    let aase = world.person("aase").await;
    let second = aase.approve(&request.id).await.expect("approved");
    let door = victor.door(&second.grant.expect("a grant")).await;
    let outcome = Client::ssh(&door, &[], Some("echo in the core"))
        .run()
        .await;
    assert_eq!(outcome.text(), "in the core\n");
}

#[tokio::test]
async fn the_recording_is_for_auditors_and_its_opening_is_in_the_log() {
    let world = World::new().await;
    let door = world.door().await;
    Client::ssh(&door, &[], Some("echo secret")).run().await;
    let session = world.closed().await;
    for (name, may) in [
        ("vera", false),
        ("olga", false),
        ("adam", false),
        ("anna", true),
        ("audun", true),
    ] {
        let person = world.person(name).await;
        let answer = person.cast(&session.id, "").await;
        assert_eq!(answer.is_ok(), may, "{name}: {answer:?}");
        if let Err(problem) = answer {
            assert!([403, 404].contains(&problem.status), "{name}: {problem:?}");
        }
    }
    let anna = world.person("anna").await;
    let typed = anna.cast(&session.id, "?input=true").await;
    assert!(
        typed.is_err(),
        "what was typed holds passwords: it is for auditors"
    );
    let audun = world.person("audun").await;
    let openers: Vec<_> = audun
        .audit("&action=recording.opened")
        .await
        .into_iter()
        .map(|e| e.actor)
        .collect();
    assert_eq!(openers, ["account/anna", "account/audun"]);
}

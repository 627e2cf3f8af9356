//! The counterparts themselves, without Drawbridge between them. A scenario that
//! fails then tells of Drawbridge, and a refusal there is Drawbridge's: all that
//! it must refuse, this asset lets through.

use harness::asyncssh;
use harness::client::{Client, Door};
use harness::sshd::{Sshd, user};
use harness::tools::Tool;
use serde_json::json;

fn door(asset: &Sshd) -> Door {
    Door {
        at: asset.at(),
        user: user(),
        password: String::new(),
    }
}

#[tokio::test]
async fn ssh_reaches_the_asset_itself() {
    let asset = Sshd::start();
    assert_eq!(asset.connections(), 0);
    let key = asset.credential_file().as_os_str();
    let command = Some("cat; echo err >&2; exit 7");
    let client = Client::ssh_with_key(&door(&asset), key, &[], command);
    let outcome = client.run_with(b"in\n").await;
    assert_eq!(outcome.status, Some(7), "{outcome:?}\n{}", asset.log());
    assert_eq!(outcome.text(), "in\n");
    assert!(outcome.stderr.ends_with("err\n"), "{outcome:?}");
    assert_eq!((asset.connections(), asset.logins()), (1, 1));
}

#[tokio::test]
async fn the_asset_lets_through_what_a_broker_must_refuse() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let asset = Sshd::start();
    let port = asset.at().port();
    let steps = json!([
        {"op": "direct_tcpip", "host": "127.0.0.1", "port": port},
        {"op": "reverse", "port": port},
        {"op": "reverse_streamlocal", "path": asset.home().join("socket")},
        {"op": "subsystem", "name": "sftp"},
        {"op": "global_request", "name": "no-more-sessions@openssh.com"},
    ]);
    let answers = asyncssh::run_with_key(&door(&asset), asset.credential_file(), steps).await;
    let greeting = asyncssh::bytes(&answers[0], "read");
    assert!(greeting.starts_with(b"SSH-2.0"), "{answers:?}");
    assert!(
        answers[1]["port"].as_u64().is_some_and(|p| p > 0),
        "{answers:?}"
    );
    assert_eq!(answers.len(), 5);
    for done in &answers[2..4] {
        assert!(done.get("error").is_none(), "{answers:?}");
    }
    assert_eq!(answers[4]["accepted"], true, "{answers:?}");
}

#[tokio::test]
async fn asyncssh_works_at_the_asset_itself() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let asset = Sshd::start();
    let steps = json!([
        {"op": "exec", "command": "cat; echo err >&2; exit 7", "stdin": asyncssh::to_base64(b"in")},
        {"op": "shell", "size": [100, 30], "steps": [
            {"send": "stty size\n"}, {"expect": "30 100"},
            {"resize": [120, 40]}, {"send": "stty size\n"}, {"expect": "40 120"},
            {"send": "exit 3\n"},
        ]},
        {"op": "half_close", "command": "wc -c", "stdin": "12345"},
        {"op": "many", "commands": [{"command": "echo a"}, {"command": "echo b"}]},
        {"op": "x11", "command": "sleep 60"},
        {"op": "request", "name": "auth-agent-req@openssh.com", "command": "sleep 60"},
        {"op": "open_channel", "kind": "direct-tcpip"},
    ]);
    let answers = asyncssh::run_with_key(&door(&asset), asset.credential_file(), steps).await;
    assert_eq!(asyncssh::bytes(&answers[0], "stdout"), b"in");
    assert_eq!(asyncssh::bytes(&answers[0], "stderr"), b"err\n");
    assert_eq!(answers[0]["status"], 7);
    assert_eq!(answers[1]["status"], 3, "{}", answers[1]);
    assert_eq!(answers[2]["output"], "5\n");
    assert_eq!(asyncssh::bytes(&answers[3][1], "stdout"), b"b\n");
    // Neither is sent before the command, which sshd wants; a client that asks late
    // is refused by rule and not by crash.
    for late in [&answers[4], &answers[5]] {
        assert!(late["accepted"].is_boolean(), "{late}");
    }
    assert!(answers[6]["error"].is_string(), "{}", answers[6]);
}

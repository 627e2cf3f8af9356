//! The vendor with asyncssh: `tests/python/client.py`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::client::Door;
use crate::tools::{Tool, workspace};

/// How long all steps together may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Does all steps over one connection; gives an answer for each.
///
/// # Panics
/// If the connection was refused, or the script breaks.
pub async fn run(door: &Door, steps: Value) -> Vec<Value> {
    match connect(&plan(door, steps)).await {
        Value::Array(answers) => answers,
        other => panic!("asyncssh did not get in: {other}"),
    }
}

/// The same with a key instead of a password.
///
/// # Panics
/// If the connection was refused, or the script breaks.
pub async fn run_with_key(door: &Door, key: &Path, steps: Value) -> Vec<Value> {
    let mut plan = plan(door, steps);
    plan["password"] = Value::Null;
    plan["key"] = json!(key);
    match connect(&plan).await {
        Value::Array(answers) => answers,
        other => panic!("asyncssh did not get in: {other}"),
    }
}

/// Tries to connect, and says why it was refused.
///
/// # Panics
/// If it was not, or the script breaks.
pub async fn refusal(door: &Door) -> String {
    match connect(&plan(door, json!([]))).await {
        Value::Object(answer) => answer["refused"].as_str().expect("a text").to_owned(),
        other => panic!("asyncssh was let in: {other}"),
    }
}

fn plan(door: &Door, steps: Value) -> Value {
    json!({
        "host": door.at.ip(), "port": door.at.port(), "user": door.user,
        "password": door.password, "do": steps,
    })
}

async fn connect(plan: &Value) -> Value {
    let running = Command::new(Tool::Asyncssh.path())
        .arg(workspace().join("tests/python/client.py"))
        .arg(plan.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(PATIENCE, running).await;
    let ended = ended.unwrap_or_else(|_| panic!("asyncssh still runs after {PATIENCE:?}"));
    let ended = ended.expect("python runs");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "client.py broke:\n{errors}");
    serde_json::from_slice(&ended.stdout).expect("an answer in JSON")
}

/// Bytes for a step, such as its `stdin`.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Bytes of an answer, such as its `stdout`.
///
/// # Panics
/// If there are none under that name.
#[must_use]
pub fn bytes(answer: &Value, name: &str) -> Vec<u8> {
    let text = answer[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {answer}"));
    BASE64_STANDARD.decode(text).expect("base64")
}

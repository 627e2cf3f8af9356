//! The unit file that operators install.

use std::fs;
use std::process::Command;

use harness::tools::{Tool, workspace};

/// As `systemd-analyze` sees it; with a program that exists in place of the one
/// that is to be installed.
fn verified(text: &str) -> (bool, String) {
    let installed = "/usr/local/bin/drawbridge";
    assert!(text.contains(installed), "{text}");
    let directory = tempfile::tempdir().expect("a directory");
    let unit = directory.path().join("drawbridge.service");
    fs::write(&unit, text.replace(installed, "/bin/true")).expect("a file");
    let verified = Command::new(Tool::Systemd.path())
        .args(["verify", "--man=no"])
        .arg(&unit)
        .output()
        .expect("systemd-analyze runs");
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let about: Vec<_> = said
        .lines()
        .filter(|line| line.contains("drawbridge.service"))
        .collect();
    (verified.status.success(), about.join("\n"))
}

#[test]
fn the_unit_file_is_sound() {
    if Tool::Systemd.left_out() {
        return;
    }
    let text = fs::read_to_string(workspace().join("deploy/drawbridge.service")).expect("a file");
    assert_eq!(verified(&text), (true, String::new()));
    // It does look: a misspelt key is told.
    let (_, said) = verified(&text.replace("ProtectSystem", "ProtectSistem"));
    assert!(said.contains("ProtectSistem"), "{said}");
}

/// What is told to stop is given longer than it takes (`drawbridge serve --help`).
#[test]
fn stopping_is_given_its_time() {
    let text = fs::read_to_string(workspace().join("deploy/drawbridge.service")).expect("a file");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let unit: u64 = line.expect("a line").parse().expect("seconds");
    let serve = fs::read_to_string(workspace().join("drawbridge/src/serve.rs")).expect("a file");
    let soft = serve
        .split_once("const SOFT: Duration = Duration::from_secs(")
        .expect("a time");
    let soft: u64 = soft
        .1
        .split(')')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("seconds");
    assert!(unit >= soft + 10, "{unit} s for what takes up to {soft} s");
}

//! The second verifier of bundles, which shares nothing with the first: it is a
//! script, written from `docs/evidence.md`.

use std::process::Command;

use harness::tools::{Tool, workspace};

#[test]
fn the_second_verifier_finds_what_it_must() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let verifier = workspace().join("tests/python/verify_bundle.py");
    let run = |argument: &str| {
        Command::new(Tool::Asyncssh.path())
            .arg(&verifier)
            .arg(argument)
            .output()
            .expect("Python runs")
    };
    let tested = run("--self-test");
    assert!(tested.status.success(), "{tested:?}");
    let none = run("/no/such/bundle.tar");
    assert_eq!(none.status.code(), Some(2), "{none:?}");
}

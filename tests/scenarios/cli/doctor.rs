//! Finding out what does not work, and typing less.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use harness::cli::Typist;
use serde_json::Value;

use super::{House, text};

#[tokio::test]
async fn doctor_finds_what_does_not_work() {
    let mut house = House::new().await;
    let verdicts = |found: &Value| -> Vec<(String, String)> {
        let findings = found.as_array().expect("findings").iter();
        findings
            .map(|f| (text(f, "check").to_owned(), text(f, "verdict").to_owned()))
            .collect()
    };
    let expect = |found: &[(&str, &str)]| -> Vec<(String, String)> {
        found
            .iter()
            .map(|(check, verdict)| ((*check).to_owned(), (*verdict).to_owned()))
            .collect()
    };
    let well = [
        ("api", "ok"),
        ("tls", "ok"),
        ("clock", "ok"),
        ("recordings", "ok"),
        ("log", "ok"),
        ("login", "ok"),
    ];
    assert_eq!(verdicts(&house.vera.json("doctor").await), expect(&well));
    let table = house.vera.works("doctor").await;
    assert!(table.contains("vera (vendor)"), "{table}");

    let config = format!(
        "doctor --config '{}' --output json",
        house.binary.config().display()
    );
    let typed = house.adam.types(&config).await;
    assert_eq!(typed.status, 0, "{typed:?}");
    let machine = [
        &well[..5],
        // That nobody else holds a copy of the log is worth a word.
        &[("anchor", "warning"), ("login", "ok")],
        &[
            ("config", "ok"),
            ("secrets", "ok"),
            ("log key", "ok"),
            ("disk", "ok"),
            // That nobody is told of anything by mail is as it was set up.
            ("mail", "ok"),
        ],
    ]
    .concat();
    assert_eq!(verdicts(&typed.json()), expect(&machine));

    let key = house.binary.data().join("vault.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("opened");
    let typed = house.adam.types(&config).await;
    assert_eq!(typed.status, 1, "{typed:?}");
    let found = verdicts(&typed.json());
    assert!(
        found.contains(&("secrets".to_owned(), "failed".to_owned())),
        "{found:?}"
    );
    assert!(typed.stdout.contains("vault.key (mode 644)"), "{typed:?}");

    // Nobody is logged in; the authority is not known; nobody answers.
    let ca = house.binary.authority().display().to_string();
    let stranger = Typist::new().with("DRAWBRIDGE_API", &house.binary.url());
    let typed = stranger.types("doctor --output json").await;
    assert_eq!(typed.status, 69, "{typed:?}");
    assert_eq!(verdicts(&typed.json()), expect(&[("tls", "failed")]));
    let typed = stranger
        .types(&format!("doctor --output json --ca '{ca}'"))
        .await;
    assert_eq!(typed.status, 77, "{typed:?}");
    assert_eq!(
        verdicts(&typed.json()),
        expect(&[&well[..5], &[("login", "failed")]].concat())
    );
    house.binary.stop();
    let typed = house.vera.types("doctor --output json").await;
    assert_eq!(typed.status, 69, "{typed:?}");
    assert_eq!(verdicts(&typed.json()), expect(&[("api", "failed")]));
}

#[tokio::test]
async fn a_shell_takes_the_completions() {
    let person = Typist::new();
    let script = person.works("completions bash").await;
    assert!(script.contains("_drawbridge() {"), "{script}");
    let file = person.file("completions");
    fs::write(&file, script).expect("written");
    let asks = ". \"$0\" && complete -p drawbridge && COMP_WORDS=(drawbridge gra) COMP_CWORD=1 \
                && _drawbridge drawbridge gra drawbridge && echo \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash")
        .args(["-c", asks])
        .arg(&file)
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&bash.stdout).into_owned();
    assert!(bash.status.success(), "{bash:?}");
    assert!(
        said.contains("-F _drawbridge") && said.contains("grant"),
        "{said}"
    );
    assert!(
        person
            .works("completions fish")
            .await
            .contains("complete -c drawbridge")
    );
}

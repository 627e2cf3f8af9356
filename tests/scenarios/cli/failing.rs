//! The exit statuses that the help promises, with a reason that a program can read.

use harness::api::PASSWORD;
use harness::cli::Typist;

use super::{House, text};

#[tokio::test]
async fn not_written_as_it_must_be_is_2() {
    let house = House::new().await;
    let vera = &house.vera;
    // The argument parser speaks for itself, on standard error.
    for typed in [
        "request create plc-7",
        "request create plc-7 --purpose x --for 1h --until 16:00",
        "recording play 12345678 --speed 0",
        "login Vera",
        "nonsense",
        "--output yaml whoami",
    ] {
        let typed = vera.types(typed).await;
        assert_eq!((typed.status, typed.stdout.as_str()), (2, ""), "{typed:?}");
        assert!(typed.stderr.starts_with("error: "), "{typed:?}");
    }
    for (typed, why) in [
        ("request create plc-7 --purpose x", "--for 2h"),
        (
            "request create plc-7 --purpose x --for soon",
            "no length of time",
        ),
        ("request create plc-7 --purpose x --until 25:00", "no time"),
        ("request show plc-7", "is no id"),
        ("session list --grant plc-7", "is no id"),
        ("whoami --ca /dev/null", "no certificate in PEM"),
    ] {
        let told = vera.fails(typed, 2).await;
        assert_eq!(text(&told, "code"), "usage", "{typed}: {told}");
        assert!(text(&told, "detail").contains(why), "{typed}: {told}");
    }
    let elsewhere = Typist::new()
        .with("DRAWBRIDGE_API", "http://localhost:1")
        .with("DRAWBRIDGE_TOKEN", "any");
    let told = elsewhere.fails("whoami", 2).await;
    assert!(
        text(&told, "detail").contains("https://HOST:PORT"),
        "{told}"
    );
    let people = vera.types("request show plc-7").await;
    assert!(people.stderr.starts_with("drawbridge: "), "{people:?}");
}

#[tokio::test]
async fn out_of_reach_is_69() {
    let mut house = House::new().await;
    let stranger = Typist::new()
        .with("DRAWBRIDGE_API", &house.binary.url())
        .with("DRAWBRIDGE_TOKEN", "none");
    let told = stranger.fails("whoami", 69).await;
    assert_eq!(text(&told, "code"), "unavailable");
    assert!(text(&told, "detail").contains("--ca"), "{told}");
    house.binary.stop();
    let told = house.vera.fails("request list", 69).await;
    assert_eq!(text(&told, "code"), "unavailable");
    assert!(
        text(&told, "detail").contains("that the broker runs"),
        "{told}"
    );
    // And well again without a new login.
    house.binary.start_again();
    house.vera.json("request list").await;
}

#[tokio::test]
async fn not_permitted_is_77() {
    let house = House::new().await;
    let nobody = Typist::new();
    let told = nobody.fails("whoami", 77).await;
    assert!(text(&told, "detail").contains("drawbridge login"), "{told}");
    let at = format!(
        "--api {} --ca '{}'",
        house.binary.url(),
        house.binary.authority().display()
    );
    for (name, password) in [("vera", "wrong wrong wrong"), ("nobody", PASSWORD)] {
        let login = format!("login {name} {at} --password-stdin --output json");
        let typed = nobody.types_into(&login, password).await;
        assert_eq!(typed.status, 77, "{typed:?}");
        assert_eq!(text(&typed.problem(), "code"), "login_failed");
    }
    assert!(!nobody.file(".config/drawbridge/login.json").exists());

    for (person, typed) in [
        (&house.vera, "account list"),
        (&house.vera, "audit tail"),
        (&house.vera, "vault list"),
        (&house.vera, "conduit close to-hall --reason 'Let me'"),
        (
            &house.anna,
            "request create plc-7 --for 1h --purpose 'For myself'",
        ),
        (&house.olga, "plant export"),
        (
            &house.audun,
            "account disable vera --reason 'I may only look'",
        ),
    ] {
        let told = person.fails(typed, 77).await;
        assert_eq!(told["status"], 403, "{typed}: {told}");
    }
    let grant = house.grant().await;
    let told = house.anna.fails(&format!("grant ticket {grant}"), 77).await;
    assert_eq!(told["status"], 403, "{told}");
}

#[tokio::test]
async fn refused_or_gone_wrong_is_1() {
    let house = House::new().await;
    let request = house
        .vera
        .works("request create plc-7 --for 1h --purpose 'Check the limit' --output id")
        .await;
    house
        .anna
        .works(&format!("request deny {request} --reason 'Not today'"))
        .await;
    for (person, typed) in [
        (&house.anna, format!("request approve {request}")),
        (&house.vera, format!("request withdraw {request}")),
        (&house.anna, "request show ffffffff".to_owned()),
        (&house.vera, "grant ticket".to_owned()),
        (
            &house.vera,
            "request create plc-7 --for 30d --purpose 'For good'".to_owned(),
        ),
        (&house.adam, "account show nobody".to_owned()),
        (&house.adam, "vault remove nothing".to_owned()),
        (&house.adam, "plant apply /nowhere/plant.toml".to_owned()),
        (
            &house.adam,
            "vault set plc-7 --key-file /nowhere/key".to_owned(),
        ),
        (&house.audun, format!("recording play {request}")),
    ] {
        let told = person.fails(&typed, 1).await;
        assert!(!text(&told, "code").is_empty(), "{typed}: {told}");
        assert!(text(&told, "detail").len() > 10, "{typed}: {told}");
    }
}

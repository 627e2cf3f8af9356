//! Logging in, asking and answering, and using what was granted.

use std::process::Output;

use harness::api::PASSWORD;
use harness::cli::Typist;
use harness::plant::PlantFile;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;

use super::{House, count, short, text};

#[tokio::test]
async fn in_and_out() {
    let house = House::new().await;
    let vera = Typist::new();
    let (api, ca) = (house.binary.url(), house.binary.authority());
    let login = format!("login vera --api {api} --ca '{}'", ca.display());
    let typed = vera
        .types_into(
            &format!("{login} --password-stdin --output json"),
            &format!("{PASSWORD}\n"),
        )
        .await;
    assert_eq!(typed.status, 0, "{typed:?}");
    assert_eq!(text(&typed.json()["account"], "name"), "vera");
    assert!(!typed.stdout.contains("token"), "the login is not printed");
    let saved = vera.file(".config/drawbridge/login.json");
    let token: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&saved).expect("saved")).expect("JSON");
    let mode = std::fs::metadata(&saved).expect("saved").permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );

    let me = vera.json("whoami").await;
    assert_eq!(text(&me["account"], "role"), "vendor");
    assert_eq!(text(&me["site"], "time_zone"), "Europe/Oslo");
    assert_eq!(vera.works("whoami --output id").await, "vera");
    let table = vera.works("whoami").await;
    assert!(
        table.contains("North Ridge") && table.contains(&api),
        "{table}"
    );

    // A token from the environment goes before the saved login.
    let olga = Typist::new()
        .with("DRAWBRIDGE_API", &api)
        .with("DRAWBRIDGE_CA", &ca.display().to_string())
        .with("DRAWBRIDGE_TOKEN", text(&token, "token"));
    assert_eq!(olga.works("whoami --output id").await, "vera");

    vera.works("logout").await;
    assert!(!saved.exists());
    assert_eq!(
        text(&vera.fails("whoami", 77).await, "code"),
        "not_permitted"
    );
    // Not only forgotten here: the token itself is void.
    assert_eq!(olga.fails("whoami", 77).await["status"], 401);

    // Without a terminal there is nobody to ask.
    let typed = vera.types(&login).await;
    assert_eq!(typed.status, 2, "{typed:?}");
    assert!(typed.stderr.contains("--password-stdin"), "{typed:?}");
}

#[tokio::test]
async fn asking_and_answering() {
    let house = House::new().await;
    let (vera, anna) = (&house.vera, &house.anna);
    let create = "request create plc-7 --for 1h --purpose 'Check the limit' --work-order WO-1182";
    let filed = vera.json(create).await;
    assert_eq!(
        (
            text(&filed, "state"),
            text(&filed, "account"),
            text(&filed, "work_order")
        ),
        ("waiting", "vera", "WO-1182")
    );
    let id = short(text(&filed, "id"));
    let waiting = anna.json("request list --state waiting").await;
    assert_eq!(waiting["items"][0]["id"], filed["id"]);
    let table = anna.works("request list").await;
    for cell in [
        id,
        "vera",
        "plc-7",
        "waiting, 0 of 1",
        "Check the limit",
        "UTC",
    ] {
        assert!(table.contains(cell), "no {cell} in {table}");
    }
    let shown = anna.json(&format!("request show {id}")).await;
    assert_eq!(shown["purpose"], "Check the limit");
    assert!(
        anna.works(&format!("request show {id}"))
            .await
            .contains("WO-1182")
    );

    let denied = anna
        .json(&format!(
            "request deny {id} --reason 'Unit 2 is being started'"
        ))
        .await;
    assert_eq!(text(&denied, "state"), "denied");
    let shown = vera.json(&format!("request show {id}")).await;
    assert_eq!(shown["ended"]["reason"], "Unit 2 is being started");

    let second = vera.works(&format!("{create} --output id")).await;
    let withdrawn = vera
        .json(&format!("request withdraw {}", short(&second)))
        .await;
    assert_eq!(text(&withdrawn, "state"), "withdrawn");

    let third = vera.works(&format!("{create} --output id")).await;
    let approve = format!(
        "request approve {} --for 20m --note 'Not longer'",
        short(&third)
    );
    let approved = anna.json(&approve).await;
    assert_eq!(text(&approved, "state"), "granted");
    assert_eq!(approved["approvals"][0]["note"], "Not longer");
    assert!(approved["window"]["end"].as_str() < approved["wanted"]["end"].as_str());
    let all: Vec<_> = vera
        .works("request list --output id")
        .await
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        all,
        [third.as_str(), &second, text(&filed, "id")],
        "newest first"
    );
    assert_eq!(count(&vera.json("request list --state denied").await), 1);
    assert_eq!(count(&vera.json("request list --limit 2").await), 2);
}

#[tokio::test]
async fn a_grant_is_used_lengthened_and_revoked() {
    let house = House::new().await;
    let (vera, anna, olga) = (&house.vera, &house.anna, &house.olga);
    let grant = house.grant().await;
    let id = short(&grant);
    assert_eq!(
        vera.works("grant list --phase open --output id").await,
        grant
    );
    assert!(vera.works("grant list").await.contains("open"));
    let before = vera.json(&format!("grant show {id}")).await;
    assert_eq!(text(&before, "phase"), "open");

    let ticket = vera.json("grant ticket").await;
    assert_eq!(ticket["ssh"]["username"], "vera+plc-7");
    assert!(!text(&ticket, "ticket").is_empty());
    let connect = vera.works("grant connect").await;
    assert!(
        connect.contains("vera+plc-7@") && connect.contains("SHA256:"),
        "{connect}"
    );
    // OpenSSH's client, with its own exit status and the host key pinned.
    let ran = vera
        .types(&format!(
            "grant connect {id} --exec -- 'echo inside; exit 7'"
        ))
        .await;
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (7, "inside\n"),
        "{ran:?}"
    );
    assert_eq!(house.asset.logins(), 1);

    let asked = vera.json(&format!("grant extend {id} --by 30m")).await;
    assert_eq!(
        (text(&asked, "state"), text(&asked, "extends")),
        ("waiting", grant.as_str())
    );
    anna.works(&format!("request approve {}", text(&asked, "id")))
        .await;
    let after = vera.json(&format!("grant show {id}")).await;
    assert_eq!(after["extensions"], 1);
    assert!(after["window"]["end"].as_str() > before["window"]["end"].as_str());

    let (child, mut stdin) = cat(vera, id).await;
    let open = olga.json("session list --open").await;
    assert_eq!(count(&open), 1);
    let revoked = olga
        .json(&format!("grant revoke {id} --reason 'The work is done'"))
        .await;
    assert_eq!(
        (text(&revoked, "phase"), text(&revoked["ended"], "why")),
        ("closed", "revoked")
    );
    let said = ended(child).await;
    assert_ne!(said.status.code(), Some(0));
    let _ = stdin.shutdown().await;
    assert_eq!(vera.works("grant list --phase open --output id").await, "");
    assert_eq!(vera.fails("grant ticket", 1).await["code"], "failed");
}

#[tokio::test]
async fn sessions_are_watched_and_ended() {
    let house = House::new().await;
    let (vera, olga) = (&house.vera, &house.olga);
    let nothing = olga.types("session list --open").await;
    assert!(nothing.stderr.contains("No session is open"), "{nothing:?}");
    let grant = house.grant().await;
    let ran = vera
        .types(&format!("grant connect {grant} --exec -- echo inside"))
        .await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let (child, _stdin) = cat(vera, &grant).await;

    let open = olga.json("session list --open").await;
    assert_eq!(count(&open), 1);
    let session = text(&open["items"][0], "id").to_owned();
    let id = short(&session);
    let table = olga.works("session list --open").await;
    for cell in [id, "vera", "plc-7", "hall", "127.0.0.1", "open"] {
        assert!(table.contains(cell), "no {cell} in {table}");
    }
    let shown = olga.json(&format!("session show {id}")).await;
    assert_eq!(shown["conduit"], "to-hall");
    olga.json(&format!("session end {id} --reason 'Alarm in unit 2'"))
        .await;
    let said = ended(child).await;
    assert_ne!(said.status.code(), Some(0));
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(told.contains("ended from the plant"), "{told}");

    let mut shown = olga.json(&format!("session show {id}")).await;
    for _ in 0..100 {
        if shown["closed"].is_object() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        shown = olga.json(&format!("session show {id}")).await;
    }
    assert_eq!(
        (text(&shown["closed"], "code"), text(&shown["closed"], "by")),
        ("ended", "olga")
    );
    assert_eq!(shown["end_order"]["reason"], "Alarm in unit 2");
    assert_eq!(count(&olga.json("session list --closed").await), 2);

    // Under a grant, by the id that tables show.
    let other = house.grant().await;
    for (grant, expected) in [(&grant, 2), (&other, 0)] {
        for id in [grant, short(grant)] {
            let under = olga.json(&format!("session list --grant {id}")).await;
            assert_eq!(count(&under), expected, "{under}");
        }
    }
}

#[tokio::test]
async fn what_there_is_to_see() {
    let house = House::new().await;
    for (things, name, word) in [("asset", "plc-7", "hall"), ("zone", "hall", "SL-1")] {
        let names = house
            .anna
            .works(&format!("{things} list --output id"))
            .await;
        assert!(names.lines().any(|line| line == name), "{names}");
        let table = house.anna.works(&format!("{things} list")).await;
        assert!(table.contains(name) && table.contains(word), "{table}");
        let listed = house.anna.json(&format!("{things} list")).await;
        assert_eq!(count(&listed), names.lines().count());
    }
    // A vendor sees what they may ask for.
    let more = PlantFile::new()
        .asset("plc-7", "hall", house.asset.at(), house.asset.host_key())
        .asset("plc-8", "hall", house.asset.at(), house.asset.host_key())
        .vendor("vera", &["plc-7"]);
    house
        .binary
        .admin()
        .await
        .apply_plant(more.text())
        .await
        .expect("applied");
    assert_eq!(house.vera.works("asset list --output id").await, "plc-7");
    assert_eq!(
        house.anna.works("asset list --output id").await,
        "plc-7\nplc-8"
    );
}

/// A session of `vera`'s in which `cat` runs and has answered once.
async fn cat(vera: &Typist, grant: &str) -> (Child, tokio::process::ChildStdin) {
    let mut child = vera.start(&format!("grant connect {grant} --exec -- cat"));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"hello\n").await.expect("ssh reads");
    let mut printed = harness::cli::Printed::of(&mut child);
    printed.line_with("hello").await;
    (child, stdin)
}

async fn ended(child: Child) -> Output {
    let end = child.wait_with_output();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), end).await;
    ended.expect("ssh ends").expect("a status")
}

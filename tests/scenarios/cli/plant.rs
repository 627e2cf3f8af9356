//! What admins keep: the plant, the vault, accounts, conduits.

use std::fs;

use harness::cli::Typist;
use serde_json::json;

use super::{House, count, short, text};

#[tokio::test]
async fn the_plant_file_twice_is_as_good_as_once() {
    let house = House::new().await;
    let adam = &house.adam;
    let file = adam.file("plant.toml");
    let apply = |how: &str| format!("plant apply '{}' {how}", file.display());
    let exported = adam.works("plant export").await;
    fs::write(&file, &exported).expect("written");
    assert_eq!(adam.json(&apply("")).await["changes"], json!([]));
    assert_eq!(adam.works("plant export").await, exported);
    assert_eq!(
        adam.json("plant export").await.as_str().map(str::trim_end),
        Some(exported.as_str())
    );

    let changed = exported.replace("\"Turbine hall\"", "\"Hall of turbines\"");
    assert_ne!(changed, exported);
    fs::write(&file, &changed).expect("written");
    let dry = adam.json(&apply("--dry-run")).await;
    assert_eq!(dry["dry_run"], true);
    assert_eq!(
        (
            text(&dry["changes"][0], "kind"),
            text(&dry["changes"][0], "name")
        ),
        ("zone", "hall")
    );
    assert_eq!(
        adam.works("plant export").await,
        exported,
        "a dry run changes nothing"
    );
    let table = adam.types(&apply("--dry-run")).await;
    assert!(table.stdout.contains("Hall of turbines"), "{table:?}");
    assert!(table.stderr.contains("Nothing was changed"), "{table:?}");
    assert_eq!(adam.works(&apply("--output id")).await, "zone/hall");
    assert_eq!(adam.works("plant export").await, changed);
    assert_eq!(adam.json(&apply("")).await["changes"], json!([]));
    let piped = adam
        .types_into("plant apply - --output json", &exported)
        .await;
    assert_eq!(piped.json()["changes"].as_array().map(Vec::len), Some(1));

    // A live grant is not lost by mistake.
    let grant = house.grant().await;
    let without = exported.replace("assets = [\"plc-7\"]", "assets = []");
    fs::write(&file, without).expect("written");
    let refused = adam.fails(&apply(""), 1).await;
    assert_eq!(text(&refused, "code"), "live_grants");
    assert_eq!(text(&refused["grants"][0], "grant"), grant);
    assert_eq!(adam.works("plant export").await, exported);
    adam.works(&apply("--revoke")).await;
    let shown = house
        .vera
        .json(&format!("grant show {}", short(&grant)))
        .await;
    assert_eq!(text(&shown, "phase"), "closed");

    // Each error with its line and key, and nothing is applied.
    let wrong = exported.replace("title = \"Turbine hall\"", "titel = \"Turbine hall\"");
    fs::write(&file, &wrong).expect("written");
    let line = 1 + wrong
        .lines()
        .position(|line| line.starts_with("titel"))
        .expect("a line");
    let refused = adam.fails(&apply(""), 1).await;
    assert_eq!(
        (
            &refused["errors"][0]["line"],
            text(&refused["errors"][0], "key")
        ),
        (&json!(line), "zone.titel")
    );
}

#[tokio::test]
async fn the_vault_takes_secrets_in_and_gives_none_out() {
    let house = House::new().await;
    let adam = &house.adam;
    let set = adam
        .types_into(
            "vault set sis-1 --password-stdin --output json",
            "hunter2hunter2\n",
        )
        .await;
    assert_eq!(set.status, 0, "{set:?}");
    assert_eq!(set.json(), json!({"name": "sis-1", "kind": "password"}));
    let key = house.asset.credential_file().display().to_string();
    let set = adam
        .json(&format!("vault set hist-1 --key-file '{key}'"))
        .await;
    assert_eq!(set, json!({"name": "hist-1", "kind": "private_key"}));
    let again = format!("vault set hist-1 --key-file '{key}' --output id");
    assert_eq!(adam.works(&again).await, "hist-1");
    let listed = adam.json("vault list").await;
    let kinds: Vec<_> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (text(item, "name"), text(item, "kind")))
        .collect();
    let expected = [
        ("hist-1", "private_key"),
        ("plc-7", "private_key"),
        ("sis-1", "password"),
    ];
    assert_eq!(kinds, expected);
    assert!(!listed.to_string().contains("hunter2"));
    let table = adam.works("vault list").await;
    assert!(
        table.contains("sis-1") && !table.contains("hunter2"),
        "{table}"
    );
    assert_eq!(
        adam.json("vault remove sis-1").await,
        json!({"name": "sis-1"})
    );
    assert_eq!(adam.works("vault list --output id").await, "hist-1\nplc-7");

    // Half a key is none.
    let large = adam.file("large");
    fs::write(&large, "k".repeat(64 * 1024 + 1)).expect("written");
    let refused = adam
        .fails(
            &format!("vault set plc-9 --key-file '{}'", large.display()),
            2,
        )
        .await;
    assert!(
        text(&refused, "detail").contains("larger than 64 KiB"),
        "{refused}"
    );
    assert_eq!(adam.works("vault list --output id").await, "hist-1\nplc-7");
    house.vera.fails("vault list", 77).await;
}

#[tokio::test]
async fn accounts_are_seen_and_switched() {
    let house = House::new().await;
    let adam = &house.adam;
    let all = adam.works("account list --output id").await;
    assert!(all.lines().any(|name| name == "vera"), "{all}");
    assert_eq!(count(&adam.json("account list").await), all.lines().count());
    let table = adam.works("account list").await;
    assert!(
        table.contains("vendor") && table.contains("Acme"),
        "{table}"
    );
    assert_eq!(adam.json("account show vera").await["has_password"], true);

    let disabled = adam
        .json("account disable vera --reason 'Left the company'")
        .await;
    assert_eq!(text(&disabled, "state"), "disabled");
    assert_eq!(disabled["disabled"]["reason"], "Left the company");
    house.vera.fails("whoami", 77).await;
    let enabled = adam.json("account enable vera --reason 'Came back'").await;
    assert_eq!(text(&enabled, "state"), "active");

    // An admin, for somebody; then their own.
    let set = "account password vera --password-stdin --output json";
    let set = adam.types_into(set, "an admin made this one\n").await;
    assert_eq!(
        (set.status, set.json()),
        (0, json!({"name": "vera"})),
        "{set:?}"
    );
    let at = format!(
        "--api {} --ca '{}'",
        house.binary.url(),
        house.binary.authority().display()
    );
    let login = format!("login vera {at} --password-stdin --output id");
    let vera = Typist::new();
    assert_eq!(
        vera.types_into(&login, "an admin made this one\n")
            .await
            .stdout,
        "vera\n"
    );
    let own = "account password --password-stdin --output json";
    let own = vera
        .types_into(own, "an admin made this one\nand this one is mine\n")
        .await;
    assert_eq!(
        (own.status, own.json()),
        (0, json!({"name": "vera"})),
        "{own:?}"
    );
    assert_eq!(
        vera.types_into(&login, "an admin made this one\n")
            .await
            .status,
        77
    );
    assert_eq!(
        vera.types_into(&login, "and this one is mine\n")
            .await
            .status,
        0
    );
}

#[tokio::test]
async fn conduits_are_closed_and_opened() {
    let house = House::new().await;
    let olga = &house.olga;
    assert_eq!(
        olga.works("conduit list --output id").await,
        "to-core\nto-hall"
    );
    let closed = olga
        .json("conduit close to-hall --reason 'Unknown traffic'")
        .await;
    assert_eq!(
        (text(&closed, "state"), text(&closed["closed"], "reason")),
        ("closed", "Unknown traffic")
    );
    let table = olga.works("conduit list").await;
    assert!(
        table.contains("closed by") && table.contains("Unknown traffic"),
        "{table}"
    );
    // Whoever may close it need not be the one who may open it.
    olga.fails("conduit open to-hall --reason 'Found'", 77)
        .await;
    let open = house
        .anna
        .json("conduit open to-hall --reason 'Found: a backup job'")
        .await;
    assert_eq!(text(&open, "state"), "open");
}

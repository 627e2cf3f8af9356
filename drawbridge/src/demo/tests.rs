use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use admin_api::dto::Secret;
use clap::Parser;
use domain::{Clock, PlantTime};

use super::facts::{AssetFacts, Facts, Person, SshFacts};
use super::plant::Assets;
use super::story::{self, Places};
use super::{Demo, secret};
use crate::clock::{OsRandom, SystemClock};
use crate::program::Cli;

fn facts() -> Facts {
    let person = |name: &str| Person {
        name: name.to_owned(),
        password: Secret::new("password"),
        token: Secret::new("dbt_x"),
    };
    let asset = |name: &str, approvals| AssetFacts {
        name: name.to_owned(),
        zone: "hall".to_owned(),
        protocols: vec!["ssh".to_owned()],
        approvals,
    };
    Facts {
        api: "https://127.0.0.1:40001".to_owned(),
        ca_cert: PathBuf::from("/home/me/it's here/ca.pem"),
        ssh: SshFacts {
            host: "127.0.0.1".to_owned(),
            port: 40002,
        },
        accounts: BTreeMap::from([
            ("vendor".to_owned(), vec![person("vera")]),
            ("approver".to_owned(), vec![person("arne"), person("berit")]),
        ]),
        assets: vec![asset("plc-7", 1), asset("sis-1", 2)],
    }
}

fn told() -> String {
    let places = Places {
        data: "./demo-data".to_owned(),
        shell: "./demo-data/demo.sh".to_owned(),
        known_hosts: "./demo-data/known_hosts".to_owned(),
        facts: "./demo-data/demo.json".to_owned(),
    };
    let time = PlantTime::parse("Europe/Oslo").expect("a zone");
    story::text(
        &facts(),
        &places,
        &time,
        "2026-11-24T13:00:00Z".parse().expect("a time"),
    )
}

/// The words of a command, with those in single quotes held together.
fn words(line: &str) -> Vec<String> {
    line.split('\'')
        .enumerate()
        .flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[test]
fn each_command_of_the_story_is_one_that_the_program_knows() {
    let mut commands = 0;
    for line in told().lines().map(str::trim) {
        let who = ["vera", "arne", "berit", "olga", "audun"];
        // What stands in $(…) is a command of its own.
        let (outer, inner) = match line.split_once("\"$(") {
            None => (line.to_owned(), None),
            Some((before, rest)) => {
                let (inner, after) = rest.split_once(")\"").expect("it ends");
                (
                    format!("{before}7e8f9a0b{after}"),
                    inner.strip_suffix(" | head -n 1"),
                )
            }
        };
        for command in [Some(outer.as_str()), inner].into_iter().flatten() {
            let mut words = words(command);
            if words
                .first()
                .is_none_or(|first| !who.contains(&first.as_str()))
            {
                continue;
            }
            "drawbridge".clone_into(&mut words[0]);
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{command}\n{error}");
            }
            commands += 1;
        }
    }
    assert!(commands > 12, "{commands}");
}

#[test]
fn the_story_fits_a_terminal_and_shows_plant_time() {
    let told = told();
    assert!(
        told.contains("it is 2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC."),
        "{told}"
    );
    let longest = told.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(110), "{longest:?}");
}

#[test]
fn the_shell_file_is_read_by_a_shell() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("demo.sh");
    std::fs::write(&file, story::shell(&facts(), Path::new("/bin/echo"))).expect("written");
    let script = format!(
        ". {}; arne request list; (vera x; echo \"$DRAWBRIDGE_CA ${{DRAWBRIDGE_TOKEN:-none}}\")",
        file.display()
    );
    let said = std::process::Command::new("sh")
        .args(["-euc", &script])
        .output()
        .expect("ran");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said, "request list\nx\n/home/me/it's here/ca.pem none\n");
}

#[test]
fn paths_are_typed_as_they_are_seen_from_here() {
    for (path, expected) in [
        ("/here/demo-data", "./demo-data"),
        ("/elsewhere/d", "/elsewhere/d"),
        ("/here/my data", "'./my data'"),
        ("/here/it's", r"'./it'\''s'"),
    ] {
        assert_eq!(story::typed(Path::new(path), Path::new("/here")), expected);
    }
}

#[test]
fn passwords_are_long_enough_and_differ() {
    let one = secret(&OsRandom);
    assert_eq!(one.len(), 19, "{one}");
    assert_ne!(one, secret(&OsRandom));
}

#[tokio::test]
async fn started_again_the_demo_goes_on_where_it_was_left() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("demo");
    let first = Demo::start(&data).await.expect("starts");
    let Demo {
        running,
        assets,
        facts: before,
        plant,
        ..
    } = first;
    running.stop().await.expect("stops");
    assets.stop().await;

    let again = Demo::start(&data).await.expect("starts again");
    assert_eq!(again.facts.assets, before.assets);
    assert_eq!(again.facts.assets[0].approvals, 1);
    assert!(again.facts.assets.iter().any(|asset| asset.approvals == 2));
    let people = |facts: &Facts| -> Vec<_> {
        facts
            .people()
            .map(|(_, p)| (p.name.clone(), p.password.expose().to_owned()))
            .collect()
    };
    assert_eq!(people(&again.facts), people(&before));
    assert_eq!(again.facts.accounts["approver"].len(), 2);
    let keys = |plant: &domain::Plant| -> Vec<_> {
        plant
            .assets
            .values()
            .map(|a| a.ssh.as_ref().map(|ssh| ssh.host_key.clone()))
            .collect()
    };
    assert_eq!(keys(&again.plant), keys(&plant));
    again.running.stop().await.expect("stops");
    again.assets.stop().await;
}

#[tokio::test]
async fn the_data_of_a_real_plant_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("drawbridge.sqlite"), "").expect("written");
    let error = Demo::start(dir.path())
        .await
        .err()
        .expect("refused")
        .to_string();
    assert!(error.contains("is not a demo's"), "{error}");
}

#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_no_hindrance() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let first = Assets::start(dir.path(), None, &clock, &OsRandom)
        .await
        .expect("starts");
    let store = {
        let options = store::Options {
            path: dir.path().join("state"),
            vault_key: store::VaultKey::load_or_create(&dir.path().join("key")).expect("a key"),
        };
        let random = Arc::new(OsRandom);
        store::Store::open(options, Arc::clone(&clock), random)
            .await
            .expect("a store")
    };
    let plant = first.seed(&store, None).await.expect("seeded");
    // The first ones still hold their ports.
    let second = Assets::start(dir.path(), Some(&plant), &clock, &OsRandom)
        .await
        .expect("starts");
    let moved = second
        .seed(&store, Some(plant.clone()))
        .await
        .expect("seeded");
    for (name, asset) in &moved.assets {
        let port = |plant: &domain::Plant| plant.assets[name].ssh.as_ref().map(|ssh| ssh.port);
        assert_ne!(port(&moved), port(&plant), "{name}");
        assert_eq!(asset.address, plant.assets[name].address);
    }
    first.stop().await;
    second.stop().await;
}

use proptest::prelude::*;

use super::{parse, write};
use crate::plant::diff::{Verb, changes};
use crate::plant::{Plant, Zone};

const GOOD: &str = r#"
[site]
name = "north-ridge"
title = "North Ridge"
time_zone = "Europe/Oslo"

[rules]
sessions_per_grant = 3

[rules.quorum]
sl2 = 2

[rules.idle]
vendor = "14d"

[[zone]]
name = "hall"
security_level = 2

[[zone]]
name = "sis"
security_level = 4
safety = true
let_in = true
supervised = true
longest_session = "1h"

[[conduit]]
name = "to-hall"
zone = "hall"
source = "10.0.0.1"
operations = ["exec"]
environment = ["LANG", "LC_*"]
longest_session = "4h"
record = "full"

[[asset]]
name = "plc-7"
zone = "hall"
address = "10.20.0.7"
[asset.ssh]
port = 2222
user = "service"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a comment"
credential = "plc-7"

[[account]]
name = "vera"
role = "vendor"
company = "Turbines \"R\" Us"
assets = ["plc-7"]

[[account]]
name = "arne"
role = "approver"
zones = ["hall", "sis"]
email = "arne.dahl@example.com"
"#;

#[test]
fn a_written_plant_is_read_back_the_same() {
    let plant = parse(GOOD).expect("a plant");
    assert_eq!(parse(&write(&plant)), Ok(plant.clone()));
    assert_eq!(changes(Some(&plant), &plant), []);
}

#[test]
fn changes_name_what_differs() {
    let old = parse(GOOD).expect("a plant");
    let edited = GOOD
        .replace("10.20.0.7", "10.20.0.8")
        .replace("\"vera\"", "\"vida\"");
    let found: Vec<_> = changes(Some(&old), &parse(&edited).expect("a plant"))
        .into_iter()
        .map(|c| (c.verb, c.kind, c.name, c.detail))
        .collect();
    let change =
        |verb, kind, name: &str, detail: &str| (verb, kind, name.to_owned(), detail.to_owned());
    assert_eq!(
        found,
        [
            change(
                Verb::Change,
                "asset",
                "plc-7",
                r#"address: "10.20.0.7" -> "10.20.0.8""#
            ),
            change(Verb::Add, "account", "vida", ""),
            change(Verb::Remove, "account", "vera", ""),
        ]
    );
}

#[test]
fn recordings_are_kept_for_a_year_or_as_the_zone_says() {
    let usual = parse(GOOD).expect("a plant");
    let edited = GOOD.replacen("longest_session = \"1h\"", "retention = \"400d\"", 1);
    let longer = parse(&edited).expect("a plant");
    let days = |plant: &Plant, zone: &str| {
        let zone = plant.zones.values().find(|z| z.name.as_str() == zone);
        zone.expect("a zone").retention.as_secs() / 86_400
    };
    assert_eq!((days(&usual, "hall"), days(&usual, "sis")), (365, 365));
    assert_eq!((days(&longer, "hall"), days(&longer, "sis")), (365, 400));
    assert!(write(&longer).contains("retention = \"400d\""));
    assert_eq!(parse(&write(&longer)), Ok(longer.clone()));
    let found = changes(Some(&usual), &longer);
    let [change] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(change.detail.contains("retention: "), "{change}");
}

#[test]
fn a_zone_that_was_stored_without_a_retention_has_the_usual_one() {
    let plant = parse(GOOD).expect("a plant");
    let zone = plant.zones.values().next().expect("a zone");
    let mut stored = serde_json::to_value(zone).expect("JSON");
    stored
        .as_object_mut()
        .expect("an object")
        .remove("retention");
    let read: Zone = serde_json::from_value(stored).expect("a zone");
    assert_eq!(read.retention, Zone::USUAL_RETENTION);
}

/// What is replaced in the good file, and the one error that must come of it.
#[test]
fn each_error_names_its_line_and_key() {
    let cases = [
        (
            "time_zone = \"Europe/Oslo\"",
            "time_zone = \"Oslo\"",
            "line 5, site.time_zone: \"Oslo\" is no IANA time zone",
        ),
        (
            "title = \"North Ridge\"",
            "titel = \"x\"",
            "line 4, site.titel: unknown field `titel`",
        ),
        (
            "sl2 = 2",
            "sl2 = 0",
            "line 11, rules.quorum.sl2: write 1 to 9 approvers",
        ),
        (
            "sessions_per_grant = 3",
            "sessions_per_grant = 0",
            "line 8, rules.sessions_per_grant: write 1 to 1000 sessions",
        ),
        ("sl2 = 2", "sl2 = 300", "line 11, rules.quorum.sl2: "),
        (
            "vendor = \"14d\"",
            "vendor = \"0d\"",
            "line 14, rules.idle.vendor: write 1d to 366d",
        ),
        (
            "vendor = \"14d\"",
            "vendor = \"never\"",
            "line 14, rules.idle.vendor: not a length of time",
        ),
        (
            "security_level = 2",
            "security_level = 5",
            "line 18, zone.security_level: 5 is no security level",
        ),
        (
            "longest_session = \"1h\"",
            "longest_session = \"0s\"",
            "line 26, zone.longest_session: a window of zero length",
        ),
        (
            "longest_session = \"1h\"",
            "retention = \"12h\"",
            "line 26, zone.retention: write 1d to 36500d",
        ),
        (
            "longest_session = \"1h\"",
            "retention = \"36501d\"",
            "line 26, zone.retention: write 1d to 36500d",
        ),
        (
            "longest_session = \"1h\"",
            "retention = \"for ever\"",
            "line 26, zone.retention: not a length of time",
        ),
        (
            "longest_session = \"1h\"",
            "retention = 400",
            "line 26, zone.retention: invalid type",
        ),
        (
            "longest_session = \"4h\"",
            "longest_session = \"30d\"",
            "line 34, conduit.longest_session: 30 d is no just-in-time",
        ),
        (
            "zone = \"hall\"\nsource",
            "zone = \"hell\"\nsource",
            "line 30, conduit.zone: there is no zone hell",
        ),
        (
            "\"LC_*\"",
            "\"*\"",
            "line 33, conduit.environment: \"*\" is no variable",
        ),
        (
            "[\"exec\"]",
            "[\"sudo\"]",
            "line 32, conduit.operations: \"sudo\" is not one of: shell, exec",
        ),
        (
            "zone = \"hall\"\naddress",
            "zone = \"hell\"\naddress",
            "line 39, asset.zone: there is no zone hell in this file",
        ),
        (
            "address = \"10.20.0.7\"",
            "address = \"plc7.plant.local\"",
            "line 40, asset.address: \"plc7.plant.local\" is not an IP address: addresses are pinned",
        ),
        (
            "address = \"10.20.0.7\"",
            "address = \"0.0.0.0\"",
            "line 40, asset.address: 0.0.0.0 is not the address of one machine",
        ),
        (
            "port = 2222",
            "port = 0",
            "line 42, asset.ssh.port: write a port",
        ),
        (
            "port = 2222",
            "port = \"ssh\"",
            "line 42, asset.ssh.port: invalid type",
        ),
        (
            "[asset.ssh]",
            "[asset.shh]",
            "line 41, asset.shh: unknown field `shh`",
        ),
        (
            "[rules.quorum]",
            "quorum = { sl2 = 2, sl9 = 1 }\n[rules.unknown]",
            "line 10, rules.quorum.sl9: unknown field `sl9`",
        ),
        (
            "ssh-ed25519 AAAA",
            "ssh-ed25519 BBBB",
            "line 44, asset.ssh.host_key: write one public key line",
        ),
        (
            "role = \"vendor\"",
            "role = \"god\"",
            "line 49, account.role: \"god\" is not one of: vendor",
        ),
        (
            "role = \"vendor\"",
            "role = \"auditor\"",
            "line 51, account.assets: only a vendor asks for assets",
        ),
        (
            "assets = [\"plc-7\"]",
            "assets = [\"plc-8\"]",
            "line 51, account.assets: there is no asset plc-8",
        ),
        (
            "assets = [\"plc-7\"]",
            "zones = [\"hall\"]",
            "line 51, account.zones: only an approver or operator",
        ),
        (
            "arne.dahl@example.com",
            "Arne <arne@example.com>",
            "line 57, account.email: not an e-mail address: write it as name@example.com",
        ),
        (
            "name = \"arne\"",
            "name = \"vera\"",
            "line 54, account.name: account vera is in this file already",
        ),
        (
            "name = \"arne\"",
            "name = \"Arne\"",
            "line 54, account.name: not a name",
        ),
        (
            "zones = [\"hall\", \"sis\"]",
            "zones = [\"hall\", \"attic\"]",
            "line 56, account.zones: there is no zone attic",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        let errors = parse(&GOOD.replacen(from, to, 1))
            .expect_err(to)
            .to_string();
        assert!(
            errors.starts_with(expected),
            "{to}:\n{errors}\ninstead of\n{expected}"
        );
        assert_eq!(errors.lines().count(), 1, "{to}:\n{errors}");
    }
}

#[test]
fn all_errors_come_at_once() {
    let text = GOOD
        .replace("10.20.0.7", "somewhere")
        .replace("\"approver\"", "\"boss\"")
        .replace("security_level = 2", "security_level = 9");
    let errors = parse(&text).expect_err("three errors");
    // An asset, conduit and account of a zone with an error stand in no zone.
    assert!(errors.0.len() >= 3, "{errors}");
}

#[test]
fn names_are_unique() {
    let line = GOOD.lines().count() + 3;
    for (kind, name, rest) in [
        ("zone", "hall", "security_level = 1"),
        ("conduit", "to-hall", "zone = \"sis\""),
        ("asset", "plc-7", "zone = \"sis\"\naddress = \"10.20.0.8\""),
        ("account", "vera", "role = \"auditor\""),
    ] {
        let text = format!("{GOOD}\n[[{kind}]]\nname = \"{name}\"\n{rest}\n");
        let errors = parse(&text).expect_err(kind).to_string();
        let expected = format!(
            "line {line}, {kind}.name: {kind} {name} is in this file already; names are unique"
        );
        assert_eq!(errors, expected);
    }
}

#[test]
fn a_zone_has_one_conduit() {
    let text = format!("{GOOD}\n[[conduit]]\nname = \"second\"\nzone = \"hall\"\n");
    let errors = parse(&text).expect_err("two conduits").to_string();
    assert!(
        errors.contains("conduit to-hall leads into zone hall already"),
        "{errors}"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,400}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_edit_of_a_good_file_makes_it_panic(at in 0..GOOD.len(), gone in 0_usize..40, with in "[\\[\\]={}\"a-z0-9\n.]{0,8}") {
        let end = (at + gone).min(GOOD.len());
        if GOOD.is_char_boundary(at) && GOOD.is_char_boundary(end) {
            let text = format!("{}{with}{}", &GOOD[..at], &GOOD[end..]);
            if let Ok(plant) = parse(&text) {
                prop_assert_eq!(parse(&write(&plant)), Ok(plant));
            }
        }
    }
}

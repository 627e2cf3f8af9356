mod reminders;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{AnchorKind, Limits, LogFormat, Tls, parse};

const GOOD: &str = r#"
data = "/var/lib/drawbridge"

[api]
listen = "0.0.0.0:8443"
names = ["access.example.com", "10.0.0.5"]
login_lifetime = "8h"

[ssh]
listen = "[::]:2222"
port = 22
banner = "Authorised use only."

[limits]
channels = 50
sign_in = "30s"

[log]
format = "json"
"#;

fn errors(text: &str) -> String {
    parse(text, Path::new("/etc/drawbridge"))
        .expect_err("an error")
        .to_string()
}

#[test]
fn what_is_written_is_meant() {
    let config = parse(GOOD, Path::new("/etc/drawbridge")).expect("good");
    assert_eq!(config.data, PathBuf::from("/var/lib/drawbridge"));
    assert_eq!(config.api.login_lifetime, Duration::from_secs(8 * 3600));
    assert_eq!(config.api.tls, Tls::SelfMade);
    assert_eq!(
        config.ssh.host, "access.example.com",
        "the API's first name"
    );
    assert_eq!(config.ssh.port, Some(22));
    assert_eq!(config.log, LogFormat::Json);
    let limits = Limits {
        channels: 50,
        sign_in: Duration::from_secs(30),
        ..Limits::default()
    };
    assert_eq!(config.limits, limits);
}

#[test]
fn relative_paths_start_at_the_file() {
    let text = GOOD.replace("/var/lib/drawbridge", "state").replace(
        "login_lifetime = \"8h\"",
        "certificate = \"tls/cert.pem\"\nkey = \"/keys/key.pem\"",
    );
    let config = parse(&text, Path::new("/etc/drawbridge")).expect("good");
    assert_eq!(config.data, PathBuf::from("/etc/drawbridge/state"));
    let certificate = PathBuf::from("/etc/drawbridge/tls/cert.pem");
    assert_eq!(
        config.api.tls,
        Tls::Files {
            certificate,
            key: PathBuf::from("/keys/key.pem")
        }
    );
}

#[test]
fn each_mistake_is_told_with_its_line() {
    for (from, to, expected) in [
        (
            "data = \"/var/lib/drawbridge\"",
            "data = \"\"",
            "line 2, data: write a path",
        ),
        (
            "data = \"/var/lib/drawbridge\"",
            "",
            "line 1: missing field `data`",
        ),
        ("[ssh]", "[sssh]", "line 9, sssh: unknown field `sssh`"),
        (
            "port = 22\n",
            "prot = 22\n",
            "line 11, ssh.prot: unknown field `prot`",
        ),
        (
            "\"8h\"",
            "\"8 h\"",
            "line 7, api.login_lifetime: write a length of time from 5m to 1d",
        ),
        (
            "\"8h\"",
            "\"2d\"",
            "line 7, api.login_lifetime: write a length of time from 5m to 1d",
        ),
        (
            "0.0.0.0:8443",
            "localhost:8443",
            "line 5, api.listen: write an IP address and a port",
        ),
        (
            "0.0.0.0:8443",
            "8443",
            "line 5, api.listen: write an IP address and a port",
        ),
        (
            "\"10.0.0.5\"",
            "\"https://a\"",
            "line 6, api.names: write a host name or an IP address",
        ),
        (
            "\"10.0.0.5\"",
            "\"\"",
            "line 6, api.names: write a host name or an IP address",
        ),
        (
            "[\"access.example.com\", \"10.0.0.5\"]",
            "[]",
            "line 6, api.names: write at least one",
        ),
        (
            "login_lifetime = \"8h\"",
            "key = \"a\"",
            "line 7, api.key: name its certificate too",
        ),
        (
            "login_lifetime = \"8h\"",
            "certificate = \"a\"",
            "line 7, api.certificate: name its pri",
        ),
        (
            "port = 22\n",
            "port = 0\n",
            "line 11, ssh.port: write a port from 1 to 65535",
        ),
        (
            "port = 22\n",
            "port = 70000\n",
            "line 11, ssh.port: invalid value: integer `70000`",
        ),
        (
            "port = 22\n",
            "host = \"a b\"\n",
            "line 11, ssh.host: write a host name",
        ),
        (
            "use only.",
            "use\\u001b[2J",
            "line 12, ssh.banner: write up to 2000 bytes of plain text",
        ),
        (
            "channels = 50",
            "channels = 0",
            "line 15, limits.channels: write a number from",
        ),
        (
            "\"30s\"",
            "\"1s\"",
            "line 16, limits.sign_in: write a length of time from 5s to 10m",
        ),
        (
            "\"json\"",
            "\"xml\"",
            "line 19, log.format: write \"text\" or \"json\"",
        ),
        ("[log]", "[log", "line 18: "),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = errors(&GOOD.replacen(from, to, 1));
        assert!(
            found.starts_with(expected),
            "{to}\n  gives {found}\n  not   {expected}"
        );
    }
}

#[test]
fn all_mistakes_of_meaning_are_told_at_once() {
    let found = errors(
        &GOOD
            .replace("8h", "x")
            .replace("json", "xml")
            .replace("30s", "y"),
    );
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn the_usual_limits_are_the_brokers() {
    let (ours, theirs) = (Limits::default(), broker::Limits::default());
    assert_eq!(ours.unauthenticated, theirs.unauthenticated);
    assert_eq!(
        ours.unauthenticated_per_address,
        theirs.unauthenticated_per_address
    );
    assert_eq!(ours.sign_in, theirs.time_to_authenticate);
    assert_eq!(ours.channels, theirs.channels);
}

#[test]
fn the_sample_plant_is_good() {
    let sample = include_str!("../../../deploy/plant.toml");
    let plant = domain::plant::file::parse(sample).expect("good");
    let named: Vec<_> = plant
        .accounts
        .values()
        .map(|account| account.role)
        .collect();
    assert!(
        domain::Role::ALL.iter().all(|role| named.contains(role)),
        "one of each role"
    );
    let reached = plant
        .assets
        .values()
        .all(|a| plant.conduit_into(&a.zone).is_some());
    assert!(reached, "a way leads to each asset");
}

#[test]
fn the_sample_is_good() {
    let sample = include_str!("../../../deploy/drawbridge.toml");
    let config = parse(sample, Path::new("/etc/drawbridge")).expect("good");
    assert_eq!(config.data, PathBuf::from("/var/lib/drawbridge"));
}

#[test]
fn what_the_sample_leaves_out_is_what_it_says_in_comments() {
    let sample = include_str!("../../../deploy/drawbridge.toml");
    let spelt_out: String = sample
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let plain = parse(sample, Path::new("/")).expect("good");
    let spelt_out = parse(&spelt_out, Path::new("/")).expect("good");
    assert_eq!(plain, spelt_out);
}

const ANCHORS: &str = r#"
[[anchor]]
kind = "directory"
path = "diode"
[[anchor]]
kind = "webhook"
url = "https://siem.example.com/in?token=secret"
[[anchor]]
kind = "syslog"
address = "[fd00::1]:6514"
ca = "ca.pem"
name = "syslog.example.com"
[[anchor]]
kind = "witness"
url = "http://127.0.0.1:8765"
key = "WITNESS"
"#;

fn with_anchors(text: &str) -> String {
    format!("{GOOD}{}", text.replace("WITNESS", &witness()))
}

/// The public half of a witness's key.
fn witness() -> String {
    let key = ledger::VerifierKey::new("w.example", ledger::KeyKind::Timestamped, [7; 32]);
    key.expect("a key").to_string()
}

#[test]
fn anchors_are_named_without_their_secrets() {
    let config = parse(&with_anchors(ANCHORS), Path::new("/etc/drawbridge")).expect("good");
    let names: Vec<_> = config.anchors.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "directory /etc/drawbridge/diode",
            "webhook siem.example.com:443",
            "syslog [fd00::1]:6514",
            "witness 127.0.0.1:8765",
        ]
    );
    let kinds: Vec<_> = config
        .anchors
        .into_iter()
        .map(|anchor| anchor.kind)
        .collect();
    let syslog = AnchorKind::Syslog {
        address: "[fd00::1]:6514".to_owned(),
        server: "syslog.example.com".to_owned(),
        ca: PathBuf::from("/etc/drawbridge/ca.pem"),
    };
    assert_eq!(kinds.get(2), Some(&syslog));
}

#[test]
fn each_mistake_in_an_anchor_is_told_with_its_line() {
    let log = ledger::VerifierKey::new("a.log", ledger::KeyKind::Note, [7; 32]);
    let log = log.expect("a key").to_string();
    for (from, to, expected) in [
        (
            "\"directory\"",
            "\"usb\"",
            "line 22, anchor.kind: write \"directory\"",
        ),
        (
            "path = \"diode\"",
            "",
            "line 21, anchor.path: an anchor of kind directory needs",
        ),
        (
            "path = \"diode\"",
            "path = \"diode\"\nca = \"ca.pem\"",
            "line 24, anchor.ca: an anchor of kind directory has no `ca`",
        ),
        (
            "https://siem",
            "http://siem",
            "line 26, anchor.url: write an address that begins",
        ),
        (
            "https://siem.example.com",
            "file://",
            "line 26, anchor.url: write an address",
        ),
        (
            "ca = \"ca.pem\"\n",
            "",
            "line 27, anchor.ca: an anchor of kind syslog needs",
        ),
        (
            "]:6514",
            "]",
            "line 29, anchor.address: write a host and a port",
        ),
        (
            "]:6514",
            "]:0",
            "line 29, anchor.address: write a host and a port",
        ),
        (
            "http://127.0.0.1",
            "http://10.0.0.1",
            "line 34, anchor.url: write an address",
        ),
        ("WITNESS", "w+1+2", "line 35, anchor.key: not a key"),
        ("WITNESS", &log, "line 35, anchor.key: this is a log's key"),
        (
            "key = \"WITNESS\"\n",
            "",
            "line 32, anchor.key: an anchor of kind witness needs",
        ),
    ] {
        assert!(ANCHORS.contains(from), "{from}");
        let found = errors(&with_anchors(&ANCHORS.replacen(from, to, 1)));
        assert!(
            found.starts_with(expected),
            "{to}\n  gives {found}\n  not   {expected}"
        );
    }
}

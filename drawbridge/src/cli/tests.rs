use clap::{CommandFactory, Parser};

use super::*;

#[derive(Parser, Debug)]
#[command(name = "drawbridge", after_help = AFTER_HELP)]
struct Root {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[test]
fn the_command_line_is_sound() {
    Root::command().debug_assert();
}

#[test]
fn what_is_taken_and_what_is_not() {
    const ID: &str = "01935d2a-7b1c-7e4f-9a3b-5c6d7e8f9a0b";
    for (line, taken) in [
        ("login vera --password-stdin", true),
        ("login vera --password hunter2", false),
        ("login Vera", false),
        ("request create plc-7 --for 2h --purpose x", true),
        (
            "request create plc-7 --until 16:00 --from now --purpose x",
            true,
        ),
        (
            "request create plc-7 --until 16:00 --for 2h --purpose x",
            false,
        ),
        ("request create plc-7 --for 2h", false),
        ("request deny 7e8f9a0b", false),
        ("request deny 7e8f9a0b --reason no", true),
        ("grant connect", true),
        ("grant connect ID --exec -- uname -a", true),
        ("grant connect ID -- uname -a", false),
        ("grant extend ID --by 1h", true),
        ("grant extend ID", false),
        ("grant extend ID --by 1h --until 16:00", false),
        ("session end ID", false),
        ("session list --open --output json", true),
        ("session let-in ID", true),
        ("session pause ID --reason x", true),
        ("session resume ID --reason x", false),
        ("session message ID", false),
        ("session message ID stop", true),
        ("conduit close --reason x", false),
        ("conduit close to-hall --reason x", true),
        ("conduit close --all --reason x", true),
        ("conduit close to-hall --all --reason x", false),
        ("conduit close --all", false),
        (
            "recording play ID --channel 1 --speed 2.5 --idle-limit 2",
            true,
        ),
        ("recording play ID --speed 0", false),
        ("recording play ID --speed NaN", false),
        ("recording play ID --idle-limit -1", false),
        ("recording export ID", false),
        ("recording export ID --out x.cast --input", true),
        ("recording hold ID --reason x", true),
        ("recording hold --zone hall --reason x", true),
        ("recording hold ID --zone hall --reason x", false),
        ("recording hold --reason x", false),
        ("recording hold ID", false),
        ("recording release ID --reason x", true),
        ("recording release ID", false),
        ("recording holds --released --all", true),
        ("recording purge --dry-run --limit 5", true),
        ("recording share ID --for 7d --note x --input", true),
        ("recording share ID --note x", false),
        ("recording share ID --for 7d", false),
        ("recording shares --session ID", true),
        ("recording unshare ID", true),
        ("audit tail -n 0", true),
        ("audit tail --follow -n 5", true),
        ("plant apply plant.toml --dry-run --revoke", true),
        ("vault set plc-7 --key-file k", true),
        ("vault set plc-7 --key-file k --password-stdin", false),
        ("vault set ../x", false),
        ("account disable vera", false),
        ("account enable vera --reason back", true),
        ("conduit close east --reason x -o id", true),
        ("completions fish", true),
        ("doctor --config /etc/drawbridge/drawbridge.toml", true),
        ("whoami --token secret", false),
    ] {
        let line = line.replace("ID", ID);
        let words = ["drawbridge"].into_iter().chain(line.split(' '));
        let parsed = Root::try_parse_from(words);
        assert_eq!(parsed.is_ok(), taken, "{line}: {parsed:?}");
    }
}

#[test]
fn each_group_teaches_by_example() {
    for group in Root::command().get_subcommands() {
        let name = group.get_name();
        if group.has_subcommands() && !matches!(name, "asset" | "zone") {
            let help = group.get_after_help().map(ToString::to_string);
            let example = format!("drawbridge {name} ");
            assert!(help.is_some_and(|help| help.contains(&example)), "{name}");
        }
    }
}

#[tokio::test]
async fn the_exit_status_says_what_kind_of_failure_it_was() {
    // A port that nobody listens on any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = free.local_addr().expect("an address");
    drop(free);
    let dir = tempfile::tempdir().expect("a directory");
    let text = dir.path().join("no.pem");
    std::fs::write(&text, "no certificate").expect("written");
    for (api, ca, status) in [
        (format!("http://{nobody}"), None, 2),
        (format!("https://{nobody}"), Some(&text), 2),
        (
            format!("https://{nobody}"),
            Some(&dir.path().join("none.pem")),
            1,
        ),
        (format!("https://{nobody}"), None, 69),
    ] {
        let global = Global {
            api: Some(api.clone()),
            ca: ca.cloned(),
            output: Form::Json,
        };
        let doctor = doctor::reach(&global).await.expect_err("nobody there");
        assert_eq!(
            doctor.kind().exit_status(),
            status,
            "{api} {ca:?}: {doctor:?}"
        );
    }
}

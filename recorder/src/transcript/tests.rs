use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::frame::{Kind, append};
use crate::screen::Patience;

fn terminal(events: &[(&str, &str)]) -> Vec<u8> {
    cast(
        r#"{"version":3,"term":{"cols":20,"rows":4,"type":"xterm"}}"#,
        events,
    )
}

/// Events as their intervals and output.
fn cast(header: &str, events: &[(&str, &str)]) -> Vec<u8> {
    let mut cast = format!("{header}\n");
    for (wait, text) in events {
        let text = serde_json::to_string(text).unwrap();
        cast.push_str(&format!("[{wait}, \"o\", {text}]\n"));
    }
    cast.into_bytes()
}

fn lines(cast: &[u8], limits: Limits) -> (Vec<(u64, String)>, bool) {
    let found = shown(cast, limits, &mut Patience::new(&mut || true)).unwrap();
    let lines = found.lines.into_iter().map(|line| (line.at_ms, line.text));
    (lines.collect(), found.cut)
}

fn all(cast: &[u8]) -> Vec<(u64, String)> {
    lines(cast, Limits::default()).0
}

fn line(at: u64, text: &str) -> (u64, String) {
    (at, text.to_owned())
}

#[test]
fn what_scrolls_away_is_kept_with_its_time() {
    let found = all(&terminal(&[
        ("0.1", "one\r\ntwo\r\n"),
        ("0.2", "three\r\nfour\r\nfive\r\n"),
        ("0.2", "six\r\nseven\r\n"),
    ]));
    let expected = [
        line(300, "one"),
        line(300, "two"),
        line(500, "three"),
        line(500, "four"),
        line(500, "five"),
        line(500, "six"),
        line(500, "seven"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_full_screen_program_is_looked_at_each_second() {
    let found = all(&terminal(&[
        ("0.1", "\u{1b}[?1049hbearing 1: 40 C"),
        ("1.5", "\u{1b}[1;1Hbearing 1: 90 C"),
        ("0.2", "\u{1b}[1;1Hbearing 1: 91 C"),
        ("1.1", "\u{1b}[2;1HALARM"),
        ("1.1", "\u{1b}[1;1H\u{1b}[2J"),
        ("1.1", "\u{1b}[1;1HALARM"),
    ]));
    let expected = [
        line(100, "bearing 1: 40 C"),
        line(1800, "bearing 1: 91 C"),
        line(2900, "ALARM"),
        line(5100, "ALARM"),
    ];
    assert_eq!(
        found, expected,
        "a line that stays is there once, one that comes again twice"
    );
}

#[test]
fn a_line_that_a_narrow_terminal_broke_is_one() {
    let found = all(&terminal(&[(
        "0",
        "systemctl stop overspeed-protection\r\n",
    )]));
    assert_eq!(found, [line(0, "systemctl stop overspeed-protection")]);
}

#[test]
fn wiped_is_not_unseen() {
    for wipe in ["\u{1b}[2J", "\u{1b}c"] {
        let text = format!("secret plan\r\n{wipe}");
        assert_eq!(
            all(&terminal(&[("0", &text)])),
            [line(0, "secret plan")],
            "{wipe:?}"
        );
    }
}

#[test]
fn without_a_terminal_lines_are_lines() {
    let header = r#"{"version":3,"term":{"cols":80,"rows":24}}"#;
    let found = all(&cast(
        header,
        &[
            ("0.1", "up 3 da"),
            (
                "0.5",
                "ys\n\u{1b}[1;31mred\u{1b}[0m\tx\u{1b}]0;title\u{7}\n",
            ),
            ("0.1", "\u{fffd}\u{fffd}\u{fffd}PK\u{fffd}\u{fffd}\nend"),
        ],
    ));
    assert_eq!(
        found,
        [line(100, "up 3 days"), line(600, "red x"), line(700, "end")]
    );
}

#[test]
fn hostile_output_stays_within_limits() {
    let limits = Limits {
        lines: 3,
        chars: 8,
        bytes: 1000,
    };
    let (found, cut) = lines(
        &terminal(&[("0", &"abcdefghijkl\r\n2\r\n3\r\n4\r\n".repeat(9))]),
        limits,
    );
    assert_eq!((found.len(), cut), (3, true));
    assert_eq!(found[0].1, "abcdefgh");
    let bytes = Limits { bytes: 4, ..limits };
    assert_eq!(
        lines(&terminal(&[("0", "abc\r\nabd\r\n")]), bytes).0.len(),
        1
    );
}

fn keys(frames: &[(u64, &[u8])]) -> Vec<Typed> {
    let mut log = Vec::new();
    for (at, bytes) in frames {
        append(Kind::Data, Duration::from_millis(*at), bytes, &mut log);
    }
    typed(&log[..], Limits::default()).unwrap().lines
}

#[test]
fn keys_become_lines() {
    type Lines<'a> = &'a [(&'a str, Option<&'a str>)];
    let cases: &[(&[u8], Lines<'_>)] = &[
        (b"ls -l\rpwd\r", &[("ls -l", None), ("pwd", None)]),
        (b"lx\x7fs\r", &[("ls", Some("lxs"))]),
        (b"rm -rf /\x15pwd\r", &[("pwd", Some("rm -rf /pwd"))]),
        (
            b"stop unit 2\x17three\r",
            &[("stop unit three", Some("stop unit 2three"))],
        ),
        (b"reboot\x03ls\r", &[("", Some("reboot")), ("ls", None)]),
        (b"\x1b[A\r\x1bOB\r", &[]),
        (b"cat\t\r", &[("cat", None)]),
        (
            b"\x1b[200~two\nlines\x1b[201~\r",
            &[("two", None), ("lines", None)],
        ),
        (b"n\xc3\xb8kkel \xff\r", &[("nøkkel \u{fffd}", None)]),
        (b"not sent off", &[("not sent off", None)]),
        (b"\x7f\x7f\r", &[]),
    ];
    for (bytes, expected) in cases {
        let found = keys(&[(5, bytes)]);
        let found: Vec<_> = found.iter().map(|t| (&*t.text, t.all.as_deref())).collect();
        assert_eq!(&found, expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_line_has_the_time_of_its_first_key() {
    let found = keys(&[
        (100, b"\r"),
        (2000, b"l\xc3"),
        (3000, b"\xb8s"),
        (9000, b"\r"),
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].at_ms, &*found[0].text), (2000, "løs"));
}

#[test]
fn what_was_erased_is_found_too() {
    let mut log = Vec::new();
    append(
        Kind::Data,
        Duration::ZERO,
        b"rm -rf /\x15ls\rpwd\r",
        &mut log,
    );
    let find = |words: &str| {
        let words = Words::parse(words).unwrap();
        let found = find_typed(&log[..], &words, Limits::default()).unwrap();
        found
            .lines
            .into_iter()
            .map(|line| line.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(find("rm"), ["ls"]);
    assert_eq!(find("pwd"), ["pwd"]);
    assert!(find("pw").is_empty());
}

#[test]
fn words_and_phrases() {
    let has = |words: &str, line: &str| Words::parse(words).unwrap().all_in(line);
    for (words, line) in [
        ("fault", "reset FAULT 7"),
        ("\"reset fault\"", "reset fault 7"),
        ("fault reset", "reset fault 7"),
        ("plc-7", "ssh plc-7 uptime"),
        ("pump*", "pumps on"),
        ("\"start pum\"*", "start pumps"),
        ("AND", "this and that"),
        ("a(b)", "a b"),
    ] {
        assert!(has(words, line), "{words} in {line}");
    }
    for (words, line) in [
        ("fault", "faults"),
        ("\"fault reset\"", "reset fault"),
        ("plc-7", "plc 6 7"),
        ("pump* off", "pumps on"),
    ] {
        assert!(!has(words, line), "{words} in {line}");
    }
    assert_eq!(Words::parse(" -- \"\" *"), Err(NoWords::Nothing));
    assert_eq!(Words::parse(&"a ".repeat(21)), Err(NoWords::TooMuch));
    assert_eq!(Words::parse(&"a".repeat(401)), Err(NoWords::TooMuch));
}

proptest! {
    #[test]
    fn nothing_that_acts_on_a_terminal_comes_out(
        text in prop::collection::vec(prop_oneof!["(?s).{0,20}", "\u{1b}.{0,5}"], 0..20),
        has_terminal in any::<bool>(),
    ) {
        let header = if has_terminal {
            r#"{"version":3,"term":{"cols":20,"rows":4,"type":"xterm"}}"#
        } else {
            r#"{"version":3,"term":{"cols":20,"rows":4}}"#
        };
        let events: Vec<_> = text.iter().map(|text| ("0.4", text.as_str())).collect();
        for (_, line) in all(&cast(header, &events)) {
            prop_assert!(!line.contains(crate::screen::is_hidden), "{line:?}");
            prop_assert!(!line.trim().is_empty());
        }
    }

    #[test]
    fn any_keys_are_read(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..10)) {
        let frames: Vec<_> = frames.iter().map(|bytes| (1, bytes.as_slice())).collect();
        for line in keys(&frames) {
            prop_assert!(!line.text.contains(char::is_control));
        }
    }
}

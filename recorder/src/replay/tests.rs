use std::collections::BTreeMap;

use avt::Terminal;
use domain::{SessionId, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::cast::{Encoder, Ending, Stream, header_line};
use crate::header::{Header, KeepOutput, Terminal as HeaderTerminal};
use crate::screen::Patience;
use std::time::Duration;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn header(has_terminal: bool) -> Vec<u8> {
    header_line(&Header {
        session: SessionId::from_uuid(Uuid::nil()),
        channel: 0,
        started: Timestamp::from_micros(0),
        title: "vera on plc-7".to_owned(),
        command: None,
        terminal: has_terminal.then(|| HeaderTerminal {
            cols: 40,
            rows: 6,
            kind: "xterm".to_owned(),
            modes: String::new(),
        }),
        keep: KeepOutput::Everything,
        env: BTreeMap::new(),
    })
    .unwrap()
}

#[derive(Clone, Debug)]
enum Op {
    Output(String),
    Resize(u16, u16),
    Marker(String),
    Raw(Vec<u8>),
}

fn record(ops: &[(u64, Op)]) -> Vec<u8> {
    let mut cast = header(true);
    let mut encoder = Encoder::new();
    let mut at = 0;
    for (wait, op) in ops {
        at += wait;
        match op {
            Op::Output(text) => encoder.output(ms(at), Stream::Out, text.as_bytes(), &mut cast),
            Op::Resize(cols, rows) => encoder.resize(ms(at), *cols, *rows, &mut cast),
            Op::Marker(label) => encoder.marker(ms(at), label, &mut cast),
            Op::Raw(raw) => encoder.output(ms(at), Stream::Err, raw, &mut cast),
        }
    }
    encoder.close(Ending::Finished, 0, &mut cast);
    cast
}

fn build(cast: &[u8], idle_limit: Option<u64>) -> Index {
    let settings = Settings {
        idle_limit: idle_limit.map(ms),
        ..Settings::default()
    };
    Index::build(cast, settings, &mut Patience::new(&mut || true)).unwrap()
}

/// A segment as the player gets it, of a recording of which only the rest is read.
fn segment(index: &Index, cast: &[u8], number: usize) -> Value {
    let offset = usize::try_from(index.offset(number).unwrap()).unwrap();
    let json = index.segment(number, &cast[offset..]).unwrap().unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn index_json(index: &Index) -> Value {
    serde_json::from_slice(&index.to_json(|n| format!("replay/{n}.json"))).unwrap()
}

/// What the player checks before it plays (its `validateIndex` and
/// `normalizeSegment`).
fn check(index: &Index, cast: &[u8]) {
    let json = index_json(index);
    let duration = json["duration"].as_f64().unwrap();
    let starts: Vec<f64> = json["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| segment["start"].as_f64().unwrap())
        .collect();
    assert_eq!(starts[0], 0.0);
    assert!(starts.is_sorted_by(|a, b| a < b), "{starts:?}");
    assert!(starts[1..].iter().all(|start| *start < duration));
    let markers = json["markers"].as_array().unwrap();
    let mut told = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let segment = segment(index, cast, number);
        let end = starts.get(number + 1);
        let mut last = *start;
        let events = segment["events"].as_array().unwrap();
        assert_eq!(events[0][0].as_f64(), Some(*start));
        for event in events {
            let at = event[0].as_f64().unwrap();
            assert!(
                at >= last && end.is_none_or(|end| at < *end),
                "{at} {last} {end:?}"
            );
            last = at;
            if event[1] == "m" {
                told.push(serde_json::json!([event[0], event[2]]));
            }
        }
        if end.is_none() {
            assert_eq!(last, duration);
        }
    }
    assert_eq!(&told, markers);
}

/// A terminal as the player has it after a segment's events up to `until`.
fn played(segment: &Value, until: f64) -> Terminal {
    let size = |key: &str| usize::try_from(segment["snapshot"][key].as_u64().unwrap()).unwrap();
    let mut terminal = Terminal::new(size("cols"), size("rows")).unwrap();
    terminal.feed(segment["snapshot"]["init"].as_str().unwrap());
    feed(&mut terminal, segment, until);
    terminal
}

fn feed(terminal: &mut Terminal, segment: &Value, until: f64) {
    for event in segment["events"].as_array().unwrap() {
        if event[0].as_f64().unwrap() > until {
            break;
        }
        let data = event[2].as_str().unwrap();
        if event[1] == "o" {
            terminal.feed(data);
        } else if event[1] == "r" {
            let (cols, rows) = data.split_once('x').unwrap();
            terminal.resize(cols.parse().unwrap(), rows.parse().unwrap());
        }
    }
}

fn seen(terminal: &Terminal) -> (Vec<String>, String) {
    (terminal.screen().text(), format!("{:?}", terminal.cursor()))
}

#[test]
fn a_segment_every_thirty_seconds() {
    let line = |n: usize| (10_000, Op::Output(format!("line {n}\r\n")));
    let cast = record(&(0..12).map(line).collect::<Vec<_>>());
    let index = build(&cast, None);
    check(&index, &cast);
    let json = index_json(&index);
    let starts: Vec<_> = json["segments"].as_array().unwrap().iter().collect();
    let expected = serde_json::json!([
        {"start": 0.0, "real": 10.0, "url": "replay/0.json"},
        {"start": 30.0, "real": 30.0, "url": "replay/1.json"},
        {"start": 60.0, "real": 60.0, "url": "replay/2.json"},
        {"start": 90.0, "real": 90.0, "url": "replay/3.json"},
    ]);
    assert_eq!(serde_json::json!(starts), expected);
    assert_eq!(json["duration"], 120.0);
    assert_eq!(json["term"], serde_json::json!({"cols": 40, "rows": 6}));
    let second = segment(&index, &cast, 1);
    assert_eq!(
        second["events"],
        serde_json::json!([
            [30.0, "o", ""],
            [30.0, "o", "line 2\r\n"],
            [40.0, "o", "line 3\r\n"],
            [50.0, "o", "line 4\r\n"],
        ])
    );
    assert!(
        second["snapshot"]["init"]
            .as_str()
            .unwrap()
            .contains("line 1")
    );
    assert!(index.segment(4, &b""[..]).unwrap().is_none());
}

#[test]
fn pauses_are_cut_short_and_the_real_time_is_kept() {
    let ops = [
        (500, Op::Output("a".to_owned())),
        (3_600_000, Op::Output("b".to_owned())),
        (1000, Op::Marker("over".to_owned())),
    ];
    let cast = record(&ops);
    let index = build(&cast, Some(2000));
    check(&index, &cast);
    assert_eq!(index.duration(), ms(3500));
    let marker = &index.markers()[0];
    assert_eq!((marker.at_ms, marker.real_ms), (3500, 3_601_500));
}

#[test]
fn commands_sizes_remarks_and_the_exit_are_pointed_out() {
    let mut cast = header(true);
    let mut encoder = Encoder::new();
    let prompt = b"\x1b]133;A\x07$ \x1b]133;B\x07systemctl stop plc\x1b]133;C\x07\r\n";
    encoder.output(ms(1000), Stream::Out, prompt, &mut cast);
    for (at, cols) in [(2000, 50), (2100, 60), (2200, 70), (9000, 80)] {
        encoder.resize(ms(at), cols, 25, &mut cast);
    }
    encoder.marker(
        ms(10_000),
        "the window ends\u{1b}[31m in 5 minutes",
        &mut cast,
    );
    encoder.exit(ms(11_000), 3, &mut cast);
    let index = build(&cast, None);
    check(&index, &cast);
    let markers: Vec<_> = index
        .markers()
        .iter()
        .map(|m| (m.at_ms, &*m.label))
        .collect();
    assert_eq!(
        markers,
        [
            (1000, "$ systemctl stop plc"),
            (2000, "70x25"),
            (9000, "80x25"),
            (10_000, "the window ends[31m in 5 minutes"),
            (11_000, "exit status 3"),
        ]
    );
}

#[test]
fn without_a_terminal_a_line_feed_returns() {
    let mut cast = header(false);
    let mut encoder = Encoder::new();
    encoder.output(ms(10), Stream::Out, b"one\ntwo\n", &mut cast);
    let index = build(&cast, None);
    check(&index, &cast);
    let first = segment(&index, &cast, 0);
    assert_eq!(played(&first, 1.0).screen().text()[1].trim_end(), "two");
}

#[test]
fn nothing_recorded_is_played_as_nothing() {
    for cast in [
        header(true),
        record(&[]),
        [&header(true)[..], b"torn"].concat(),
    ] {
        let index = build(&cast, None);
        check(&index, &cast);
        assert_eq!((index.segments(), index.duration()), (1, ms(0)));
    }
    let settings = Settings::default();
    let built = Index::build(&b"{}\n"[..], settings, &mut Patience::new(&mut || true));
    assert_eq!(
        built.map(|_| ()).map_err(|error| error.kind()),
        Err(std::io::ErrorKind::InvalidData)
    );
}

/// Few bytes that keep a terminal busy: the caller's patience counts, not theirs.
#[test]
fn what_takes_too_long_is_given_up() {
    let cast = record(&[(0, Op::Output("x\u{1b}[65535b".repeat(200_000)))]);
    let mut asked = 0;
    let mut may = || {
        asked += 1;
        asked < 3
    };
    let built = Index::build(&cast[..], Settings::default(), &mut Patience::new(&mut may));
    assert_eq!(
        built.map(|_| ()).map_err(|error| error.kind()),
        Err(std::io::ErrorKind::TimedOut)
    );
}

#[test]
fn an_absurd_size_is_drawn_smaller() {
    let cast = record(&[(0, Op::Resize(u16::MAX, u16::MAX)), (5, Op::Resize(0, 0))]);
    let index = build(&cast, None);
    check(&index, &cast);
    let first = segment(&index, &cast, 0);
    assert_eq!(
        first["events"][1],
        serde_json::json!([0.0, "r", "1000x500"])
    );
    assert_eq!(first["events"][3], serde_json::json!([0.005, "r", "1x1"]));
}

#[test]
fn a_recording_that_goes_on_does_not_disturb_its_index() {
    let line = |n: usize| (9_000, Op::Output(format!("line {n}\r\n")));
    let all: Vec<_> = (0..20).map(line).collect();
    let (early, late) = (record(&all[..10]), record(&all));
    let index = build(&early, None);
    check(&index, &late);
    let settings = Settings {
        until: Some(index.duration()),
        ..Settings::default()
    };
    let again = Index::build(&late[..], settings, &mut Patience::new(&mut || true)).unwrap();
    assert_eq!(index_json(&again), index_json(&index));
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => prop_oneof![
            "[a-z ]{0,12}",
            Just("\r\n".to_owned()),
            Just("\u{1b}[2J\u{1b}[H".to_owned()),
            Just("\u{1b}[?1049h".to_owned()),
            Just("\u{1b}[?1049l".to_owned()),
            Just("\u{1b}[3;5r\u{1b}[4;1H".to_owned()),
            Just("\u{1b}[31;1mred\u{1b}".to_owned()),
            Just("[0m\u{1b}7\u{1b}[2;2H".to_owned()),
            Just("\u{1b}8日本語".to_owned()),
            Just("\u{1b}]133;A\u{7}$ \u{1b}]133;B\u{7}ls\u{1b}]133;C\u{7}".to_owned()),
            "(?s).{0,8}",
        ].prop_map(Op::Output),
        1 => (1_u16..60, 1_u16..12).prop_map(|(cols, rows)| Op::Resize(cols, rows)),
        1 => ".{0,8}".prop_map(Op::Marker),
        1 => prop::collection::vec(any::<u8>(), 0..6).prop_map(Op::Raw),
    ]
}

proptest! {
    #[test]
    fn from_a_keyframe_on_it_looks_as_from_the_start(
        ops in prop::collection::vec((prop_oneof![Just(0_u64), 0_u64..20_000], op()), 1..60),
        idle_limit in prop::option::of(1_u64..15_000),
        when in 0.0..1.0_f64,
    ) {
        let cast = record(&ops);
        let index = build(&cast, idle_limit);
        check(&index, &cast);
        let at = index.duration().as_secs_f64() * when;
        let json = index_json(&index);
        let starts = json["segments"].as_array().unwrap();
        let number = starts.iter().rposition(|s| s["start"].as_f64().unwrap() <= at).unwrap();
        let jumped = played(&segment(&index, &cast, number), at);
        let mut through = played(&segment(&index, &cast, 0), at);
        for before in 1..=number {
            feed(&mut through, &segment(&index, &cast, before), at);
        }
        prop_assert_eq!(seen(&jumped), seen(&through));
        prop_assert_eq!(jumped.dump(), through.dump());
    }

    #[test]
    fn the_command_line_jumps_to_the_same_screen(
        ops in prop::collection::vec((0_u64..20_000, op()), 1..40),
        when in 0_u64..400_000,
    ) {
        let cast = record(&ops);
        let dump = screen_at(&cast[..], ms(when), &mut Patience::new(&mut || true)).unwrap();
        let index = build(&cast, None);
        let before = ms(when).as_secs_f64() - 0.0005;
        let mut through = played(&segment(&index, &cast, 0), before);
        for number in 1..index.segments() {
            feed(&mut through, &segment(&index, &cast, number), before);
        }
        prop_assert_eq!(dump, through.dump());
    }
}

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{SessionId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::header::{Header, KeepOutput, Terminal};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn encoded(steps: impl FnOnce(&mut Encoder, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    steps(&mut Encoder::new(), &mut out);
    String::from_utf8(out).unwrap()
}

fn header() -> Header {
    Header {
        session: SessionId::from_uuid(Uuid::nil()),
        channel: 0,
        started: Timestamp::from_micros(1_764_000_000_123_456),
        title: "anna on plc-7".to_owned(),
        command: None,
        terminal: Some(Terminal {
            cols: 120,
            rows: 40,
            kind: "xterm-256color".to_owned(),
            modes: "ECHO=1".to_owned(),
        }),
        keep: KeepOutput::Everything,
        env: BTreeMap::new(),
    }
}

#[test]
fn each_kind_of_line() {
    let lines = encoded(|encoder, out| {
        encoder.output(ms(1), Stream::Out, b"\x1b[1mhi\x1b[0m\r\n", out);
        encoder.resize(ms(1500), 80, 24, out);
        encoder.output(ms(1500), Stream::Err, b"oh \"no\"", out);
        encoder.output(ms(1501), Stream::Out, b"a\xffb", out);
        encoder.marker(ms(61_501), "10 minutes left", out);
        encoder.input(ms(61_502), b"ls\r", out);
        encoder.exit(ms(61_502), 3, out);
        encoder.exit(ms(61_502), u32::MAX, out);
        encoder.close(Ending::Finished, 99, out);
    });
    let expected = [
        r#"[0.001, "o", "\u001b[1mhi\u001b[0m\r\n"]"#,
        r#"[1.499, "r", "80x24"]"#,
        r#"[0.000, "e", ""]"#,
        r#"[0.000, "o", "oh \"no\""]"#,
        "[0.001, \"o\", \"a\u{fffd}b\"]",
        r#"[0.000, "b", "Yf9i"]"#,
        r#"[60.000, "m", "10 minutes left"]"#,
        r#"[0.001, "i", "ls\r"]"#,
        r#"[0.000, "x", "3"]"#,
        r#"[0.000, "x", "-1"]"#,
        r#"[0.000, "z", "finished 99"]"#,
    ];
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_long_recording_does_not_drift() {
    // Intervals of 1.6 ms: rounding each alone would gain 400 ms a second.
    let lines = encoded(|encoder, out| {
        for step in 1..=10_000 {
            encoder.output(Duration::from_micros(1600 * step), Stream::Out, b"x", out);
        }
    });
    let total: f64 = lines
        .lines()
        .map(|line| line[1..6].parse::<f64>().unwrap())
        .sum();
    assert!((total - 16.0).abs() < 0.001, "{total}");
}

#[test]
fn a_recording_never_runs_backwards() {
    let lines = encoded(|encoder, out| {
        encoder.marker(ms(500), "a", out);
        encoder.marker(ms(400), "b", out);
        encoder.marker(ms(600), "c", out);
    });
    let starts: Vec<_> = lines.lines().map(|line| &line[1..6]).collect();
    assert_eq!(starts, ["0.500", "0.000", "0.100"]);
}

#[test]
fn an_unfinished_character_is_written_at_the_end() {
    let lines = encoded(|encoder, out| {
        encoder.output(ms(0), Stream::Out, b"\xe2\x82", out);
        encoder.output(ms(0), Stream::Err, b"\xc3", out);
        encoder.flush(ms(1), out);
        encoder.flush(ms(1), out);
    });
    let codes: String = lines
        .lines()
        .map(|line| line.chars().nth(9).unwrap())
        .collect();
    assert_eq!(codes, "obeob");
}

#[test]
fn header_of_a_terminal_and_of_a_command() {
    let line = String::from_utf8(header_line(&header()).unwrap()).unwrap();
    let expected = r#"{"version":3,"term":{"cols":120,"rows":40,"type":"xterm-256color","modes":"ECHO=1"},"timestamp":1764000000,"title":"anna on plc-7"}"#;
    assert_eq!(line, format!("{expected}\n"));

    let env = BTreeMap::from([("LANG".to_owned(), "nb_NO.UTF-8".to_owned())]);
    let exec = Header {
        terminal: None,
        command: Some("uptime \"-p\"".to_owned()),
        env,
        ..header()
    };
    let line = header_line(&exec).unwrap();
    let read = Reader::new(&line).unwrap();
    assert_eq!(read.header().command.as_deref(), Some("uptime \"-p\""));
    assert_eq!(
        read.header().env.get("LANG").map(String::as_str),
        Some("nb_NO.UTF-8")
    );
    assert_eq!((read.header().term.cols, read.header().term.rows), (80, 24));
}

#[test]
fn a_header_that_no_reader_would_take_is_refused() {
    let long = Header {
        command: Some("\u{1}".repeat(MAX_LINE / 6)),
        ..header()
    };
    assert!(header_line(&long).is_err());
}

#[test]
fn a_long_label_is_cut_between_characters() {
    let lines = encoded(|encoder, out| encoder.marker(ms(0), &"€".repeat(10_000), out));
    assert_eq!(lines.matches('€').count(), (16 << 10) / 3);
}

#[test]
fn bad_lines() {
    let cases = [
        ("[0.1, \"o\"]\n", BadLine::Event),
        ("[0.1, \"\", \"x\"]\n", BadLine::Event),
        ("{}\n", BadLine::Event),
        (" [0.1, \"o\", \"x\"]\n", BadLine::Event),
        ("[\"0.1\", \"o\", \"x\"]\n", BadLine::Event),
        ("[-0.1, \"o\", \"x\"]\n", BadLine::Interval),
        ("[1e300, \"o\", \"x\"]\n", BadLine::Interval),
        ("[0.1, \"r\", \"80\"]\n", BadLine::Data),
        ("[0.1, \"r\", \"80x99999\"]\n", BadLine::Data),
        ("[0.1, \"x\", \"ok\"]\n", BadLine::Data),
        ("[0.1, \"b\", \"%%\"]\n", BadLine::Data),
        ("[0.1, \"z\", \"finished\"]\n", BadLine::Data),
        ("[0.1, \"z\", \"over 12\"]\n", BadLine::Data),
        ("[0.1, \"o\", \"x\"]", BadLine::CutOff),
        ("[0.1, \"o\", \"x\n", BadLine::Event),
        ("\0\0\0\0\n", BadLine::Event),
    ];
    let header = header_line(&header()).unwrap();
    for (line, what) in cases {
        let mut cast = header.clone();
        cast.extend_from_slice(b"# a remark\n\n[0.5, \"q\", \"unknown\"]\n");
        let valid = cast.len() as u64;
        cast.extend_from_slice(line.as_bytes());
        if what != BadLine::CutOff {
            cast.extend_from_slice(b"\n[0.5, \"o\", \"after\"]\n");
        }
        let cast = &cast[..];
        let read: Vec<_> = Reader::new(cast).unwrap().collect();
        assert_eq!(read.len(), 2, "{line}");
        assert_eq!(read[1], Err(ReadError { line: 5, what }), "{line}");
        assert_eq!(valid_prefix(cast).unwrap(), valid, "{line}");
    }
    for cast in [
        "",
        "{\"version\":3",
        "{\"version\":2,\"term\":{\"cols\":1,\"rows\":1}}\n",
        "[]\n",
    ] {
        assert!(Reader::new(cast.as_bytes()).is_err(), "{cast}");
        assert_eq!(valid_prefix(cast.as_bytes()).unwrap(), 0, "{cast}");
    }
}

#[test]
fn a_line_without_end_is_not_read_into_memory() {
    let mut cast = header_line(&header()).unwrap();
    let valid = cast.len() as u64;
    cast.extend_from_slice(b"[0.1, \"o\", \"");
    cast.resize(MAX_LINE * 2, b'x');
    assert_eq!(valid_prefix(cast.as_slice()).unwrap(), valid);
    let read: Vec<_> = Reader::new(&cast).unwrap().collect();
    assert_eq!(
        read,
        [Err(ReadError {
            line: 2,
            what: BadLine::TooLong
        })]
    );
}

/// One thing that happens to a recording.
#[derive(Clone, Debug)]
enum Op {
    Output(Stream, Vec<u8>),
    Resize(u16, u16),
    Marker(String),
    Exit(u32),
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "(?s).{0,30}".prop_map(String::into_bytes),
        // Packets that end inside a character.
        ("(?s).{1,9}€", 1_usize..3)
            .prop_map(|(text, cut)| text.as_bytes()[..text.len() - cut].to_vec()),
        Just(b"\x82\xac".to_vec()),
        Just("😀ü\n".repeat(20_000).into_bytes()),
    ]
}

fn ops() -> impl Strategy<Value = Vec<(u64, Op)>> {
    let stream = prop_oneof![Just(Stream::Out), Just(Stream::Err)];
    let op = prop_oneof![
        6 => (stream, bytes()).prop_map(|(stream, bytes)| Op::Output(stream, bytes)),
        1 => any::<(u16, u16)>().prop_map(|(cols, rows)| Op::Resize(cols, rows)),
        1 => "(?s).{0,20}".prop_map(Op::Marker),
        1 => any::<u32>().prop_map(Op::Exit),
    ];
    prop::collection::vec((0_u64..5_000_000, op), 0..20)
}

fn record(ops: &[(u64, Op)]) -> Vec<u8> {
    let mut cast = header_line(&header()).unwrap();
    let mut encoder = Encoder::new();
    let mut at = Duration::ZERO;
    for (wait, op) in ops {
        at += Duration::from_micros(*wait);
        match op {
            Op::Output(stream, bytes) => encoder.output(at, *stream, bytes, &mut cast),
            Op::Resize(cols, rows) => encoder.resize(at, *cols, *rows, &mut cast),
            Op::Marker(label) => encoder.marker(at, label, &mut cast),
            Op::Exit(status) => encoder.exit(at, *status, &mut cast),
        }
    }
    encoder.flush(at, &mut cast);
    cast
}

/// Everything a recording says, put together again.
#[derive(Debug, Default, PartialEq)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
    rest: Vec<Op>,
}

impl PartialEq for Op {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

fn read_back(cast: &[u8]) -> Said {
    let mut said = Said::default();
    let mut stream = Stream::Out;
    let mut last = (Stream::Out, 0);
    let mut at = Duration::ZERO;
    for timed in Reader::new(cast).unwrap() {
        let timed = timed.unwrap();
        assert!(timed.at >= at);
        at = timed.at;
        match timed.event {
            Event::FromStderr => stream = Stream::Err,
            Event::Output(text) => {
                let bytes = if stream == Stream::Out {
                    &mut said.out
                } else {
                    &mut said.err
                };
                last = (stream, bytes.len());
                bytes.extend_from_slice(text.as_bytes());
                stream = Stream::Out;
            }
            Event::Raw(raw) => {
                let bytes = if last.0 == Stream::Out {
                    &mut said.out
                } else {
                    &mut said.err
                };
                bytes.truncate(last.1);
                bytes.extend_from_slice(&raw);
            }
            Event::Resize { cols, rows } => said.rest.push(Op::Resize(cols, rows)),
            Event::Marker(label) => said.rest.push(Op::Marker(label.into_owned())),
            Event::Exit(status) => said.rest.push(Op::Exit(status)),
            other @ (Event::Input(_) | Event::Closed { .. } | Event::Other(..)) => {
                panic!("{other:?}")
            }
        }
    }
    said
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_recorded(ops in ops()) {
        let cast = record(&ops);
        let mut expected = Said::default();
        for (_, op) in &ops {
            match op {
                Op::Output(Stream::Out, bytes) => expected.out.extend_from_slice(bytes),
                Op::Output(Stream::Err, bytes) => expected.err.extend_from_slice(bytes),
                Op::Resize(..) | Op::Marker(_) | Op::Exit(_) => expected.rest.push(op.clone()),
            }
        }
        prop_assert!(read_back(&cast) == expected);
    }

    #[test]
    fn every_line_is_json_and_times_add_up(ops in ops()) {
        let cast = String::from_utf8(record(&ops)).unwrap();
        let mut seconds = 0.0;
        for line in cast.lines().skip(1) {
            let event: (f64, String, String) = serde_json::from_str(line).unwrap();
            prop_assert!(event.0 >= 0.0);
            seconds += event.0;
        }
        let micros: u64 = ops.iter().map(|(wait, _)| wait).sum();
        prop_assert!(seconds <= Duration::from_micros(micros).as_secs_f64() + 1e-6);
    }

    #[test]
    fn any_truncation_has_a_valid_prefix_that_loses_only_the_tail(ops in ops(), cut in any::<prop::sample::Index>()) {
        let cast = record(&ops);
        let cut = &cast[..cut.index(cast.len() + 1)];
        let valid = usize::try_from(valid_prefix(cut).unwrap()).unwrap();
        let whole_lines = cut.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        prop_assert_eq!(valid, whole_lines);
        if valid > 0 {
            prop_assert!(Reader::new(&cut[..valid]).unwrap().all(|event| event.is_ok()));
        }
    }

    #[test]
    fn whatever_is_read_the_valid_prefix_reads_without_error(
        ops in ops(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut cast = record(&ops);
        for (place, byte) in damage {
            let place = place.index(cast.len());
            cast[place] = byte;
        }
        let valid = usize::try_from(valid_prefix(cast.as_slice()).unwrap()).unwrap();
        let good = Reader::new(&cast).map_or(0, |events| events.take_while(Result::is_ok).count());
        if valid > 0 {
            let read: Vec<_> = Reader::new(&cast[..valid]).unwrap().collect();
            prop_assert!(read.iter().all(Result::is_ok));
            prop_assert_eq!(read.len(), good);
        }
    }

    #[test]
    fn events_one_at_a_time_are_the_same_and_can_be_gone_on_with(
        ops in ops(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        from in any::<prop::sample::Index>(),
    ) {
        let mut cast = record(&ops);
        for (place, byte) in damage {
            let place = place.index(cast.len());
            cast[place] = byte;
        }
        let whole: Vec<_> = Reader::new(&cast)
            .map(|events| events.map_while(Result::ok).collect())
            .unwrap_or_default();
        let mut places = Vec::new();
        if let Ok((_, mut events)) = Events::open(cast.as_slice()) {
            while let Some((place, timed)) = events.next_event().unwrap() {
                prop_assert_eq!(&timed, &whole[places.len()]);
                places.push(place);
            }
        }
        prop_assert_eq!(places.len(), whole.len());
        if !places.is_empty() {
            let from = from.index(places.len());
            let rest = &cast[usize::try_from(places[from].offset).unwrap()..];
            let mut events = Events::resume(rest, places[from]);
            for timed in &whole[from..] {
                let found = events.next_event().unwrap().map(|(_, timed)| timed);
                prop_assert_eq!(found.as_ref(), Some(timed));
            }
        }
    }
}

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{SessionId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::cast::{Encoder, Event, Reader, Stream, header_line};
use crate::frame::{self, Kind};
use crate::header::{Header, KeepOutput};

fn header() -> Vec<u8> {
    header_line(&Header {
        session: SessionId::from_uuid(Uuid::nil()),
        channel: 0,
        started: Timestamp::from_micros(0),
        title: String::new(),
        command: None,
        terminal: None,
        keep: KeepOutput::Everything,
        env: BTreeMap::new(),
    })
    .unwrap()
}

/// Events at µs: output to the one file, input to the other.
fn merged(output: &[(u64, &[u8])], input: &[(u64, &[u8])]) -> Vec<u8> {
    let mut cast = header();
    let mut encoder = Encoder::new();
    for (at, bytes) in output {
        encoder.output(Duration::from_micros(*at), Stream::Out, bytes, &mut cast);
    }
    let mut log = Vec::new();
    for (at, bytes) in input {
        frame::append(Kind::Data, Duration::from_micros(*at), bytes, &mut log);
    }
    let source = WithInput::new(
        CheckedLines::new(&cast[..]).unwrap(),
        FrameReader::new(&log[..]),
    )
    .unwrap();
    let mut all = Vec::new();
    Lines::new(source).read_to_end(&mut all).unwrap();
    all
}

#[test]
fn both_sides_in_the_order_of_time() {
    let all = merged(
        &[(1000, b"$ "), (500_000, b"l"), (500_900, b"\xff")],
        &[
            (400_000, b"l"),
            (500_500, b"s"),
            (900_000, b"\xc3"),
            (901_000, b"\xa9"),
            (902_000, b"\xe2\x82"),
        ],
    );
    let lines: Vec<_> = std::str::from_utf8(&all).unwrap().lines().skip(1).collect();
    let expected = [
        r#"[0.001, "o", "$ "]"#,
        r#"[0.399, "i", "l"]"#,
        r#"[0.100, "o", "l"]"#,
        "[0.000, \"o\", \"\u{fffd}\"]",
        r#"[0.000, "b", "/w=="]"#,
        r#"[0.000, "i", "s"]"#,
        r#"[0.401, "i", "é"]"#,
        "[0.000, \"i\", \"\u{fffd}\"]",
        r#"[0.000, "b", "4oI="]"#,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn either_side_may_be_empty() {
    assert_eq!(merged(&[], &[]), header());
    assert_eq!(Reader::new(&merged(&[], &[(5, b"x")])).unwrap().count(), 1);
    assert_eq!(Reader::new(&merged(&[(5, b"x")], &[])).unwrap().count(), 1);
}

proptest! {
    #[test]
    fn merging_keeps_every_event_and_its_time(
        output in prop::collection::vec(0_u64..3_000_000, 0..20),
        input in prop::collection::vec(0_u64..3_000_000, 0..20),
    ) {
        let sorted = |mut times: Vec<u64>| {
            times.sort_unstable();
            times
        };
        let (output, input) = (sorted(output), sorted(input));
        let events = |times: &[u64]| times.iter().map(|&at| (at, &b"x"[..])).collect::<Vec<_>>();
        let all = merged(&events(&output), &events(&input));
        let (mut outputs, mut inputs) = (Vec::new(), Vec::new());
        for timed in Reader::new(&all).unwrap() {
            let timed = timed.unwrap();
            let times = if matches!(timed.event, Event::Input(_)) { &mut inputs } else { &mut outputs };
            times.push(timed.at.as_millis());
        }
        let millis = |times: &[u64]| times.iter().map(|at| u128::from(at / 1000)).collect::<Vec<_>>();
        prop_assert_eq!(outputs, millis(&output));
        prop_assert_eq!(inputs, millis(&input));
    }

    #[test]
    fn small_reads_give_the_same(sizes in prop::collection::vec(1_usize..40, 1..10)) {
        let cast = [&header()[..], b"[0.1, \"o\", \"abc\"]\n# x\n[0.1, \"o\", \"torn"].concat();
        let mut lines = Lines::new(CheckedLines::new(&cast[..]).unwrap());
        let mut all = Vec::new();
        for size in sizes.iter().cycle() {
            let mut buf = vec![0; *size];
            let read = lines.read(&mut buf).unwrap();
            if read == 0 {
                break;
            }
            all.extend_from_slice(&buf[..read]);
        }
        prop_assert_eq!(&all[..], &cast[..cast.len() - "[0.1, \"o\", \"torn".len()]);
    }
}

//! Whatever is on the disk: readers end, and what they call valid is valid.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recorder::Patience;
use recorder::cast::{Reader, valid_prefix};
use recorder::frame::FrameReader;
use recorder::play::{Pace, timeline};
use recorder::replay::{Index, Settings};
use recorder::transcript::{self, Limits};

const LIMITS: Limits = Limits {
    lines: 100,
    chars: 80,
    bytes: 1 << 20,
};

fuzz_target!(|data: &[u8]| {
    let valid = valid_prefix(data).expect("a slice can be read") as usize;
    if valid > 0 {
        let mut last = std::time::Duration::ZERO;
        for timed in Reader::new(&data[..valid]).expect("a header") {
            let timed = timed.expect("a valid line");
            assert!(timed.at >= last);
            last = timed.at;
        }
    }
    if let Ok(reader) = Reader::new(data) {
        let pace = Pace {
            speed: 2.0,
            idle_limit: None,
        };
        let _ = timeline(reader, pace).count();
    }
    let mut left = 100;
    let mut may_go_on = || {
        left -= 1;
        left > 0
    };
    let mut patience = Patience::new(&mut may_go_on);
    if let Ok(index) = Index::build(data, Settings::default(), &mut patience) {
        for number in 0..index.segments() {
            let offset = index.offset(number).expect("a segment") as usize;
            let segment = index.segment(number, &data[offset.min(data.len())..]);
            assert!(segment.expect("a slice can be read").is_some());
        }
    }
    if let Ok(shown) = transcript::shown(data, LIMITS, &mut patience) {
        assert!(shown.lines.iter().all(|line| !line.text.contains('\u{1b}')));
    }
    let typed = transcript::typed(data, LIMITS).expect("a slice can be read");
    assert!(typed.lines.len() <= LIMITS.lines);
    let mut frames = FrameReader::new(data);
    while frames.next_frame().expect("a slice can be read").is_some() {}
    assert!(frames.valid() <= data.len() as u64);
});

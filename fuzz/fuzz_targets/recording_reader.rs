//! Whatever is on the disk: readers end, and what they call valid is valid.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recorder::cast::{Reader, valid_prefix};
use recorder::frame::FrameReader;
use recorder::play::{Pace, timeline};

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
    let mut frames = FrameReader::new(data);
    while frames.next_frame().expect("a slice can be read").is_some() {}
    assert!(frames.valid() <= data.len() as u64);
});

//! Whatever is in a segment of the write-ahead log: reading it ends, and gives no
//! more than is there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recorder::{WalKey, frames_in};

fuzz_target!(|data: &[u8]| {
    let key = WalKey::new(Box::new([7; 32]));
    let (frames, typed) = frames_in(data.to_vec(), 1, &key);
    assert!(frames * 56 + typed <= data.len() as u64);
});

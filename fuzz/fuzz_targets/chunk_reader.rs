//! A chunk as somebody stored it: first byte whether it is encrypted, two bytes
//! how long it is said to be, then the chunk. What is read is as long as said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recorder::archive::unpack;

/// A key of nobody, so that fuzzers may begin with an age file that opens.
const KEY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";

fuzz_target!(|data: &[u8]| {
    let Some((&[encrypted, high, low], stored)) = data.split_first_chunk() else {
        return;
    };
    let bytes = u64::from(u16::from_be_bytes([high, low]));
    let keys: Vec<_> = KEY.parse().into_iter().collect();
    if let Ok(plain) = unpack(stored, bytes, encrypted & 1 == 1, &keys) {
        assert_eq!(plain.len() as u64, bytes);
    }
});

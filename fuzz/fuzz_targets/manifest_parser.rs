//! A manifest that anybody may have written: what is valid is read again alike,
//! and writing on from there makes what is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recorder::archive::{Closing, End, Manifest};

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data) else {
        return;
    };
    let valid = &data[..manifest.valid as usize];
    assert_eq!(manifest.fault.is_none(), valid.len() == data.len());
    let again = Manifest::parse(valid).expect("it was valid");
    assert!(again.fault.is_none());
    assert_eq!(again.seal(), manifest.seal());
    assert_eq!(again.writer().is_none(), again.closing.is_some());
    let Some(writer) = again.writer() else { return };
    let closing = Closing {
        end: End::Interrupted,
        bytes_in: 1,
        bytes_out: 2,
        exit: None,
    };
    let (last, seal) = writer.close(&closing);
    let whole = Manifest::parse(&[valid, &last].concat()).expect("it was valid");
    assert!(whole.fault.is_none());
    assert_eq!(whole.closing, Some(closing));
    assert_eq!(whole.seal(), seal);
});

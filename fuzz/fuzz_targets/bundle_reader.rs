//! A tar file that somebody says is a bundle: reading and verifying it ends, and
//! without a key from outside it is never proven.
#![no_main]

use std::io::Cursor;

use domain::Timestamp;
use libfuzzer_sys::fuzz_target;
use recorder::archive::Files;
use recorder::bundle::TarFiles;
use recorder::verify::{Outcome, Trust, verify_bundle};

fuzz_target!(|data: &[u8]| {
    let Ok(mut files) = TarFiles::find(Cursor::new(data)) else {
        return;
    };
    let names: Vec<String> = files.names().map(str::to_owned).collect();
    for name in &names {
        let read = files.read(name, 1 << 16);
        assert!(read.is_err() || read.is_ok_and(|bytes| bytes.is_some()));
    }
    let trust = Trust {
        keys: Vec::new(),
        last_seen: None,
        max_age: None,
        now: Timestamp::from_micros(0),
        identities: Vec::new(),
    };
    if let Ok(report) = verify_bundle(&mut files, &names, &trust) {
        assert!(report.verdict() > Outcome::Noted, "{report:?}");
    }
});

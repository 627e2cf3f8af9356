//! What the fuzzers have found, and what they begin with, once more on stable:
//! the fuzz targets themselves, as they stand in `fuzz/fuzz_targets/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness::tools::workspace;

/// Takes the place of libFuzzer's macro of that name.
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:expr) => {
        pub(crate) fn fuzz($data: &[u8]) {
            $body
        }
    };
}
pub(crate) use fuzz_target;

#[path = "../../fuzz/fuzz_targets/bundle_reader.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod bundle_reader;
#[path = "../../fuzz/fuzz_targets/checkpoint.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod checkpoint;
#[path = "../../fuzz/fuzz_targets/chunk_reader.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod chunk_reader;
#[path = "../../fuzz/fuzz_targets/manifest_parser.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod manifest_parser;
#[path = "../../fuzz/fuzz_targets/plant_file.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod plant_file;
#[path = "../../fuzz/fuzz_targets/recording_reader.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod recording_reader;
#[path = "../../fuzz/fuzz_targets/ssh_user.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod ssh_user;
#[path = "../../fuzz/fuzz_targets/wal_reader.rs"]
#[allow(
    unused_attributes,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "written for the fuzzer"
)]
mod wal_reader;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("bundle_reader", bundle_reader::fuzz),
    ("checkpoint", checkpoint::fuzz),
    ("chunk_reader", chunk_reader::fuzz),
    ("manifest_parser", manifest_parser::fuzz),
    ("plant_file", plant_file::fuzz),
    ("recording_reader", recording_reader::fuzz),
    ("ssh_user", ssh_user::fuzz),
    ("wal_reader", wal_reader::fuzz),
];

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn each_target_has_its_place_here() {
    let there: BTreeSet<String> = files(&workspace().join("fuzz/fuzz_targets"))
        .iter()
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let here: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, here);
}

#[test]
fn what_was_found_once_is_not_found_again() {
    for (name, fuzz) in TARGETS {
        let inputs = files(&workspace().join("fuzz/regressions").join(name));
        assert!(inputs.len() >= 2, "{name} begins with next to nothing");
        for path in inputs {
            eprintln!("{}", path.display());
            let bytes = fs::read(&path).expect("an input");
            fuzz(&bytes);
            // Torn, doubled and with a bit of each byte turned: a fuzzer's first tries.
            for cut in [
                1,
                bytes.len() / 3,
                bytes.len() / 2,
                bytes.len().saturating_sub(1),
            ] {
                fuzz(&bytes[..cut.min(bytes.len())]);
            }
            fuzz(&[bytes.as_slice(), bytes.as_slice()].concat());
            let step = (bytes.len() / 512).max(1);
            for at in (0..bytes.len()).step_by(step) {
                let mut turned = bytes.clone();
                turned[at] ^= 1 << (at % 8);
                fuzz(&turned);
            }
        }
    }
}

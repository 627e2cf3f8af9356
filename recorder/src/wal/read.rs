//! Reading what a former run left in the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::frame::{Head, Kind};
use super::segment::{PAGE, WalKey, number_of};

/// What was found, besides the frames.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The files, oldest first.
    pub(crate) files: Vec<PathBuf>,
    /// The number for the next segment.
    pub(crate) next_segment: u64,
    /// The number for the next frame.
    pub(crate) next_frame: u64,
    /// The number for the next recording.
    pub(crate) next_recording: u64,
}

/// Shows each frame, in order. Each segment is read up to its first frame that is
/// not whole: what comes after was never acknowledged.
pub(crate) fn read_all(
    dir: &Path,
    key: &WalKey,
    mut visit: impl FnMut(Head, &[u8]),
) -> io::Result<Found> {
    let mut numbers = Vec::new();
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                let entry = entry?;
                let number = entry.file_name().to_str().and_then(number_of);
                numbers.extend(number.map(|number| (number, entry.path())));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    numbers.sort();
    let mut found = Found {
        files: Vec::new(),
        next_segment: numbers.last().map_or(1, |(number, _)| number + 1),
        next_frame: 1,
        next_recording: 1,
    };
    for (number, path) in numbers {
        let mut segment = fs::read(&path)?;
        found.files.push(path);
        let mut see = |head: Head, payload: &[u8]| {
            if head.sequence < found.next_frame {
                return false;
            }
            found.next_frame = head.sequence + 1;
            found.next_recording = found.next_recording.max(head.recording + 1);
            visit(head, payload);
            true
        };
        each_frame(&mut segment, number, key, &mut see);
    }
    Ok(found)
}

fn each_frame(
    segment: &mut [u8],
    number: u64,
    key: &WalKey,
    see: &mut dyn FnMut(Head, &[u8]) -> bool,
) {
    let Some((page, mut rest)) = segment.split_at_mut_checked(PAGE) else {
        return;
    };
    let Some((found, key)) = key.open(page) else {
        return;
    };
    if found != number {
        return;
    }
    while let Some((head, payload, after)) = key.read(rest) {
        if !see(head, payload) {
            return;
        }
        rest = after;
    }
}

/// How many frames, and bytes in them from vendors, are in a segment with that
/// number: for whoever has nothing but the file and the key.
#[must_use]
pub fn frames_in(mut segment: Vec<u8>, number: u64, key: &WalKey) -> (u64, u64) {
    let (mut frames, mut typed) = (0, 0);
    each_frame(&mut segment, number, key, &mut |head, payload| {
        frames += 1;
        if head.kind == Kind::Input {
            typed += payload.len() as u64;
        }
        true
    });
    (frames, typed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Random;

    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, buf: &mut [u8]) {
            for (at, byte) in (1..).zip(buf) {
                *byte = at;
            }
        }
    }

    /// A segment whose frames hold `typed`, one after another from `first` on.
    fn segment(number: u64, first: u64, typed: &[&str]) -> Vec<u8> {
        let key = WalKey::new(Box::new([7; 32]));
        let (key, mut segment) = key.make(number, &Counting).unwrap();
        for (sequence, text) in (first..).zip(typed) {
            let head = Head {
                kind: Kind::Input,
                sequence,
                recording: 1,
                at: Duration::from_millis(sequence),
            };
            key.append(&head, text.as_bytes(), &mut segment).unwrap();
        }
        segment.resize(segment.len() + 100, 0);
        segment
    }

    fn read(files: &[(u64, Vec<u8>)]) -> (Vec<String>, Found) {
        let dir = tempfile::tempdir().unwrap();
        for (number, segment) in files {
            fs::write(super::super::segment::path(dir.path(), *number), segment).unwrap();
        }
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let key = WalKey::new(Box::new([7; 32]));
        let mut all = Vec::new();
        let found = read_all(dir.path(), &key, |_, payload| {
            all.push(String::from_utf8(payload.to_vec()).unwrap());
        });
        (all, found.unwrap())
    }

    #[test]
    fn segments_are_read_in_order_and_each_up_to_its_torn_end() {
        let mut torn = segment(9, 1, &["a", "b", "c"]);
        let end = torn.len() - 110;
        torn[end] ^= 1;
        let (all, found) = read(&[(10, segment(10, 3, &["d", "e"])), (9, torn)]);
        assert_eq!(all, ["a", "b", "d", "e"]);
        assert_eq!((found.next_segment, found.next_frame), (11, 5));
        assert_eq!((found.next_recording, found.files.len()), (2, 2));
    }

    #[test]
    fn what_is_older_or_under_another_number_is_not_taken_for_new() {
        let stale = segment(2, 1, &["stale"]);
        let (all, _) = read(&[(1, segment(1, 5, &["a"])), (2, stale)]);
        assert_eq!(all, ["a"]);
        let (all, _) = read(&[(3, segment(2, 1, &["renamed"]))]);
        assert_eq!(all, [] as [&str; 0]);
    }

    /// The one that fuzzing begins with.
    #[test]
    fn the_seed_of_the_fuzzer_is_a_whole_segment() {
        let seed = segment(1, 1, &["ls\r", "", "exit\r"]);
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions/wal_reader/segment");
        if std::env::var("REFRESH_SEEDS").is_ok_and(|wish| wish == "1") {
            fs::write(&path, &seed).unwrap();
        }
        assert!(fs::read(&path).unwrap() == seed);
        let key = WalKey::new(Box::new([7; 32]));
        assert_eq!(frames_in(seed, 1, &key), (3, 8));
    }
}

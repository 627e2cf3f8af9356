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

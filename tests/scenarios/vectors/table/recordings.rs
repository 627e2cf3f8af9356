//! Recordings beside a log.

use std::fs;

use Outcome::{Contradicted, Noted, Proven, Undecided};
use recorder::verify::Outcome;

use super::{Base, Case, case};
use crate::vectors::alter::{CHUNKS, rewrite};
use crate::vectors::copy_dir;
use crate::vectors::make::{self, OTHER, SESSIONS, SIZE, VISIT, place};

pub(super) fn cases() -> Vec<Case> {
    use Base::Log;
    vec![
        case(
            Log,
            "what was purged is gone altogether",
            |_, dir| dir.remove(&dir.recording(SESSIONS[2])),
            Proven,
            "1 recording purged",
        )
        .told_as(Noted),
        case(
            Log,
            "there are no recordings beside it",
            |_, dir| dir.remove("recordings"),
            Proven,
            "which are not here",
        )
        .told_as(Noted),
        case(
            Log,
            "a recording is dropped",
            |_, dir| dir.remove(&dir.recording(SESSIONS[1])),
            Contradicted,
            "Sealed, and not here",
        ),
        case(
            Log,
            "a recording's chunks are dropped",
            |_, dir| {
                let at = dir.recording(SESSIONS[1]);
                for chunk in CHUNKS {
                    dir.remove(&chunk.replace("recording", &at));
                }
            },
            Contradicted,
            "no event says that it was purged",
        ),
        case(
            Log,
            "a bit of a recording is turned",
            |_, dir| dir.flip(&CHUNKS[0].replace("recording", &dir.recording(SESSIONS[1]))),
            Contradicted,
            "Changed since they were recorded",
        ),
        case(
            Log,
            "a recording is put in the place of another",
            |_, dir| {
                let from = dir.at(&dir.recording(SESSIONS[0]));
                let to = dir.at(&dir.recording(SESSIONS[1]));
                fs::remove_dir_all(&to).unwrap();
                copy_dir(&from, &to);
            },
            Contradicted,
            "it is the seal of another recording",
        ),
        case(
            Log,
            "a recording is added",
            |_, dir| {
                let from = dir.at(&dir.recording(SESSIONS[0]));
                copy_dir(&from, &dir.at(&dir.recording(9)));
            },
            Undecided,
            "Nothing vouches for these, which are ended, but not in this log",
        ),
        case(
            Log,
            "the manifest of what was purged is edited",
            |_, dir| {
                dir.replace(
                    &format!("{}/manifest.jsonl", dir.recording(SESSIONS[2])),
                    "\"to_ms\":1000",
                    "\"to_ms\":1",
                )
            },
            Contradicted,
            "of the manifest",
        ),
        case(
            Log,
            "a recording is sealed again, otherwise",
            |site, dir| {
                rewrite(dir, &site.second, |log| {
                    let again = log.leaves[place(VISIT)].clone();
                    let text = String::from_utf8(again).unwrap();
                    let text = text
                        .replace("\"seq\":262", "\"seq\":270")
                        .replace("\"exit\":0", "\"exit\":1");
                    log.leaves[place(SIZE)] = text.into_bytes();
                })
            },
            Contradicted,
            "Sealed twice, and not alike",
        ),
        case(
            Log,
            "the event of a seal is taken out",
            |site, dir| {
                rewrite(dir, &site.second, |log| {
                    log.leaves[place(OTHER)] = make::event(OTHER, "request.approved", 7, "null");
                })
            },
            Undecided,
            "not sealed in this log; they begin as it committed to while they ran",
        ),
    ]
}

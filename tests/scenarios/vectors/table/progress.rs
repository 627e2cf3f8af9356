//! What was committed to while a recording ran.

use std::fs;

use Outcome::{Contradicted, Proven, Undecided};
use recorder::archive::{Closing, Seal};
use recorder::verify::Outcome;

use super::{Base, Case, case};
use crate::vectors::alter::{
    CHUNKS, Dir, another_beginning, entries, others_again, others_goes_on, rewrite, seal_again,
};
use crate::vectors::make::{self, OTHERS_PROGRESS, SESSIONS, place};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = in_bundles();
    cases.extend(in_logs());
    cases
}

fn in_bundles() -> Vec<Case> {
    use Base::Bundle;
    vec![
        case(
            Bundle,
            "nothing is changed of what was committed to",
            super::nothing,
            Proven,
            "the log committed to it 2 times, at last to its first 5 lines",
        ),
        case(
            Bundle,
            "a root that was committed to is another",
            |_, dir| another_root(dir, "progress/1.json"),
            Contradicted,
            "progress/1.json: it is not in the log",
        ),
        case(
            Bundle,
            "a count that was committed to is another",
            |_, dir| dir.replace("progress/2.json", "\"lines\":5", "\"lines\":4"),
            Contradicted,
            "progress/2.json: it is not in the log",
        ),
        case(
            Bundle,
            "two proofs are swapped",
            |_, dir| dir.swap("progress/1.tlog-proof", "progress/2.tlog-proof"),
            Contradicted,
            "progress/1.json: it is not in the log",
        ),
        case(
            Bundle,
            "a proof of what was committed to is left out",
            |_, dir| dir.remove("progress/2.tlog-proof"),
            Undecided,
            "progress/2.tlog-proof is missing",
        ),
        case(
            Bundle,
            "what was committed to is garbage",
            |_, dir| dir.write("progress/1.json", "{}"),
            Contradicted,
            "progress/1.json: it is no progress of a recording",
        ),
        case(
            Bundle,
            "what was committed to is of another recording",
            |_, dir| {
                let other = make::session(SESSIONS[1]).to_string();
                let this = make::session(SESSIONS[0]).to_string();
                dir.replace("progress/1.json", &this, &other);
            },
            Contradicted,
            "progress/1.json: it is of another recording",
        ),
        case(
            Bundle,
            "a proof of what was committed to has another checkpoint",
            |_, dir| dir.replace("progress/1.tlog-proof", "\n270\n", "\n271\n"),
            Contradicted,
            "its proof has another checkpoint than the seal's",
        ),
        case(
            Bundle,
            "all that was committed to is left out",
            // Only the log has all of it: a bundle does not say how much there was.
            |_, dir| dir.remove("progress"),
            Proven,
            "The seal is event 262 of the log's 270",
        ),
        case(
            Bundle,
            "the beginning is told anew and sealed again by the owner of the key",
            |site, dir| seal_again(site, dir, &another_beginning(dir, "recording")),
            Contradicted,
            "its first 3 lines are not those that event 257 committed to",
        ),
        case(
            Bundle,
            "a shorter recording is sealed again by the owner of the key",
            |site, dir| {
                let told = dir.retell(make::session(SESSIONS[0]));
                dir.replace("progress/1.json", "\"lines\":3", "\"lines\":4");
                seal_again(site, dir, &told);
            },
            Contradicted,
            "event 257 committed to its first 4 lines while it ran, and it has only 3",
        ),
    ]
}

fn in_logs() -> Vec<Case> {
    use Base::Log;
    vec![
        case(
            Log,
            "nothing is changed of what was committed to",
            super::nothing,
            Proven,
            "The log committed to 2 recordings while they ran",
        ),
        case(
            Log,
            "a root that was committed to is another",
            |_, dir| {
                entries(dir, |all| {
                    let text = String::from_utf8(all[0].clone()).unwrap();
                    all[0] = with_another_root(&text).into_bytes();
                })
            },
            Contradicted,
            "are not those that the checkpoint is of",
        ),
        case(
            Log,
            "what was committed to is dropped",
            |_, dir| {
                entries(dir, |all| {
                    all.remove(0);
                })
            },
            Contradicted,
            "has fewer events than it must",
        ),
        case(
            Log,
            "what was committed to is dropped, the owner of the key signs, and somebody has seen the log",
            |site, dir| {
                rewrite(dir, &site.second, |log| {
                    let (seq, _) = OTHERS_PROGRESS;
                    log.leaves[place(seq)] = make::event(seq, "request.approved", 7, "null");
                })
            },
            Contradicted,
            "does not continue the one that you saw",
        )
        .seen(),
        case(
            Log,
            "the beginning is told anew and sealed again by the owner of the key",
            |site, dir| others_again(site, dir, &others_beginning(dir)),
            Contradicted,
            "its first 3 lines are not those that event 195 committed to",
        ),
        case(
            Log,
            "a recording goes on",
            others_goes_on,
            Undecided,
            "they begin as it committed to while they ran",
        ),
        case(
            Log,
            "the beginning of one that goes on is told anew",
            |site, dir| {
                others_beginning(dir);
                others_goes_on(site, dir);
            },
            Contradicted,
            "its first 3 lines are not those that event 195 committed to",
        ),
        case(
            Log,
            "a chunk of one that goes on is changed",
            |site, dir| {
                others_goes_on(site, dir);
                dir.flip(&CHUNKS[0].replace("recording", &dir.recording(SESSIONS[1])));
            },
            Contradicted,
            "Committed to while they ran, and changed or dropped since",
        ),
        case(
            Log,
            "one that goes on is dropped",
            |site, dir| {
                others_goes_on(site, dir);
                fs::remove_dir_all(dir.at(&dir.recording(SESSIONS[1]))).unwrap();
            },
            Contradicted,
            "Committed to while they ran, and not here",
        ),
    ]
}

fn others_beginning(dir: &Dir) -> (Closing, Seal) {
    another_beginning(dir, &dir.recording(SESSIONS[1]))
}

fn another_root(dir: &Dir, name: &str) {
    let text = dir.text(name);
    dir.write(name, with_another_root(&text));
}

/// The first digit of the root is another.
fn with_another_root(text: &str) -> String {
    let (before, root) = text.split_once("\"root\":\"").unwrap();
    let digit = if root.starts_with('0') { '1' } else { '0' };
    format!("{before}\"root\":\"{digit}{}", &root[1..])
}

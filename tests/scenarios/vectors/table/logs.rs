//! An exported log.

use Outcome::{Contradicted, Proven, Undecided};
use recorder::verify::Outcome;

use super::{Base, Case, case, nobody, nothing, with_witness};
use crate::vectors::alter::{entries, forget_recordings, rewrite, roll_back};
use crate::vectors::log::Log;
use crate::vectors::make::{self, SEEN};

pub(super) fn cases() -> Vec<Case> {
    use Base::Log;
    vec![
        case(
            Log,
            "nothing is changed",
            nothing,
            Proven,
            "All 270 events are those that the checkpoint is of",
        ),
        case(
            Log,
            "nothing is changed since",
            nothing,
            Proven,
            "its first 200 events are the same",
        )
        .seen(),
        case(
            Log,
            "whoever checks has no key",
            nothing,
            Undecided,
            "came with the evidence",
        )
        .keys(nobody),
        case(
            Log,
            "it is too old",
            nothing,
            Undecided,
            "older than you allow",
        )
        .max_age(10),
        case(
            Log,
            "an event is edited",
            |_, dir| {
                entries(dir, |all| {
                    let text = String::from_utf8(all[3].clone()).unwrap();
                    all[3] = text.replace("approved", "denied--").into_bytes();
                })
            },
            Contradicted,
            "are not those that the checkpoint is of",
        ),
        case(
            Log,
            "two events are reordered",
            |_, dir| entries(dir, |all| all.swap(3, 4)),
            Contradicted,
            "Event 260 says that it is 261",
        ),
        case(
            Log,
            "an event is dropped",
            |_, dir| {
                entries(dir, |all| {
                    all.remove(3);
                })
            },
            Contradicted,
            "has fewer events than it must",
        ),
        case(
            Log,
            "an event is put in the place of another",
            |_, dir| {
                entries(dir, |all| {
                    all[3] = make::event(260, "request.denied", 7, "null")
                })
            },
            Contradicted,
            "are not those that the checkpoint is of",
        ),
        case(
            Log,
            "the newest events are dropped",
            |_, dir| dir.remove("tile/entries/001.p"),
            Contradicted,
            "events were dropped",
        ),
        case(
            Log,
            "a tile is edited",
            |_, dir| dir.flip("tile/0/000"),
            Contradicted,
            "Not what the events give: tile/0/000",
        ),
        case(
            Log,
            "a tile is left out",
            |_, dir| dir.remove("tile/0/000"),
            Undecided,
            "Not here: tile/0/000",
        ),
        case(
            Log,
            "an event is edited, and another key signs",
            |site, dir| rewrite(dir, &site.thief, edit),
            Contradicted,
            "not signed with the key that you gave",
        ),
        case(
            Log,
            "an event is edited, and the owner of the key signs",
            // What no key can prevent, and a checkpoint kept elsewhere shows: the next case.
            |site, dir| rewrite(dir, &site.second, edit),
            Proven,
            "All 270 events are those",
        ),
        case(
            Log,
            "an event is edited, the owner of the key signs, and somebody has seen the log before",
            |site, dir| rewrite(dir, &site.second, edit),
            Contradicted,
            "does not continue the one that you saw",
        )
        .seen(),
        case(
            Log,
            "an event is edited, the owner of the key signs, and a witness must have",
            |site, dir| rewrite(dir, &site.second, edit),
            Undecided,
            "None of the witnesses",
        )
        .keys(with_witness),
        case(
            Log,
            "the newest events are dropped and an older checkpoint is put back",
            // An old log is a good log: only who has seen a later one notices.
            |site, dir| {
                roll_back(site, dir, SEEN - 10);
                forget_recordings(dir);
            },
            Proven,
            "All 190 events are those",
        ),
        case(
            Log,
            "the same, and somebody has seen a later checkpoint",
            |site, dir| {
                roll_back(site, dir, SEEN - 10);
                forget_recordings(dir);
            },
            Contradicted,
            "You saw a log of 200 events, and this one has 190",
        )
        .seen(),
        case(
            Log,
            "the same, and whoever checks wants it new",
            |site, dir| {
                roll_back(site, dir, SEEN - 10);
                forget_recordings(dir);
            },
            Undecided,
            "older than you allow",
        )
        .max_age(100),
        case(
            Log,
            "the old key signs after it was handed over",
            |site, dir| rewrite(dir, &site.first, |_| {}),
            Contradicted,
            "not signed with the key that you gave",
        ),
        case(
            Log,
            "the checkpoint is garbage",
            |_, dir| dir.write("checkpoint", "log\n270\n"),
            Contradicted,
            "The note is cut off",
        ),
    ]
}

fn edit(log: &mut Log) {
    let text = String::from_utf8(log.leaves[20].clone()).unwrap();
    log.leaves[20] = text.replace("approved", "denied").into_bytes();
}

//! What the log says of it, in a bundle.

use Outcome::{Contradicted, Proven, Undecided};
use ledger::{Handover, Hash};
use recorder::verify::Outcome;

use super::{Base, Case, case, nobody, nothing, second, with_witness};
use crate::vectors::alter::{Dir, anothers_seal, forge, spoil_signature};
use crate::vectors::log::Log;
use crate::vectors::originals;

const PROOF: &str = "seal.tlog-proof";

pub(super) fn cases() -> Vec<Case> {
    use Base::Bundle;
    vec![
        case(
            Bundle,
            "whoever checks has no key",
            nothing,
            Undecided,
            "signed with a key that came with the evidence",
        )
        .keys(nobody),
        case(
            Bundle,
            "whoever checks knows the later key",
            nothing,
            Proven,
            "whose key you gave",
        )
        .keys(second),
        case(
            Bundle,
            "the witness is known",
            nothing,
            Proven,
            "The witness witness.example signed it",
        )
        .keys(with_witness),
        case(
            Bundle,
            "all is forged, but for the key",
            |site, dir| forge(site, dir, false),
            Contradicted,
            "not signed with the key that you gave",
        ),
        case(
            Bundle,
            "all is forged, with a key of its own",
            |site, dir| forge(site, dir, true),
            Contradicted,
            "not signed with the key that you gave",
        ),
        case(
            Bundle,
            "all is forged, with a key of its own, and whoever checks has none",
            |site, dir| forge(site, dir, true),
            Undecided,
            "whoever forged the one could have forged too",
        )
        .keys(nobody),
        case(
            Bundle,
            "all is forged, but for the key, and whoever checks has none",
            |site, dir| forge(site, dir, false),
            Contradicted,
            "not signed with the key that came with it",
        )
        .keys(nobody),
        case(
            Bundle,
            "it is the seal of another session",
            anothers_seal,
            Contradicted,
            "it is the seal of another recording",
        ),
        case(
            Bundle,
            "the seal is left out",
            |_, dir| dir.remove("seal.json"),
            Undecided,
            "There is no seal",
        ),
        case(
            Bundle,
            "the proof is left out",
            |_, dir| dir.remove(PROOF),
            Undecided,
            "There is no proof that the seal is in the log",
        ),
        case(
            Bundle,
            "a hash of the proof is another",
            |_, dir| {
                let mut proof = dir.proof();
                proof.proof[0] = Hash::of(b"x");
                dir.prove(&proof);
            },
            Contradicted,
            "The seal is not in the log: the proof does not lead to the root",
        ),
        case(
            Bundle,
            "a hash of the proof is dropped",
            |_, dir| {
                let mut proof = dir.proof();
                proof.proof.pop();
                dir.prove(&proof);
            },
            Contradicted,
            "too few or too many hashes",
        ),
        case(
            Bundle,
            "the index is another",
            |_, dir| {
                let mut proof = dir.proof();
                proof.index = 260;
                dir.prove(&proof);
            },
            Contradicted,
            "The seal is not in the log",
        ),
        case(
            Bundle,
            "the index is beyond the log",
            |_, dir| {
                let mut proof = dir.proof();
                proof.index = 1 << 40;
                dir.prove(&proof);
            },
            Contradicted,
            "is not in a log of 270 entries",
        ),
        case(
            Bundle,
            "the checkpoint's size is edited",
            |_, dir| dir.replace(PROOF, "\n270\n", "\n271\n"),
            Contradicted,
            "the note was changed, or is a forgery",
        ),
        case(
            Bundle,
            "the log's signature is spoilt",
            |site, dir| {
                dir.write(
                    PROOF,
                    spoil_signature(&dir.text(PROOF), site.second.verifier()),
                )
            },
            Contradicted,
            "The checkpoint is not signed with the key that you gave",
        ),
        case(
            Bundle,
            "the witness's signature is forged",
            |site, dir| {
                dir.write(
                    PROOF,
                    spoil_signature(&dir.text(PROOF), site.witness.verifier()),
                )
            },
            Contradicted,
            "the signature of witness.example on the note is wrong",
        )
        .keys(with_witness),
        case(
            Bundle,
            "the witness's signature is left out",
            |_, dir| {
                for proof in [PROOF, "progress/1.tlog-proof", "progress/2.tlog-proof"] {
                    let text = dir.text(proof);
                    let line = text
                        .lines()
                        .position(|line| line.starts_with("— witness.example"))
                        .unwrap();
                    dir.without_line(proof, line);
                }
            },
            Undecided,
            "None of the witnesses whose keys you gave has signed",
        )
        .keys(with_witness),
        case(
            Bundle,
            "the hand-over is left out",
            |_, dir| dir.remove("log.handovers"),
            Contradicted,
            "not signed with the key that you gave",
        ),
        case(
            Bundle,
            "the hand-over is signed by somebody else",
            |site, dir| {
                let forged = spoil_signature(&site.handovers(), site.first.verifier());
                dir.write("log.handovers", forged);
            },
            Contradicted,
            "log.handovers can't be followed",
        ),
        case(
            Bundle,
            "a thief hands over to a key of their own",
            |site, dir| {
                forge(site, dir, false);
                let note = Handover::sign(&site.second, site.thief.verifier(), 10).unwrap();
                dir.write("log.handovers", site.handovers() + &note.to_string());
            },
            Contradicted,
            "hands over twice, or before its time",
        ),
        case(
            Bundle,
            "it is as old as may be",
            nothing,
            Proven,
            "not older than you allow",
        )
        .max_age(3600),
        case(
            Bundle,
            "it is too old",
            nothing,
            Undecided,
            "older than you allow",
        )
        .max_age(10),
        case(
            Bundle,
            "a smaller checkpoint was seen",
            nothing,
            Undecided,
            "can't be compared with it without the log",
        )
        .seen(),
        case(
            Bundle,
            "another checkpoint of that size was seen",
            |site, dir| {
                let mut log = log_beside(dir);
                log.leaves[0] = b"another history".to_vec();
                let note = log.signed(&site.second, None);
                dir.write("../seen", note.to_string());
            },
            Contradicted,
            "another history of the same 270 events",
        )
        .seen(),
    ]
}

/// The log that the bundle's checkpoint is of.
fn log_beside(_: &Dir) -> Log {
    Log::read(&originals().join("log"))
}

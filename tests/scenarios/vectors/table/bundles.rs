//! The recording in a bundle.

use Outcome::{Contradicted, Noted, Proven, Undecided};
use recorder::verify::Outcome;
use secrecy::ExposeSecret as _;

use super::{Base, Case, case, nothing};
use crate::vectors::alter::{CHUNKS, remake, retell_and_seal};
use crate::vectors::make::{self, SESSIONS};

const MANIFEST: &str = "recording/manifest.jsonl";

pub(super) fn cases() -> Vec<Case> {
    use Base::Bundle;
    vec![
        case(
            Bundle,
            "nothing is changed",
            nothing,
            Proven,
            "The seal is event 262 of the log's 270",
        ),
        case(
            Bundle,
            "the input is left out, as for an approver",
            |_, dir| {
                dir.remove(CHUNKS[2]);
                dir.remove("recording/input.agekey");
            },
            Proven,
            "What the vendor sent: not in this bundle",
        )
        .told_as(Noted),
        case(
            Bundle,
            "the keys are left out",
            |_, dir| dir.remove("recording/input.agekey"),
            Proven,
            "Nobody looked into what the vendor sent",
        )
        .told_as(Noted),
        case(
            Bundle,
            "a file is put beside the chunks",
            |_, dir| dir.write("recording/000004.output.cast.zst", "x"),
            Proven,
            "Nothing vouches for these files: recording/000004.output.cast.zst",
        )
        .told_as(Noted),
        case(
            Bundle,
            "a bit of a chunk is turned",
            |_, dir| dir.flip(CHUNKS[1]),
            Contradicted,
            "Changed since they were recorded, by their hashes: 000001",
        ),
        case(
            Bundle,
            "a bit of an encrypted chunk is turned",
            |_, dir| dir.flip(CHUNKS[2]),
            Contradicted,
            "Changed since they were recorded, by their hashes: 000002",
        ),
        case(
            Bundle,
            "a chunk is cut off",
            |_, dir| dir.cut(CHUNKS[3]),
            Contradicted,
            "Changed since they were recorded, by their hashes: 000003",
        ),
        case(
            Bundle,
            "two chunks are swapped",
            |_, dir| dir.swap(CHUNKS[1], CHUNKS[3]),
            Contradicted,
            "000001.output.cast.zst, 000003.output.cast.zst",
        ),
        case(
            Bundle,
            "a chunk is dropped",
            |_, dir| dir.remove(CHUNKS[1]),
            Contradicted,
            "Missing, though the manifest names them: 000001",
        ),
        case(
            Bundle,
            "all output is dropped",
            |_, dir| [0, 1, 3].iter().for_each(|n| dir.remove(CHUNKS[*n])),
            Contradicted,
            "all 3 chunks of what the asset showed",
        ),
        case(
            Bundle,
            "a line of the manifest is dropped",
            |_, dir| dir.without_line(MANIFEST, 2),
            Contradicted,
            "Line 3 of the manifest",
        ),
        case(
            Bundle,
            "the last line of the manifest is dropped",
            |_, dir| dir.without_line(MANIFEST, 5),
            Contradicted,
            "sealed with another number of lines",
        ),
        case(
            Bundle,
            "the first line of the manifest is another",
            |_, dir| dir.replace(MANIFEST, "\"channel\":0", "\"channel\":1"),
            Contradicted,
            "Line 2 of the manifest",
        ),
        case(
            Bundle,
            "a time in the manifest is edited",
            |_, dir| dir.replace(MANIFEST, "\"to_ms\":1000", "\"to_ms\":1001"),
            Contradicted,
            "Line 4 of the manifest",
        ),
        case(
            Bundle,
            "the times in the manifest are edited, and all its lines fit that",
            |_, dir| {
                remake(dir, "recording", |line| line.chunk.to_ms += 3_600_000);
            },
            Contradicted,
            "sealed with another root, so a line was changed",
        ),
        case(
            Bundle,
            "the manifest is garbage",
            |_, dir| dir.write(MANIFEST, [0xff; 100]),
            Contradicted,
            "The manifest has no whole first line",
        ),
        case(
            Bundle,
            "the manifest is left out",
            |_, dir| dir.remove(MANIFEST),
            Undecided,
            "no manifest",
        ),
        case(
            Bundle,
            "another recording is told, whose manifest fits it",
            |_, dir| {
                dir.retell(make::session(SESSIONS[0]));
            },
            Contradicted,
            "The seal does not fit: it was sealed with another number of lines",
        ),
        case(
            Bundle,
            "another recording is told, and the seal is edited to fit",
            |_, dir| {
                retell_and_seal(dir);
            },
            Contradicted,
            "The seal is not in the log",
        ),
        case(
            Bundle,
            "another recording's key is put in",
            |_, dir| {
                dir.write(
                    "recording/input.agekey",
                    age::x25519::Identity::generate()
                        .to_string()
                        .expose_secret(),
                )
            },
            Contradicted,
            "The key in the bundle does not open what the vendor sent",
        ),
    ]
}

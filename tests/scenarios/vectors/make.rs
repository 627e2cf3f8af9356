//! The originals: a plant's log of some months, three recordings, and a bundle of
//! one of them. Its signing keys grow from fixed seeds, so that alterations can
//! be signed like originals.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use age::x25519::Identity;
use domain::{SessionId, Timestamp};
use ledger::{Handover, Hash, KeyKind, SigningKey};
use recorder::archive::chunk::{file_name, hash};
use recorder::archive::keys::key_file_name;
use recorder::archive::{
    Archive, Chunk, Closing, End, Keyring, MANIFEST, Manifest, ManifestWriter, Opening, Packer,
    Protection, Seal, Track, recording_dir,
};
use recorder::bundle::{BundleReader, Contents, Papers};
use recorder::verify::Trust;
use secrecy::SecretBox;
use serde_json::json;

use super::log::{Log, signed_at};

/// Events of the log: a whole tile, and some more.
pub(super) const SIZE: u64 = 270;
/// The log's key was changed after so many.
const CHANGED: u64 = 100;
/// A checkpoint that was seen before is of so many.
pub(super) const SEEN: u64 = 200;
/// The events that seal the three recordings, and that purges the third.
pub(super) const VISIT: u64 = 262;
pub(super) const OTHER: u64 = 255;
const OLD: u64 = 50;
const PURGED: u64 = 150;
/// The events that commit to the first while it ran, each with its lines so far, and
/// one that does so to the second.
pub(super) const PROGRESS: [(u64, u64); 2] = [(257, 3), (259, 5)];
pub(super) const OTHERS_PROGRESS: (u64, u64) = (195, 3);

pub(super) const LOG: &str = "plant.example/log";

/// Everybody who signs.
pub(super) struct Site {
    /// The log's first key, which whoever checks knows.
    pub(super) first: SigningKey,
    /// The one that it was handed over to.
    pub(super) second: SigningKey,
    pub(super) witness: SigningKey,
    /// A key of the log's name that is not the log's.
    pub(super) thief: SigningKey,
}

impl Site {
    pub(super) fn new() -> Self {
        let key = |name, kind, seed| {
            SigningKey::from_seed(name, kind, SecretBox::new(Box::new([seed; 32]))).unwrap()
        };
        Self {
            first: key(LOG, KeyKind::Note, 1),
            second: key(LOG, KeyKind::Note, 2),
            witness: key("witness.example", KeyKind::Timestamped, 3),
            thief: key(LOG, KeyKind::Note, 4),
        }
    }

    /// What whoever checks brings along.
    pub(super) fn trust(&self) -> Trust {
        let now = i64::try_from((signed_at(SIZE) + 60) * 1_000_000).unwrap();
        Trust {
            keys: vec![self.first.verifier().clone()],
            last_seen: None,
            max_age: None,
            now: Timestamp::from_micros(now),
            identities: Vec::new(),
        }
    }

    pub(super) fn handovers(&self) -> String {
        Handover::sign(&self.first, self.second.verifier(), CHANGED)
            .unwrap()
            .to_string()
    }

    fn vkeys(&self) -> Vec<String> {
        [&self.second, &self.witness]
            .map(|key| key.verifier().to_string())
            .into()
    }
}

pub(super) fn session(number: u128) -> SessionId {
    format!("0198c0de-0000-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

/// The session of the bundle, one that was interrupted, and one that was purged.
pub(super) const SESSIONS: [u128; 3] = [1, 2, 3];

/// Writes `log/`, `visit.tar`, `seen-checkpoint` and the public keys.
pub(super) fn everything(site: &Site, at: &Path) {
    let dir = at.join("log");
    let root = dir.join("recordings");
    let keyring = Keyring::new(
        Protection::Off,
        Vec::new(),
        Identity::generate(),
        Identity::generate(),
    )
    .unwrap();
    let visit = record(&root, &keyring, SESSIONS[0], End::Complete);
    let other = record(&root, &keyring, SESSIONS[1], End::Interrupted);
    let old = record(&root, &keyring, SESSIONS[2], End::Complete);
    purge(&root, SESSIONS[2]);

    let leaves = (1..=SIZE).map(|seq| match seq {
        VISIT => sealed(seq, SESSIONS[0], &visit),
        OTHER => sealed(seq, SESSIONS[1], &other),
        OLD => sealed(seq, SESSIONS[2], &old),
        PURGED => {
            let after = json!({ "channel": 0, "state": "purged" });
            event(seq, "recording.purged", SESSIONS[2], &after.to_string())
        }
        _ => event(seq, "request.approved", 7, "null"),
    });
    let mut leaves: Vec<Vec<u8>> = leaves.collect();
    for (of, (seq, lines)) in [
        (SESSIONS[0], PROGRESS[0]),
        (SESSIONS[0], PROGRESS[1]),
        (SESSIONS[1], OTHERS_PROGRESS),
    ] {
        leaves[place(seq)] = progress(seq, of, &so_far(&root, of, lines));
    }
    let log = Log { leaves };
    let note = log.signed(&site.second, Some(&site.witness));
    log.write(&dir, &note);
    let vkeys = site.vkeys();
    fs::write(dir.join("log.vkeys"), format!("{}\n", vkeys.join("\n"))).unwrap();
    fs::write(dir.join("log.handovers"), site.handovers()).unwrap();
    let seen = log.until(SEEN).signed(&site.second, None);
    fs::write(at.join("seen-checkpoint"), seen.to_string()).unwrap();

    for (name, key) in [("log.vkey", &site.first), ("witness.vkey", &site.witness)] {
        fs::write(at.join(name), format!("{}\n", key.verifier())).unwrap();
    }

    let index = VISIT - 1;
    let contents = Contents {
        recording: Archive::new(&root, keyring)
            .open(session(SESSIONS[0]), 0)
            .unwrap(),
        tracks: Track::ALL.to_vec(),
        papers: Papers {
            seal: log.proven(index, &note),
            progress: PROGRESS.map(|(seq, _)| log.proven(seq - 1, &note)).to_vec(),
            vkeys,
            handovers: site.handovers(),
        },
        replay: None,
    };
    let mut tar = fs::File::create(at.join("visit.tar")).unwrap();
    io::copy(&mut BundleReader::new(contents).unwrap(), &mut tar).unwrap();
}

/// Where event number `seq` is among the leaves.
pub(super) fn place(seq: u64) -> usize {
    usize::try_from(seq - 1).unwrap()
}

pub(super) fn event(seq: u64, action: &str, subject: u128, after: &str) -> Vec<u8> {
    let at = Timestamp::from_micros(i64::try_from((1_795_500_000 + seq) * 1_000_000).unwrap());
    let subject = session(subject);
    format!(
        r#"{{"seq":{seq},"id":"0198c0de-0000-7000-9000-{seq:012x}","at":"{at}","actor":"broker","source":"local","action":"{action}","subject":"session/{subject}","before":null,"after":{after},"reason":null}}"#
    )
    .into_bytes()
}

pub(super) fn sealed(seq: u64, of: u128, (closing, seal): &(Closing, Seal)) -> Vec<u8> {
    let after = format!(
        r#"{{"channel":0,"state":"{}","lines":{},"root":"{}","bytes_in":{},"bytes_out":{},"exit":{}}}"#,
        closing.end.as_str(),
        seal.lines,
        Hash(seal.root).to_hex(),
        closing.bytes_in,
        closing.bytes_out,
        closing
            .exit
            .map_or("null".to_owned(), |exit| exit.to_string()),
    );
    event(seq, "recording.sealed", of, &after)
}

pub(super) fn progress(seq: u64, of: u128, so_far: &Seal) -> Vec<u8> {
    let (lines, root) = (so_far.lines, Hash(so_far.root).to_hex());
    let after = format!(r#"{{"channel":0,"lines":{lines},"root":"{root}"}}"#);
    event(seq, "recording.progress", of, &after)
}

/// What the first lines of a manifest come to.
fn so_far(root: &Path, of: u128, lines: u64) -> Seal {
    let bytes = fs::read(recording_dir(root, session(of), 0).join(MANIFEST)).unwrap();
    let manifest = Manifest::parse(&bytes).unwrap();
    let seals = manifest.seals_after(&BTreeSet::from([lines]));
    seals[&lines]
}

const HEADER: &str = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n";

/// What is in a recording's chunks.
fn pieces(of: u128) -> Vec<(Track, Vec<u8>)> {
    let shown = |text: &str| format!("[0.5,\"o\",\"{text}\\r\\n\"]\n").into_bytes();
    let mut opening = session(of).uuid().as_bytes().to_vec();
    opening.extend(0_u32.to_le_bytes());
    opening.extend(0_i64.to_le_bytes());
    let typed = [frame(1, 0, &opening), frame(2, 700_000, b"start pump 2\r")].concat();
    vec![
        (
            Track::Output,
            [HEADER.as_bytes(), &shown("welcome")].concat(),
        ),
        (Track::Output, shown("start pump 2")),
        (Track::Input, typed),
        (Track::Output, shown("pump 2 runs")),
    ]
}

/// A frame as docs/recording.md has it.
fn frame(kind: u8, at: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = b"DBi1".to_vec();
    frame.extend([kind, 0, 0, 0]);
    frame.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    frame.extend(at.to_le_bytes());
    let checksum = crc32c::crc32c(&[&frame, payload].concat());
    frame.extend(checksum.to_le_bytes());
    frame.extend(payload);
    frame
}

fn record(root: &Path, keyring: &Keyring, of: u128, end: End) -> (Closing, Seal) {
    let dir = recording_dir(root, session(of), 0);
    fs::create_dir_all(&dir).unwrap();
    let keys = keyring.recording().unwrap();
    for track in Track::ALL {
        if let Some(file) = &keys.track(track).key_file {
            fs::write(dir.join(key_file_name(track)), file).unwrap();
        }
    }
    let opening = Opening {
        session: session(of),
        channel: 0,
        started: Timestamp::from_micros(1_795_500_000_000_004),
        output: keys.output.opening,
        input: keys.input.opening,
    };
    let closing = Closing {
        end,
        bytes_in: 13,
        bytes_out: 36,
        exit: (end == End::Complete).then_some(0),
    };
    let (manifest, seal) = store(&dir, &opening, &closing, &pieces(of));
    fs::write(dir.join(MANIFEST), manifest).unwrap();
    (closing, seal)
}

/// Stores chunks and gives the manifest.
pub(super) fn store(
    dir: &Path,
    opening: &Opening,
    closing: &Closing,
    pieces: &[(Track, Vec<u8>)],
) -> (Vec<u8>, Seal) {
    let mut packer = Packer::new(3).unwrap();
    let (mut writer, mut manifest) = ManifestWriter::open(opening);
    for (at, (track, plain)) in (0..).step_by(500).zip(pieces) {
        let track_opening = opening.track(*track);
        let stored = packer.pack(plain, &track_opening.recipients).unwrap();
        let name = file_name(writer.next_chunk(), *track, track_opening);
        fs::write(dir.join(name), &stored).unwrap();
        manifest.extend(writer.chunk(&Chunk {
            track: *track,
            from_ms: at,
            to_ms: at + 500,
            events: 2,
            through: writer.next_chunk() * 10,
            bytes: plain.len() as u64,
            stored: stored.len() as u64,
            sha256: hash(&stored),
        }));
    }
    let (last, seal) = writer.close(closing);
    manifest.extend(last);
    (manifest, seal)
}

/// Deletes what a purge deletes.
fn purge(root: &Path, of: u128) {
    for entry in fs::read_dir(recording_dir(root, session(of), 0)).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() != MANIFEST {
            fs::remove_file(path).unwrap();
        }
    }
}

//! What whoever tampers does.

use std::fs;
use std::path::{Path, PathBuf};

use domain::SessionId;
use ledger::{Hash, TlogProof, VerifierKey};
use recorder::archive::chunk::hash;
use recorder::archive::{
    ChunkLine, Closing, End, MANIFEST, Manifest, ManifestWriter, Packer, Seal, Track,
};

use super::log::Log;
use super::make::{self, OTHER, PROGRESS, SESSIONS, SIZE, Site, VISIT, place};

/// The unpacked bundle, or the exported log.
pub(super) struct Dir(PathBuf);

/// The chunks of the bundle's recording.
pub(super) const CHUNKS: [&str; 4] = [
    "recording/000000.output.cast.zst",
    "recording/000001.output.cast.zst",
    "recording/000002.input.frames.zst.age",
    "recording/000003.output.cast.zst",
];

impl Dir {
    pub(super) fn new(at: &Path) -> Self {
        Self(at.to_owned())
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(super) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.at(name), bytes).unwrap();
    }

    /// Turns a bit of the byte in the middle.
    pub(super) fn flip(&self, name: &str) {
        let mut bytes = self.read(name);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        self.write(name, bytes);
    }

    pub(super) fn cut(&self, name: &str) {
        let bytes = self.read(name);
        self.write(name, &bytes[..bytes.len() - 1]);
    }

    pub(super) fn swap(&self, one: &str, other: &str) {
        let (a, b) = (self.read(one), self.read(other));
        self.write(one, b);
        self.write(other, a);
    }

    pub(super) fn remove(&self, name: &str) {
        let path = self.at(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        removed.unwrap();
    }

    pub(super) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name}: no {from}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Leaves out lines of a file, from 0.
    pub(super) fn without_line(&self, name: &str, dropped: usize) {
        let text = self.text(name);
        let lines = text.split_inclusive('\n').enumerate();
        let left: String = lines
            .filter(|(number, _)| *number != dropped)
            .map(|(_, line)| line)
            .collect();
        self.write(name, left);
    }

    pub(super) fn recording(&self, of: u128) -> String {
        format!("recordings/{}/0", make::session(of))
    }

    pub(super) fn proof(&self) -> TlogProof {
        TlogProof::parse(&self.read("seal.tlog-proof")).unwrap()
    }

    pub(super) fn prove(&self, proof: &TlogProof) {
        self.write("seal.tlog-proof", proof.to_string());
    }

    /// Changes the last piece of what the asset showed, and makes a manifest that
    /// fits it; gives what a seal of it must say.
    pub(super) fn retell(&self, session: SessionId) -> (Closing, Seal) {
        let manifest = format!("recording/{MANIFEST}");
        let parsed = Manifest::parse(&self.read(&manifest)).unwrap();
        assert_eq!(parsed.opening.session, session);
        let closing = parsed.closing.unwrap();
        let header = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n";
        let told = vec![(
            Track::Output,
            format!("{header}[0.5,\"o\",\"nothing happened\\r\\n\"]\n").into_bytes(),
        )];
        for chunk in CHUNKS {
            self.remove(chunk);
        }
        let dir = self.at("recording");
        let (bytes, seal) = make::store(&dir, &parsed.opening, &closing, &told);
        self.write(&manifest, bytes);
        (closing, seal)
    }
}

/// The manifest of the recording at `at` says something else of its chunks, and all
/// its lines fit that; gives what a seal of it must say.
pub(super) fn remake(dir: &Dir, at: &str, change: impl Fn(&mut ChunkLine)) -> (Closing, Seal) {
    let name = format!("{at}/{MANIFEST}");
    let parsed = Manifest::parse(&dir.read(&name)).unwrap();
    let (mut writer, mut manifest) = ManifestWriter::open(&parsed.opening);
    for mut line in parsed.chunks {
        change(&mut line);
        manifest.extend(writer.chunk(&line.chunk));
    }
    let closing = parsed.closing.unwrap();
    let (last, seal) = writer.close(&closing);
    manifest.extend(last);
    dir.write(&name, manifest);
    (closing, seal)
}

/// The first chunk of the recording at `at` is another one, and its manifest fits it.
pub(super) fn another_beginning(dir: &Dir, at: &str) -> (Closing, Seal) {
    let header = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n";
    let told = format!("{header}[0.5,\"o\",\"nothing to see\\r\\n\"]\n");
    let stored = Packer::new(3).unwrap().pack(told.as_bytes(), &[]).unwrap();
    dir.write(&CHUNKS[0].replace("recording", at), &stored);
    remake(dir, at, |line| {
        if line.number == 0 {
            line.chunk.bytes = told.len() as u64;
            line.chunk.stored = stored.len() as u64;
            line.chunk.sha256 = hash(&stored);
        }
    })
}

/// A log with this seal of the bundle's recording, and all that was committed to
/// before, signed by its owner; the bundle's proofs are of it.
pub(super) fn seal_again(site: &Site, dir: &Dir, told: &(Closing, Seal)) {
    let seal = make::sealed(VISIT, SESSIONS[0], told);
    dir.write("seal.json", &seal);
    let mut leaves: Vec<_> = (1..=SIZE)
        .map(|seq| make::event(seq, "request.approved", 7, "null"))
        .collect();
    leaves[place(VISIT)] = seal;
    for (number, (seq, _)) in (1..).zip(PROGRESS) {
        leaves[place(seq)] = dir.read(&format!("progress/{number}.json"));
    }
    let log = Log { leaves };
    let note = log.signed(&site.second, None);
    dir.prove(&log.proof(VISIT - 1, &note));
    for (number, (seq, _)) in (1..).zip(PROGRESS) {
        let proof = log.proof(seq - 1, &note).to_string();
        dir.write(&format!("progress/{number}.tlog-proof"), proof);
    }
}

/// The other recording is made anew, and sealed again by the owner of the key.
pub(super) fn others_again(site: &Site, dir: &Dir, told: &(Closing, Seal)) {
    rewrite(dir, &site.second, |log| {
        log.leaves[place(OTHER)] = make::sealed(OTHER, SESSIONS[1], told);
    });
}

/// The other recording has not ended yet.
pub(super) fn others_goes_on(site: &Site, dir: &Dir) {
    rewrite(dir, &site.second, |log| {
        log.leaves[place(OTHER)] = make::event(OTHER, "request.approved", 7, "null");
    });
    let manifest = format!("{}/{MANIFEST}", dir.recording(SESSIONS[1]));
    dir.without_line(&manifest, 5);
}

/// The bundle's recording is another one, and the seal fits it.
pub(super) fn retell_and_seal(dir: &Dir) -> Vec<u8> {
    let told = dir.retell(make::session(SESSIONS[0]));
    let leaf = make::sealed(VISIT, SESSIONS[0], &told);
    dir.write("seal.json", &leaf);
    leaf
}

/// Another log around a false seal: all fits, but for the key.
pub(super) fn forge(site: &Site, dir: &Dir, with_its_key: bool) {
    let leaf = retell_and_seal(dir);
    let leaves = (1..=SIZE).map(|seq| match seq {
        VISIT => leaf.clone(),
        _ => make::event(seq, "request.approved", 7, "null"),
    });
    let log = Log {
        leaves: leaves.collect(),
    };
    let note = log.signed(&site.thief, None);
    dir.prove(&log.proof(VISIT - 1, &note));
    // What was committed to is not in that log.
    dir.remove("progress");
    if with_its_key {
        dir.write("log.vkeys", format!("{}\n", site.thief.verifier()));
        dir.remove("log.handovers");
    }
}

/// The seal of another recording, with a proof that holds.
pub(super) fn anothers_seal(site: &Site, dir: &Dir) {
    let closing = Closing {
        end: End::Interrupted,
        bytes_in: 1,
        bytes_out: 1,
        exit: None,
    };
    let seal = Seal {
        lines: 6,
        root: Hash::of(b"another").0,
    };
    let leaf = make::sealed(1, SESSIONS[1], &(closing, seal));
    let log = Log {
        leaves: vec![leaf.clone()],
    };
    // As if it had been sealed before the key was changed.
    let note = log.signed(&site.first, None);
    dir.write("seal.json", &leaf);
    dir.prove(&log.proof(0, &note));
}

/// The log's owner signs another history: only who saw the former one notices.
pub(super) fn rewrite(dir: &Dir, key: &ledger::SigningKey, change: impl FnOnce(&mut Log)) {
    let mut log = Log::read(&dir.at(""));
    change(&mut log);
    let note = log.signed(key, None);
    log.write(&dir.at(""), &note);
}

/// Changes the entries of the log's last tile, and nothing else.
pub(super) fn entries(dir: &Dir, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let name = format!("tile/entries/001.p/{}", SIZE - 256);
    let bytes = dir.read(&name);
    let read = ledger::bundle::read(&bytes).unwrap();
    let mut all: Vec<Vec<u8>> = read.iter().map(|entry| entry.to_vec()).collect();
    change(&mut all);
    dir.write(&name, ledger::bundle::write(&all).unwrap());
}

/// The log as it was when it had `size` events, signed then.
pub(super) fn roll_back(site: &Site, dir: &Dir, size: u64) {
    let log = Log::read(&dir.at("")).until(size);
    let note = log.signed(&site.second, None);
    log.write(&dir.at(""), &note);
}

/// Recordings that a log of [`roll_back`] knows nothing of.
pub(super) fn forget_recordings(dir: &Dir) {
    for of in [SESSIONS[0], SESSIONS[1]] {
        dir.remove(&format!("recordings/{}", make::session(of)));
    }
}

/// One character of the base64 of a signature line by `key` is another.
pub(super) fn spoil_signature(text: &str, key: &VerifierKey) -> String {
    let name = format!("— {} ", key.name());
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix(&name) {
            Some(encoded) => {
                let middle = encoded.len() / 2;
                let other = if &encoded[middle..=middle] == "A" {
                    "B"
                } else {
                    "A"
                };
                format!(
                    "{name}{}{other}{}",
                    &encoded[..middle],
                    &encoded[middle + 1..]
                )
            }
            None => line.to_owned(),
        })
        .collect();
    format!("{}\n", lines.join("\n"))
}

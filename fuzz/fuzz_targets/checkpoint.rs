//! What a log, a witness, or a bundle hands over: signed notes and what stands in
//! them, proofs, paths of tiles, bundles of entries.
#![no_main]

use ledger::witness::AddCheckpoint;
use ledger::{Checkpoint, Handover, Note, TilePath, TlogProof, VerifierKey, bundle, handover};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data, "two notes of one text");
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.text(), note.text());
        }
    }
    if let Ok(entries) = bundle::read(data) {
        assert_eq!(bundle::write(entries).as_deref(), Ok(data));
    }
    if let Ok(proof) = TlogProof::parse(data) {
        assert_eq!(proof.to_string().as_bytes(), data);
    }
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.to_string().as_bytes(), data);
    }
    let _ = Handover::open(data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(path) = text.parse::<TilePath>() {
        assert_eq!(path.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    let _ = handover::open_all(text);
});

use std::io::{self, Cursor, Read};

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::*;
use crate::archive::read::tests::{PIECES, ring, session, store};
use crate::archive::{Archive, ArchiveError, Files, Keyring, Protection, Track};

fn proven(leaf: &str) -> Proven {
    Proven {
        leaf: leaf.as_bytes().to_vec(),
        proof: format!("proof of {leaf}\n"),
    }
}

fn papers() -> Papers {
    Papers {
        seal: proven("{}"),
        progress: vec![proven("{\"first\":1}"), proven("{\"second\":2}")],
        vkeys: vec!["log+key".to_owned(), "witness+key".to_owned()],
        handovers: String::new(),
    }
}

fn bundle(ring: &Keyring, tracks: &[Track]) -> Result<Vec<u8>, ArchiveError> {
    let scratch = tempfile::tempdir().unwrap();
    store(scratch.path(), ring, &PIECES, true);
    let archive = Archive::new(scratch.path(), ring.clone());
    let mut reader = BundleReader::new(Contents {
        recording: archive.open(session(), 2)?,
        tracks: tracks.to_vec(),
        papers: papers(),
        replay: Some(b"<html>".to_vec()),
    })?;
    let mut tar = Vec::new();
    reader.read_to_end(&mut tar)?;
    Ok(tar)
}

fn found(tar: &[u8]) -> TarFiles<Cursor<&[u8]>> {
    TarFiles::find(Cursor::new(tar)).unwrap()
}

#[test]
fn what_is_in_a_bundle() {
    let tar = bundle(&ring(Protection::AtRest), &Track::ALL).unwrap();
    let mut files = found(&tar);
    let names: Vec<&str> = files.names().collect();
    assert_eq!(
        names,
        [
            "README.md",
            "log.vkeys",
            "progress/1.json",
            "progress/1.tlog-proof",
            "progress/2.json",
            "progress/2.tlog-proof",
            "recording/000000.output.cast.zst.age",
            "recording/000001.input.frames.zst.age",
            "recording/000002.output.cast.zst.age",
            "recording/000003.output.cast.zst.age",
            "recording/input.agekey",
            "recording/manifest.jsonl",
            "recording/output.agekey",
            "replay.html",
            "seal.json",
            "seal.tlog-proof",
        ]
    );
    let keys = files.read(VKEYS, MAX_PAPER).unwrap().unwrap();
    assert_eq!(keys, b"log+key\nwitness+key\n");
    let second = files.read("progress/2.json", MAX_LEAF).unwrap().unwrap();
    assert_eq!(second, b"{\"second\":2}");
    assert_eq!(tar.len() % 512, 0);
    assert!(tar.ends_with(&[0; 1024]));
}

#[test]
fn whoever_may_not_read_the_input_has_neither_it_nor_its_key() {
    let tar = bundle(&ring(Protection::AtRest), &[Track::Output]).unwrap();
    let files = found(&tar);
    assert!(files.names().any(|name| name == "recording/output.agekey"));
    assert!(!files.names().any(|name| name.contains("input")));
}

#[test]
fn nothing_opens_what_is_sealed() {
    let tar = bundle(&ring(Protection::Sealed), &Track::ALL).unwrap();
    assert!(!found(&tar).names().any(|name| name.contains("agekey")));
}

#[test]
fn only_output_that_is_not_encrypted_has_no_key() {
    let tar = bundle(&ring(Protection::Off), &Track::ALL).unwrap();
    let files = found(&tar);
    let keys = files.names().filter(|name| name.contains("agekey"));
    assert_eq!(keys.collect::<Vec<_>>(), ["recording/input.agekey"]);
}

/// An auditor who is told that a recording was altered takes home what is left.
#[test]
fn what_was_changed_goes_out_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let ring = ring(Protection::Off);
    let dir = store(scratch.path(), &ring, &PIECES, true);
    std::fs::write(dir.join("000000.output.cast.zst"), "x").unwrap();
    std::fs::remove_file(dir.join("000002.output.cast.zst")).unwrap();
    let archive = Archive::new(scratch.path(), ring);
    let mut reader = BundleReader::new(Contents {
        recording: archive.open(session(), 2).unwrap(),
        tracks: vec![Track::Output],
        papers: papers(),
        replay: None,
    })
    .unwrap();
    let mut tar = Vec::new();
    reader.read_to_end(&mut tar).unwrap();
    let mut files = found(&tar);
    let chunks = [
        "recording/000000.output.cast.zst",
        "recording/000003.output.cast.zst",
    ];
    let names: Vec<&str> = files.names().filter(|name| name.contains("cast")).collect();
    assert_eq!(names, chunks);
    let changed = files.read(chunks[0], 10).unwrap();
    assert_eq!(changed.unwrap(), b"x");
}

fn tar_of(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_path(name).unwrap();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn others_tar_files_are_read_and_hostile_ones_are_not() {
    use EntryType::{Directory, Regular, Symlink, XHeader};
    let why = |tar: &[u8]| match TarFiles::find(Cursor::new(tar)) {
        Ok(files) => files.names().collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    let others = tar_of(&[
        ("recording/", Directory, b""),
        ("x", XHeader, b"20 mtime=1234.5678\n\n"),
        ("./seal.json", Regular, b"{}"),
    ]);
    assert_eq!(why(&others), "seal.json");
    let linked = tar_of(&[("seal.json", Symlink, b"")]);
    assert_eq!(why(&linked), "it has more in it than files and directories");
    let twice = tar_of(&[("a", Regular, b"1"), ("./a", Regular, b"2")]);
    assert_eq!(why(&twice), "it has a file twice");
    let named = tar_of(&[("a\u{7}", Regular, b"1")]);
    assert_eq!(why(&named), "a name in it is none");
    let cut = tar_of(&[("a", Regular, &[1; 2000])]);
    assert_eq!(why(&cut[..1024]), "it is cut off");
    let two = tar_of(&[("a", Regular, b"1"), ("b", Regular, b"2")]);
    assert_eq!(why(&two), "a b");
    assert_eq!(why(&two[..1024]), "it is cut off");
    assert_eq!(why(&two[..2048]), "it is cut off");
    assert_eq!(why(b""), "it is cut off");
    assert_ne!(why(&[7; 4096]), "");
}

#[test]
fn nothing_is_read_beyond_its_limit() {
    let tar = tar_of(&[("a", EntryType::Regular, &[1; 2000])]);
    let mut files = found(&tar);
    assert_eq!(files.read("a", 2000).unwrap().unwrap().len(), 2000);
    let error = files.read("a", 1999).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    assert!(files.read("b", 10).unwrap().is_none());
}

proptest! {
    #[test]
    fn anything_can_be_looked_for_files(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut tar = tar_of(&[("a", EntryType::Regular, b"1"), ("b", EntryType::Regular, &[1; 700])]);
        let at = at.index(tar.len());
        tar[at] = byte;
        tar.truncate(cut.index(tar.len() + 1));
        if let Ok(mut files) = TarFiles::find(Cursor::new(&tar)) {
            let names: Vec<String> = files.names().map(str::to_owned).collect();
            for name in names {
                prop_assert!(files.read(&name, 1000).unwrap().unwrap().len() <= 1000);
            }
        }
    }
}

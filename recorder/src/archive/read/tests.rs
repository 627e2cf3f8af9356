use std::fs;

use domain::Timestamp;
use uuid::Uuid;

use super::*;
use crate::archive::chunk::{Packer, hash};
use crate::archive::manifest::{Chunk, Closing, End, ManifestWriter, Opening};

pub(crate) fn session() -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(7))
}

pub(crate) fn ring(mode: Protection) -> Keyring {
    let auditor = Identity::generate().to_public();
    Keyring::new(
        mode,
        vec![auditor],
        Identity::generate(),
        Identity::generate(),
    )
    .unwrap()
}

/// Stores `pieces`, a chunk each, and closes the recording if told to.
pub(crate) fn store(
    root: &Path,
    ring: &Keyring,
    pieces: &[(Track, &[u8])],
    close: bool,
) -> PathBuf {
    let dir = recording_dir(root, session(), 2);
    fs::create_dir_all(&dir).unwrap();
    let keys = ring.recording().unwrap();
    for track in Track::ALL {
        if let Some(file) = &keys.track(track).key_file {
            fs::write(dir.join(key_file_name(track)), file).unwrap();
        }
    }
    let opening = Opening {
        session: session(),
        channel: 2,
        started: Timestamp::from_micros(0),
        output: keys.output.opening,
        input: keys.input.opening,
    };
    let mut packer = Packer::new(3).unwrap();
    let (mut writer, mut manifest) = ManifestWriter::open(&opening);
    for (track, plain) in pieces {
        let recipients = &opening.track(*track).recipients;
        let stored = packer.pack(plain, recipients).unwrap();
        let name =
            super::super::chunk::file_name(writer.next_chunk(), *track, opening.track(*track));
        fs::write(dir.join(name), &stored).unwrap();
        manifest.extend(writer.chunk(&Chunk {
            track: *track,
            from_ms: 0,
            to_ms: 0,
            events: 1,
            through: 0,
            bytes: plain.len() as u64,
            stored: stored.len() as u64,
            sha256: hash(&stored),
        }));
    }
    if close {
        let (last, _) = writer.close(&Closing {
            end: End::Complete,
            bytes_in: 0,
            bytes_out: 0,
            exit: None,
        });
        manifest.extend(last);
    }
    fs::write(dir.join(MANIFEST), manifest).unwrap();
    dir
}

pub(crate) const PIECES: [(Track, &[u8]); 4] = [
    (Track::Output, b"one "),
    (Track::Input, b"typed"),
    (Track::Output, b""),
    (Track::Output, b"two"),
];

fn all(archive: &Archive, track: Track) -> io::Result<String> {
    let mut text = String::new();
    archive
        .open(session(), 2)
        .and_then(|recording| recording.track(track))
        .map_err(io::Error::other)?
        .read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn each_track_is_read_as_one() {
    for mode in [Protection::Off, Protection::AtRest] {
        for close in [true, false] {
            let scratch = tempfile::tempdir().unwrap();
            let ring = ring(mode);
            store(scratch.path(), &ring, &PIECES, close);
            let archive = Archive::new(scratch.path(), ring);
            assert_eq!(all(&archive, Track::Output).unwrap(), "one two");
            assert_eq!(all(&archive, Track::Input).unwrap(), "typed");
        }
    }
}

#[test]
fn what_is_sealed_the_broker_can_not_read() {
    let scratch = tempfile::tempdir().unwrap();
    let ring = ring(Protection::Sealed);
    store(scratch.path(), &ring, &PIECES, true);
    let recording = Archive::new(scratch.path(), ring)
        .open(session(), 2)
        .unwrap();
    for track in Track::ALL {
        assert!(matches!(recording.track(track), Err(ArchiveError::Sealed)));
    }
}

#[test]
fn another_brokers_keys_do_not_open_it() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = store(scratch.path(), &ring(Protection::AtRest), &PIECES, true);
    let archive = Archive::new(scratch.path(), ring(Protection::AtRest));
    let recording = archive.open(session(), 2).unwrap();
    assert!(matches!(recording.output(), Err(ArchiveError::Sealed)));
    fs::remove_file(dir.join("output.key.age")).unwrap();
    assert!(matches!(recording.output(), Err(ArchiveError::Damaged(_))));
}

#[test]
fn missing_damaged_and_purged_are_told_apart() {
    let scratch = tempfile::tempdir().unwrap();
    let ring = ring(Protection::Off);
    let archive = Archive::new(scratch.path(), ring.clone());
    let open = || archive.open(session(), 2);
    assert!(matches!(open(), Err(ArchiveError::Missing)));
    let dir = store(scratch.path(), &ring, &PIECES, true);
    let chunk = |number| dir.join(format!("{number:06}.output.cast.zst"));

    let mut flipped = fs::read(chunk(3)).unwrap();
    flipped[5] ^= 1;
    fs::write(chunk(3), flipped).unwrap();
    let mut reader = open().unwrap().output().unwrap();
    let mut text = Vec::new();
    let error = reader.read_to_end(&mut text).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(text, b"one ");
    assert!(error.to_string().contains("000003.output"), "{error}");
    assert!(reader.read(&mut [0; 8]).is_err());

    fs::remove_file(chunk(3)).unwrap();
    assert!(matches!(
        open().unwrap().output(),
        Err(ArchiveError::Damaged(_))
    ));
    fs::remove_file(chunk(0)).unwrap();
    fs::remove_file(chunk(2)).unwrap();
    assert!(matches!(
        open().unwrap().output(),
        Err(ArchiveError::Purged)
    ));
    assert_eq!(all(&archive, Track::Input).unwrap(), "typed");

    let elsewhere = recording_dir(scratch.path(), session(), 4);
    fs::rename(&dir, &elsewhere).unwrap();
    assert!(matches!(
        archive.open(session(), 4),
        Err(ArchiveError::Unlisted(_))
    ));
    fs::write(elsewhere.join("manifest.jsonl"), b"{").unwrap();
    assert!(matches!(
        archive.open(session(), 4),
        Err(ArchiveError::Unlisted(_))
    ));
}

#[test]
fn a_chunk_in_the_place_of_another_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let ring = ring(Protection::Off);
    let dir = store(scratch.path(), &ring, &PIECES, true);
    let archive = Archive::new(scratch.path(), ring);
    fs::copy(
        dir.join("000003.output.cast.zst"),
        dir.join("000000.output.cast.zst"),
    )
    .unwrap();
    let error = all(&archive, Track::Output).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

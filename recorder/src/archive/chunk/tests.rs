use proptest::prelude::*;

use super::*;
use crate::archive::keys::Protection;

fn pack(plain: &[u8], recipients: &[Recipient]) -> Vec<u8> {
    Packer::new(3).unwrap().pack(plain, recipients).unwrap()
}

#[test]
fn plain_chunks_come_back() {
    let mut packer = Packer::new(1).unwrap();
    for plain in [&b""[..], b"hello", &[7; 300_000]] {
        let stored = packer.pack(plain, &[]).unwrap();
        let back = unpack(&stored, plain.len() as u64, false, &[]).unwrap();
        assert_eq!(back, plain);
    }
}

#[test]
fn each_recipient_and_nobody_else_opens_an_encrypted_one() {
    let keys = [Identity::generate(), Identity::generate()];
    let stored = pack(b"secret", &[keys[0].to_public(), keys[1].to_public()]);
    for key in keys {
        assert_eq!(unpack(&stored, 6, true, &[key]).unwrap(), b"secret");
    }
    for nobody in [vec![], vec![Identity::generate()]] {
        let error = unpack(&stored, 6, true, &nobody).unwrap_err();
        assert!(matches!(error, BadChunk::Locked), "{error}");
    }
}

#[test]
fn as_many_recipients_as_may_be_fit_the_header() {
    let key = Identity::generate();
    let many = crate::archive::keys::MAX_AUDITORS + 1;
    let stored = pack(b"secret", &vec![key.to_public(); many]);
    assert_eq!(unpack(&stored, 6, true, &[key]).unwrap(), b"secret");
}

#[test]
fn what_is_no_chunk_is_refused() {
    let key = Identity::generate();
    let zstd = pack(b"hello", &[]);
    let aged = pack(b"hello", &[key.to_public()]);
    let keys = [key];
    let refused =
        |stored: &[u8], bytes, encrypted| unpack(stored, bytes, encrypted, &keys).unwrap_err();

    assert!(matches!(refused(&zstd, 4, false), BadChunk::Zstd(_)));
    assert!(matches!(refused(&zstd, 6, false), BadChunk::Length));
    assert!(matches!(refused(&zstd, u64::MAX, false), BadChunk::Length));
    assert!(matches!(refused(&zstd, 5, true), BadChunk::Age(_)));
    assert!(matches!(refused(&aged, 5, false), BadChunk::Zstd(_)));
    assert!(matches!(
        refused(&vec![0; MAX_STORED + 1], 5, false),
        BadChunk::Length
    ));
    let mut long = zstd.clone();
    long.push(0);
    assert!(matches!(refused(&long, 5, false), BadChunk::Zstd(_)));
    for cut in 0..aged.len() {
        assert!(matches!(refused(&aged[..cut], 5, true), BadChunk::Age(_)));
    }
    // A kilobyte of zeros that would become a gigabyte.
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 19).unwrap();
    assert!(bomb.len() < 16 << 10);
    assert!(matches!(refused(&bomb, 5, false), BadChunk::Zstd(_)));
}

#[test]
fn an_endless_header_is_not_looked_at() {
    let mut hostile = b"age-encryption.org/v1\n".to_vec();
    while hostile.len() < MAX_STORED - 100 {
        hostile.extend_from_slice(b"-> X25519 A\nAAAA\n");
    }
    let error = unpack(&hostile, 5, true, &[Identity::generate()]).unwrap_err();
    assert!(matches!(error, BadChunk::Age(_)));
}

#[test]
fn names_say_what_is_in_a_file() {
    let plain = TrackOpening {
        encryption: Protection::Off,
        recipients: Vec::new(),
    };
    let aged = TrackOpening {
        encryption: Protection::AtRest,
        recipients: vec![Identity::generate().to_public()],
    };
    assert_eq!(
        file_name(0, Track::Output, &plain),
        "000000.output.cast.zst"
    );
    assert_eq!(
        file_name(1, Track::Input, &aged),
        "000001.input.frames.zst.age"
    );
    assert_eq!(
        file_name(1_234_567, Track::Input, &plain),
        "1234567.input.frames.zst"
    );
}

proptest! {
    #[test]
    fn anything_can_be_unpacked(stored in prop::collection::vec(any::<u8>(), 0..400), bytes in 0..1000_u64, encrypted in any::<bool>()) {
        if let Ok(plain) = unpack(&stored, bytes, encrypted, &[]) {
            prop_assert_eq!(plain.len() as u64, bytes);
        }
    }
}

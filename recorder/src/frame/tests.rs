use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn read(log: &[u8]) -> (Vec<(Kind, Duration, Vec<u8>)>, u64) {
    let mut reader = FrameReader::new(log);
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push((frame.kind, frame.at, frame.payload.to_vec()));
    }
    (frames, reader.valid())
}

fn log_of(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let mut log = Vec::new();
    let mut ends = Vec::new();
    for (payload, at) in payloads.iter().zip(1..) {
        append(Kind::Data, Duration::from_micros(at), payload, &mut log);
        ends.push(log.len());
    }
    (log, ends)
}

#[test]
fn the_bytes_of_a_frame() {
    let mut log = Vec::new();
    append(Kind::Data, Duration::from_micros(0x0102), b"ls\r", &mut log);
    assert_eq!(&log[..20], b"DBi1\x02\0\0\0\x03\0\0\0\x02\x01\0\0\0\0\0\0");
    assert_eq!(
        log[20..24],
        crc32c::crc32c(&[&log[..20], b"ls\r"].concat()).to_le_bytes()
    );
    assert_eq!(&log[24..], b"ls\r");
}

#[test]
fn a_whole_log() {
    let mut log = Vec::new();
    append_open(
        SessionId::from_uuid(Uuid::max()),
        3,
        Timestamp::from_micros(5),
        &mut log,
    );
    append(
        Kind::Data,
        Duration::from_micros(9),
        &[7; MAX_PAYLOAD],
        &mut log,
    );
    append(Kind::End, Duration::from_micros(10), b"", &mut log);
    let written = log.len();
    log.resize(written + 1000, 0);

    let (frames, valid) = read(&log);
    assert_eq!(valid, written as u64);
    let kinds: Vec<_> = frames.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [Kind::Open, Kind::Data, Kind::End]);
    assert_eq!(frames[0].2[..16], [0xff; 16]);
    assert_eq!(frames[1].2, [7; MAX_PAYLOAD]);
}

#[test]
fn frames_that_are_refused() {
    let (good, _) = log_of(&[b"abc".to_vec()]);
    let mut too_long = Vec::new();
    append(
        Kind::Data,
        Duration::ZERO,
        &[0; MAX_PAYLOAD + 1],
        &mut too_long,
    );
    let mut unknown_kind = good.clone();
    unknown_kind[4] = 9;
    let crc = crc32c::crc32c(&[&unknown_kind[..20], b"abc"].concat()).to_le_bytes();
    unknown_kind[20..24].copy_from_slice(&crc);
    for log in [&too_long[..], &unknown_kind, &[0; 100], b"", b"DBi1"] {
        assert_eq!(read(log), (Vec::new(), 0));
    }
}

proptest! {
    #[test]
    fn a_truncated_log_loses_only_its_tail(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..10),
        cut in any::<prop::sample::Index>(),
        zeros in 0_usize..100,
    ) {
        let (log, ends) = log_of(&payloads);
        let cut = cut.index(log.len() + 1);
        let mut torn = log[..cut].to_vec();
        torn.resize(cut + zeros, 0);
        let (frames, valid) = read(&torn);
        // A frame that ends in zeros may be made whole by the zeros after it.
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        prop_assert!(frames.len() >= whole);
        prop_assert!(valid <= log.len() as u64);
        for (frame, payload) in frames.iter().zip(&payloads) {
            prop_assert_eq!(&frame.2, payload);
        }
    }

    #[test]
    fn a_damaged_log_never_yields_other_bytes(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..10),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let (mut log, ends) = log_of(&payloads);
        let place = place.index(log.len());
        log[place] ^= 1 << bit;
        let (frames, valid) = read(&log);
        let before = ends.iter().filter(|&&end| end <= place).count();
        prop_assert_eq!(frames.len(), before);
        prop_assert_eq!(valid, ends[..before].last().copied().unwrap_or(0) as u64);
    }

    #[test]
    fn any_bytes_at_all(log in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, valid) = read(&log);
        prop_assert!(valid <= log.len() as u64);
    }
}

use aws_lc_rs::digest::{Context, SHA256};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().try_into().unwrap()
}

fn recipient(seed: u8) -> Recipient {
    // Any identity will do; these are made from nothing secret.
    const KEYS: [&str; 2] = [
        "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
    ];
    KEYS[usize::from(seed) % 2].parse().unwrap()
}

fn opening() -> Opening {
    Opening {
        session: SessionId::from_uuid(Uuid::from_u128(7)),
        channel: 3,
        started: Timestamp::from_micros(1_000_004),
        output: TrackOpening {
            encryption: Protection::Off,
            recipients: Vec::new(),
        },
        input: TrackOpening {
            encryption: Protection::AtRest,
            recipients: vec![recipient(0), recipient(1)],
        },
    }
}

fn chunk(track: Track, of: &[u8]) -> Chunk {
    Chunk {
        track,
        from_ms: 0,
        to_ms: 29_871,
        events: 118,
        through: 4711,
        bytes: 262_001,
        stored: of.len() as u64,
        sha256: sha256(&[of]),
    }
}

const CLOSING: Closing = Closing {
    end: End::Complete,
    bytes_in: 17,
    bytes_out: 2093,
    exit: Some(0),
};

/// A manifest of two chunks, and its seal.
fn whole() -> (Vec<u8>, Seal) {
    let (mut writer, mut bytes) = ManifestWriter::open(&opening());
    bytes.extend(writer.chunk(&chunk(Track::Output, b"one")));
    bytes.extend(writer.chunk(&chunk(Track::Input, b"two")));
    let (last, seal) = writer.close(&CLOSING);
    bytes.extend(last);
    (bytes, seal)
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn fault(bytes: &[u8]) -> Option<(u64, Why)> {
    let manifest = Manifest::parse(bytes).unwrap();
    manifest.fault.map(|fault| (fault.line, fault.why))
}

#[test]
fn the_lines_are_those_of_the_page() {
    let (bytes, _) = whole();
    let lines = lines(&bytes);
    let prev = |line: usize| {
        let line = lines[line].strip_suffix(b"\n").unwrap();
        sha256(&[line])
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        format!(
            concat!(
                r#"{{"drawbridge":"recording/1","session":"00000000-0000-0000-0000-000000000007","channel":3,"started":"1970-01-01T00:00:01.000004Z","output":{{"encryption":"off","recipients":[]}},"input":{{"encryption":"at-rest","recipients":["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa","age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"]}}}}"#,
                "\n",
                r#"{{"chunk":0,"track":"output","from_ms":0,"to_ms":29871,"events":118,"through":4711,"bytes":262001,"stored":3,"sha256":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","prev":"{}"}}"#,
                "\n",
                r#"{{"chunk":1,"track":"input","from_ms":0,"to_ms":29871,"events":118,"through":4711,"bytes":262001,"stored":3,"sha256":"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3","prev":"{}"}}"#,
                "\n",
                r#"{{"end":"complete","chunks":2,"bytes_in":17,"bytes_out":2093,"exit":0,"prev":"{}"}}"#,
                "\n",
            ),
            prev(0),
            prev(1),
            prev(2)
        )
    );
}

#[test]
fn what_was_written_is_read() {
    let (bytes, seal) = whole();
    let manifest = Manifest::parse(&bytes).unwrap();
    assert_eq!(manifest.opening, opening());
    assert_eq!(manifest.closing, Some(CLOSING));
    assert_eq!(manifest.valid, bytes.len() as u64);
    assert_eq!(manifest.fault, None);
    assert_eq!(manifest.seal(), seal);
    assert!(manifest.writer().is_none());
    let of_input: Vec<_> = manifest.of(Track::Input).collect();
    assert_eq!(of_input.len(), 1);
    assert_eq!(of_input[0].number, 1);
    assert_eq!(of_input[0].chunk, chunk(Track::Input, b"two"));
}

#[test]
fn the_root_is_that_of_rfc_6962() {
    fn by_the_book(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => sha256(&[]),
            [leaf] => sha256(&[&[0], leaf]),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                sha256(&[&[1], &by_the_book(left), &by_the_book(right)])
            }
        }
    }
    let (mut writer, first) = ManifestWriter::open(&opening());
    let mut leaves = vec![first.strip_suffix(b"\n").unwrap().to_vec()];
    for number in 0..70_u8 {
        assert_eq!(writer.seal().root, by_the_book(&leaves), "{}", leaves.len());
        let line = writer.chunk(&chunk(Track::Output, &[number]));
        leaves.push(line.strip_suffix(b"\n").unwrap().to_vec());
    }
}

#[test]
fn a_torn_end_is_cut_and_gone_on_from() {
    let (bytes, seal) = whole();
    let starts: Vec<usize> = lines(&bytes)
        .iter()
        .scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        })
        .collect();
    for cut in starts[0]..bytes.len() {
        let manifest = Manifest::parse(&bytes[..cut]).unwrap();
        let valid = usize::try_from(manifest.valid).unwrap();
        assert_eq!(
            Some(&valid),
            starts.iter().rfind(|start| **start <= cut),
            "cut at {cut}"
        );
        assert_eq!(manifest.fault.is_some(), valid != cut);
        let mut again = bytes[..valid].to_vec();
        let mut writer = manifest.writer().unwrap();
        for (number, what) in [(0, (Track::Output, "one")), (1, (Track::Input, "two"))] {
            if writer.next_chunk() == number {
                again.extend(writer.chunk(&chunk(what.0, what.1.as_bytes())));
            }
        }
        let (last, same) = writer.close(&CLOSING);
        again.extend(last);
        assert_eq!((again, same), (bytes.clone(), seal));
    }
    assert_eq!(
        Manifest::parse(&bytes[..starts[0] - 1]).err(),
        Some(BadManifest::Empty)
    );
}

#[test]
fn each_change_is_found_at_its_line() {
    let (bytes, _) = whole();
    let good = lines(&bytes);
    let with = |lines: &[&[u8]]| lines.concat();
    let [open, one, two, end] = [&good[0], &good[1], &good[2], &good[3]].map(Vec::as_slice);

    assert_eq!(fault(&with(&[open, one, two, end])), None);
    assert_eq!(fault(&with(&[open, two, one, end])), Some((2, Why::Prev)));
    assert_eq!(fault(&with(&[open, two, end])), Some((2, Why::Prev)));
    assert_eq!(fault(&with(&[open, one, end])), Some((3, Why::Prev)));
    assert_eq!(fault(&with(&[open, one, one])), Some((3, Why::Prev)));
    assert_eq!(fault(&with(&[open, one, two])), None);
    assert_eq!(
        fault(&with(&[open, one, two, end, end])),
        Some((5, Why::AfterEnd))
    );
    assert_eq!(
        fault(&with(&[open, one, two, end, b"\n"])),
        Some((5, Why::AfterEnd))
    );
    let respaced = String::from_utf8(one.to_vec())
        .unwrap()
        .replace(",\"", ", \"");
    assert_eq!(
        fault(&with(&[open, respaced.as_bytes()])),
        Some((2, Why::Unknown))
    );
    let renumbered = String::from_utf8(one.to_vec())
        .unwrap()
        .replace("\"chunk\":0", "\"chunk\":1");
    assert_eq!(
        fault(&with(&[open, renumbered.as_bytes()])),
        Some((2, Why::Number))
    );
    let recounted = String::from_utf8(end.to_vec())
        .unwrap()
        .replace("\"chunks\":2", "\"chunks\":3");
    assert_eq!(
        fault(&with(&[open, one, two, recounted.as_bytes()])),
        Some((4, Why::Count))
    );
    for line in [&b"{}\n"[..], b"[]\n", b"null\n", b"\n", b"\xff\n"] {
        assert_eq!(fault(&with(&[open, line])), Some((2, Why::Unknown)));
        assert_eq!(Manifest::parse(line).err(), Some(BadManifest::Opening));
    }
}

#[test]
fn an_opening_must_say_clearly_whether_it_is_encrypted() {
    let (_, line) = ManifestWriter::open(&opening());
    let line = String::from_utf8(line).unwrap();
    for (from, to) in [
        (r#""off""#, r#""sealed""#),
        (r#""at-rest""#, r#""off""#),
        (r#""recording/1""#, r#""recording/2""#),
        ("age1z", "age1q"),
        (r#""channel":3"#, r#""channel":03"#),
    ] {
        let changed = line.replace(from, to);
        assert_ne!(changed, line);
        assert_eq!(
            Manifest::parse(changed.as_bytes()).err(),
            Some(BadManifest::Opening),
            "{changed}"
        );
    }
}

#[test]
fn no_line_is_longer_than_it_may_be() {
    let mut bytes = vec![b'{'; MAX_LINE + 1];
    bytes.push(b'\n');
    assert_eq!(Manifest::parse(&bytes).err(), Some(BadManifest::Empty));
    bytes.remove(0);
    assert_eq!(Manifest::parse(&bytes).err(), Some(BadManifest::Opening));
    let many = super::super::keys::MAX_AUDITORS + 1;
    let mut longest = opening();
    longest.output = TrackOpening {
        encryption: Protection::AtRest,
        recipients: vec![recipient(0); many],
    };
    longest.input = longest.output.clone();
    let (_, line) = ManifestWriter::open(&longest);
    assert!(line.len() < MAX_LINE, "{}", line.len());
    assert_eq!(Manifest::parse(&line).unwrap().opening, longest);
}

proptest! {
    #[test]
    fn any_flipped_bit_is_found_or_changes_the_root(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (mut bytes, seal) = whole();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert!(manifest.fault.is_some() || manifest.seal() != seal);
        }
    }

    #[test]
    fn anything_can_be_parsed(bytes in prop::collection::vec(any::<u8>(), 0..300), after in 0..4_usize) {
        let (good, _) = whole();
        let mut all: Vec<u8> = lines(&good)[..after].concat();
        all.extend(bytes);
        if let Ok(manifest) = Manifest::parse(&all) {
            prop_assert!(manifest.valid <= all.len() as u64);
            prop_assert_eq!(manifest.fault.is_none(), manifest.valid == all.len() as u64);
        }
    }

    #[test]
    fn what_is_written_is_read_again(
        numbers in any::<[u64; 6]>(), sha256 in any::<[u8; 32]>(), input in any::<bool>(),
        counts in any::<[u64; 2]>(), exit in any::<Option<u32>>(), cut in any::<bool>(),
    ) {
        let [from_ms, to_ms, events, through, bytes, stored] = numbers;
        let track = if input { Track::Input } else { Track::Output };
        let chunk = Chunk { track, from_ms, to_ms, events, through, bytes, stored, sha256 };
        let closing = Closing {
            end: if cut { End::Interrupted } else { End::Complete },
            bytes_in: counts[0],
            bytes_out: counts[1],
            exit,
        };
        let (mut writer, mut all) = ManifestWriter::open(&opening());
        all.extend(writer.chunk(&chunk));
        let (last, seal) = writer.close(&closing);
        all.extend(last);
        let manifest = Manifest::parse(&all).unwrap();
        prop_assert_eq!(manifest.fault, None);
        prop_assert_eq!(&manifest.chunks[0].chunk, &chunk);
        prop_assert_eq!(manifest.closing, Some(closing));
        prop_assert_eq!(manifest.seal(), seal);
    }
}

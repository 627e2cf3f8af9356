//! Keys that follow one another, and those that only say so.

use secrecy::SecretBox;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;

fn key(name: &str, seed: u8) -> SigningKey {
    let seed = SecretBox::new(Box::new([seed; 32]));
    SigningKey::from_seed(name, KeyKind::Note, seed).expect("a key")
}

fn handed(old: &SigningKey, new: &SigningKey, size: u64) -> Handover {
    let note = Handover::sign(old, new.verifier(), size).expect("signed");
    Handover::open(note.to_string().as_bytes()).expect("opened")
}

#[test]
fn a_handover_is_read_as_it_was_signed_alone_and_among_others() {
    let (one, two, three) = (key("log", 1), key("log", 2), key("log", 3));
    let first = Handover::sign(&one, two.verifier(), 5).expect("signed");
    let second = Handover::sign(&two, three.verifier(), 9).expect("signed");
    let opened = Handover::open(first.to_string().as_bytes()).expect("opened");
    let expected = Handover {
        old: one.verifier().clone(),
        new: two.verifier().clone(),
        size: 5,
    };
    assert_eq!(opened, expected);
    let all = open_all(&format!("{first}{second}")).expect("opened");
    assert_eq!(all, [expected, handed(&two, &three, 9)]);
    assert_eq!(open_all(""), Ok(Vec::new()));
}

#[test]
fn what_is_no_handover_is_refused() {
    let (one, two) = (key("log", 1), key("log", 2));
    let good = Handover::sign(&one, two.verifier(), 5).expect("signed");
    let note =
        |text: &str, by: &SigningKey| Note::new(text).expect("a text").signed(by).to_string();
    let by_other = note(good.text(), &two);
    for (note, why) in [
        (by_other, BadHandover::Note(BadNote::Unsigned)),
        (
            good.to_string().replace("\n5\n", "\n6\n"),
            BadHandover::Note(BadNote::Forged("log".to_owned())),
        ),
        (
            note(&good.text().replace("/1", "/2"), &one),
            BadHandover::Form,
        ),
        (
            note(&format!("{}more\n", good.text()), &one),
            BadHandover::Form,
        ),
        (
            note(&good.text().replace("\n5\n", "\n05\n"), &one),
            BadHandover::Form,
        ),
        (note("drawbridge/key-handover/1\n", &one), BadHandover::Form),
        ("rubbish\n".to_owned(), BadHandover::Note(BadNote::CutOff)),
    ] {
        assert_eq!(Handover::open(note.as_bytes()), Err(why), "{note}");
    }
    for rubbish in ["rubbish", "rubbish\n", &format!("{good}rubbish\n")] {
        assert!(open_all(rubbish).is_err(), "{rubbish}");
    }
    assert!(matches!(
        Handover::sign(&one, key("another", 2).verifier(), 5),
        Err(BadHandover::OtherLog { .. })
    ));
}

#[test]
fn whoever_trusts_a_key_trusts_those_that_follow_it_for_their_sizes() {
    let keys: Vec<_> = (1..=4).map(|seed| key("log", seed)).collect();
    let handovers = [
        handed(&keys[1], &keys[2], 9),
        handed(&keys[0], &keys[1], 5),
        handed(&keys[3], &keys[0], 1),
    ];
    let found = tenures(keys[0].verifier(), &handovers).expect("in order");
    let sizes: Vec<_> = found.iter().map(|t| (t.from, t.until)).collect();
    assert_eq!(sizes, [(0, Some(5)), (5, Some(9)), (9, None)]);
    assert_eq!(found[2].key, *keys[2].verifier());

    let signed = |key: &SigningKey, size| {
        let checkpoint = Checkpoint {
            origin: "log".to_owned(),
            size,
            root: Hash::of(b"root"),
            extensions: Vec::new(),
        };
        checkpoint.sign(key, 1000).expect("signed").to_string()
    };
    for (key, size, holds) in [
        (0, 0, true),
        (0, 5, true),
        // A stolen old key signs nothing new.
        (0, 6, false),
        (1, 4, false),
        (1, 5, true),
        (1, 9, true),
        (2, 9, true),
        (2, u64::MAX, true),
        (2, 8, false),
        (3, 7, false),
    ] {
        let note = signed(&keys[key], size);
        let opened = open_with(note.as_bytes(), &found, &[]);
        assert_eq!(opened.is_ok(), holds, "key {key} at {size}: {opened:?}");
    }
}

#[test]
fn contradictions_are_told() {
    let keys: Vec<_> = (1..=3).map(|seed| key("log", seed)).collect();
    let trusted = keys[0].verifier();
    let tenures = |handovers: &[Handover]| tenures(trusted, handovers).is_ok();
    let first = handed(&keys[0], &keys[1], 5);
    assert!(tenures(&[first.clone(), first.clone()]), "the same twice");
    assert!(!tenures(&[first.clone(), handed(&keys[0], &keys[2], 5)]));
    assert!(!tenures(&[first.clone(), handed(&keys[0], &keys[1], 6)]));
    assert!(!tenures(&[first.clone(), handed(&keys[1], &keys[2], 4)]));
    assert!(!tenures(&[first.clone(), handed(&keys[1], &keys[0], 6)]));
    assert!(tenures(&[first, handed(&keys[1], &keys[2], 5)]));
}

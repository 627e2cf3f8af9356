//! Against the examples of the specification, and against liars.

use proptest::prelude::*;
use secrecy::SecretBox;

use super::*;
use crate::key::KeyKind;

/// The example of c2sp.org/signed-note.
const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\
— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key(name: &str, seed: u8) -> SigningKey {
    let seed = SecretBox::new(Box::new([seed; 32]));
    SigningKey::from_seed(name, KeyKind::Note, seed).expect("a key")
}

#[test]
fn the_example_of_the_specification_is_verified() {
    let key: VerifierKey = KEY.parse().expect("a key");
    let note = Note::parse(NOTE.as_bytes()).expect("a note");
    assert_eq!(note.text(), "This is an example message.\n");
    let verified = note.verify([&key]).expect("signed");
    assert_eq!(
        verified,
        [Verified {
            key: &key,
            at: None
        }]
    );
    assert_eq!(note.to_string(), NOTE);
}

#[test]
fn a_signature_is_byte_for_byte_that_of_another_implementation() {
    // From the documentation of golang.org/x/mod/sumdb/note.
    let line = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let key = SigningKey::parse(&line.into()).expect("a key");
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let note = Note::new(text).expect("a text").signed(&key);
    let signed = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_eq!(note.to_string(), format!("{text}\n{signed}"));
}

#[test]
fn the_last_empty_line_divides_text_and_signatures() {
    let key = key("a.example", 1);
    let text = "one\n\ntwo\n\n\nthree\n";
    let note = Note::new(text).expect("a text").signed(&key);
    let parsed = Note::parse(note.to_string().as_bytes()).expect("a note");
    assert_eq!(parsed, note);
    assert_eq!(parsed.text(), text);
}

#[test]
fn signatures_of_strangers_are_passed_over_and_those_of_liars_are_not() {
    let (one, two, stranger) = (
        key("a.example", 1),
        key("b.example", 2),
        key("a.example", 3),
    );
    let (first, second) = (one.verifier(), two.verifier());
    let unsigned = Note::new("text\n").expect("a text");
    let note = unsigned.clone().signed(&stranger).signed(&one);
    let verified = note.verify([second, first]).expect("signed by one");
    assert_eq!(
        verified,
        [Verified {
            key: first,
            at: None
        }]
    );
    assert_eq!(note.verify([second]), Err(BadNote::Unsigned));
    assert_eq!(unsigned.verify([first]), Err(BadNote::Unsigned));
    assert_eq!(note.verify([]), Err(BadNote::Unsigned));

    // One good signature does not make up for a bad one.
    let mut lie = two.sign("text\n");
    lie.bytes[5] ^= 1;
    let lied = note.with(lie);
    assert_eq!(
        lied.verify([first, second]),
        Err(BadNote::Forged("b.example".to_owned()))
    );
    assert!(lied.verify([first]).is_ok(), "b is a stranger here");

    // The right name and hash over another text.
    let moved = Note::new("another text\n")
        .expect("a text")
        .with(one.sign("text\n"));
    assert_eq!(
        moved.verify([first]),
        Err(BadNote::Forged("a.example".to_owned()))
    );
}

#[test]
fn the_latest_of_two_times_counts_and_a_key_counts_once() {
    let key = key("w.example", 1);
    let verifier = key.verifier().of_kind(KeyKind::Timestamped);
    let note = Note::new("log\n0\nroot\n").expect("a text");
    let again = note.clone().signed_at(&key, 100).signed_at(&key, 300);
    assert_eq!(again.signatures().len(), 1, "in place of the former one");
    let both = format!(
        "{}\n{}\n{}\n",
        note.text(),
        key.sign_at(note.text(), 300),
        key.sign_at(note.text(), 100)
    );
    let both = Note::parse(both.as_bytes()).expect("a note");
    assert_eq!(both.signatures().len(), 2);
    let verified = both.verify([&verifier, &verifier]).expect("signed");
    assert_eq!(
        verified,
        [Verified {
            key: &verifier,
            at: Some(300)
        }]
    );
}

#[test]
fn what_is_no_note_says_why() {
    let signature = NOTE.rsplit_once(DIVIDE).expect("divided").1;
    let many = format!("text\n\n{}", signature.repeat(MOST_SIGNATURES + 1));
    let long = format!("{}\n\n{signature}", "x".repeat(LONGEST));
    for (note, why) in [
        ("", BadNote::CutOff),
        ("text\n", BadNote::CutOff),
        ("text\n\n", BadNote::CutOff),
        (signature, BadNote::CutOff),
        (&format!("text\n{signature}"), BadNote::CutOff),
        (NOTE.trim_end(), BadNote::CutOff),
        (&format!("{NOTE}\n"), BadNote::CutOff),
        (&format!("{NOTE}more\n"), BadNote::SignatureLine(2)),
        (&NOTE.replace('—', "-"), BadNote::SignatureLine(1)),
        (&NOTE.replace("M=\n", "M\n"), BadNote::SignatureLine(1)),
        (
            &NOTE.replace("foo Uw", "fo+o Uw"),
            BadNote::SignatureLine(1),
        ),
        (
            &NOTE.replace("foo Uw", "foo  Uw"),
            BadNote::SignatureLine(1),
        ),
        ("text\n\n— a.example AAAAAA==\n", BadNote::SignatureLine(1)),
        (&NOTE.replace('\n', "\r\n"), BadNote::NotText),
        (&NOTE.replace("This", "\u{7}This"), BadNote::NotText),
        (&many, BadNote::TooMany),
        (&long, BadNote::TooLong),
    ] {
        assert_eq!(Note::parse(note.as_bytes()), Err(why), "{note:.200}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(BadNote::NotText));
    assert_eq!(Note::new("no end"), Err(BadNote::CutOff));
    assert_eq!(Note::new(""), Err(BadNote::CutOff));
    assert_eq!(Note::new("a\tb\n"), Err(BadNote::NotText));
    assert!(Note::parse(format!("text\n\n{}", signature.repeat(16)).as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_a_note_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in "(\\PC|\n){0,60}",
        tail in "(— [a-z. ]{0,9}[A-Za-z0-9+/=]{0,40}\n){0,3}",
    ) {
        let _ = Note::parse(&bytes);
        if let Ok(note) = Note::parse(format!("{text}\n\n{tail}").as_bytes()) {
            prop_assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
        }
    }

    #[test]
    fn no_bit_of_a_signed_text_can_be_changed(at in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let key: VerifierKey = KEY.parse().expect("a key");
        let mut bytes = NOTE.as_bytes().to_vec();
        let text = NOTE.find('\n').expect("a line");
        bytes[at.index(text)] ^= 1_u8 << bit;
        let verified = Note::parse(&bytes).map(|note| note.verify([&key]).is_ok());
        prop_assert_ne!(verified, Ok(true));
    }
}

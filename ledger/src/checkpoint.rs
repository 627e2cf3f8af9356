//! Checkpoints (c2sp.org/tlog-checkpoint): what a log says about itself.

use thiserror::Error;

use crate::hash::Hash;
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::lines::decimal;
use crate::note::{BadNote, Note, Signature, parse_lines};

/// The size and the root of a log, and which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The Merkle tree hash of all of them.
    pub root: Hash,
    /// Further lines, which mean nothing here.
    pub extensions: Vec<String>,
}

/// Why a text is no checkpoint, or not one to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadCheckpoint {
    /// It has another form.
    #[error("not a checkpoint: its lines are the log's name, the size, and the root in base64")]
    Form,
    /// It is of another log.
    #[error("the checkpoint is of the log {found}, and not of {wanted}")]
    OtherLog {
        /// The log that is trusted.
        wanted: String,
        /// The one that it is of.
        found: String,
    },
    /// The log has not signed it.
    #[error("the checkpoint is signed, but not with the log's key that is trusted here")]
    NotByLog,
    /// The note around it says nothing.
    #[error(transparent)]
    Note(#[from] BadNote),
}

impl Checkpoint {
    /// From the text of a note.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, BadCheckpoint> {
        let lines = text.strip_suffix('\n').ok_or(BadCheckpoint::Form)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(BadCheckpoint::Form);
        };
        let size = decimal(size).ok_or(BadCheckpoint::Form)?;
        let root = Hash::from_base64(root).map_err(|_| BadCheckpoint::Form)?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if origin.is_empty() || extensions.iter().any(String::is_empty) {
            return Err(BadCheckpoint::Form);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions,
        })
    }

    /// The text of its note.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The checkpoint signed by its log, plainly and with the time `at` in seconds
    /// since 1970.
    ///
    /// # Errors
    /// When the log's name can't stand in a note.
    pub fn sign(&self, key: &SigningKey, at: u64) -> Result<Note, BadNote> {
        Ok(Note::new(self.text())?.signed(key).signed_at(key, at))
    }
}

/// A checkpoint that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note that it stands in.
    pub note: Note,
    /// When the log signed it last, by the log's own clock, in seconds since 1970.
    pub signed_at: Option<u64>,
    /// Which witnesses have signed it, and when, in seconds since 1970.
    pub witnesses: Vec<(VerifierKey, u64)>,
}

/// Opens a signed checkpoint of the log with the plain key `log`. Signatures of
/// `witnesses` are told, and none of them is required.
///
/// # Errors
/// When it is of another log, not signed by it, or when a signature that says it
/// is by one of the keys is not.
pub fn open(
    note: &[u8],
    log: &VerifierKey,
    witnesses: &[VerifierKey],
) -> Result<Opened, BadCheckpoint> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin != log.name() {
        return Err(BadCheckpoint::OtherLog {
            wanted: log.name().to_owned(),
            found: checkpoint.origin,
        });
    }
    let log = log.of_kind(KeyKind::Note);
    let with_time = log.of_kind(KeyKind::Timestamped);
    let verified = note.verify([&log, &with_time].into_iter().chain(witnesses))?;
    if !verified.iter().any(|one| one.key == &log) {
        return Err(BadCheckpoint::NotByLog);
    }
    let at = |key: &VerifierKey| verified.iter().find(|one| one.key == key)?.at;
    let signed_at = at(&with_time);
    let seen = |key: &VerifierKey| Some((key.clone(), at(key)?));
    let others = witnesses.iter().filter(|key| **key != with_time);
    let witnesses = others.filter_map(seen).collect();
    Ok(Opened {
        signed_at,
        witnesses,
        checkpoint,
        note,
    })
}

/// The signatures in a witness's answer that are by one of `witnesses` over the
/// checkpoint in `text`: what may be added to it. Others are passed over.
///
/// # Errors
/// When the answer is not lines of signatures, when none is by a witness, or when
/// one that says it is by a witness is not.
pub fn cosignatures(
    answer: &str,
    text: &str,
    witnesses: &[VerifierKey],
) -> Result<Vec<Signature>, BadNote> {
    let lines = answer.strip_suffix('\n').ok_or(BadNote::CutOff)?;
    let mut good = Vec::new();
    for signature in parse_lines(lines)? {
        let Some(key) = witnesses.iter().find(|key| key.is_named_by(&signature)) else {
            continue;
        };
        let checked = key.check(text, &signature.bytes);
        checked.map_err(|_| BadNote::Forged(signature.name.clone()))?;
        good.push(signature);
    }
    if good.is_empty() {
        return Err(BadNote::Unsigned);
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::SecretBox;

    use super::*;

    /// The example of c2sp.org/tlog-checkpoint.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
                           CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key(name: &str, seed: u8, kind: KeyKind) -> SigningKey {
        SigningKey::from_seed(name, kind, SecretBox::new(Box::new([seed; 32]))).expect("a key")
    }

    fn checkpoint(origin: &str) -> Checkpoint {
        Checkpoint {
            origin: origin.to_owned(),
            size: 7,
            root: Hash::of(b"root"),
            extensions: Vec::new(),
        }
    }

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let checkpoint = Checkpoint::parse(EXAMPLE).expect("a checkpoint");
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.text(), EXAMPLE);
        let extended = format!("{EXAMPLE}one more\n");
        let extended = Checkpoint::parse(&extended).expect("with a further line");
        assert_eq!(extended.extensions, ["one more"]);
        assert_eq!(extended.text(), format!("{EXAMPLE}one more\n"));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        for bad in [
            "",
            "\n",
            EXAMPLE.trim_end(),
            &EXAMPLE.replace("20852163", "020852163"),
            &EXAMPLE.replace("20852163", "-1"),
            &EXAMPLE.replace("20852163", "20852163 "),
            &EXAMPLE.replace("20852163", "99999999999999999999"),
            &EXAMPLE.replace("CsUY", "Cs"),
            &EXAMPLE.replace("q2I=", "q2J="),
            &EXAMPLE.replace("example.com/behind-the-sofa", ""),
            &format!("{EXAMPLE}\n"),
            &format!("{EXAMPLE}\nlast\n"),
            "log\n7\n",
        ] {
            assert_eq!(Checkpoint::parse(bad), Err(BadCheckpoint::Form), "{bad:?}");
        }
    }

    #[test]
    fn a_signed_one_says_when_and_who_else_saw_it() {
        let log = key("plant.example/log", 1, KeyKind::Note);
        let witness = key("w.example", 2, KeyKind::Timestamped);
        let checkpoint = checkpoint(log.name());
        let note = checkpoint.sign(&log, 1000).expect("signed");
        assert_eq!(note.signatures().len(), 2);
        let alone = open(note.to_string().as_bytes(), log.verifier(), &[]).expect("opened");
        assert_eq!((alone.signed_at, alone.witnesses), (Some(1000), Vec::new()));
        assert_eq!(alone.checkpoint, checkpoint);

        let answer = format!("{}\n", witness.sign_at(note.text(), 1001));
        let known = [witness.verifier().clone()];
        let seen = cosignatures(&answer, note.text(), &known).expect("good");
        let note = seen.into_iter().fold(note, Note::with);
        let both = open(note.to_string().as_bytes(), log.verifier(), &known).expect("opened");
        assert_eq!(both.signed_at, Some(1000));
        assert_eq!(both.witnesses, [(known[0].clone(), 1001)]);
        // Whoever is trusted as the log is no witness to itself.
        let itself = [log.verifier().of_kind(KeyKind::Timestamped)];
        let opened = open(note.to_string().as_bytes(), log.verifier(), &itself).expect("opened");
        assert_eq!(opened.witnesses, []);
    }

    #[test]
    fn only_the_log_signs_for_the_log() {
        let log = key("plant.example/log", 1, KeyKind::Note);
        let thief = key("plant.example/log", 3, KeyKind::Note);
        let witness = key("w.example", 2, KeyKind::Timestamped);
        let known = [witness.verifier().clone()];
        let open = |note: &Note, known: &[VerifierKey]| {
            open(note.to_string().as_bytes(), log.verifier(), known).map(|opened| opened.checkpoint)
        };
        let checkpoint = checkpoint(log.name());
        let stolen = checkpoint.sign(&thief, 1000).expect("signed");
        assert_eq!(open(&stolen, &[]), Err(BadNote::Unsigned.into()));
        let seen = stolen.signed_at(&witness, 1001);
        assert_eq!(open(&seen, &known), Err(BadCheckpoint::NotByLog));
        let only_timed = Note::new(checkpoint.text())
            .expect("a text")
            .signed_at(&log, 1000);
        assert_eq!(open(&only_timed, &[]), Err(BadCheckpoint::NotByLog));

        let mut other = checkpoint.clone();
        other.origin = "other.example/log".to_owned();
        let other = other.sign(&log, 1000).expect("signed");
        assert!(matches!(
            open(&other, &[]),
            Err(BadCheckpoint::OtherLog { .. })
        ));
    }

    #[test]
    fn a_witness_that_answers_with_rubbish_adds_nothing() {
        let log = key("plant.example/log", 1, KeyKind::Note);
        let witness = key("w.example", 2, KeyKind::Timestamped);
        let text = checkpoint(log.name()).text();
        let known = [witness.verifier().clone()];
        let good = witness.sign_at(&text, 5);
        let of_another_text = witness.sign_at("other\n", 5);
        for (answer, outcome) in [
            (format!("{good}\n"), Ok(vec![good.clone()])),
            (
                format!("{}\n{good}\n", log.sign(&text)),
                Ok(vec![good.clone()]),
            ),
            (format!("{good}"), Err(BadNote::CutOff)),
            (String::new(), Err(BadNote::CutOff)),
            ("\n".to_owned(), Err(BadNote::SignatureLine(1))),
            (format!("{}\n", log.sign(&text)), Err(BadNote::Unsigned)),
            (
                format!("{of_another_text}\n"),
                Err(BadNote::Forged("w.example".to_owned())),
            ),
        ] {
            assert_eq!(cosignatures(&answer, &text, &known), outcome, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_checkpoint_or_an_error(
            text in "([a-z]{1,3}\n)?([0-9]{0,3}\n)?([A-Za-z0-9]{43}=\n)?(\\PC{0,4}\n){0,2}"
        ) {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.text(), text);
            }
        }
    }
}

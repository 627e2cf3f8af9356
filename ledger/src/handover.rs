//! How a log gets a new key: the old one signs which key follows it, and from
//! which size of the tree on. Whoever trusts the old one can follow.

use thiserror::Error;

use crate::checkpoint::{BadCheckpoint, Opened, open};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::lines::{decimal, first_line};
use crate::note::{BadNote, Note};

const HEADER: &str = "drawbridge/key-handover/1";
/// The most hand-overs that are followed: a key a day for 27 years.
const MOST: usize = 10_000;

/// Why hand-overs can't be followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadHandover {
    /// It has another form.
    #[error("not a hand-over of a log's key")]
    Form,
    /// There are more than can be.
    #[error("there are more than {MOST} hand-overs")]
    TooMany,
    /// The note says nothing.
    #[error(transparent)]
    Note(#[from] BadNote),
    /// The log would get another name.
    #[error("the hand-over goes from the log {from} to another one, {to}")]
    OtherLog {
        /// The log of the old key.
        from: String,
        /// That of the new one.
        to: String,
    },
    /// A key hands over twice, or for a smaller tree than it began with.
    #[error(
        "the hand-overs contradict one another: the key {0} hands over twice, or before its time"
    )]
    Contradiction(VerifierKey),
}

/// One key follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The key until then.
    pub old: VerifierKey,
    /// The key from then on.
    pub new: VerifierKey,
    /// How many leaves the tree had.
    pub size: u64,
}

impl Handover {
    /// The note by which `old` hands over to `new`.
    ///
    /// # Errors
    /// When the new key is of another log.
    pub fn sign(old: &SigningKey, new: &VerifierKey, size: u64) -> Result<Note, BadHandover> {
        let handover = Self {
            old: old.verifier().of_kind(KeyKind::Note),
            new: new.of_kind(KeyKind::Note),
            size,
        };
        handover.check_name()?;
        let Self { old: from, new, .. } = &handover;
        let note = Note::new(format!("{HEADER}\n{from}\n{new}\n{size}\n"))?;
        Ok(note.signed(old))
    }

    /// Opens such a note. It is signed by the key that it names as the old one;
    /// whether that one is trusted, [`tenures`] finds out.
    ///
    /// # Errors
    /// When it is not one, or not signed so.
    pub fn open(note: &[u8]) -> Result<Self, BadHandover> {
        let note = Note::parse(note)?;
        let text = note.text().strip_suffix('\n').unwrap_or_default();
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(BadHandover::Form);
        if line()? != HEADER {
            return Err(BadHandover::Form);
        }
        let key = |line: &str| {
            let key: VerifierKey = line.parse().map_err(|_| BadHandover::Form)?;
            let plain = key.kind() == KeyKind::Note;
            plain.then_some(key).ok_or(BadHandover::Form)
        };
        let handover = Self {
            old: key(line()?)?,
            new: key(line()?)?,
            size: decimal(line()?).ok_or(BadHandover::Form)?,
        };
        if lines.next().is_some() {
            return Err(BadHandover::Form);
        }
        handover.check_name()?;
        note.verify([&handover.old])?;
        Ok(handover)
    }

    fn check_name(&self) -> Result<(), BadHandover> {
        let (from, to) = (self.old.name(), self.new.name());
        if from == to {
            return Ok(());
        }
        Err(BadHandover::OtherLog {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }
}

/// Opens notes that stand one after another, as `log.handovers` has them.
///
/// # Errors
/// At the first that is not one.
pub fn open_all(notes: &str) -> Result<Vec<Handover>, BadHandover> {
    let mut rest = notes;
    let mut opened = Vec::new();
    while !rest.is_empty() {
        if opened.len() == MOST {
            return Err(BadHandover::TooMany);
        }
        let (header, after) = first_line(rest).ok_or(BadHandover::Form)?;
        if header != HEADER {
            return Err(BadHandover::Form);
        }
        let next = after.find(&format!("\n{HEADER}\n"));
        let end = next.map_or(rest.len(), |at| header.len() + 1 + at + 1);
        let (note, others) = rest.split_at_checked(end).ok_or(BadHandover::Form)?;
        opened.push(Handover::open(note.as_bytes())?);
        rest = others;
    }
    Ok(opened)
}

/// A key, and the sizes of the tree that it signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The key, of the plain kind.
    pub key: VerifierKey,
    /// The smallest tree.
    pub from: u64,
    /// The largest tree; none for the key that is in use.
    pub until: Option<u64>,
}

impl Tenure {
    /// Whether the key signs for a tree of `size` leaves.
    #[must_use]
    pub fn covers(&self, size: u64) -> bool {
        self.from <= size && self.until.is_none_or(|until| size <= until)
    }
}

/// Which keys are to be trusted for which trees by whoever trusts `key`: itself,
/// and those that hand-overs lead to. Hand-overs by others are passed over.
///
/// # Errors
/// When they contradict one another.
pub fn tenures(key: &VerifierKey, handovers: &[Handover]) -> Result<Vec<Tenure>, BadHandover> {
    let mut key = key.of_kind(KeyKind::Note);
    let mut from = 0;
    let mut tenures: Vec<Tenure> = Vec::new();
    loop {
        let mut by_it = handovers.iter().filter(|handover| handover.old == key);
        let next = by_it.next();
        // The same note twice says nothing new.
        let twice = by_it.any(|other| Some(other) != next);
        let back = tenures.iter().any(|former| former.key == key);
        if twice || back || next.is_some_and(|handover| handover.size < from) {
            return Err(BadHandover::Contradiction(key));
        }
        tenures.push(Tenure {
            key,
            from,
            until: next.map(|handover| handover.size),
        });
        let Some(handover) = next else {
            return Ok(tenures);
        };
        key = handover.new.clone();
        from = handover.size;
    }
}

/// Opens a signed checkpoint as [`open`] does, with the key that was the log's at
/// that size.
///
/// # Errors
/// As [`open`].
pub fn open_with(
    note: &[u8],
    tenures: &[Tenure],
    witnesses: &[VerifierKey],
) -> Result<Opened, BadCheckpoint> {
    // At the size of a hand-over both keys are the log's.
    let mut outcome = Err(BadCheckpoint::NotByLog);
    for tenure in tenures.iter().rev() {
        match open(note, &tenure.key, witnesses) {
            Ok(opened) if tenure.covers(opened.checkpoint.size) => return Ok(opened),
            Ok(_) => outcome = Err(BadCheckpoint::NotByLog),
            Err(BadCheckpoint::Note(BadNote::Unsigned)) => {}
            Err(BadCheckpoint::NotByLog) => {}
            Err(error) => return Err(error),
        }
    }
    outcome
}

#[cfg(test)]
mod tests;

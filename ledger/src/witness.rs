//! What a witness decides (add-checkpoint of c2sp.org/tlog-witness): it signs a
//! checkpoint only if the log continues the one that it signed before. So a log
//! that is rolled back, or that shows different people different histories, gets
//! no signature.

use std::fmt;

use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::hash::{BadHash, Hash};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::lines::{decimal, first_line};
use crate::note::{BadNote, LONGEST as LONGEST_NOTE, Note};
use crate::proof::{ProofError, verify_consistency};

/// The most hashes that a request may have.
const MOST_HASHES: usize = 63;
/// The longest request that is looked at, in bytes.
pub const LONGEST_REQUEST: usize = LONGEST_NOTE + 4096;

/// What a log asks of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness signed last, as far as the log knows.
    pub old: u64,
    /// That the log continues from there.
    pub proof: Vec<Hash>,
    /// The checkpoint, signed by the log.
    pub note: Note,
}

/// Why a request can't be read; HTTP 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRequest {
    /// It is too long to be looked at.
    #[error("the request is longer than {LONGEST_REQUEST} bytes")]
    TooLong,
    /// It has another form.
    #[error("not a request to a witness: {0}")]
    Form(&'static str),
    /// The note in it says nothing.
    #[error(transparent)]
    Note(#[from] BadNote),
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        use BadRequest::Form;
        if body.len() > LONGEST_REQUEST {
            return Err(BadRequest::TooLong);
        }
        let body = std::str::from_utf8(body).map_err(|_| Form("it is not UTF-8"))?;
        let next = |text| first_line(text).ok_or(Form("it is cut off"));
        let (line, mut rest) = next(body)?;
        let old = line.strip_prefix("old ").and_then(decimal);
        let old = old.ok_or(Form("its first line is not `old SIZE`"))?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = next(rest)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if proof.len() == MOST_HASHES {
                return Err(Form("the proof has more than 63 hashes"));
            }
            let hash = Hash::from_base64(line);
            proof.push(hash.map_err(|BadHash| Form("a hash of the proof is not one"))?);
        }
        let note = Note::parse(rest.as_bytes())?;
        Ok(Self { old, proof, note })
    }
}

/// The body of the request.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// What a witness remembers of a log: the last checkpoint that it signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Seen {
    /// What is remembered of a log that was never seen.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            size: 0,
            root: Hash::of_nothing(),
        }
    }
}

/// Why a witness does not sign.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// What is signed is no checkpoint; HTTP 400.
    #[error("what the note says is not a checkpoint")]
    NoCheckpoint,
    /// The log is not one that this witness knows; HTTP 404.
    #[error("this witness does not know the log {0}")]
    UnknownLog(String),
    /// It is not signed with the log's key; HTTP 403.
    #[error("the checkpoint is not signed with the log's key: {0}")]
    NotSigned(BadNote),
    /// The old size is above the new one; HTTP 400.
    #[error("the old size, {old}, is larger than the checkpoint's, {new}")]
    OldAboveNew {
        /// The old size in the request.
        old: u64,
        /// The size of the checkpoint.
        new: u64,
    },
    /// The witness signed another size last; HTTP 409, with that size.
    #[error("this witness signed the size {0} last, and the proof is not from there")]
    OtherSize(u64),
    /// The log does not continue what it was; HTTP 422.
    #[error("the log does not continue what this witness signed before: {0}")]
    Unproven(ProofError),
}

impl Refused {
    /// The status of HTTP that the protocol has for it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoCheckpoint | Self::OldAboveNew { .. } => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::OtherSize(_) => 409,
            Self::Unproven(_) => 422,
        }
    }
}

/// A checkpoint that a witness may sign, once it has made durable that it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it says.
    pub checkpoint: Checkpoint,
    note: Note,
}

impl Accepted {
    /// What the witness must remember before it answers.
    #[must_use]
    pub const fn seen(&self) -> Seen {
        Seen {
            size: self.checkpoint.size,
            root: self.checkpoint.root,
        }
    }

    /// The body of the answer: the witness's signature, at `at` in seconds since
    /// 1970.
    #[must_use]
    pub fn answer(&self, witness: &SigningKey, at: u64) -> String {
        format!("{}\n", witness.sign_at(self.note.text(), at))
    }

    /// The checkpoint with the signatures of the log and of the witness, for
    /// whoever asks what this witness saw.
    #[must_use]
    pub fn witnessed(&self, witness: &SigningKey, at: u64) -> Note {
        self.note.clone().signed_at(witness, at)
    }
}

/// The log that a request is about, to look up its keys and what was seen of it.
///
/// # Errors
/// When what is signed is no checkpoint.
pub fn log_of(request: &AddCheckpoint) -> Result<Checkpoint, Refused> {
    Checkpoint::parse(request.note.text()).map_err(|_| Refused::NoCheckpoint)
}

/// Whether to sign. `keys` are those of the log that [`log_of`] names, none if it
/// is unknown; `seen` is what this witness signed of it last. Looking at `seen`
/// and writing the new one must be one step, or two requests at the same time
/// could roll the log back.
///
/// # Errors
/// Why not.
pub fn decide(
    request: &AddCheckpoint,
    keys: &[VerifierKey],
    seen: &Seen,
) -> Result<Accepted, Refused> {
    let checkpoint = log_of(request)?;
    let keys: Vec<_> = keys
        .iter()
        .filter(|key| key.name() == checkpoint.origin)
        .map(|key| key.of_kind(KeyKind::Note))
        .collect();
    if keys.is_empty() {
        return Err(Refused::UnknownLog(checkpoint.origin));
    }
    request.note.verify(&keys).map_err(Refused::NotSigned)?;
    let (old, new) = (request.old, checkpoint.size);
    if old > new {
        return Err(Refused::OldAboveNew { old, new });
    }
    if old != seen.size {
        return Err(Refused::OtherSize(seen.size));
    }
    if new == 0 && checkpoint.root != Hash::of_nothing() {
        return Err(Refused::Unproven(ProofError::WrongRoot));
    }
    verify_consistency(old, &seen.root, new, &checkpoint.root, &request.proof)
        .map_err(Refused::Unproven)?;
    Ok(Accepted {
        checkpoint,
        note: request.note.clone(),
    })
}

#[cfg(test)]
mod tests;

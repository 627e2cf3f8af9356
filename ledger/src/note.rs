//! Signed notes (c2sp.org/signed-note): a text, and signatures over it.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

use crate::key::{SigningKey, VerifierKey, check_name};

/// The longest note that is looked at, in bytes.
pub const LONGEST: usize = 256 * 1024;
/// The most signatures that a note may have.
pub const MOST_SIGNATURES: usize = 64;

/// Between the text and the signatures.
const DIVIDE: &str = "\n\n";
/// What a line with a signature begins with.
const DASH: &str = "— ";

/// Why a note says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadNote {
    /// It is too long to be looked at.
    #[error("the note is longer than {LONGEST} bytes")]
    TooLong,
    /// It is not text, or has control characters.
    #[error("the note is no text: it is not UTF-8, or has a control character")]
    NotText,
    /// The text has no end, or no signatures follow.
    #[error(
        "the note is cut off: its text must end with an empty line, and signatures must follow"
    )]
    CutOff,
    /// A line with a signature is not one.
    #[error("line {0} of the note's signatures is not a signature: — NAME BASE64")]
    SignatureLine(usize),
    /// It has too many signatures.
    #[error("the note has more than {MOST_SIGNATURES} signatures")]
    TooMany,
    /// No signature is by a key that is trusted.
    #[error("the note is not signed by any key that is trusted here")]
    Unsigned,
    /// A signature says that it is by a trusted key, and is not.
    #[error("the signature of {0} on the note is wrong: the note was changed, or is a forgery")]
    Forged(String),
}

/// A signature as it stands in a note: a claim, until it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// The key's hash.
    pub id: [u8; 4],
    /// The signature proper.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// From its line, without the line feed.
    #[must_use]
    pub fn parse_line(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        check_name(name).ok()?;
        let decoded = BASE64_STANDARD.decode(encoded).ok()?;
        let (id, bytes) = decoded.split_first_chunk()?;
        (!bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            bytes: bytes.to_vec(),
        })
    }
}

/// Its line, without the line feed.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = BASE64_STANDARD.encode([self.id.as_slice(), &self.bytes].concat());
        write!(f, "{DASH}{} {encoded}", self.name)
    }
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// By whom.
    pub key: &'k VerifierKey,
    /// When, in seconds since 1970, where the signature says so.
    pub at: Option<u64>,
}

/// A text, and signatures over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A text that nobody has signed yet.
    ///
    /// # Errors
    /// When it is empty, does not end with a line feed, or has other control
    /// characters.
    pub fn new(text: impl Into<String>) -> Result<Self, BadNote> {
        let text = text.into();
        if text.len() > LONGEST {
            return Err(BadNote::TooLong);
        }
        if text.contains(odd) {
            return Err(BadNote::NotText);
        }
        if !text.ends_with('\n') {
            return Err(BadNote::CutOff);
        }
        Ok(Self {
            text,
            signatures: Vec::new(),
        })
    }

    /// Takes a note apart. Nothing in it is trusted before [`Note::verify`].
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(note: &[u8]) -> Result<Self, BadNote> {
        if note.len() > LONGEST {
            return Err(BadNote::TooLong);
        }
        let note = std::str::from_utf8(note).map_err(|_| BadNote::NotText)?;
        if note.contains(odd) {
            return Err(BadNote::NotText);
        }
        let divide = note.rfind(DIVIDE).ok_or(BadNote::CutOff)?;
        let (text, lines) = note.split_at(divide + 1);
        let lines = lines.strip_prefix('\n').unwrap_or(lines);
        let lines = lines.strip_suffix('\n').ok_or(BadNote::CutOff)?;
        let signatures = parse_lines(lines)?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text, with its last line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, none of them verified.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Signs it, without a time (type 0x01).
    #[must_use]
    pub fn signed(self, key: &SigningKey) -> Self {
        let signature = key.sign(&self.text);
        self.with(signature)
    }

    /// Signs it, with the time in seconds since 1970 (type 0x04). Only checkpoints
    /// may be signed so.
    pub(crate) fn signed_at(self, key: &SigningKey, at: u64) -> Self {
        let signature = key.sign_at(&self.text, at);
        self.with(signature)
    }

    /// With another's signature beside those that it has; in place of a former one
    /// by the same key.
    #[must_use]
    pub fn with(mut self, signature: Signature) -> Self {
        self.signatures
            .retain(|one| one.name != signature.name || one.id != signature.id);
        self.signatures.push(signature);
        self
    }

    /// Who of `keys` has signed it, each once. Signatures by others are passed
    /// over.
    ///
    /// # Errors
    /// When none of them has, or when a signature that says it is by one of them
    /// is not.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, BadNote> {
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for key in keys {
            let mut mine: Option<Verified<'k>> = None;
            for signature in self.signatures.iter().filter(|s| key.is_named_by(s)) {
                let at = key.check(&self.text, &signature.bytes);
                let at = at.map_err(|_| BadNote::Forged(key.name().to_owned()))?;
                let latest = mine.as_ref().and_then(|former| former.at).max(at);
                mine = Some(Verified { key, at: latest });
            }
            if let Some(mine) = mine
                && !verified.iter().any(|one| one.key == key)
            {
                verified.push(mine);
            }
        }
        if verified.is_empty() {
            return Err(BadNote::Unsigned);
        }
        Ok(verified)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// Lines with signatures, with a line feed between them.
pub(crate) fn parse_lines(lines: &str) -> Result<Vec<Signature>, BadNote> {
    let mut signatures = Vec::new();
    for (number, line) in (1..).zip(lines.split('\n')) {
        if number > MOST_SIGNATURES {
            return Err(BadNote::TooMany);
        }
        signatures.push(Signature::parse_line(line).ok_or(BadNote::SignatureLine(number))?);
    }
    Ok(signatures)
}

/// No control characters of ASCII but the line feed.
fn odd(character: char) -> bool {
    character < ' ' && character != '\n'
}

#[cfg(test)]
mod tests;

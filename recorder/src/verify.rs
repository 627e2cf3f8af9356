//! Whether evidence holds, checked off-line: no server, no database, only files,
//! and a public key that did not come with them.
//!
//! What is checked, and in which order, is in `docs/evidence.md`. Each check ends
//! in a [`Finding`]; the worst of them is the verdict.

mod bundle;
mod checkpoint;
mod event;
mod log;
mod progress;
mod recording;

use std::time::Duration;

use age::x25519::Identity;
use domain::Timestamp;
use ledger::{KeyKind, VerifierKey};

pub use bundle::verify_bundle;
pub use log::{LogDir, verify_log};

/// How a check ended, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds.
    Proven,
    /// Something worth knowing that proves nothing, nor is anything wrong with it.
    Noted,
    /// It could not be decided from what is there.
    Undecided,
    /// The evidence contradicts itself, or the key.
    Contradicted,
}

impl Outcome {
    /// As it is shown and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Noted => "noted",
            Self::Undecided => "undecided",
            Self::Contradicted => "contradicted",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was checked, in a word.
    pub check: &'static str,
    /// How that ended.
    pub outcome: Outcome,
    /// The same for people.
    pub text: String,
}

/// What all checks found, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One after another.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst finding; whatever is only noted changes nothing.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        let all = self.findings.iter().map(|finding| finding.outcome);
        let worst = all.filter(|outcome| *outcome != Outcome::Noted).max();
        worst.unwrap_or(Outcome::Undecided)
    }

    /// 0 if all is proven, 1 if the evidence contradicts itself or the key, 2 if
    /// there is not enough to decide.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.verdict() {
            Outcome::Proven | Outcome::Noted => 0,
            Outcome::Contradicted => 1,
            Outcome::Undecided => 2,
        }
    }

    fn add(&mut self, check: &'static str, outcome: Outcome, text: impl Into<String>) {
        self.findings.push(Finding {
            check,
            outcome,
            text: text.into(),
        });
    }

    fn proven(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Outcome::Proven, text);
    }

    fn noted(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Outcome::Noted, text);
    }

    fn undecided(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Outcome::Undecided, text);
    }

    fn contradicted(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(check, Outcome::Contradicted, text);
    }
}

/// What whoever checks brings along: nothing of it came with the evidence.
#[derive(Clone)]
pub struct Trust {
    /// Keys of logs (type 0x01) and of witnesses (type 0x04).
    pub keys: Vec<VerifierKey>,
    /// A checkpoint that was seen before.
    pub last_seen: Option<Vec<u8>>,
    /// How old the checkpoint may be.
    pub max_age: Option<Duration>,
    /// What the time is.
    pub now: Timestamp,
    /// Keys to what is encrypted.
    pub identities: Vec<Identity>,
}

impl Trust {
    fn of_kind(&self, kind: KeyKind) -> impl Iterator<Item = &VerifierKey> {
        self.keys.iter().filter(move |key| key.kind() == kind)
    }
}

/// An instant of a signature, for people.
fn instant(seconds: u64) -> Timestamp {
    let micros = seconds.saturating_mul(1_000_000);
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// A count with what is counted.
fn count(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

//! Each alteration, how it must end, and by which finding.

mod bundles;
mod logs;
mod papers;
mod progress;
mod recordings;

use std::fs;
use std::path::Path;
use std::time::Duration;

use Outcome::{Contradicted, Noted, Proven, Undecided};
use ledger::VerifierKey;
use recorder::verify::{Outcome, Trust};

use super::alter::Dir;
use super::make::Site;

/// Which of the originals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Bundle,
    Log,
}

impl Base {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bundle => "visit.tar",
            Self::Log => "log",
        }
    }
}

/// An alteration, what whoever checks brings along, and what must come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) base: Base,
    pub(super) alter: fn(&Site, &Dir),
    keys: fn(&Site) -> Vec<VerifierKey>,
    last_seen: bool,
    pub(super) max_age: Option<u64>,
    pub(super) verdict: Outcome,
    /// The finding that tells it.
    pub(super) finding: Outcome,
    pub(super) says: &'static str,
}

impl Case {
    /// The exit status.
    pub(super) fn status(&self) -> u8 {
        match self.verdict {
            Proven | Noted => 0,
            Contradicted => 1,
            Undecided => 2,
        }
    }

    pub(super) fn trust(&self, site: &Site, at: &Path) -> Trust {
        Trust {
            keys: (self.keys)(site),
            last_seen: self.last_seen.then(|| fs::read(at.join("seen")).unwrap()),
            max_age: self.max_age.map(Duration::from_secs),
            ..site.trust()
        }
    }

    fn keys(mut self, keys: fn(&Site) -> Vec<VerifierKey>) -> Self {
        self.keys = keys;
        self
    }

    /// With the checkpoint that was seen before.
    fn seen(mut self) -> Self {
        self.last_seen = true;
        self
    }

    fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// The finding that tells it is none of the worst.
    fn told_as(mut self, finding: Outcome) -> Self {
        self.finding = finding;
        self
    }
}

fn case(
    base: Base,
    name: &'static str,
    alter: fn(&Site, &Dir),
    verdict: Outcome,
    says: &'static str,
) -> Case {
    Case {
        name,
        base,
        alter,
        keys: |site| vec![site.first.verifier().clone()],
        last_seen: false,
        max_age: None,
        verdict,
        finding: verdict,
        says,
    }
}

fn nothing(_: &Site, _: &Dir) {}

fn nobody(_: &Site) -> Vec<VerifierKey> {
    Vec::new()
}

fn second(site: &Site) -> Vec<VerifierKey> {
    vec![site.second.verifier().clone()]
}

fn with_witness(site: &Site) -> Vec<VerifierKey> {
    [&site.first, &site.witness]
        .map(|key| key.verifier().clone())
        .into()
}

/// The whole table.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = bundles::cases();
    cases.extend(papers::cases());
    cases.extend(logs::cases());
    cases.extend(recordings::cases());
    cases.extend(progress::cases());
    cases
}

//! How a command fails, and the exit status that scripts see.

use std::io;

use admin_api::dto::Problem;
use serde_json::{Value, json};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
    problem: Option<Box<Problem>>,
}

/// The ways to fail, each with its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was refused, or went wrong.
    Failed,
    /// It was not written as it must be.
    Usage,
    /// The broker can't be reached, or is too busy.
    Unavailable,
    /// Not logged in, or the role does not allow it.
    NotPermitted,
    /// Whoever read the results has left: nothing to tell, nobody to tell it to.
    ReaderLeft,
}

impl Failure {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            problem: None,
        }
    }

    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::new(Kind::Failed, text)
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Kind::Usage, text)
    }

    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, text)
    }

    pub(crate) fn not_permitted(text: impl Into<String>) -> Self {
        Self::new(Kind::NotPermitted, text)
    }

    /// What the API said, for programs.
    pub(crate) fn with_problem(mut self, problem: Problem) -> Self {
        self.problem = Some(Box::new(problem));
        self
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// What a person is told; empty if there is nothing to tell.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What a program is told: the API's problem, or one of our own.
    pub(crate) fn json(&self) -> Value {
        match &self.problem {
            Some(problem) => json!(problem),
            None => json!({ "code": self.kind.word(), "detail": self.text }),
        }
    }
}

impl Kind {
    /// From sysexits.h where it has a number: `EX_UNAVAILABLE`, `EX_NOPERM`.
    pub(crate) const fn exit_status(self) -> u8 {
        match self {
            Self::ReaderLeft => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unavailable => 69,
            Self::NotPermitted => 77,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Unavailable => "unavailable",
            Self::NotPermitted => "not_permitted",
            Self::ReaderLeft => "reader_left",
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Kind::ReaderLeft, "")
        } else {
            Self::failed(error.to_string())
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_leaves_is_no_failure() {
        let left = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((left.kind().exit_status(), left.text()), (0, ""));
        let full = Failure::from(io::Error::other("no space left"));
        assert_eq!(
            (full.kind().exit_status(), full.text()),
            (1, "no space left")
        );
    }

    #[test]
    fn programs_are_told_a_code() {
        let usage = Failure::usage("write it so");
        assert_eq!(
            usage.json(),
            json!({ "code": "usage", "detail": "write it so" })
        );
    }
}

//! What a practice asset's command interpreter is: a line goes in, text and an
//! exit status come out. Pure, so that each interpreter is tested as a function.

use std::time::Duration;

/// A command interpreter.
pub(super) trait Console: Send {
    /// What a terminal shows first.
    fn greeting(&self) -> String;

    /// What stands before the cursor.
    fn prompt(&self) -> String;

    /// Runs one line, `uptime` after the asset was switched on.
    fn run(&mut self, line: &str, uptime: Duration) -> Reply;
}

/// What a command says. Lines end in `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// For standard output.
    pub(super) out: String,
    /// For standard error.
    pub(super) err: String,
    /// The exit status.
    pub(super) status: u8,
    /// Whether the interpreter is done.
    pub(super) ends: bool,
}

impl Reply {
    pub(super) fn out(text: impl Into<String>) -> Self {
        Self {
            out: text.into(),
            ..Self::default()
        }
    }

    pub(super) fn failed(status: u8, text: impl Into<String>) -> Self {
        Self {
            err: text.into(),
            status,
            ..Self::default()
        }
    }

    pub(super) fn end(status: u8) -> Self {
        Self {
            status,
            ends: true,
            ..Self::default()
        }
    }
}

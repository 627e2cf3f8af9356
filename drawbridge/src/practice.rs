//! The demo's practice assets: real SSH servers with nothing behind them. One is
//! a PLC's console, one looks like a Linux shell. They stand for the machines of a
//! plant, so that the whole way of a session can be walked without one.
//!
//! The interpreters are pure functions; [`server`] puts SSH around them.

mod console;
mod line;
mod plc;
mod server;
mod shell;
mod terminal;
#[cfg(test)]
mod tests;
mod tree;

use console::Console;
pub use server::{Login, PracticeAsset, Settings};

/// What a practice asset pretends to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The console of a turbine's governor.
    Turbine,
    /// The console of a safety controller.
    Safety,
    /// A Linux-like shell.
    Shell,
}

impl Kind {
    fn console(self) -> Box<dyn Console> {
        match self {
            Self::Turbine => Box::new(plc::PlcConsole::turbine()),
            Self::Safety => Box::new(plc::PlcConsole::safety()),
            Self::Shell => Box::new(shell::Shell::new()),
        }
    }
}

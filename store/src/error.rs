//! What can go wrong here, in words for people and in kinds for programs.

use std::fmt;
use std::path::PathBuf;

use domain::grant::GrantRefused;
use domain::request::RequestRefused;
use domain::{AccountName, AssetName, GrantId, Timestamp};
use thiserror::Error;

use crate::log::LogFault;
use crate::vault::VaultError;

/// A rule said no. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct Refusal {
    /// Which rule, for programs: `own_request`.
    pub code: &'static str,
    /// What happened, why, and what to do next, for people.
    pub text: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// A grant that a new plant would take the ground from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveGrant {
    /// The grant.
    pub grant: GrantId,
    /// Whose.
    pub account: AccountName,
    /// To what.
    pub asset: AssetName,
    /// When its window ends.
    pub end: Timestamp,
    /// What the new plant no longer has.
    pub why: String,
}

impl fmt::Display for LiveGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            grant,
            account,
            asset,
            end,
            why,
        } = self;
        write!(
            f,
            "grant {grant} of {account} to {asset}, until {end}: {why}"
        )
    }
}

fn list(grants: &[LiveGrant]) -> String {
    grants.iter().map(|g| format!("\n  {g}")).collect()
}

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such thing: `request/0190…`.
    #[error("there is no {0}")]
    NotFound(String),
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The new plant no longer has something that a live grant needs.
    #[error(
        "nothing was applied, because live grants need what this plant no longer has. Wait for their end, or revoke them with the same command by adding --revoke:{}",
        list(.0)
    )]
    LiveGrants(Vec<LiveGrant>),
    /// A page's cursor that no page gave out.
    #[error("this cursor is not one that a page gave out: begin again without a cursor")]
    BadCursor,
    /// Others kept the database locked for too long.
    #[error("the database was busy for too long and nothing was changed: try again")]
    Busy,
    /// No room to write.
    #[error("the database's disk is full and nothing was changed: make room on it, then try again")]
    Full,
    /// A stored value is not what the program wrote.
    #[error("table {table}, row {row}, column {column}: {why}")]
    Row {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Sql(#[source] sqlx::Error),
    /// The database could not be brought to this program's version.
    #[error("the database could not be brought to this version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database's file could not be used.
    #[error("database file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The vault could not be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The transparency log is not what was written.
    #[error(
        "the transparency log in the database is not whole, and nothing goes on with it: {0}. Keep this database for the auditors, since somebody may have changed it, and put one back from a backup"
    )]
    Log(#[from] LogFault),
    /// A note of the log can't be read or made.
    #[error("a checkpoint of the transparency log: {0}")]
    LogNote(String),
}

/// What sort of failure it is, for a caller's own mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing.
    NotFound,
    /// A rule said no.
    Refused,
    /// Live grants stand in the way.
    Conflict,
    /// The caller's cursor is wrong.
    BadCursor,
    /// Try again later: busy, or no room.
    Unavailable,
    /// The database or the vault is broken.
    Broken,
}

impl StoreError {
    /// What sort of failure it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NotFound(_) => Kind::NotFound,
            Self::Refused(_) => Kind::Refused,
            Self::LiveGrants(_) => Kind::Conflict,
            Self::BadCursor => Kind::BadCursor,
            Self::Busy | Self::Full => Kind::Unavailable,
            Self::Row { .. }
            | Self::Sql(_)
            | Self::Migration(_)
            | Self::File { .. }
            | Self::Vault(_)
            | Self::Log(_)
            | Self::LogNote(_) => Kind::Broken,
        }
    }

    pub(crate) fn log_note(error: ledger::BadNote) -> Self {
        Self::LogNote(error.to_string())
    }

    pub(crate) fn missing(kind: &str, id: impl fmt::Display) -> Self {
        Self::NotFound(format!("{kind}/{id}"))
    }
}

impl From<RequestRefused> for StoreError {
    fn from(refused: RequestRefused) -> Self {
        Refusal::new(refused.code(), refused.to_string()).into()
    }
}

impl From<GrantRefused> for StoreError {
    fn from(refused: GrantRefused) -> Self {
        Refusal::new(refused.code(), refused.to_string()).into()
    }
}

/// Primary result codes of SQLite (sqlite.org/rescode.html).
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_FULL: i32 = 13;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        // The extended code's low byte is the primary code.
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<i32>().ok())
            .map(|code| code & 0xff);
        match code {
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Busy,
            Some(SQLITE_FULL) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}

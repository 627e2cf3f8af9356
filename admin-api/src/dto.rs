//! What goes over the wire, both ways. Programs in Rust that speak to the API
//! use the same types.
//!
//! Times are RFC 3339 text in UTC, ids are UUIDs and names are names, all as
//! text. Bodies that a caller sends are read strictly: an unknown field is an
//! error, so that a misspelt `not_after` is never an unlimited window.

mod account;
mod audit;
mod grant;
mod log;
mod notice;
mod plant;
mod problem;
mod query;
mod request;
mod retention;
mod secret;
mod session;
mod share;
mod steering;
mod vault;

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use account::{
    Account, Banner, BrowserLoggedIn, BrowserLogin, ChangePassword, Disabled, LoggedIn, Login,
    LoginEntry, Me, OwnLogin, OwnLogins, SetPassword, Site,
};
pub use audit::{AuditEvent, Changed};
pub use grant::{ExtendGrant, Grant, GrantEnd, SshAccess, Ticket};
pub use log::{Anchor, LogState};
pub use notice::{Notice, TestNotice, TestStarted};
pub use plant::{
    Asset, Conduit, ConduitClosed, ConduitsClosed, Endpoint, PlantApplied, PlantChange, Zone,
};
pub use problem::{FieldError, LiveGrant, Problem};
pub use query::{
    ApplyQuery, AuditQuery, GrantQuery, IndexQuery, LiveQuery, PageQuery, RecordingQuery,
    ReplayQuery, RequestQuery, SearchQuery, SessionQuery, TerminalQuery, VerifyQuery,
};
pub use request::{Approval, Approve, NewRequest, Request, RequestEnd};
pub use retention::{Hold, HoldQuery, HoldReleased, KeptRecording, PurgePlan, PurgeQuery};
pub use secret::Secret;
pub use session::{EndOrder, Recording, RecordingHit, ReplayIndex, Session, SessionEnd};
pub use share::{NewShare, Share, ShareQuery, SharedLink};
pub use steering::{Entry, Input, Message, Note, PauseInput, Watcher};
pub use vault::{Credential, SetCredential};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Pass it as `after` to get the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// From `start` until just before `end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Window {
    /// The first instant inside, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// The first instant after it, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
}

/// Why somebody does something: 1 to 500 characters, for the audit log and for
/// those it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Whether the API answers, and of which version it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Whether the state can be read.
    pub ok: bool,
    /// The program's version.
    pub version: String,
    /// The server's clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// Whether sessions can be recorded: `ample`, `low` (no new ones begin),
    /// `critical` (all end) or `trouble`.
    pub recordings: String,
    /// How the log stands: `signed`, `anchor_fails` (it is signed, but not all that
    /// is to hold a copy has it) or `not_signed`.
    pub log: String,
}

/// How the disk for recordings is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecorderState {
    /// `ample`, `low` (no new sessions begin) or `critical` (all end).
    pub space: String,
    /// Free bytes, if they could be found out.
    pub free_bytes: Option<u64>,
    /// All bytes of its file system.
    pub total_bytes: Option<u64>,
    /// Below so many free bytes no session begins; below half of it all end.
    pub least_free_bytes: u64,
    /// What does not work at the moment; while anything doesn't, no session begins.
    pub trouble: Option<String>,
    /// Recordings that are not sealed yet.
    pub open_recordings: usize,
    /// Segments of the write-ahead log that are full and still needed.
    pub waiting_segments: usize,
}

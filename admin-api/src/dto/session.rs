//! Sessions and their recordings.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Entry, Input, Watcher};

/// One connection under one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The grant it runs under.
    pub grant: String,
    /// Whose.
    pub account: String,
    /// Whom that account works for, as it is now; empty if that is not known.
    #[serde(default)]
    pub company: String,
    /// On what.
    pub asset: String,
    /// The zone of the asset.
    pub zone: String,
    /// Through which conduit.
    pub conduit: String,
    /// By which protocol: `ssh`.
    pub protocol: String,
    /// The vendor's network address.
    pub source: String,
    /// When it began, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// When its grant's window ends, as it is now, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// `open` or `closed`.
    pub state: String,
    /// Whether it has to be let in, and whether it was.
    pub entry: Entry,
    /// Whether what its vendor sends reaches the asset.
    pub input: Input,
    /// Whether its input flows only while somebody of the plant watches.
    pub supervised: bool,
    /// Who watches it now.
    pub watchers: Vec<Watcher>,
    /// Somebody's order to end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_order: Option<EndOrder>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<SessionEnd>,
}

/// Somebody's order to end a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndOrder {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who; not told to vendors, unless it was they themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEnd {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why, for programs: `window_ended`, `vendor_left` …
    pub code: String,
    /// Whose doing it was: `vendor`, `target`, `operator`, `policy` or `broker`.
    pub blame: String,
    /// Who ended it, if a person did; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the vendor was told.
    pub text: String,
    /// What the broker noted; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The evidence of one channel of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recording {
    /// The session.
    pub session: String,
    /// The number of the SSH channel inside the session.
    pub channel: u32,
    /// Whose session.
    pub account: String,
    /// On what.
    pub asset: String,
    /// The zone of the asset.
    pub zone: String,
    /// `shell` or `exec`.
    pub kind: String,
    /// The command of an exec channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether it had a terminal.
    pub has_terminal: bool,
    /// When it began, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The exit status of the command, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<u32>,
    /// Bytes from the vendor.
    pub bytes_in: u64,
    /// Bytes from the asset.
    pub bytes_out: u64,
    /// `recording`, `complete`, `interrupted` or `failed`; `purged` once its
    /// retention has ended and nothing but its seal is left.
    pub state: String,
}

/// A line in a recording that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingHit {
    /// The session.
    pub session: String,
    /// The number of the SSH channel inside the session.
    pub channel: u32,
    /// Whose session.
    pub account: String,
    /// On what.
    pub asset: String,
    /// The zone of the asset.
    pub zone: String,
    /// When it was shown, or its first key pressed, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The same in milliseconds since the start of the recording.
    pub at_ms: u64,
    /// The line, or a part of it. Of what was typed, the line as it was sent off.
    pub text: String,
    /// All that was typed for the line, where parts of it were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_erased: Option<String>,
}

/// A replay in segments, as the driver `segmented` of asciinema-player reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplayIndex {
    /// Always 1.
    pub version: u8,
    /// In seconds, without the part of pauses that was cut off.
    pub duration: f64,
    /// The terminal's size at the start: `cols` and `rows`.
    #[schema(value_type = Object)]
    pub term: serde_json::Value,
    /// Moments to point out: second and label.
    #[schema(value_type = Vec<Object>)]
    pub markers: Vec<(f64, String)>,
    /// Where each begins (`start` in the replay, `real` in the recording) and its
    /// address (`url`), relative to the index.
    #[schema(value_type = Vec<Object>)]
    pub segments: Vec<serde_json::Value>,
}

//! The transparency log.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A place outside of the broker that gets every signed checkpoint of the log, and
/// how it stands since the broker was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Anchor {
    /// What it is called in events: its kind and its place, without secrets.
    pub name: String,
    /// The size of the log in the newest checkpoint that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it was given that one, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub anchored_at: Option<Timestamp>,
    /// How many of the events that are signed it does not have; absent while nothing
    /// is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// Since when it has failed, RFC 3339; absent if it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// Why it failed last; absent if it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How the log stands: what of it is signed, and where that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogState {
    /// How many events the newest checkpoint covers; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<u64>,
    /// When that was signed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub signed_at: Option<Timestamp>,
    /// Since when signing has failed, RFC 3339; absent if it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_signed_since: Option<Timestamp>,
    /// Why it failed last; absent if it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The anchors, as they are configured.
    pub anchors: Vec<Anchor>,
}

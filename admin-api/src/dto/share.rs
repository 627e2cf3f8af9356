//! Recordings shared with people without an account.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Secret;

/// What is to be shared, with whom, and how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// The SSH channel; 0 if it is absent.
    #[serde(default)]
    pub channel: u32,
    /// How long the link lasts: `12h`, `7d`; a minute to 90 days.
    #[schema(example = "7d")]
    pub expires_in: String,
    /// With whom and for what: 1 to 500 characters, for the audit log.
    #[schema(min_length = 1, max_length = 500)]
    pub note: String,
    /// Whether what was typed is shown too. It may hold passwords.
    #[serde(default)]
    pub input: bool,
}

/// A link to one recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// Its id; not the secret.
    pub id: String,
    /// The session.
    pub session: String,
    /// The SSH channel in it.
    pub channel: u32,
    /// Whether what was typed is shown too.
    pub input: bool,
    /// With whom and for what.
    pub note: String,
    /// `works`, `over` or `revoked`.
    pub state: String,
    /// When it was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The auditor who made it. It does not work while their account is disabled.
    pub created_by: String,
    /// When it ends, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How often it was opened.
    pub openings: u64,
    /// When it was opened last, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opened_at: Option<Timestamp>,
    /// When it was taken back, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// Who took it back: `account/audun`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
}

/// A link, told once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SharedLink {
    /// What it is.
    pub share: Share,
    /// The path of the link under this API's address, with the secret in it.
    pub path: Secret,
}

/// Which links; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ShareQuery {
    /// To which session's recordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

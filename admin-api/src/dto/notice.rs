//! What people are told.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that somebody is told, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Its id; webhooks get it as `webhook-id`.
    pub id: String,
    /// The number of the event of the audit log that it tells of.
    pub event: i64,
    /// What it tells: `request_waits`, `request_still_waits`, `request_granted`,
    /// `more_time`, `request_denied`, `grant_revoked`, `session_opened`,
    /// `session_failed` or `test`.
    pub kind: String,
    /// Whom.
    pub account: String,
    /// `email` or `webhook`.
    pub channel: String,
    /// The host and port of the webhook, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Its subject.
    pub subject: String,
    /// The page that it leads to, below the address of the broker.
    pub path: String,
    /// When it was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    /// When it was sent, was given up or is tried next, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How often it was tried in vain.
    pub tries: u32,
    /// Why the last try failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Whom a test is sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestNotice {
    /// The account.
    pub account: String,
}

/// A test that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestStarted {
    /// Whom it is sent to.
    pub account: String,
    /// Whether they get an e-mail.
    pub email: bool,
    /// How many webhooks are called.
    pub webhooks: usize,
    /// When it was asked for, RFC 3339. Its notices are made after that.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
}

//! The audit log, and word of changes.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEvent {
    /// Its place in the log, from 1.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: `account/anna`, `system` or `host`.
    pub actor: String,
    /// From where: an address, `system` or `host`.
    pub source: String,
    /// What happened: `request.approved`.
    pub action: String,
    /// To what: `request/0190…`.
    pub subject: String,
    /// As it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The data of a server-sent `changed` event: something that the caller may see
/// may have changed, and is to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// The newest event of the audit log that concerns the caller.
    pub seq: i64,
}

//! Grants and the tickets that they are worth.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Secret, Window};

/// What enough approvals made of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The request it was made of.
    pub request: String,
    /// Whose it is.
    pub account: String,
    /// Whom that account works for, as it is now; empty if that is not known.
    #[serde(default)]
    pub company: String,
    /// To what.
    pub asset: String,
    /// The zone of the asset.
    pub zone: String,
    /// By which protocol: `ssh`.
    pub protocol: String,
    /// When.
    pub window: Window,
    /// When it was granted, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// `scheduled`, `open` or `closed`.
    pub phase: String,
    /// Why it is over, once that is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<GrantEnd>,
    /// How often it was given more time.
    pub extensions: u32,
}

/// The end of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrantEnd {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `expired`, `revoked`, `account_disabled` or `plant_changed`.
    pub why: String,
    /// Who ended it, if it was a person; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Their words.
    pub reason: String,
}

/// More time in a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendGrant {
    /// The new end, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub not_after: Timestamp,
    /// What an approver adds to the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A secret that opens one session, once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Ticket {
    /// The ticket: it is the password of the SSH login.
    pub ticket: Secret,
    /// When it is void, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where to go with it: an `ssh:` URI, without the ticket.
    pub link: String,
    /// How to use it with an SSH client.
    pub ssh: SshAccess,
}

/// Where and how to connect with an SSH client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SshAccess {
    /// The broker's host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its host key, as one line of OpenSSH, to be pinned before the first
    /// connection.
    pub host_key: String,
    /// The SSH user name: `ACCOUNT+ASSET`.
    pub username: String,
    /// The command to type; the ticket is the password it asks for.
    pub command: String,
}

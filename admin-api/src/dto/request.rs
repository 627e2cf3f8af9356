//! Requests and what approvers say to them.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Window;

/// A vendor asks for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// For which asset.
    pub asset: String,
    /// By which protocol: `ssh`.
    #[schema(example = "ssh")]
    pub protocol: String,
    /// What for.
    #[schema(min_length = 1, max_length = 500)]
    pub purpose: String,
    /// The plant's number for the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub work_order: Option<String>,
    /// The start of the window, RFC 3339; now if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Timestamp>,
    /// The end of the window, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub not_after: Timestamp,
}

/// An approver's yes, with a narrower window if need be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// A later start, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Timestamp>,
    /// An earlier end, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
    /// What the approver adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// A request, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// The vendor who asks.
    pub account: String,
    /// Whom that account works for, as it is now; empty if that is not known.
    #[serde(default)]
    pub company: String,
    /// For what.
    pub asset: String,
    /// The zone of the asset.
    pub zone: String,
    /// By which protocol: `ssh`.
    pub protocol: String,
    /// What for.
    pub purpose: String,
    /// The plant's number for the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_order: Option<String>,
    /// The window that was asked for.
    pub wanted: Window,
    /// The window that is left after those who have approved.
    pub window: Window,
    /// When it was asked, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The grant that shall last longer, if that is what is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// `waiting`, `granted`, `denied`, `withdrawn`, `lapsed` or `cancelled`.
    pub state: String,
    /// Those who have approved.
    pub approvals: Vec<Approval>,
    /// How many approvals it takes in all, as the plant is now; absent when its
    /// zone is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvals_needed: Option<usize>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// How it ended, if it ended without a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<RequestEnd>,
}

/// One approver's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Who; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The window as this approver left it.
    pub window: Window,
    /// What they added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a request ended without a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestEnd {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The approver who denied it; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, if somebody said why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

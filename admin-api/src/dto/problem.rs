//! Errors (RFC 9457).

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why something was not done. Its media type is `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:problem-type:drawbridge:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, why, and what to do next.
    pub detail: String,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong with the body, place by place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The live grants that stand in the way of a new plant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<LiveGrant>,
}

/// What is wrong in one place of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The line, from 1, of a plant file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The key or field; empty where none is to blame.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// A grant that a new plant would take the ground from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveGrant {
    /// The grant.
    pub grant: String,
    /// Whose.
    pub account: String,
    /// To what.
    pub asset: String,
    /// When its window ends, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// What the new plant no longer has.
    pub why: String,
}

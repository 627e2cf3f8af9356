//! How long recordings are kept, and what keeps them longer.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A legal hold: nothing that it is on is purged, until it is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// The session whose recordings it is on, if it is on a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The zone whose recordings it is on, past and to come, if it is on a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// `in_force` or `released`.
    pub state: String,
    /// When it was placed, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
    /// Who placed it: `account/audun`.
    pub placed_by: String,
    /// Why it was placed.
    pub reason: String,
    /// How it was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<HoldReleased>,
}

/// Who released a hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldReleased {
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: `account/audun`.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Which holds; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct HoldQuery {
    /// On which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// On which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Only those in force, or only those that were released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<bool>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How much of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PurgeQuery {
    /// How many recordings of each list at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What the broker purges in its next turn, within the hour, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PurgePlan {
    /// Due now, the longest due first.
    pub due: Vec<KeptRecording>,
    /// How many are due now, with those that the list has no room for.
    pub due_count: u64,
    /// Kept by their retention, those that it keeps least long first.
    pub next: Vec<KeptRecording>,
    /// How many would be due, if no hold were on them.
    pub held: u64,
    /// How many would be due, but were never sealed, and so are kept.
    pub not_sealed: u64,
}

/// The recording of one channel, and until when retention keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptRecording {
    /// The session.
    pub session: String,
    /// The channel in it.
    pub channel: u32,
    /// The zone of the asset.
    pub zone: String,
    /// When it ended, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Timestamp,
    /// From when on retention no longer keeps it, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub kept_until: Timestamp,
}

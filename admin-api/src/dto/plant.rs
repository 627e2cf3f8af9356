//! What the plant is made of.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An IEC 62443 zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Security level, 1 to 4.
    #[schema(minimum = 1, maximum = 4)]
    pub security_level: u8,
    /// Whether it holds a safety instrumented system.
    pub safety: bool,
    /// Whether an operator must let each session in.
    pub let_in: bool,
    /// Whether input flows only while somebody of the plant watches.
    pub supervised: bool,
    /// The longest window that may be approved into it, in seconds.
    pub longest_session_seconds: u64,
    /// How long its recordings are kept after their end, in seconds.
    pub retention_seconds: u64,
    /// How many approvers a session into it needs.
    pub approvals: usize,
}

/// The only way from the broker into one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conduit {
    /// Its name.
    pub name: String,
    /// The zone it leads into.
    pub zone: String,
    /// The broker's address that connections leave from, if it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which protocols pass.
    pub protocols: Vec<String>,
    /// Which of their operations pass: `shell`, `exec`.
    pub operations: Vec<String>,
    /// Which environment variables pass.
    pub environment: Vec<String>,
    /// The longest window that may be approved through it, in seconds.
    pub longest_session_seconds: u64,
    /// How much of an asset's bulk output is kept: `standard` or `full`.
    pub record: String,
    /// `open` or `closed`.
    pub state: String,
    /// Who closed it, if it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ConduitClosed>,
}

/// Who closed a conduit, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConduitClosed {
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: `account/olga` or `host`.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Which conduits were closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConduitsClosed {
    /// Their names; those that were closed before are not among them.
    pub closed: Vec<String>,
}

/// One thing in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asset {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The zone it stands in.
    pub zone: String,
    /// By which protocols it can be reached: those that it speaks and its
    /// conduit lets through; empty where no way leads.
    pub protocols: Vec<String>,
    /// How many approvers a session on it needs.
    pub approvals: usize,
    /// The longest window that may be approved for it, in seconds; 0 where no
    /// way leads.
    pub longest_session_seconds: u64,
    /// Whether an operator must let each session in.
    pub let_in: bool,
    /// Whether input flows only while somebody of the plant watches.
    pub supervised: bool,
    /// Where it is; not told to vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// Where an asset is reached by SSH, and what is pinned of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Endpoint {
    /// Its address and port.
    #[schema(example = "10.20.0.7:22")]
    pub address: String,
    /// The user that the broker signs in as.
    pub user: String,
    /// Its host key, as one line of OpenSSH.
    pub host_key: String,
    /// Which secret of the vault the broker signs in with.
    pub credential: String,
}

/// What applying a plant file changed, or would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlantApplied {
    /// Whether this only says what would change.
    pub dry_run: bool,
    /// The changes; none if the plant is so already.
    pub changes: Vec<PlantChange>,
}

/// One change to the plant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlantChange {
    /// `add`, `change` or `remove`; `end` for an open session.
    pub verb: String,
    /// What kind of thing: `zone`, `asset`, `session` …
    pub kind: String,
    /// Its name; a session's id.
    pub name: String,
    /// For a change, the fields that differ; for a session, whose it is and why it
    /// ends.
    pub detail: String,
}

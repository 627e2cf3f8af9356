//! What may stand behind the question mark. Unknown words are errors here too: a
//! misspelt filter would show more than was asked for.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which page of a list that goes by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which requests; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RequestQuery {
    /// Whose: an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// To what: an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Into which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// How far they have come: `waiting`, `granted`, `denied`, `withdrawn`,
    /// `lapsed` or `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which grants; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct GrantQuery {
    /// Whose: an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// To what: an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Into which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Where in their life they are now: `scheduled`, `open` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which sessions; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
    /// Whose: an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// To what: an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Into which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Of which grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// Only those that are open, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Of whose company, by the account as it is now: a part of its name, in capitals or
    /// not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Only those that ran at this time or later, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Only those that began before this time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which recordings; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RecordingQuery {
    /// Of which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whose: an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// To what: an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Into which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Of whose company, by the account as it is now: a part of its name, in capitals or
    /// not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Only those that ran at this time or later, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Only those that began before this time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which events of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// About one thing (`account/anna`) or one kind of thing (`account`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Actions (`request.approved`) and families of them (`request`), separated by
    /// commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// By whom: `account/anna`, `system` or `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// At this time or later, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Before this time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Whether the oldest come first; usually the newest do.
    pub oldest_first: bool,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How a plant file is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ApplyQuery {
    /// Only say what would change.
    pub dry_run: bool,
    /// Take back live grants that the new plant has no ground for, instead of
    /// refusing.
    pub revoke: bool,
}

/// Which part of a session's recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ReplayQuery {
    /// The SSH channel; 0 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u32>,
    /// Whether the vendor's keystrokes are in it; only for auditors.
    pub input: bool,
}

/// What to look for in recordings, and in which; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words, all of which a line must have; `"two words"` for a phrase, `pump*`
    /// for a word's start. No other sign has a meaning.
    pub q: String,
    /// Whether what was typed is looked through, instead of what was shown; only
    /// for auditors. It takes longer, a page without hits may have a next one, and
    /// of each recording the first 1000 lines are told, on one page.
    pub input: bool,
    /// On what: an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Whose: an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Into which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Of whose company, by the account as it is now: a part of its name, in capitals or
    /// not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// At this time or later, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Before this time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// `next` of the page before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many items at most: 1 to 200; 50 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which recording is replayed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct IndexQuery {
    /// The SSH channel; 0 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u32>,
    /// The longest pause that is kept, in milliseconds; all of each if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_limit_ms: Option<u64>,
    /// Where the replay ends, in milliseconds; at the end of what is recorded if it
    /// is absent. The index has it in the addresses of its segments, since a
    /// recording may go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

/// How large a terminal's window is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TerminalQuery {
    /// Columns; 80 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cols: Option<u16>,
    /// Rows; 24 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u16>,
}

/// How somebody watches a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Whether they count as its watcher; no if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<bool>,
    /// Only one channel: the newest that runs, with a terminal if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<bool>,
}

/// Which recording of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct VerifyQuery {
    /// The SSH channel; 0 if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u32>,
}

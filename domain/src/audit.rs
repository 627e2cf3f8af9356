//! The audit log's words. Each state change writes one event, in its own
//! transaction: who, from where, what, before and after, why.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::EventId;
use crate::name::AccountName;
use crate::time::Timestamp;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A person, signed in.
    Account(AccountName),
    /// The broker itself: a job, a deadline, a rule.
    System,
    /// Somebody with the broker's own machine in their hands, on its console.
    Host,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => write!(f, "account/{name}"),
            Self::System => f.write_str("system"),
            Self::Host => f.write_str("host"),
        }
    }
}

/// A text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no actor: write account/NAME, system or host")]
pub struct BadWho(String);

impl std::str::FromStr for Who {
    type Err = BadWho;

    fn from_str(text: &str) -> Result<Self, BadWho> {
        match text {
            "system" => Ok(Self::System),
            "host" => Ok(Self::Host),
            other => other
                .strip_prefix("account/")
                .and_then(|name| AccountName::parse(name).ok())
                .map(Self::Account)
                .ok_or_else(|| BadWho(other.chars().take(80).collect())),
        }
    }
}

/// Who did something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// Their network address, or `system` or `host`.
    pub source: String,
}

impl Actor {
    /// A signed-in person at a network address.
    #[must_use]
    pub fn account(name: AccountName, source: impl Into<String>) -> Self {
        Self {
            who: Who::Account(name),
            source: source.into(),
        }
    }

    /// The broker itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            who: Who::System,
            source: "system".to_owned(),
        }
    }

    /// The console of the broker's machine.
    #[must_use]
    pub fn host() -> Self {
        Self {
            who: Who::Host,
            source: "host".to_owned(),
        }
    }

    /// The account, if it is a person's.
    #[must_use]
    pub const fn name(&self) -> Option<&AccountName> {
        match &self.who {
            Who::Account(name) => Some(name),
            Who::System | Who::Host => None,
        }
    }
}

/// An event that is still to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What happened, dotted and in the past: `request.approved`.
    pub action: &'static str,
    /// To what: `request/0190…`, `account/anna`.
    pub subject: String,
    /// What was changed, as it was.
    pub before: Option<Value>,
    /// What was changed, as it is.
    pub after: Option<Value>,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

impl Draft {
    /// An event about a thing: `Draft::new("request.approved", "request", id)`.
    #[must_use]
    pub fn new(action: &'static str, kind: &str, id: impl fmt::Display) -> Self {
        Self {
            action,
            subject: format!("{kind}/{id}"),
            before: None,
            after: None,
            reason: None,
        }
    }

    /// With what was there before.
    #[must_use]
    pub fn before(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    /// With what is there now.
    #[must_use]
    pub fn after(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }

    /// With why.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the log, from 1, without gaps.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who: `account/anna`, `system` or `host`.
    pub actor: String,
    /// From where.
    pub source: String,
    /// What happened.
    pub action: String,
    /// To what.
    pub subject: String,
    /// As it was.
    pub before: Option<Value>,
    /// As it is.
    pub after: Option<Value>,
    /// Why.
    pub reason: Option<String>,
}

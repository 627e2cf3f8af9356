//! What enough approvals made of a request: scheduled → open → closed. A grant
//! opens at its start, not at its approval, and closes at its end at the latest.

use thiserror::Error;

use crate::id::{GrantId, RequestId};
use crate::name::{AccountName, AssetName, ZoneName};
use crate::plant::{Protocol, words};
use crate::request::{MAX_TEXT, plain_text};
use crate::time::{Timestamp, Window};

/// One vendor, one asset, one protocol, one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The request it was made of.
    pub request: RequestId,
    /// Whose it is.
    pub account: AccountName,
    /// To what.
    pub asset: AssetName,
    /// The zone that the asset stood in when it was granted.
    pub zone: ZoneName,
    /// By which protocol.
    pub protocol: Protocol,
    /// When.
    pub window: Window,
    /// When it was granted.
    pub created_at: Timestamp,
    /// Why it is over, once that has been settled.
    pub ended: Option<GrantEnd>,
    /// How often it was given more time.
    pub extensions: u32,
}

/// Where in its life a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantPhase {
    /// Its window has not begun.
    Scheduled,
    /// Sessions may be opened.
    Open,
    /// Over.
    Closed,
}
words!(GrantPhase { Scheduled = "scheduled", Open = "open", Closed = "closed" });

/// Why a grant is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantEndReason {
    /// Its window passed.
    Expired,
    /// Somebody took it back.
    Revoked,
    /// Its vendor's account was disabled.
    AccountDisabled,
    /// Its asset, its zone or the way there was taken out of the plant.
    PlantChanged,
}
words!(GrantEndReason {
    Expired = "expired",
    Revoked = "revoked",
    AccountDisabled = "account_disabled",
    PlantChanged = "plant_changed",
});

/// The end of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantEnd {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: GrantEndReason,
    /// Who ended it, if it was a person.
    pub by: Option<AccountName>,
    /// Their words.
    pub reason: String,
}

/// Why a grant was not changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GrantRefused {
    /// It is over.
    #[error("the grant is closed already; nothing was changed")]
    Closed,
    /// No reason was given, or too long a one.
    #[error("a reason of 1 to {MAX_TEXT} characters, without control characters, is needed")]
    BadReason,
}

impl GrantRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Closed => "grant_closed",
            Self::BadReason => "bad_text",
        }
    }
}

impl Grant {
    /// Where in its life it is.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> GrantPhase {
        if self.ended.is_some() || now >= self.window.end() {
            GrantPhase::Closed
        } else if now < self.window.start() {
            GrantPhase::Scheduled
        } else {
            GrantPhase::Open
        }
    }

    /// Closes it before its time.
    ///
    /// # Errors
    /// [`GrantRefused`], when it is over or the reason is missing.
    pub fn end(
        mut self,
        why: GrantEndReason,
        by: Option<&AccountName>,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, GrantRefused> {
        let reason =
            plain_text("the reason", reason, MAX_TEXT).map_err(|_| GrantRefused::BadReason)?;
        if self.phase(now) == GrantPhase::Closed {
            return Err(GrantRefused::Closed);
        }
        self.ended = Some(GrantEnd {
            at: now,
            why,
            by: by.cloned(),
            reason,
        });
        Ok(self)
    }

    /// Settles that its window has passed. `None` if it has not, or if the end is
    /// settled already.
    #[must_use]
    pub fn expire(mut self, now: Timestamp) -> Option<Self> {
        if self.ended.is_some() || now < self.window.end() {
            return None;
        }
        self.ended = Some(GrantEnd {
            at: self.window.end(),
            why: GrantEndReason::Expired,
            by: None,
            reason: "the window passed".to_owned(),
        });
        Some(self)
    }
}

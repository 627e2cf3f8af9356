//! People: their roles, and what switches an account off.

pub mod email;
pub mod idle;
pub mod lockout;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::email::EmailAddress;
use crate::name::{AccountName, AssetName, ZoneName};
use crate::plant::words;
use crate::time::Timestamp;

/// What a person does here. One role an account: a vendor who may also approve
/// could approve a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks for sessions and works in them.
    Vendor,
    /// Grants, narrows, denies, extends and revokes, for some zones.
    Approver,
    /// Watches and ends, for some zones.
    Operator,
    /// Finds, replays and verifies everything; changes nothing.
    Auditor,
    /// Manages plant, accounts and vault; approves and replays nothing.
    Admin,
}
words!(Role {
    Vendor = "vendor",
    Approver = "approver",
    Operator = "operator",
    Auditor = "auditor",
    Admin = "admin",
});

/// A named person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// The person's name.
    pub full_name: String,
    /// The employer.
    pub company: String,
    /// Where they are told by e-mail, if they are.
    pub email: Option<EmailAddress>,
    /// What they do here.
    pub role: Role,
    /// The zones that an approver or operator answers for.
    pub zones: BTreeSet<ZoneName>,
    /// The assets that a vendor may ask for.
    pub assets: BTreeSet<AssetName>,
    /// Whether it may be used.
    pub state: AccountState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last switched on: at its making, or by an admin since.
    pub enabled_at: Timestamp,
    /// The last full login or session, if there was one.
    pub last_active_at: Option<Timestamp>,
    /// Whether a password was ever set.
    pub has_password: bool,
}

impl Account {
    /// Whether it may be used.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.state, AccountState::Active)
    }
}

/// Whether an account may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// It may.
    Active,
    /// It may not, until an admin enables it with a reason.
    Disabled {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

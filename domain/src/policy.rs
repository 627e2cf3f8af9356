//! Who may do what. Deny by default: what no table here allows is refused.
//!
//! * [`may`]: which role may ask for which thing at all;
//! * [`admit`]: whether one connection may be made just now, and the [`Permit`]
//!   that proves it;
//! * [`standing`]: whether a session that was admitted may go on, and whether what
//!   its vendor sends may pass.

mod permit;
mod roles;
mod standing;
#[cfg(test)]
mod tests;

use crate::account::{Account, Role};
use crate::grant::{Grant, GrantEndReason, GrantPhase};
use crate::id::SessionId;
use crate::name::{AssetName, ZoneName};
use crate::plant::{Asset, Conduit, Protocol, Zone};
use crate::time::{PlantTime, Timestamp, human_duration};

pub use permit::{Permit, Revoker};
pub use roles::{Action, may};
pub use standing::{Input, Standing, Steering, Verdict, input, standing};

/// The facts that decide on one connection.
#[derive(Clone, Copy, Debug)]
pub struct Admission<'a> {
    /// Who comes, proven by a ticket.
    pub account: &'a Account,
    /// Where they want to go.
    pub asset: &'a Asset,
    /// The zone it stands in.
    pub zone: &'a Zone,
    /// The conduit into that zone, and whether it is open.
    pub conduit: Option<(&'a Conduit, bool)>,
    /// The grant that the ticket was made for.
    pub grant: &'a Grant,
    /// By which protocol they come.
    pub protocol: Protocol,
    /// How many sessions of the grant are open.
    pub open_sessions: u32,
    /// How many of them may be.
    pub most_sessions: u32,
    /// The session that is to begin.
    pub session: SessionId,
    /// Now.
    pub now: Timestamp,
}

/// Why a connection is not made. Only for one who has proven who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The grant is for another account, asset or protocol.
    NotGranted,
    /// The window has not begun.
    NotYet {
        /// When it does.
        opens: Timestamp,
    },
    /// The window has passed.
    Over {
        /// When it did.
        ended: Timestamp,
    },
    /// The grant was taken back.
    Revoked,
    /// The account is disabled.
    AccountDisabled,
    /// The conduit is closed.
    ConduitClosed,
    /// No conduit leads there, or it does not let the protocol through, or the
    /// asset has moved to another zone since it was granted.
    NoConduit,
    /// As many sessions of the grant are open as may be.
    TooManySessions {
        /// How many that is.
        most: u32,
    },
}

impl Denied {
    /// A stable code for programs and the audit log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotGranted => "not_granted",
            Self::NotYet { .. } => "window_not_open",
            Self::Over { .. } => "window_over",
            Self::Revoked => "grant_revoked",
            Self::AccountDisabled => "account_disabled",
            Self::ConduitClosed => "conduit_closed",
            Self::NoConduit => "no_conduit",
            Self::TooManySessions { .. } => "too_many_sessions",
        }
    }

    /// One line for the vendor's terminal: what, why, and what to do next.
    #[must_use]
    pub fn for_vendor(&self, time: &PlantTime, asset: &AssetName, now: Timestamp) -> String {
        let zone = time.name();
        match self {
            Self::NotGranted => {
                format!("You have no grant for {asset}. Ask for one and wait for its approval.")
            }
            Self::NotYet { opens } => format!(
                "Your window for {asset} opens at {} ({zone}), in {}.",
                time.clock_or_date(*opens, now),
                human_duration(opens.since(now))
            ),
            Self::Over { ended } => format!(
                "Your window for {asset} ended at {} ({zone}). Ask for a new one if the work is not done.",
                time.clock_or_date(*ended, now)
            ),
            Self::Revoked => {
                format!("Your access to {asset} was revoked by the plant. Call the control room.")
            }
            Self::AccountDisabled => {
                "Your account is disabled. Call your contact at the plant.".to_owned()
            }
            Self::ConduitClosed => {
                format!("The plant has closed the way to {asset}. Call the control room.")
            }
            Self::NoConduit => {
                format!("No way leads to {asset} any more. Call your contact at the plant.")
            }
            Self::TooManySessions { most } => {
                let sessions = if *most == 1 { "session" } else { "sessions" };
                format!(
                    "You already have {most} {sessions} on {asset}. Close one, then connect again."
                )
            }
        }
    }
}

/// Whether a ticket may be handed out, and a session begun, just now.
///
/// # Errors
/// [`Denied`], with the first reason that stands against it.
pub fn may_enter(ask: &Admission<'_>) -> Result<(), Denied> {
    let grant = ask.grant;
    if grant.account != ask.account.name
        || grant.asset != ask.asset.name
        || grant.protocol != ask.protocol
        || ask.account.role != Role::Vendor
    {
        return Err(Denied::NotGranted);
    }
    if !ask.account.is_active() {
        return Err(Denied::AccountDisabled);
    }
    if let Some(end) = &grant.ended {
        return Err(match end.why {
            GrantEndReason::Expired => Denied::Over {
                ended: grant.window.end(),
            },
            GrantEndReason::Revoked | GrantEndReason::PlantChanged => Denied::Revoked,
            GrantEndReason::AccountDisabled => Denied::Revoked,
        });
    }
    match grant.phase(ask.now) {
        GrantPhase::Scheduled => {
            return Err(Denied::NotYet {
                opens: grant.window.start(),
            });
        }
        GrantPhase::Closed => {
            return Err(Denied::Over {
                ended: grant.window.end(),
            });
        }
        GrantPhase::Open => {}
    }
    let (conduit, open) = ask.conduit.ok_or(Denied::NoConduit)?;
    let leads_there = conduit.zone == ask.zone.name
        && ask.zone.name == ask.asset.zone
        && grant.zone == ask.asset.zone
        && conduit.protocols.contains(&ask.protocol);
    if !leads_there {
        return Err(Denied::NoConduit);
    }
    if !open {
        return Err(Denied::ConduitClosed);
    }
    if ask.open_sessions >= ask.most_sessions {
        return Err(Denied::TooManySessions {
            most: ask.most_sessions,
        });
    }
    Ok(())
}

/// Decides on one connection. The only place where a [`Permit`] is made.
///
/// # Errors
/// [`Denied`], as [`may_enter`].
pub fn admit(ask: &Admission<'_>) -> Result<(Permit, Revoker), Denied> {
    may_enter(ask)?;
    let (conduit, _) = ask.conduit.ok_or(Denied::NoConduit)?;
    let endpoint = match ask.protocol {
        Protocol::Ssh => ask.asset.ssh.as_ref().ok_or(Denied::NoConduit)?,
    };
    Ok(Permit::issue(ask, conduit, endpoint))
}

/// Whether a person answers for a zone: an approver or operator for those named
/// in the plant file; an admin, who manages all of them; nobody else.
#[must_use]
pub fn answers_for(account: &Account, zone: &ZoneName) -> bool {
    account.is_active()
        && match account.role {
            Role::Approver | Role::Operator => account.zones.contains(zone),
            Role::Admin => true,
            Role::Vendor | Role::Auditor => false,
        }
}

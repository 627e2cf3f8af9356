//! Whether a session that was admitted may go on, and whether what its vendor
//! sends may reach the asset.

use crate::grant::{Grant, GrantEndReason};
use crate::name::AccountName;
use crate::plant::{Zone, words};
use crate::session::CloseReason;
use crate::time::Timestamp;

/// Whether what a vendor sends may reach the asset just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// It may.
    Flows,
    /// The zone wants each session to be let in, and nobody has let this one in.
    Lobby,
    /// Somebody has paused it.
    Paused,
    /// The zone wants somebody to watch, and nobody does.
    Unwatched,
}
words!(Input {
    Flows = "flows",
    Lobby = "lobby",
    Paused = "paused",
    Unwatched = "unwatched",
});

/// The facts that decide whether a session's input flows. The zone's rules are
/// those of the plant as it is now; that somebody was let in is never undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steering {
    /// Whether the zone wants each session to be let in.
    pub asks_to_let_in: bool,
    /// Whether this one was.
    pub let_in: bool,
    /// Whether somebody has paused its input.
    pub paused: bool,
    /// Whether the zone wants somebody to watch.
    pub supervised: bool,
    /// Whether somebody does who answers for the zone.
    pub watched: bool,
}

impl Steering {
    /// Of a session that has just begun: nobody has let it in, nobody watches it.
    #[must_use]
    pub const fn at_first(zone: &Zone) -> Self {
        Self {
            asks_to_let_in: zone.let_in,
            let_in: false,
            paused: false,
            supervised: zone.supervised,
            watched: false,
        }
    }
}

/// Whether a session's input flows, or the first thing that stands against it.
#[must_use]
pub const fn input(facts: Steering) -> Input {
    if facts.asks_to_let_in && !facts.let_in {
        Input::Lobby
    } else if facts.paused {
        Input::Paused
    } else if facts.supervised && !facts.watched {
        Input::Unwatched
    } else {
        Input::Flows
    }
}

/// The facts that decide whether a session may go on.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Whether the vendor's account is active.
    pub account_active: bool,
    /// Whether the conduit that it goes through exists and is open.
    pub conduit_open: bool,
    /// The grant that it runs under.
    pub grant: &'a Grant,
    /// Who ordered its end, if somebody did.
    pub end_ordered_by: Option<&'a AccountName>,
    /// What decides whether its input flows.
    pub steering: Steering,
    /// Now.
    pub now: Timestamp,
}

/// Whether a session may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Stay {
        /// Until then, as things stand.
        end: Timestamp,
        /// Whether what its vendor sends may reach the asset.
        input: Input,
    },
    /// It must close now.
    End(CloseReason),
}

/// Whether a session that was admitted may go on. A person's order comes first,
/// so that the log names the person. The vendor's own order is no operator's: they
/// have left.
#[must_use]
pub fn standing(facts: &Standing<'_>) -> Verdict {
    if let Some(by) = facts.end_ordered_by {
        if *by == facts.grant.account {
            return Verdict::End(CloseReason::VendorLeft);
        }
        return Verdict::End(CloseReason::Ended { by: by.clone() });
    }
    if !facts.account_active {
        return Verdict::End(CloseReason::AccountDisabled);
    }
    if let Some(end) = &facts.grant.ended {
        return Verdict::End(match end.why {
            GrantEndReason::Expired => CloseReason::WindowEnded,
            GrantEndReason::Revoked | GrantEndReason::PlantChanged => CloseReason::GrantRevoked,
            GrantEndReason::AccountDisabled => CloseReason::AccountDisabled,
        });
    }
    if !facts.conduit_open {
        return Verdict::End(CloseReason::ConduitClosed);
    }
    // A clock that went back does not end a running session: its start is past.
    if facts.now >= facts.grant.window.end() {
        return Verdict::End(CloseReason::WindowEnded);
    }
    Verdict::Stay {
        end: facts.grant.window.end(),
        input: input(facts.steering),
    }
}

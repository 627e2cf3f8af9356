//! How long evidence is kept, and what keeps it longer.
//!
//! The decision is to keep, unless everything speaks for purging: the recording
//! is over and sealed, so that what is left of it can still be verified; the
//! longest of the retentions that ever held for it has passed; nobody has a legal
//! hold on it.

use std::fmt;
use std::time::Duration;

use crate::audit::Who;
use crate::id::{HoldId, SessionId};
use crate::name::ZoneName;
use crate::plant::Zone;
use crate::time::Timestamp;

/// What a legal hold is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOn {
    /// The recordings of one session.
    Session(SessionId),
    /// Those of a whole zone, past and to come.
    Zone(ZoneName),
}

impl fmt::Display for HoldOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session/{id}"),
            Self::Zone(name) => write!(f, "zone/{name}"),
        }
    }
}

/// Who did something, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Who,
    /// Why, in their words.
    pub reason: String,
}

/// A legal hold: nothing that it is on is purged, until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// What it is on.
    pub on: HoldOn,
    /// Who placed it, when and why.
    pub placed: Signed,
    /// Who released it, once somebody has.
    pub released: Option<Signed>,
}

impl Hold {
    /// Whether it keeps the recordings of that session and zone.
    #[must_use]
    pub fn keeps(&self, session: SessionId, zone: &ZoneName) -> bool {
        self.released.is_none()
            && match &self.on {
                HoldOn::Session(held) => *held == session,
                HoldOn::Zone(held) => held == zone,
            }
    }
}

/// What is to be known of a recording before it may be purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Its session.
    pub session: SessionId,
    /// The zone that the session went into.
    pub zone: &'a ZoneName,
    /// When it ended; none while it is being recorded.
    pub ended_at: Option<Timestamp>,
    /// Whether its root is in the log.
    pub sealed: bool,
    /// The zone's retention when it began; none for one that is older than
    /// retention is.
    pub promised: Option<Duration>,
    /// The zone's retention as the plant has it now; none where the plant has no
    /// such zone any more.
    pub in_plant: Option<Duration>,
}

impl Kept<'_> {
    /// The longest retention that holds for it. For a zone that the plant no
    /// longer has it is the usual one at least.
    #[must_use]
    pub fn retention(&self) -> Duration {
        let in_plant = self.in_plant.unwrap_or(Zone::USUAL_RETENTION);
        self.promised.map_or(in_plant, |p| p.max(in_plant))
    }

    /// The instant from which on retention no longer keeps it; none while it is
    /// being recorded.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        Some(self.ended_at?.plus(self.retention()))
    }
}

/// Whether a recording may be purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// It may.
    Now,
    /// It may not.
    Keep(Why),
}

/// What a recording is kept by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is still being recorded.
    Recording,
    /// A legal hold.
    Held(HoldId),
    /// Its retention, until then.
    Retention(Timestamp),
    /// It was never sealed: without a seal nothing would be left of it.
    NotSealed,
}

/// Whether a recording may be purged at `now`. `holds` are all that there are, or
/// all that may be on it.
#[must_use]
pub fn may_purge(kept: &Kept<'_>, holds: &[Hold], now: Timestamp) -> Purge {
    let Some(until) = kept.until() else {
        return Purge::Keep(Why::Recording);
    };
    if let Some(hold) = holds.iter().find(|h| h.keeps(kept.session, kept.zone)) {
        return Purge::Keep(Why::Held(hold.id));
    }
    if now < until {
        return Purge::Keep(Why::Retention(until));
    }
    if !kept.sealed {
        return Purge::Keep(Why::NotSealed);
    }
    Purge::Now
}

#[cfg(test)]
mod tests;

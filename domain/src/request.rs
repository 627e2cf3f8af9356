//! The way of a request: requested → (approved 1 of n) → granted, or denied,
//! withdrawn, lapsed, cancelled. Each step takes the request and gives back the
//! next one, or a refusal; a request that has ended takes no more steps.

mod deciding;
mod refused;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::account::{Account, Role};
use crate::grant::{Grant, GrantPhase};
use crate::id::{GrantId, RequestId};
use crate::name::{AccountName, AssetName, ZoneName};
use crate::plant::{Asset, Conduit, Protocol, Zone};
use crate::time::{Timestamp, Window};

pub use refused::{RequestRefused, plain_text};

/// The longest purpose, note or reason, in characters.
pub const MAX_TEXT: usize = 500;
/// The longest work order number, in characters.
pub const MAX_WORK_ORDER: usize = 64;
/// How many requests of one vendor may wait at once: more than anybody works on,
/// and few enough for an approver to read.
pub const MOST_WAITING: usize = 20;
/// How far ahead a window may start: access is asked for when it is needed.
pub const FURTHEST_AHEAD: Duration = Duration::from_secs(90 * 24 * 3600);

/// A vendor asks for a session, or for more time in a granted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The vendor who asks.
    pub account: AccountName,
    /// For what.
    pub asset: AssetName,
    /// The zone the asset stood in when it was asked for.
    pub zone: ZoneName,
    /// By which protocol.
    pub protocol: Protocol,
    /// What for.
    pub purpose: String,
    /// The plant's number for the work.
    pub work_order: Option<String>,
    /// When. For more time: from the grant's end until the end that is asked for.
    pub wanted: Window,
    /// When it was asked.
    pub created_at: Timestamp,
    /// The grant that shall last longer, if that is what is asked.
    pub extends: Option<GrantId>,
    /// How far it has come.
    pub state: RequestState,
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// It waits for approvers.
    Waiting {
        /// Those who have approved so far.
        approvals: Vec<Approval>,
    },
    /// Enough have approved.
    Granted {
        /// What came of it.
        grant: GrantId,
        /// Those who approved.
        approvals: Vec<Approval>,
    },
    /// An approver said no.
    Denied {
        /// Who.
        by: AccountName,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// The vendor took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Its window passed before enough had approved.
    Lapsed {
        /// When that was noticed.
        at: Timestamp,
    },
    /// It fell with its account or its asset.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl RequestState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Granted { .. } => "granted",
            Self::Denied { .. } => "denied",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Lapsed { .. } => "lapsed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// One approver's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
    /// The window as this approver left it.
    #[serde(with = "window_parts")]
    pub window: Window,
    /// What they added.
    pub note: Option<String>,
}

mod window_parts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::time::{Timestamp, Window};

    pub(super) fn serialize<S: Serializer>(window: &Window, out: S) -> Result<S::Ok, S::Error> {
        (window.start(), window.end()).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Window, D::Error> {
        let (start, end) = <(Timestamp, Timestamp)>::deserialize(input)?;
        Window::new(start, end).map_err(D::Error::custom)
    }
}

/// What a vendor writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// For what.
    pub asset: AssetName,
    /// By which protocol.
    pub protocol: Protocol,
    /// What for.
    pub purpose: String,
    /// The plant's number for the work.
    pub work_order: Option<String>,
    /// When.
    pub wanted: Window,
}

/// An approver's narrower window; what is not named stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// A later start.
    pub not_before: Option<Timestamp>,
    /// An earlier end.
    pub not_after: Option<Timestamp>,
}

/// The asset that is asked for, and what the plant says of the way to it.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// The zone it stands in.
    pub zone: &'a Zone,
    /// The conduit into that zone, if there is one.
    pub conduit: Option<&'a Conduit>,
}

impl Way<'_> {
    /// The longest window that may be approved.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.conduit.map_or(Duration::ZERO, |c| {
            c.longest_session.min(self.zone.longest_session)
        })
    }
}

/// What an approval led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approved {
    /// More approvers are needed.
    Waiting(Request),
    /// It is a grant now.
    Granted(Request, Grant),
    /// The grant that it extends ends later now.
    Extended(Request, Grant),
}

impl Request {
    /// A vendor asks. `waiting` are this vendor's requests that still wait.
    ///
    /// # Errors
    /// [`RequestRefused`], for each rule on asking.
    pub fn file(
        id: RequestId,
        vendor: &Account,
        ask: Ask,
        way: Way<'_>,
        waiting: &[Self],
        now: Timestamp,
    ) -> Result<Self, RequestRefused> {
        may_ask(vendor, way.asset)?;
        if waiting.len() >= MOST_WAITING {
            return Err(RequestRefused::TooManyWaiting);
        }
        let passes = way
            .conduit
            .is_some_and(|c| c.protocols.contains(&ask.protocol));
        if !passes || !way.asset.protocols().contains(&ask.protocol) {
            return Err(RequestRefused::NoConduit {
                asset: ask.asset,
                protocol: ask.protocol,
            });
        }
        let purpose = plain_text("the purpose", &ask.purpose, MAX_TEXT)?;
        let work_order = ask
            .work_order
            .map(|w| plain_text("the work order", &w, MAX_WORK_ORDER))
            .transpose()?;
        if ask.wanted.end() <= now {
            return Err(RequestRefused::WindowPassed);
        }
        if ask.wanted.start() > now.plus(FURTHEST_AHEAD) {
            return Err(RequestRefused::TooFarAhead);
        }
        within(ask.wanted.length(), way.longest())?;
        let rival = waiting.iter().find(|r| {
            r.extends.is_none()
                && r.asset == ask.asset
                && r.wanted.intersection(&ask.wanted).is_some()
        });
        if let Some(rival) = rival {
            return Err(RequestRefused::AlreadyWaiting(rival.id));
        }
        Ok(Self {
            id,
            account: vendor.name.clone(),
            asset: ask.asset,
            zone: way.zone.name.clone(),
            protocol: ask.protocol,
            purpose,
            work_order,
            wanted: ask.wanted,
            created_at: now,
            extends: None,
            state: RequestState::Waiting {
                approvals: Vec::new(),
            },
        })
    }

    /// The vendor, or an approver on the vendor's behalf, asks for more time in a
    /// grant. It takes as many approvals as the grant did. `waiting` are the
    /// vendor's requests that still wait.
    ///
    /// # Errors
    /// [`RequestRefused`], when the grant is over or would last too long.
    pub fn for_more_time(
        id: RequestId,
        grant: &Grant,
        until: Timestamp,
        way: Way<'_>,
        waiting: &[Self],
        now: Timestamp,
    ) -> Result<Self, RequestRefused> {
        check_extension(grant, until, way, now)?;
        if let Some(rival) = waiting.iter().find(|r| r.extends == Some(grant.id)) {
            return Err(RequestRefused::AlreadyWaiting(rival.id));
        }
        let wanted = Window::new(grant.window.end(), until)
            .map_err(|_| RequestRefused::NotExtendable("it lasts that long already"))?;
        Ok(Self {
            id,
            account: grant.account.clone(),
            asset: grant.asset.clone(),
            zone: grant.zone.clone(),
            protocol: grant.protocol,
            purpose: "more time".to_owned(),
            work_order: None,
            wanted,
            created_at: now,
            extends: Some(grant.id),
            state: RequestState::Waiting {
                approvals: Vec::new(),
            },
        })
    }

    /// The window that is left after those who have approved.
    #[must_use]
    pub fn window(&self) -> Window {
        self.approvals().last().map_or(self.wanted, |a| a.window)
    }

    /// Those who have approved.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        match &self.state {
            RequestState::Waiting { approvals } | RequestState::Granted { approvals, .. } => {
                approvals
            }
            RequestState::Denied { .. }
            | RequestState::Withdrawn { .. }
            | RequestState::Lapsed { .. }
            | RequestState::Cancelled { .. } => &[],
        }
    }

    /// When it lapses if it still waits: with its window, or, for more time, with
    /// the grant.
    #[must_use]
    pub fn lapses_at(&self) -> Timestamp {
        if self.extends.is_some() {
            self.wanted.start()
        } else {
            self.window().end()
        }
    }
}

/// Whether this vendor may ask for this asset at all. An asset that they may not
/// ask for is refused in the same words as one that does not exist.
///
/// # Errors
/// [`RequestRefused`], if not.
pub fn may_ask(vendor: &Account, asset: &Asset) -> Result<(), RequestRefused> {
    if vendor.role != Role::Vendor || !vendor.is_active() {
        return Err(RequestRefused::NotAVendor);
    }
    if vendor.assets.contains(&asset.name) {
        Ok(())
    } else {
        Err(RequestRefused::NoSuchAsset(asset.name.clone()))
    }
}

fn within(asked: Duration, longest: Duration) -> Result<(), RequestRefused> {
    if asked <= longest {
        Ok(())
    } else {
        Err(RequestRefused::TooLong { asked, longest })
    }
}

fn check_extension(
    grant: &Grant,
    until: Timestamp,
    way: Way<'_>,
    now: Timestamp,
) -> Result<(), RequestRefused> {
    if grant.phase(now) == GrantPhase::Closed {
        return Err(RequestRefused::NotExtendable(
            "it is over; ask for a new session",
        ));
    }
    if until <= grant.window.end() {
        return Err(RequestRefused::NotExtendable("it lasts that long already"));
    }
    within(until.since(grant.window.start()), way.longest())
}

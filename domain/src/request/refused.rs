//! Why a step was not taken, in words for the person who tried.

use std::time::Duration;

use thiserror::Error;

use super::MOST_WAITING;
use crate::id::RequestId;
use crate::name::{AssetName, ZoneName};
use crate::plant::Protocol;
use crate::time::{Timestamp, human_duration};

/// Why a step was not taken. The text is for the person who tried.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestRefused {
    /// The account is no vendor's, or is switched off.
    #[error("only an active vendor account can ask for a session")]
    NotAVendor,
    /// The asset is unknown, or not one that this vendor may ask for.
    #[error(
        "there is no asset {0} that you may ask for; `drawbridge asset list` shows those you may"
    )]
    NoSuchAsset(AssetName),
    /// No conduit leads there, or it does not let the protocol through.
    #[error(
        "no conduit lets {protocol} through to {asset}; ask the plant whether it should be reachable"
    )]
    NoConduit {
        /// What was asked for.
        asset: AssetName,
        /// By which protocol.
        protocol: Protocol,
    },
    /// A text is missing or too long.
    #[error("{field} must have 1 to {most} characters and no control characters")]
    BadText {
        /// Which.
        field: &'static str,
        /// How long it may be.
        most: usize,
    },
    /// The window is over already.
    #[error("the window has passed; ask for one that ends in the future")]
    WindowPassed,
    /// The window starts too far ahead.
    #[error("the window starts more than 90 days ahead; ask when the work is nearer")]
    TooFarAhead,
    /// The window is longer than the way there allows.
    #[error("the window is {asked}; at most {longest} may be approved here; choose a shorter one", asked = human_duration(*.asked), longest = human_duration(*.longest))]
    TooLong {
        /// How long it is.
        asked: Duration,
        /// How long it may be.
        longest: Duration,
    },
    /// The same vendor already waits for the same asset in an overlapping window.
    #[error(
        "request {0} for this asset already waits, in an overlapping window; withdraw it first if this one shall take its place"
    )]
    AlreadyWaiting(RequestId),
    /// The vendor has as many requests waiting as one may.
    #[error(
        "{most} of your requests wait already, and more than that nobody can read; wait for an answer, or withdraw some with `drawbridge request withdraw`",
        most = MOST_WAITING
    )]
    TooManyWaiting,
    /// The request has ended or was granted.
    #[error("the request is {0} already; nothing was changed")]
    NotWaiting(&'static str),
    /// The approver asked for it.
    #[error("nobody approves their own request; another approver of the zone must")]
    OwnRequest,
    /// The account may not decide in this zone.
    #[error("you are not an approver of zone {0}; an approver of that zone must decide")]
    NotAnApprover(ZoneName),
    /// The approver has approved before.
    #[error(
        "you have approved this request already; another approver of the zone must be the next"
    )]
    ApprovedBefore,
    /// The narrowed window is not inside the one that is left.
    #[error("an approver can narrow the window, not widen it; it must stay inside {0} to {1}")]
    Widens(Timestamp, Timestamp),
    /// The narrowed window is empty.
    #[error("the narrowed window is empty: its end must be after its start")]
    EmptyWindow,
    /// The account did not make this request.
    #[error("only the vendor who asked can withdraw a request; an approver can deny it")]
    NotYours,
    /// The grant that shall last longer is over, or already lasts that long.
    #[error("the grant can't be extended: {0}")]
    NotExtendable(&'static str),
}

impl RequestRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAVendor => "not_a_vendor",
            Self::NoSuchAsset(_) => "no_such_asset",
            Self::NoConduit { .. } => "no_conduit",
            Self::BadText { .. } => "bad_text",
            Self::WindowPassed => "window_passed",
            Self::TooFarAhead => "too_far_ahead",
            Self::TooLong { .. } => "window_too_long",
            Self::AlreadyWaiting(_) => "already_waiting",
            Self::TooManyWaiting => "too_many_waiting",
            Self::NotWaiting(_) => "not_waiting",
            Self::OwnRequest => "own_request",
            Self::NotAnApprover(_) => "not_an_approver",
            Self::ApprovedBefore => "approved_before",
            Self::Widens(..) => "widens",
            Self::EmptyWindow => "empty_window",
            Self::NotYours => "not_yours",
            Self::NotExtendable(_) => "not_extendable",
        }
    }
}

/// A text that people will read later: not empty, bounded, and without control
/// characters that would play tricks on a terminal.
///
/// # Errors
/// [`RequestRefused::BadText`] naming `field`.
pub fn plain_text(field: &'static str, text: &str, most: usize) -> Result<String, RequestRefused> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(RequestRefused::BadText { field, most })
    }
}

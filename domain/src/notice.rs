//! Who is told of what happens, and in which words. An event of the audit log and
//! what it is about go in, notices come out. Nobody is told what they did
//! themselves, nobody who is switched off is told anything, and no notice holds a
//! secret: all that is in one can be read on the page that it leads to.

mod pace;
mod plain;
#[cfg(test)]
mod tests;
mod text;

use crate::account::{Account, Role};
use crate::audit::{Event, Who};
use crate::grant::{Grant, GrantEndReason};
use crate::id::SessionId;
use crate::name::{AccountName, AssetName, ZoneName};
use crate::plant::{Site, words};
use crate::request::{Request, RequestState};
use crate::session::CloseReason;
use crate::time::Timestamp;

pub use pace::{BEFORE_START, next_try};
pub use plain::one_line;

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// A request waits for approvers.
    RequestWaits,
    /// It still waits, and its window is about to begin.
    RequestStillWaits,
    /// A request was granted, as it was wanted or narrower.
    RequestGranted,
    /// A grant lasts longer.
    MoreTime,
    /// A request was denied.
    RequestDenied,
    /// A grant was taken back.
    GrantRevoked,
    /// A vendor has come to an asset.
    SessionOpened,
    /// A session ended as none should.
    SessionFailed,
    /// An admin tries whether notices arrive.
    Test,
}
words!(NoticeKind {
    RequestWaits = "request_waits",
    RequestStillWaits = "request_still_waits",
    RequestGranted = "request_granted",
    MoreTime = "more_time",
    RequestDenied = "request_denied",
    GrantRevoked = "grant_revoked",
    SessionOpened = "session_opened",
    SessionFailed = "session_failed",
    Test = "test",
});

/// One thing that one person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// Whom.
    pub to: AccountName,
    /// In one line.
    pub subject: String,
    /// In full, but for the link: plain text.
    pub body: String,
    /// The page where they act, below the address that people reach the broker by:
    /// `/requests/0190…`.
    pub path: String,
}

/// What an event is about, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A request.
    Request(Request),
    /// A grant.
    Grant(Grant),
    /// A session.
    Session(Visit),
    /// An account that an admin sends a test to.
    Test(AccountName),
}

/// A session, as far as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountName,
    /// To what.
    pub asset: AssetName,
    /// Into which zone.
    pub zone: ZoneName,
    /// Whether the vendor waits to be let in.
    pub waits: bool,
    /// Why it ended, once it has.
    pub closed: Option<CloseReason>,
}

/// Where it happens, and whom it may be told to.
#[derive(Clone, Copy, Debug)]
pub struct Plant<'a> {
    /// The site, with its time.
    pub site: &'a Site,
    /// Its people.
    pub people: &'a [Account],
}

impl Plant<'_> {
    fn answering_for(&self, role: Role, zone: &ZoneName) -> impl Iterator<Item = &Account> {
        let people = self.people.iter();
        people.filter(move |p| p.is_active() && p.role == role && p.zones.contains(zone))
    }

    fn person(&self, name: &AccountName) -> Option<&Account> {
        self.people.iter().find(|p| p.name == *name)
    }

    fn active(&self, name: &AccountName) -> impl Iterator<Item = &Account> {
        self.person(name).filter(|p| p.is_active()).into_iter()
    }
}

/// Which actions of the audit log anybody may be told of.
#[must_use]
pub fn is_told(action: &str) -> bool {
    matches!(
        action,
        "request.filed"
            | "request.approved"
            | "request.denied"
            | "grant.revoked"
            | "session.opened"
            | "session.closed"
            | "notice.tested"
    )
}

/// Who is told of an event, and what.
#[must_use]
pub fn notices(event: &Event, matter: &Matter, plant: Plant<'_>) -> Vec<Notice> {
    let by = event.actor.parse().ok();
    let others = |p: &&Account| by.as_ref() != Some(&Who::Account(p.name.clone()));
    match (event.action.as_str(), matter) {
        ("request.filed", Matter::Request(request)) => {
            let asked = to_approvers(NoticeKind::RequestWaits, request, plant);
            asked
                .into_iter()
                .filter(|n| by.as_ref() != Some(&Who::Account(n.to.clone())))
                .collect()
        }
        ("request.approved", Matter::Request(request)) if grants(event) => {
            let vendor = plant.active(&request.account).filter(others);
            vendor
                .filter_map(|p| text::granted(p, request, plant))
                .collect()
        }
        ("request.denied", Matter::Request(request)) => {
            let vendor = plant.active(&request.account).filter(others);
            vendor
                .filter_map(|p| text::denied(p, request, plant))
                .collect()
        }
        ("grant.revoked", Matter::Grant(grant)) if !is_expired(grant) => {
            let vendor = plant.active(&grant.account).filter(others);
            vendor
                .filter_map(|p| text::revoked(p, grant, plant))
                .collect()
        }
        ("session.opened", Matter::Session(visit)) => {
            let operators = plant.answering_for(Role::Operator, &visit.zone);
            let operators = operators.filter(others);
            operators
                .map(|p| text::came(p, visit, event.at, plant))
                .collect()
        }
        ("session.closed", Matter::Session(visit)) => {
            let operators = plant.answering_for(Role::Operator, &visit.zone);
            let operators = operators.filter(others);
            operators
                .filter_map(|p| text::failed(p, visit, event.at, plant))
                .collect()
        }
        // The one notice that the one who asked for it may get.
        ("notice.tested", Matter::Test(account)) => {
            let person = plant.active(account);
            person.map(|p| text::test(p, event.at, plant)).collect()
        }
        _ => Vec::new(),
    }
}

/// Who is told that a request still waits shortly before its window begins. Nobody,
/// if it was asked for so late that they have only just been told.
#[must_use]
pub fn still_waiting(request: &Request, plant: Plant<'_>, now: Timestamp) -> Vec<Notice> {
    let start = request.window().start();
    let from = start.minus(BEFORE_START);
    if request.created_at >= from || now < from || now >= start {
        return Vec::new();
    }
    to_approvers(NoticeKind::RequestStillWaits, request, plant)
}

/// Those who can still say yes to it.
fn to_approvers(kind: NoticeKind, request: &Request, plant: Plant<'_>) -> Vec<Notice> {
    let RequestState::Waiting { approvals } = &request.state else {
        return Vec::new();
    };
    plant
        .answering_for(Role::Approver, &request.zone)
        .filter(|p| p.name != request.account && approvals.iter().all(|a| a.by != p.name))
        .map(|p| text::waits(kind, p, request, plant))
        .collect()
}

/// Whether this is the approval that made the grant.
fn grants(event: &Event) -> bool {
    let state = event.after.as_ref().and_then(|after| after.get("state"));
    state.and_then(serde_json::Value::as_str) == Some("granted")
}

fn is_expired(grant: &Grant) -> bool {
    grant
        .ended
        .as_ref()
        .is_none_or(|end| end.why == GrantEndReason::Expired)
}

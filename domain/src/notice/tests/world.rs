//! A plant, and what happens there.

use serde_json::json;

use super::super::*;
use crate::account::AccountState;
use crate::grant::GrantEnd;
use crate::id::{EventId, GrantId, RequestId};
use crate::plant::Protocol;
use crate::request::Approval;
use crate::time::{PlantTime, Random, Window};

pub(super) struct Sevens;
impl Random for Sevens {
    fn fill(&self, buf: &mut [u8]) {
        buf.fill(7);
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn name(text: &str) -> AccountName {
    AccountName::parse(text).expect("a name")
}

pub(super) fn window(start: &str, end: &str) -> Window {
    Window::new(at(start), at(end)).expect("a window")
}

pub(super) fn site() -> Site {
    Site {
        name: "north-ridge".parse().expect("a name"),
        title: "North Ridge".to_owned(),
        time: PlantTime::parse("Europe/Oslo").expect("a zone"),
    }
}

pub(super) fn account(who: &str, role: Role, zones: &[&str]) -> Account {
    Account {
        name: name(who),
        full_name: String::new(),
        company: String::new(),
        email: None,
        role,
        zones: zones.iter().map(|z| z.parse().expect("a name")).collect(),
        assets: std::iter::empty().collect(),
        state: AccountState::Active,
        created_at: at("2026-01-01T00:00:00Z"),
        enabled_at: at("2026-01-01T00:00:00Z"),
        last_active_at: None,
        has_password: true,
    }
}

/// Arne and Asta approve for the hall, Ylva for the yard; Olga operates the hall.
/// Gone would be told all of it, and is switched off.
pub(super) fn people() -> Vec<Account> {
    let mut gone = account("gone", Role::Approver, &["hall"]);
    gone.state = AccountState::Disabled {
        at: at("2026-02-01T00:00:00Z"),
        reason: "left".to_owned(),
    };
    let mut vera = account("vera", Role::Vendor, &[]);
    vera.full_name = "Vera Lund".to_owned();
    vera.company = "Turbines".to_owned();
    vec![
        vera,
        account("arne", Role::Approver, &["hall"]),
        account("asta", Role::Approver, &["hall", "yard"]),
        account("ylva", Role::Approver, &["yard"]),
        account("olga", Role::Operator, &["hall"]),
        account("omar", Role::Operator, &["yard"]),
        account("audun", Role::Auditor, &[]),
        account("adam", Role::Admin, &[]),
        gone,
    ]
}

pub(super) fn wanted() -> Window {
    window("2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z")
}

pub(super) fn request(state: RequestState) -> Request {
    Request {
        id: RequestId::new(at("2026-11-24T08:00:00Z"), &Sevens),
        account: name("vera"),
        asset: "plc-7".parse().expect("a name"),
        zone: "hall".parse().expect("a name"),
        protocol: Protocol::Ssh,
        purpose: "replace the pump's firmware".to_owned(),
        work_order: Some("WO-4711".to_owned()),
        wanted: wanted(),
        created_at: at("2026-11-24T08:00:00Z"),
        extends: None,
        state,
    }
}

pub(super) fn approval(by: &str, window: Window) -> Approval {
    Approval {
        by: name(by),
        at: at("2026-11-24T09:00:00Z"),
        window,
        note: None,
    }
}

pub(super) fn waiting(by: &[&str]) -> Request {
    let approvals = by.iter().map(|by| approval(by, wanted())).collect();
    request(RequestState::Waiting { approvals })
}

pub(super) fn granted(window: Window) -> Request {
    request(RequestState::Granted {
        grant: GrantId::new(at("2026-11-24T09:00:00Z"), &Sevens),
        approvals: vec![approval("arne", window)],
    })
}

pub(super) fn denied() -> Request {
    request(RequestState::Denied {
        by: name("arne"),
        at: at("2026-11-24T09:00:00Z"),
        reason: "not during start-up".to_owned(),
    })
}

pub(super) fn grant(why: GrantEndReason) -> Grant {
    Grant {
        id: GrantId::new(at("2026-11-24T09:00:00Z"), &Sevens),
        request: RequestId::new(at("2026-11-24T08:00:00Z"), &Sevens),
        account: name("vera"),
        asset: "plc-7".parse().expect("a name"),
        zone: "hall".parse().expect("a name"),
        protocol: Protocol::Ssh,
        window: wanted(),
        created_at: at("2026-11-24T09:00:00Z"),
        ended: Some(GrantEnd {
            at: at("2026-11-24T13:30:00Z"),
            why,
            by: Some(name("arne")),
            reason: "a storm".to_owned(),
        }),
        extensions: 0,
    }
}

pub(super) fn visit(closed: Option<CloseReason>) -> Visit {
    Visit {
        id: SessionId::new(at("2026-11-24T13:00:00Z"), &Sevens),
        account: name("vera"),
        asset: "plc-7".parse().expect("a name"),
        zone: "hall".parse().expect("a name"),
        waits: false,
        closed,
    }
}

pub(super) fn event(action: &str, actor: &str, after: Option<serde_json::Value>) -> Event {
    Event {
        seq: 7,
        id: EventId::new(at("2026-11-24T13:00:00Z"), &Sevens),
        at: at("2026-11-24T13:00:00Z"),
        actor: actor.to_owned(),
        source: "192.0.2.1".to_owned(),
        action: action.to_owned(),
        subject: String::new(),
        before: None,
        after,
        reason: None,
    }
}

pub(super) fn told(action: &str, actor: &str, state: Option<&str>, matter: &Matter) -> Vec<Notice> {
    let (site, people) = (site(), people());
    let plant = Plant {
        site: &site,
        people: &people,
    };
    let after = state.map(|state| json!({ "state": state }));
    notices(&event(action, actor, after), matter, plant)
}

pub(super) fn whom(told: &[Notice]) -> String {
    let names: Vec<_> = told.iter().map(|n| n.to.as_str()).collect();
    names.join(" ")
}

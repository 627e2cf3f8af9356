use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::account::AccountState;
use crate::grant::GrantEnd;
use crate::id::{EventId, GrantId, RequestId};
use crate::plant::Protocol;
use crate::request::Approval;
use crate::time::{PlantTime, Random, Window};

struct Sevens;
impl Random for Sevens {
    fn fill(&self, buf: &mut [u8]) {
        buf.fill(7);
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn name(text: &str) -> AccountName {
    AccountName::parse(text).expect("a name")
}

fn window(start: &str, end: &str) -> Window {
    Window::new(at(start), at(end)).expect("a window")
}

fn site() -> Site {
    Site {
        name: "north-ridge".parse().expect("a name"),
        title: "North Ridge".to_owned(),
        time: PlantTime::parse("Europe/Oslo").expect("a zone"),
    }
}

fn account(who: &str, role: Role, zones: &[&str]) -> Account {
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
fn people() -> Vec<Account> {
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

fn wanted() -> Window {
    window("2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z")
}

fn request(state: RequestState) -> Request {
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

fn approval(by: &str, window: Window) -> Approval {
    Approval {
        by: name(by),
        at: at("2026-11-24T09:00:00Z"),
        window,
        note: None,
    }
}

fn waiting(by: &[&str]) -> Request {
    let approvals = by.iter().map(|by| approval(by, wanted())).collect();
    request(RequestState::Waiting { approvals })
}

fn granted(window: Window) -> Request {
    request(RequestState::Granted {
        grant: GrantId::new(at("2026-11-24T09:00:00Z"), &Sevens),
        approvals: vec![approval("arne", window)],
    })
}

fn denied() -> Request {
    request(RequestState::Denied {
        by: name("arne"),
        at: at("2026-11-24T09:00:00Z"),
        reason: "not during start-up".to_owned(),
    })
}

fn grant(why: GrantEndReason) -> Grant {
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

fn visit(closed: Option<CloseReason>) -> Visit {
    Visit {
        id: SessionId::new(at("2026-11-24T13:00:00Z"), &Sevens),
        account: name("vera"),
        asset: "plc-7".parse().expect("a name"),
        zone: "hall".parse().expect("a name"),
        waits: false,
        closed,
    }
}

fn event(action: &str, actor: &str, after: Option<serde_json::Value>) -> Event {
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

fn told(action: &str, actor: &str, state: Option<&str>, matter: &Matter) -> Vec<Notice> {
    let (site, people) = (site(), people());
    let plant = Plant {
        site: &site,
        people: &people,
    };
    let after = state.map(|state| json!({ "state": state }));
    notices(&event(action, actor, after), matter, plant)
}

fn whom(told: &[Notice]) -> String {
    let names: Vec<_> = told.iter().map(|n| n.to.as_str()).collect();
    names.join(" ")
}

#[test]
fn one_who_stands_at_the_gate_is_told_of_as_one_who_waits() {
    let subject = |waits| {
        let visit = Visit {
            waits,
            ..visit(None)
        };
        let told = told(
            "session.opened",
            "account/vera",
            None,
            &Matter::Session(visit),
        );
        told.first().expect("somebody is told").subject.clone()
    };
    assert!(subject(true).contains("vera waits to be let in to plc-7"));
    assert!(subject(false).contains("vera is at plc-7"));
}

#[test]
fn those_who_must_act_are_told_and_nobody_else() {
    use Matter as M;
    let more_time = |by: &[&str]| Request {
        extends: Some(GrantId::new(at("2026-11-24T07:00:00Z"), &Sevens)),
        ..waiting(by)
    };
    let later = granted(wanted());
    let recording_failed = visit(Some(CloseReason::RecordingFailed));
    let vera = "account/vera";
    let cases = [
        (
            "request.filed",
            vera,
            None,
            M::Request(waiting(&[])),
            "arne asta",
        ),
        (
            "request.filed",
            vera,
            None,
            M::Request(waiting(&["arne"])),
            "asta",
        ),
        // Granted or denied meanwhile: it is no longer theirs to decide.
        ("request.filed", vera, None, M::Request(later.clone()), ""),
        ("request.filed", vera, None, M::Request(denied()), ""),
        (
            "request.filed",
            "account/asta",
            None,
            M::Request(more_time(&[])),
            "arne",
        ),
        (
            "request.approved",
            "account/arne",
            Some("waiting"),
            M::Request(later.clone()),
            "",
        ),
        (
            "request.approved",
            "account/arne",
            Some("granted"),
            M::Request(later),
            "vera",
        ),
        (
            "request.denied",
            "account/arne",
            Some("denied"),
            M::Request(denied()),
            "vera",
        ),
        (
            "request.withdrawn",
            vera,
            None,
            M::Request(waiting(&[])),
            "",
        ),
        (
            "grant.revoked",
            "account/arne",
            None,
            M::Grant(grant(GrantEndReason::Revoked)),
            "vera",
        ),
        (
            "grant.revoked",
            "system",
            None,
            M::Grant(grant(GrantEndReason::PlantChanged)),
            "vera",
        ),
        (
            "grant.expired",
            "system",
            None,
            M::Grant(grant(GrantEndReason::Expired)),
            "",
        ),
        (
            "session.opened",
            vera,
            None,
            M::Session(visit(None)),
            "olga",
        ),
        (
            "session.opened",
            "account/olga",
            None,
            M::Session(visit(None)),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(recording_failed),
            "olga",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::HostKeyChanged))),
            "olga",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::VendorLeft))),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::WindowEnded))),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(None)),
            "",
        ),
        (
            "notice.tested",
            "account/adam",
            None,
            M::Test(name("adam")),
            "adam",
        ),
        (
            "notice.tested",
            "account/adam",
            None,
            M::Test(name("gone")),
            "",
        ),
        ("account.signed_in", vera, None, M::Test(name("vera")), ""),
        ("request.filed", vera, None, M::Session(visit(None)), ""),
    ];
    for (action, actor, state, matter, expected) in cases {
        let found = told(action, actor, state, &matter);
        assert_eq!(whom(&found), expected, "{action} by {actor}: {matter:?}");
        assert!(is_told(action) || found.is_empty(), "{action}");
    }
}

#[test]
fn a_request_that_still_waits_is_told_of_once_more_before_it_begins() {
    let (site, people) = (site(), people());
    let plant = Plant {
        site: &site,
        people: &people,
    };
    let when = |request: &Request, now: &str| whom(&still_waiting(request, plant, at(now)));
    let half = waiting(&["arne"]);
    assert_eq!(when(&half, "2026-11-24T12:44:59Z"), "");
    assert_eq!(when(&half, "2026-11-24T12:45:00Z"), "asta");
    assert_eq!(when(&half, "2026-11-24T12:59:59Z"), "asta");
    assert_eq!(when(&half, "2026-11-24T13:00:00Z"), "", "it has begun");
    let late = Request {
        created_at: at("2026-11-24T12:45:00Z"),
        ..waiting(&[])
    };
    assert_eq!(
        when(&late, "2026-11-24T12:46:00Z"),
        "",
        "they have just been told"
    );
    assert_eq!(when(&denied(), "2026-11-24T12:46:00Z"), "");
}

#[test]
fn what_an_approver_reads() {
    let [arne, _] = told(
        "request.filed",
        "account/vera",
        None,
        &Matter::Request(waiting(&[])),
    )
    .try_into()
    .expect("two");
    assert_eq!(
        arne.subject,
        "[North Ridge] vera waits for plc-7, 2026-11-24 14:00"
    );
    assert_eq!(arne.path, format!("/requests/{}", waiting(&[]).id));
    assert_eq!(
        arne.body,
        "vera (Vera Lund, Turbines) waits for your decision on access to plc-7 in zone hall.\n\
         \n\
         Purpose:    replace the pump's firmware\n\
         Work order: WO-4711\n\
         From:       2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC\n\
         To:         2026-11-24 16:00 (Europe/Oslo) = 15:00 UTC\n\
         Approvals:  0 so far\n\
         \n\
         You are told because you approve for zone hall. Approve, narrow or deny it here:\n"
    );
}

#[test]
fn what_a_vendor_reads() {
    let narrow = window("2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z");
    let approved = |request| {
        let found = told(
            "request.approved",
            "account/arne",
            Some("granted"),
            &Matter::Request(request),
        );
        found.into_iter().next().expect("one")
    };
    let as_wanted = approved(granted(wanted()));
    assert_eq!(
        as_wanted.subject,
        "[North Ridge] Granted: plc-7, from 2026-11-24 14:00"
    );
    assert!(as_wanted.path.starts_with("/grants/"));
    assert!(!as_wanted.body.contains("Asked"), "{}", as_wanted.body);
    let narrowed = approved(granted(narrow));
    assert_eq!(
        narrowed.subject,
        "[North Ridge] Granted, narrower: plc-7, from 2026-11-24 15:00"
    );
    for line in [
        "From:       2026-11-24 15:00 (Europe/Oslo) = 14:00 UTC\n",
        "Asked from: 2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC\n",
    ] {
        assert!(narrowed.body.contains(line), "{}", narrowed.body);
    }
    let more = approved(Request {
        extends: Some(GrantId::new(at("2026-11-24T07:00:00Z"), &Sevens)),
        ..granted(wanted())
    });
    assert_eq!(more.kind, NoticeKind::MoreTime);
    assert_eq!(
        more.subject,
        "[North Ridge] More time at plc-7: until 2026-11-24 16:00"
    );
    let no = told(
        "request.denied",
        "account/arne",
        None,
        &Matter::Request(denied()),
    );
    assert!(
        no[0].body.contains("Reason:     not during start-up\n"),
        "{}",
        no[0].body
    );
    let revoked = Matter::Grant(grant(GrantEndReason::Revoked));
    let revoked = told("grant.revoked", "account/arne", None, &revoked);
    assert!(
        revoked[0].body.contains("Reason:     a storm\n"),
        "{}",
        revoked[0].body
    );
    for notice in [&as_wanted, &narrowed, &more, &no[0], &revoked[0]] {
        let text = format!("{}{}", notice.subject, notice.body);
        assert!(
            !text.contains("arne"),
            "names a person of the plant: {text}"
        );
    }
}

proptest! {
    /// Whatever a vendor, an approver or a plant file says: a subject is one line,
    /// and a body has the lines that the program wrote and no others.
    #[test]
    fn nobody_s_text_breaks_out_of_its_line(
        purpose in any::<String>(),
        order in any::<String>(),
        reason in "(.|\r\n){0,600}",
        title in "(.|[\r\n\u{202e}\u{2028}]){0,200}",
        company in any::<String>(),
    ) {
        let mut site = site();
        site.title = title;
        let mut people = people();
        people[0].company = company;
        let plant = Plant { site: &site, people: &people };
        let mut asked = waiting(&[]);
        asked.purpose = purpose;
        asked.work_order = Some(order);
        let mut no = denied();
        no.state = RequestState::Denied { by: name("arne"), at: asked.created_at, reason };
        for (action, request, lines) in [("request.filed", asked, 9), ("request.denied", no, 7)] {
            let found = notices(&event(action, "system", None), &Matter::Request(request), plant);
            prop_assert!(!found.is_empty());
            for notice in found {
                let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
                prop_assert!(!notice.subject.contains(odd), "{:?}", notice.subject);
                prop_assert!(notice.subject.chars().count() <= 150);
                prop_assert_eq!(notice.body.matches('\n').count(), lines, "{:?}", notice.body);
                prop_assert!(!notice.body.contains(|c| c != '\n' && odd(c)), "{:?}", notice.body);
                prop_assert!(notice.body.len() < 8000);
            }
        }
    }
}

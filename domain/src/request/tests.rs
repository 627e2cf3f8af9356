mod sequences;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::account::AccountState;
use crate::plant::{Plant, file};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn plant() -> Plant {
    file::parse(
        r#"
        site = { name = "s", time_zone = "UTC" }
        zone = [{ name = "hall", security_level = 2 }]
        conduit = [{ name = "to-hall", zone = "hall", longest_session = "4h" }]
        asset = [{ name = "plc-7", zone = "hall", address = "10.0.0.7", ssh = { user = "u", credential = "c", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl" } }]
        "#,
    )
    .expect("a plant")
}

fn person(name: &str, role: Role) -> Account {
    Account {
        name: AccountName::parse(name).expect("a name"),
        full_name: String::new(),
        company: String::new(),
        email: None,
        role,
        zones: [ZoneName::parse("hall").expect("a name")].into(),
        assets: [AssetName::parse("plc-7").expect("a name")].into(),
        state: AccountState::Active,
        created_at: START,
        enabled_at: START,
        last_active_at: None,
        has_password: true,
    }
}

fn way(plant: &Plant) -> Way<'_> {
    let asset = plant.assets.values().next().expect("an asset");
    Way {
        asset,
        zone: &plant.zones[&asset.zone],
        conduit: plant.conduit_into(&asset.zone),
    }
}

fn request_id(n: u128) -> RequestId {
    RequestId::from_uuid(uuid::Uuid::from_u128(n))
}

fn grant_id(n: u128) -> GrantId {
    GrantId::from_uuid(uuid::Uuid::from_u128(n))
}

fn window(from: Duration, to: Duration) -> Window {
    Window::new(START.plus(from), START.plus(to)).expect("a window")
}

fn ask(wanted: Window) -> Ask {
    Ask {
        asset: AssetName::parse("plc-7").expect("a name"),
        protocol: Protocol::Ssh,
        purpose: "look at the governor".to_owned(),
        work_order: Some("WO-1".to_owned()),
        wanted,
    }
}

fn filed() -> Request {
    let plant = plant();
    let vera = person("vera", Role::Vendor);
    Request::file(
        request_id(1),
        &vera,
        ask(window(HOUR, 3 * HOUR)),
        way(&plant),
        &[],
        START,
    )
    .expect("a request")
}

fn approve(
    request: Request,
    by: &Account,
    narrowing: Narrowing,
    quorum: usize,
    now: Timestamp,
) -> Result<Approved, RequestRefused> {
    request.approve(
        by,
        narrowing,
        None,
        way(&plant()),
        quorum,
        None,
        grant_id(9),
        now,
    )
}

fn to(not_before: Option<Duration>, not_after: Option<Duration>) -> Narrowing {
    Narrowing {
        not_before: not_before.map(|d| START.plus(d)),
        not_after: not_after.map(|d| START.plus(d)),
    }
}

#[test]
fn what_may_be_asked() {
    type Spoil = fn(&mut Account, &mut Ask, &mut Plant);
    let cases: [(&str, Spoil); 12] = [
        ("ok", |_, _, _| {}),
        ("not_a_vendor", |who, _, _| who.role = Role::Approver),
        ("not_a_vendor", |who, _, _| {
            who.state = AccountState::Disabled {
                at: START,
                reason: String::new(),
            };
        }),
        ("no_such_asset", |who, _, _| who.assets = BTreeSet::new()),
        ("no_conduit", |_, _, plant| plant.conduits = BTreeMap::new()),
        ("no_conduit", |_, _, plant| {
            plant
                .conduits
                .values_mut()
                .for_each(|c| c.protocols = BTreeSet::new());
        }),
        ("bad_text", |_, ask, _| ask.purpose = "  ".to_owned()),
        ("bad_text", |_, ask, _| {
            ask.purpose = "clear\u{1b}[2J".to_owned()
        }),
        ("bad_text", |_, ask, _| {
            ask.work_order = Some("9".repeat(65))
        }),
        ("window_passed", |_, ask, _| {
            ask.wanted = Window::new(START.minus(HOUR), START).expect("a window");
        }),
        ("too_far_ahead", |_, ask, _| {
            ask.wanted = window(91 * 24 * HOUR, 91 * 24 * HOUR + HOUR);
        }),
        ("window_too_long", |_, ask, _| {
            ask.wanted = window(HOUR, 5 * HOUR + MINUTE)
        }),
    ];
    for (n, (expected, spoil)) in cases.into_iter().enumerate() {
        let (mut who, mut plant) = (person("vera", Role::Vendor), plant());
        let mut ask = ask(window(HOUR, 5 * HOUR));
        spoil(&mut who, &mut ask, &mut plant);
        let code = Request::file(request_id(1), &who, ask, way(&plant), &[], START)
            .map_or_else(|refused| refused.code(), |_| "ok");
        assert_eq!(code, expected, "case {n}");
    }
}

#[test]
fn a_double_click_asks_once() {
    let (vera, plant, first) = (person("vera", Role::Vendor), plant(), filed());
    let again = |wanted| {
        let waiting = [first.clone()];
        Request::file(
            request_id(2),
            &vera,
            ask(wanted),
            way(&plant),
            &waiting,
            START,
        )
    };
    assert_eq!(
        again(window(2 * HOUR, 4 * HOUR)),
        Err(RequestRefused::AlreadyWaiting(request_id(1)))
    );
    assert!(
        again(window(3 * HOUR, 4 * HOUR)).is_ok(),
        "the next window is another visit"
    );
}

#[test]
fn who_may_approve() {
    let (arne, berit) = (
        person("arne", Role::Approver),
        person("berit", Role::Approver),
    );
    let mut elsewhere = person("carl", Role::Approver);
    elsewhere.zones = BTreeSet::new();
    let mut gone = person("dora", Role::Approver);
    gone.state = AccountState::Disabled {
        at: START,
        reason: String::new(),
    };
    let code = |request, by: &Account| {
        approve(request, by, Narrowing::default(), 2, START).map_or_else(|r| r.code(), |_| "ok")
    };
    // Whatever role the requester has come to: nobody approves their own request.
    let requester = person("vera", Role::Approver);
    assert_eq!(code(filed(), &requester), "own_request");
    assert_eq!(code(filed(), &elsewhere), "not_an_approver");
    assert_eq!(code(filed(), &gone), "not_an_approver");
    for role in [Role::Vendor, Role::Operator, Role::Auditor, Role::Admin] {
        assert_eq!(code(filed(), &person("egil", role)), "not_an_approver");
    }
    let Ok(Approved::Waiting(once)) = approve(filed(), &arne, Narrowing::default(), 2, START)
    else {
        panic!("one of two");
    };
    assert_eq!(code(once.clone(), &arne), "approved_before");
    let Ok(Approved::Granted(request, grant)) =
        approve(once, &berit, Narrowing::default(), 2, START)
    else {
        panic!("two of two");
    };
    assert_eq!(request.approvals().len(), 2);
    assert_eq!(grant.window, request.wanted);
    assert_eq!(
        code(request, &person("finn", Role::Approver)),
        "not_waiting"
    );
}

#[test]
fn an_approval_counts_only_while_its_approver_is_entitled() {
    let arne = person("arne", Role::Approver);
    let Ok(Approved::Waiting(once)) = approve(filed(), &arne, Narrowing::default(), 2, START)
    else {
        panic!("one of two");
    };
    type Spoil = fn(&mut Account);
    let cases: [(usize, Spoil); 4] = [
        (1, |_| {}),
        (0, |who| {
            who.state = AccountState::Disabled {
                at: START,
                reason: String::new(),
            };
        }),
        (0, |who| who.role = Role::Operator),
        (0, |who| who.zones = BTreeSet::new()),
    ];
    for (n, (stands, spoil)) in cases.into_iter().enumerate() {
        let mut now = arne.clone();
        spoil(&mut now);
        let (request, void) = once.clone().void_approvals(&[now]);
        assert_eq!(request.approvals().len(), stands, "case {n}");
        assert_eq!(void.len(), 1 - stands, "case {n}");
    }
    assert!(
        once.void_approvals(&[]).0.approvals().is_empty(),
        "who is gone"
    );
}

#[test]
fn approvers_narrow_and_never_widen() {
    let (arne, berit) = (
        person("arne", Role::Approver),
        person("berit", Role::Approver),
    );
    let code = |n| approve(filed(), &arne, n, 1, START).map_or_else(|r| r.code(), |_| "ok");
    assert_eq!(code(to(Some(MINUTE), None)), "widens");
    assert_eq!(code(to(None, Some(4 * HOUR))), "widens");
    assert_eq!(code(to(Some(2 * HOUR), Some(2 * HOUR))), "empty_window");
    assert_eq!(code(to(Some(2 * HOUR), None)), "ok");
    let Ok(Approved::Waiting(first)) = approve(filed(), &arne, to(None, Some(2 * HOUR)), 2, START)
    else {
        panic!("one of two");
    };
    let wider = approve(first.clone(), &berit, to(None, Some(3 * HOUR)), 2, START);
    assert_eq!(
        wider.map_err(|r| r.code()),
        Err("widens"),
        "the second can't undo the first"
    );
    let Ok(Approved::Granted(_, grant)) =
        approve(first, &berit, to(Some(HOUR + MINUTE), None), 2, START)
    else {
        panic!("two of two");
    };
    assert_eq!(grant.window, window(HOUR + MINUTE, 2 * HOUR));
}

#[test]
fn the_conduit_may_have_become_stricter_since() {
    let arne = person("arne", Role::Approver);
    let mut strict = plant();
    strict
        .conduits
        .values_mut()
        .for_each(|c| c.longest_session = HOUR);
    let wide = filed().approve(
        &arne,
        Narrowing::default(),
        None,
        way(&strict),
        1,
        None,
        grant_id(9),
        START,
    );
    assert_eq!(wide.map_err(|r| r.code()), Err("window_too_long"));
}

#[test]
fn denying_needs_a_reason_and_ends_it() {
    let arne = person("arne", Role::Approver);
    assert_eq!(
        filed().deny(&arne, " ", START).map_err(|r| r.code()),
        Err("bad_text")
    );
    let denied = filed()
        .deny(&arne, "not during the run-up", START)
        .expect("denied");
    assert_eq!(denied.state.as_str(), "denied");
    assert_eq!(
        denied
            .withdraw(&person("vera", Role::Vendor).name, START)
            .map_err(|r| r.code()),
        Err("not_waiting")
    );
}

#[test]
fn only_the_vendor_withdraws() {
    let arne = person("arne", Role::Approver).name;
    assert_eq!(
        filed().withdraw(&arne, START),
        Err(RequestRefused::NotYours)
    );
    let vera = person("vera", Role::Vendor).name;
    assert_eq!(
        filed().withdraw(&vera, START).map(|r| r.state.as_str()),
        Ok("withdrawn")
    );
}

#[test]
fn a_request_lapses_with_its_window() {
    let end = filed().lapses_at();
    assert_eq!(filed().lapse(end.minus(MINUTE)), None);
    assert_eq!(filed().lapse(end).map(|r| r.state.as_str()), Some("lapsed"));
    let late = approve(
        filed(),
        &person("arne", Role::Approver),
        Narrowing::default(),
        1,
        end,
    );
    assert_eq!(late.map_err(|r| r.code()), Err("window_passed"));
}

fn granted() -> Grant {
    match approve(
        filed(),
        &person("arne", Role::Approver),
        Narrowing::default(),
        1,
        START,
    ) {
        Ok(Approved::Granted(_, grant)) => grant,
        other => panic!("granted, not {other:?}"),
    }
}

#[test]
fn more_time_is_a_new_approval_at_the_same_level() {
    let plant = plant();
    let now = START.plus(2 * HOUR);
    let more = |grant: &Grant, until: Duration, now| {
        Request::for_more_time(
            request_id(2),
            grant,
            START.plus(until),
            way(&plant),
            &[],
            now,
        )
    };
    let code = |until, now| more(&granted(), until, now).map_or_else(|r| r.code(), |_| "ok");
    assert_eq!(code(3 * HOUR, now), "not_extendable");
    assert_eq!(code(5 * HOUR + MINUTE, now), "window_too_long");
    assert_eq!(code(5 * HOUR, START.plus(3 * HOUR)), "not_extendable");
    let request = more(&granted(), 5 * HOUR, now).expect("a request");
    let step = |request: Request, who: &str, until, quorum| {
        let by = person(who, Role::Approver);
        request.approve(
            &by,
            to(None, until),
            None,
            way(&plant),
            quorum,
            Some(granted()),
            grant_id(7),
            now,
        )
    };
    let Ok(Approved::Waiting(once)) = step(request, "arne", Some(4 * HOUR), 2) else {
        panic!("one of two");
    };
    let Ok(Approved::Extended(_, longer)) = step(once, "berit", None, 2) else {
        panic!("two of two");
    };
    assert_eq!(longer.window, window(HOUR, 4 * HOUR));
    assert_eq!((longer.id, longer.extensions), (granted().id, 1));
}

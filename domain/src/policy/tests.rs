use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::account::AccountState;
use crate::grant::GrantEnd;
use crate::plant::{Operation, Plant, file};
use crate::{AccountName, CloseReason, GrantId, RequestId, Window};

const HOUR: Duration = Duration::from_secs(3600);

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn plant() -> Plant {
    file::parse(
        r#"
        site = { name = "s", time_zone = "Europe/Oslo" }
        zone = [{ name = "hall", security_level = 2 }, { name = "yard", security_level = 1 }]
        conduit = [{ name = "to-hall", zone = "hall", operations = ["exec"], environment = ["LC_*"] }]
        asset = [{ name = "plc-7", zone = "hall", address = "10.0.0.7", ssh = { port = 2222, user = "u", credential = "c", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl" } }]
        "#,
    )
    .expect("a plant")
}

/// All that one admission looks at, each of which a test may spoil.
struct Facts {
    account: Account,
    plant: Plant,
    grant: Grant,
    conduit_open: bool,
    open_sessions: u32,
    now: Timestamp,
}

impl Facts {
    fn sound() -> Self {
        let name = AccountName::parse("vera").expect("a name");
        let plant = plant();
        let asset = plant.assets.keys().next().expect("an asset").clone();
        let start = at("2026-11-24T13:00:00Z");
        Self {
            account: Account {
                name: name.clone(),
                full_name: String::new(),
                company: String::new(),
                email: None,
                role: Role::Vendor,
                zones: BTreeSet::new(),
                assets: BTreeSet::from([asset.clone()]),
                state: AccountState::Active,
                created_at: start,
                enabled_at: start,
                last_active_at: None,
                has_password: true,
            },
            grant: Grant {
                id: GrantId::from_uuid(uuid::Uuid::from_u128(1)),
                request: RequestId::from_uuid(uuid::Uuid::from_u128(2)),
                account: name,
                zone: plant.assets[&asset].zone.clone(),
                asset,
                protocol: Protocol::Ssh,
                window: Window::new(start, start.plus(2 * HOUR)).expect("a window"),
                created_at: start,
                ended: None,
                extensions: 0,
            },
            plant,
            conduit_open: true,
            open_sessions: 9,
            now: start.plus(HOUR),
        }
    }

    fn admit(&self) -> Result<(Permit, Revoker), Denied> {
        let asset = &self.plant.assets.values().next().expect("an asset");
        admit(&Admission {
            account: &self.account,
            asset,
            zone: &self.plant.zones[&asset.zone],
            conduit: self
                .plant
                .conduit_into(&asset.zone)
                .map(|c| (c, self.conduit_open)),
            grant: &self.grant,
            protocol: Protocol::Ssh,
            open_sessions: self.open_sessions,
            most_sessions: self.plant.rules.sessions_per_grant,
            session: SessionId::from_uuid(uuid::Uuid::from_u128(3)),
            now: self.now,
        })
    }

    fn code(&self) -> &'static str {
        self.admit()
            .map_or_else(|denied| denied.code(), |_| "admitted")
    }
}

fn ended(why: GrantEndReason) -> Option<GrantEnd> {
    Some(GrantEnd {
        at: at("2026-11-24T13:30:00Z"),
        why,
        by: None,
        reason: "because".to_owned(),
    })
}

#[test]
fn each_fact_can_close_the_door() {
    type Spoil = fn(&mut Facts);
    let cases: [(&str, Spoil); 16] = [
        ("admitted", |_| {}),
        ("admitted", |f| f.now = f.grant.window.start()),
        ("window_not_open", |f| {
            f.now = f.grant.window.start().minus(Duration::from_micros(1))
        }),
        ("window_over", |f| f.now = f.grant.window.end()),
        ("grant_revoked", |f| {
            f.grant.ended = ended(GrantEndReason::Revoked)
        }),
        ("window_over", |f| {
            f.grant.ended = ended(GrantEndReason::Expired)
        }),
        ("not_granted", |f| {
            f.grant.account = AccountName::parse("vidar").expect("a name")
        }),
        ("not_granted", |f| {
            f.grant.asset = AssetName::parse("plc-8").expect("a name")
        }),
        ("not_granted", |f| f.account.role = Role::Admin),
        ("account_disabled", |f| {
            f.account.state = AccountState::Disabled {
                at: f.now,
                reason: String::new(),
            };
        }),
        ("conduit_closed", |f| f.conduit_open = false),
        ("too_many_sessions", |f| f.open_sessions = 10),
        ("no_conduit", |f| f.plant.conduits = BTreeMap::new()),
        ("no_conduit", |f| {
            f.grant.zone = ZoneName::parse("yard").expect("a name")
        }),
        ("no_conduit", |f| {
            f.plant
                .conduits
                .values_mut()
                .for_each(|c| c.protocols = BTreeSet::new());
        }),
        ("no_conduit", |f| {
            f.plant.assets.values_mut().for_each(|a| a.ssh = None)
        }),
    ];
    for (n, (expected, spoil)) in cases.into_iter().enumerate() {
        let mut facts = Facts::sound();
        spoil(&mut facts);
        assert_eq!(facts.code(), expected, "case {n}");
    }
}

#[test]
fn a_permit_pins_its_target_and_what_passes() {
    let (permit, _) = Facts::sound().admit().expect("a permit");
    assert_eq!(permit.target().to_string(), "10.0.0.7:2222");
    assert!(permit.allows(Operation::Exec));
    assert!(!permit.allows(Operation::Shell));
    assert!(permit.environment_allows("LC_ALL"));
    assert!(!permit.environment_allows("LD_PRELOAD"));
}

#[test]
fn a_permit_dies_with_its_window_and_with_its_grant() {
    let facts = Facts::sound();
    let end = facts.grant.window.end();
    let (permit, revoker) = facts.admit().expect("a permit");
    assert_eq!(permit.check(end.minus(Duration::from_micros(1))), Ok(()));
    assert_eq!(permit.check(end), Err(Denied::Over { ended: end }));
    revoker.extend_to(end.plus(HOUR));
    assert_eq!(permit.check(end), Ok(()));
    revoker.revoke();
    assert_eq!(permit.check(facts.now), Err(Denied::Revoked));
    revoker.extend_to(end.plus(HOUR));
    assert_eq!(
        permit.check(facts.now),
        Err(Denied::Revoked),
        "revoking is for good"
    );
}

#[test]
fn the_vendor_is_told_why_in_one_line() {
    let facts = Facts::sound();
    let time = &facts.plant.site.time;
    let now = at("2026-11-24T10:50:00Z");
    let line = |d: Denied| d.for_vendor(time, &facts.grant.asset, now);
    assert_eq!(
        line(Denied::NotYet {
            opens: facts.grant.window.start()
        }),
        "Your window for plc-7 opens at 14:00 (Europe/Oslo), in 2 h 10 min."
    );
    assert_eq!(
        line(Denied::NotYet {
            opens: at("2026-11-26T13:00:00Z")
        }),
        "Your window for plc-7 opens at 2026-11-26 14:00 (Europe/Oslo), in 2 d 3 h."
    );
    assert_eq!(
        line(Denied::TooManySessions { most: 10 }),
        "You already have 10 sessions on plc-7. Close one, then connect again."
    );
    let all = [
        Denied::NotGranted,
        Denied::Over {
            ended: facts.grant.window.end(),
        },
        Denied::Revoked,
        Denied::AccountDisabled,
        Denied::ConduitClosed,
        Denied::NoConduit,
    ];
    for denied in all {
        let line = line(denied);
        assert!(
            line.ends_with('.') && !line.contains('\n') && !line.contains("10.0.0.7"),
            "{line}"
        );
    }
}

/// Nobody is asked and nobody has done anything.
const FREE: Steering = Steering {
    asks_to_let_in: false,
    let_in: false,
    paused: false,
    supervised: false,
    watched: false,
};

/// Each of the 32 states, decided by the four sentences of the rule and not by the
/// order in which the code asks.
#[test]
fn input_flows_only_when_nothing_stands_against_it() {
    for state in 0..32 {
        let bit = |n: u32| state & (1 << n) != 0;
        let facts = Steering {
            asks_to_let_in: bit(0),
            let_in: bit(1),
            paused: bit(2),
            supervised: bit(3),
            watched: bit(4),
        };
        let waits = bit(0) && !bit(1);
        let alone = bit(3) && !bit(4);
        let found = input(facts);
        assert_eq!(found == Input::Lobby, waits, "{facts:?}");
        assert_eq!(found == Input::Paused, bit(2) && !waits, "{facts:?}");
        assert_eq!(
            found == Input::Unwatched,
            alone && !waits && !bit(2),
            "{facts:?}"
        );
        assert_eq!(
            found == Input::Flows,
            !waits && !alone && !bit(2),
            "{facts:?}"
        );
    }
}

#[test]
fn a_session_begins_as_strictly_as_its_zone_is() {
    let mut plant = plant();
    let zone = plant.zones.values_mut().next().expect("a zone");
    for (let_in, supervised, begins) in [
        (false, false, Input::Flows),
        (true, false, Input::Lobby),
        (false, true, Input::Unwatched),
        (true, true, Input::Lobby),
    ] {
        (zone.let_in, zone.supervised) = (let_in, supervised);
        assert_eq!(input(Steering::at_first(zone)), begins);
    }
}

#[test]
fn held_input_does_not_keep_a_session_from_its_end() {
    let facts = Facts::sound();
    let held = Steering {
        paused: true,
        ..FREE
    };
    let judge = |now| {
        standing(&Standing {
            account_active: true,
            conduit_open: true,
            grant: &facts.grant,
            end_ordered_by: None,
            steering: held,
            now,
        })
    };
    let end = facts.grant.window.end();
    let input = Input::Paused;
    assert_eq!(judge(facts.now), Verdict::Stay { end, input });
    assert_eq!(judge(end), Verdict::End(CloseReason::WindowEnded));
}

#[test]
fn what_ends_a_session() {
    let facts = Facts::sound();
    let operator = AccountName::parse("olga").expect("a name");
    let judge = |active, open, grant: &Grant, ordered, now| {
        let facts = Standing {
            account_active: active,
            conduit_open: open,
            grant,
            end_ordered_by: ordered,
            steering: FREE,
            now,
        };
        match standing(&facts) {
            Verdict::Stay { .. } => "stay",
            Verdict::End(reason) => reason.code(),
        }
    };
    let mut revoked = facts.grant.clone();
    revoked.ended = ended(GrantEndReason::Revoked);
    let end = facts.grant.window.end();
    assert_eq!(judge(true, true, &facts.grant, None, facts.now), "stay");
    assert_eq!(
        judge(true, true, &facts.grant, None, Timestamp::from_micros(0)),
        "stay"
    );
    assert_eq!(judge(true, true, &facts.grant, None, end), "window_ended");
    assert_eq!(
        judge(false, true, &facts.grant, None, facts.now),
        "account_disabled"
    );
    assert_eq!(
        judge(true, false, &facts.grant, None, facts.now),
        "conduit_closed"
    );
    assert_eq!(
        judge(true, true, &revoked, None, facts.now),
        "grant_revoked"
    );
    assert_eq!(
        judge(false, false, &revoked, Some(&operator), facts.now),
        "ended"
    );
    let vendor = &facts.grant.account;
    assert_eq!(
        judge(true, true, &facts.grant, Some(vendor), facts.now),
        "vendor_left",
        "no operator's doing"
    );
}

/// The whole table of roles, so that a change to it is a change to this test.
#[test]
fn the_table_of_roles() {
    let expected = [
        ("own_account", "vendor approver operator auditor admin"),
        ("list_assets", "vendor approver operator auditor admin"),
        ("list_ways", "approver operator auditor admin"),
        ("close_conduit", "approver operator admin"),
        ("open_conduit", "approver admin"),
        ("read_plant", "auditor admin"),
        ("apply_plant", "admin"),
        ("list_accounts", "auditor admin"),
        ("manage_accounts", "admin"),
        ("manage_credentials", "admin"),
        ("file_request", "vendor"),
        ("list_requests", "vendor approver operator auditor admin"),
        ("decide_request", "approver"),
        ("list_grants", "vendor approver operator auditor admin"),
        ("extend_grant", "vendor approver"),
        ("revoke_grant", "approver operator admin"),
        ("take_ticket", "vendor"),
        ("list_sessions", "vendor approver operator auditor admin"),
        ("end_session", "vendor approver operator admin"),
        ("let_in", "approver operator"),
        ("pause_input", "approver operator"),
        ("send_message", "approver operator admin"),
        ("watch_session", "approver operator auditor"),
        ("list_recordings", "approver auditor admin"),
        ("read_recording", "approver auditor"),
        ("share_recording", "auditor"),
        ("manage_shares", "auditor admin"),
        ("place_hold", "auditor admin"),
        ("release_hold", "auditor"),
        ("read_retention", "auditor admin"),
        ("read_audit", "auditor admin"),
        ("read_recorder", "approver operator auditor admin"),
        ("listen", "vendor approver operator auditor admin"),
    ];
    let found: Vec<_> = Action::ALL
        .iter()
        .map(|action| {
            let roles = Role::ALL.iter().filter(|role| may(**role, *action));
            (
                action.as_str(),
                roles.map(|r| r.as_str()).collect::<Vec<_>>().join(" "),
            )
        })
        .collect();
    assert_eq!(
        found,
        expected.map(|(action, roles)| (action, roles.to_owned()))
    );
}

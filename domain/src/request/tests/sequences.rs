//! Whatever happens in whatever order: no session outside of an approved window.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::grant::GrantEndReason;
use crate::policy::{self, Admission};
use crate::{SessionId, Verdict};

/// What can befall one request and its grant.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Approve {
        who: usize,
        not_before: Option<u64>,
        not_after: Option<u64>,
    },
    Deny(usize),
    Withdraw(usize),
    Lapse,
    Revoke,
    AskMore(u64),
    Expire,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let minute = || 0_u64..400;
    let step = prop_oneof![
        3 => (1_u64..90).prop_map(Step::Wait),
        4 => (0_usize..4, proptest::option::of(minute()), proptest::option::of(minute()))
            .prop_map(|(who, not_before, not_after)| Step::Approve { who, not_before, not_after }),
        1 => (0_usize..4).prop_map(Step::Deny),
        1 => (0_usize..4).prop_map(Step::Withdraw),
        1 => Just(Step::Lapse),
        1 => Just(Step::Revoke),
        2 => minute().prop_map(Step::AskMore),
        1 => Just(Step::Expire),
    ];
    proptest::collection::vec(step, 1..40)
}

/// The request, its grant, a request for more time, and beside them the plain
/// facts of what people said, from which the truth is told without the code under
/// test.
struct World {
    plant: Plant,
    people: Vec<Account>,
    now: Timestamp,
    request: Request,
    more: Option<Request>,
    grant: Option<Grant>,
    yes: Vec<(AccountName, Window)>,
    yes_more: Vec<(AccountName, Timestamp)>,
    approved_end: Option<Timestamp>,
}

impl World {
    fn new() -> Self {
        Self {
            plant: plant(),
            people: vec![
                person("vera", Role::Vendor),
                person("arne", Role::Approver),
                person("berit", Role::Approver),
                person("olga", Role::Operator),
            ],
            now: START,
            request: filed(),
            more: None,
            grant: None,
            yes: Vec::new(),
            yes_more: Vec::new(),
            approved_end: None,
        }
    }

    fn take(&mut self, step: &Step) {
        let minutes = |m: &u64| START.plus(MINUTE * u32::try_from(*m).expect("small"));
        match step {
            Step::Wait(m) => self.now = self.now.plus(MINUTE * u32::try_from(*m).expect("small")),
            Step::Approve {
                who,
                not_before,
                not_after,
            } => {
                let narrowing = Narrowing {
                    not_before: not_before.as_ref().map(minutes),
                    not_after: not_after.as_ref().map(minutes),
                };
                self.approve(*who, narrowing);
            }
            Step::Deny(who) => {
                if let Ok(next) = self
                    .request
                    .clone()
                    .deny(&self.people[*who], "no", self.now)
                {
                    self.request = next;
                }
            }
            Step::Withdraw(who) => {
                let by = self.people[*who].name.clone();
                if let Ok(next) = self.request.clone().withdraw(&by, self.now) {
                    self.request = next;
                }
            }
            Step::Lapse => {
                self.request = self
                    .request
                    .clone()
                    .lapse(self.now)
                    .unwrap_or_else(|| self.request.clone());
            }
            Step::Revoke => {
                if let Some(grant) = self.grant.clone()
                    && let Ok(ended) = grant.end(GrantEndReason::Revoked, None, "stop", self.now)
                {
                    self.grant = Some(ended);
                }
            }
            Step::Expire => {
                if let Some(ended) = self.grant.clone().and_then(|g| g.expire(self.now)) {
                    self.grant = Some(ended);
                }
            }
            Step::AskMore(until) => {
                if let Some(grant) = &self.grant
                    && let Ok(more) = Request::for_more_time(
                        request_id(2),
                        grant,
                        minutes(until),
                        way(&self.plant),
                        self.more.as_slice(),
                        self.now,
                    )
                {
                    self.yes_more.clear();
                    self.more = Some(more);
                }
            }
        }
    }

    fn approve(&mut self, who: usize, narrowing: Narrowing) {
        let by = self.people[who].clone();
        let approved = match (&self.more, &self.grant) {
            (Some(more), Some(grant)) => more.clone().approve(
                &by,
                narrowing,
                None,
                way(&self.plant),
                2,
                Some(grant.clone()),
                grant_id(7),
                self.now,
            ),
            _ => self.request.clone().approve(
                &by,
                narrowing,
                None,
                way(&self.plant),
                2,
                None,
                grant_id(9),
                self.now,
            ),
        };
        match approved {
            Ok(Approved::Waiting(next)) if next.extends.is_some() => {
                self.yes_more.push((by.name, next.window().end()));
                self.more = Some(next);
            }
            Ok(Approved::Waiting(next)) => {
                self.yes.push((by.name, next.window()));
                self.request = next;
            }
            Ok(Approved::Granted(next, grant)) => {
                self.yes.push((by.name, next.window()));
                self.approved_end = Some(next.window().end());
                self.request = next;
                self.grant = Some(grant);
            }
            Ok(Approved::Extended(next, grant)) => {
                self.yes_more.push((by.name, next.window().end()));
                self.approved_end = Some(next.window().end());
                self.more = None;
                self.grant = Some(grant);
            }
            Err(_) => {}
        }
    }

    /// Whether a session could begin, or go on, just now.
    fn is_open(&self) -> (bool, bool) {
        let Some(grant) = &self.grant else {
            return (false, false);
        };
        let asset = self.plant.assets.values().next().expect("an asset");
        let conduit = self.plant.conduit_into(&asset.zone).map(|c| (c, true));
        let admitted = policy::admit(&Admission {
            account: &self.people[0],
            asset,
            zone: &self.plant.zones[&asset.zone],
            conduit,
            grant,
            protocol: Protocol::Ssh,
            open_sessions: 0,
            most_sessions: 1,
            session: SessionId::from_uuid(uuid::Uuid::from_u128(3)),
            now: self.now,
        });
        let standing = policy::standing(&policy::Standing {
            account_active: true,
            conduit_open: true,
            grant,
            end_ordered_by: None,
            steering: policy::Steering::at_first(&self.plant.zones[&asset.zone]),
            now: self.now,
        });
        (admitted.is_ok(), matches!(standing, Verdict::Stay { .. }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_sequence_of_events_opens_a_session_outside_an_approved_window(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            let (admitted, stays) = world.is_open();
            let approvers: BTreeSet<_> = world.yes.iter().map(|(who, _)| who.clone()).collect();
            prop_assert!(!approvers.contains(&world.people[0].name), "the requester counted");
            if admitted {
                prop_assert!(stays, "admitted and thrown out at once");
                prop_assert!(approvers.len() >= 2, "opened without a quorum");
                prop_assert_eq!(approvers.len(), world.yes.len(), "one person counted twice");
                let start = world.yes.iter().map(|(_, w)| w.start()).max().expect("approved");
                prop_assert!(start >= world.request.wanted.start());
                prop_assert!(world.now >= start, "opened before its start");
            }
            if admitted || stays {
                let end = world.approved_end.expect("approved");
                prop_assert!(stays && world.now < end, "open after the end that was approved");
                prop_assert!(end.since(world.request.window().start()) <= 4 * HOUR, "longer than the conduit allows");
                let ended = world.grant.as_ref().and_then(|g| g.ended.as_ref());
                prop_assert!(ended.is_none(), "open after its end was settled");
            }
        }
    }
}

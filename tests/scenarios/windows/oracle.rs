//! What may be, worked out from what people said: who asked for which window, who
//! narrowed and approved it, who took it back. It shares no code with the domain.

use std::collections::{BTreeMap, BTreeSet};

use domain::{GrantId, RequestId};

/// Minutes and the like, in µs since 1970.
pub(super) type Micros = i64;

/// `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Micros,
    pub(super) end: Micros,
}

impl Span {
    fn holds(self, at: Micros) -> bool {
        self.start <= at && at < self.end
    }
}

#[derive(Debug)]
struct Asked {
    vendor: String,
    asset: String,
    zone: String,
    left: Span,
    extends: Option<GrantId>,
    approvers: BTreeSet<String>,
    over: bool,
}

#[derive(Debug)]
struct Granted {
    vendor: String,
    asset: String,
    zone: String,
    window: Span,
    revoked: bool,
}

#[derive(Debug)]
struct Handed {
    grant: GrantId,
    at: Micros,
    used: bool,
}

/// All that was said.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    requests: BTreeMap<RequestId, Asked>,
    grants: BTreeMap<GrantId, Granted>,
    tickets: BTreeMap<String, Handed>,
    disabled: BTreeSet<String>,
    closed: BTreeSet<String>,
}

/// As written in the plant file of the scenarios.
fn approvers_needed(zone: &str) -> usize {
    if zone == "core" { 2 } else { 1 }
}

fn answers_for(zone: &str, who: &str) -> bool {
    match who {
        "anna" | "arne" => true,
        "aase" => zone == "core",
        _ => false,
    }
}

impl Oracle {
    pub(super) fn asked(
        &mut self,
        id: RequestId,
        vendor: &str,
        asset: &str,
        zone: &str,
        wanted: Span,
        extends: Option<GrantId>,
    ) {
        assert!(
            !self.disabled.contains(vendor),
            "{vendor} is disabled and asked"
        );
        let asked = Asked {
            vendor: vendor.to_owned(),
            asset: asset.to_owned(),
            zone: zone.to_owned(),
            left: wanted,
            extends,
            approvers: BTreeSet::new(),
            over: false,
        };
        self.requests.insert(id, asked);
    }

    /// Somebody's yes was taken. Gives back whether it must have been the last one.
    pub(super) fn approved(
        &mut self,
        id: RequestId,
        who: &str,
        start: Option<Micros>,
        end: Option<Micros>,
    ) -> bool {
        let asked = self
            .requests
            .get_mut(&id)
            .expect("a request that was asked");
        assert!(!asked.over, "{who} approved what was over: {asked:?}");
        assert!(
            answers_for(&asked.zone, who),
            "{who} approved in {}",
            asked.zone
        );
        assert_ne!(asked.vendor, who, "the requester approved");
        assert!(
            asked.approvers.insert(who.to_owned()),
            "{who} approved twice"
        );
        if asked.extends.is_none() {
            asked.left.start = asked.left.start.max(start.unwrap_or(Micros::MIN));
        }
        asked.left.end = asked.left.end.min(end.unwrap_or(Micros::MAX));
        asked.approvers.len() >= approvers_needed(&asked.zone)
    }

    /// The store says that it is a grant now, or a longer one.
    pub(super) fn granted(&mut self, id: RequestId, grant: GrantId) {
        let asked = self
            .requests
            .get_mut(&id)
            .expect("a request that was asked");
        assert!(
            asked.approvers.len() >= approvers_needed(&asked.zone),
            "granted with too few approvers: {asked:?}"
        );
        asked.over = true;
        match asked.extends {
            Some(extended) => {
                assert_eq!(extended, grant);
                let longer = self.grants.get_mut(&grant).expect("a grant to extend");
                assert!(!longer.revoked, "a revoked grant was extended");
                longer.window.end = asked.left.end;
            }
            None => {
                let made = Granted {
                    vendor: asked.vendor.clone(),
                    asset: asked.asset.clone(),
                    zone: asked.zone.clone(),
                    window: asked.left,
                    revoked: false,
                };
                self.grants.insert(grant, made);
            }
        }
    }

    pub(super) fn over(&mut self, id: RequestId) {
        self.requests
            .get_mut(&id)
            .expect("a request that was asked")
            .over = true;
    }

    pub(super) fn revoked(&mut self, id: GrantId) {
        self.grants.get_mut(&id).expect("a grant").revoked = true;
    }

    pub(super) fn ticket(&mut self, ticket: &str, vendor: &str, grant: GrantId, now: Micros) {
        self.may_be_inside(vendor, grant, now)
            .expect("a ticket for one who may enter");
        self.tickets.insert(
            ticket.to_owned(),
            Handed {
                grant,
                at: now,
                used: false,
            },
        );
    }

    pub(super) fn entered(
        &mut self,
        ticket: &str,
        vendor: &str,
        asset: &str,
        grant: GrantId,
        now: Micros,
    ) {
        self.may_be_inside(vendor, grant, now)
            .expect("one who may enter");
        assert_eq!(
            self.grants[&grant].asset, asset,
            "in through another asset's door"
        );
        let handed = self
            .tickets
            .get_mut(ticket)
            .expect("a ticket that was handed out");
        assert_eq!(handed.grant, grant, "a ticket for another grant");
        assert!(!handed.used, "a ticket was used twice");
        assert!(
            now < handed.at + 5 * 60_000_000,
            "a ticket of more than five minutes"
        );
        handed.used = true;
    }

    /// Whether a session of this vendor under this grant may be open.
    pub(super) fn may_be_inside(
        &self,
        vendor: &str,
        grant: GrantId,
        now: Micros,
    ) -> Result<Span, String> {
        let granted = self.grants.get(&grant).ok_or("a grant out of nowhere")?;
        let conduit = format!("to-{}", granted.zone);
        if granted.vendor != vendor {
            Err(format!("the grant is {}'s, not {vendor}'s", granted.vendor))
        } else if granted.revoked {
            Err("the grant was revoked".to_owned())
        } else if self.disabled.contains(vendor) {
            Err(format!("{vendor} is disabled"))
        } else if self.closed.contains(&conduit) {
            Err(format!("{conduit} is closed"))
        } else if granted.window.holds(now) {
            Ok(granted.window)
        } else {
            Err(format!("{now} is outside {:?}", granted.window))
        }
    }

    /// A disabled account loses its grants and what it has asked for, for good.
    pub(super) fn disable(&mut self, vendor: &str) {
        self.disabled.insert(vendor.to_owned());
        for grant in self.grants.values_mut().filter(|g| g.vendor == vendor) {
            grant.revoked = true;
        }
        for asked in self.requests.values_mut().filter(|r| r.vendor == vendor) {
            asked.over = true;
        }
    }

    pub(super) fn enable(&mut self, vendor: &str) {
        self.disabled.remove(vendor);
    }

    pub(super) fn close(&mut self, conduit: &str) {
        self.closed.insert(conduit.to_owned());
    }

    pub(super) fn open(&mut self, conduit: &str) {
        self.closed.remove(conduit);
    }
}

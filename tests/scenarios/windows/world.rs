//! A real store, and people who do things to it.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    AccountName, Actor, AssetName, Clock, CloseReason, ConduitName, GrantId, Protocol, Request,
    RequestId, RequestState, SessionId, Timestamp, Verdict, Window,
};
use drawbridge::clock::OsRandom;
use harness::clock::{StoppedClock, at};
use harness::plant::PlantFile;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Apply, Narrowing, NewRequest, Options, Redeemed, Scope, Store, VaultKey};
use tempfile::TempDir;

use super::Happens;
use super::oracle::{Oracle, Span};

const VENDORS: [&str; 2] = ["vera", "victor"];
const ASSETS: [(&str, &str); 2] = [("plc-7", "hall"), ("plc-9", "core")];
const PEOPLE: [&str; 6] = ["anna", "arne", "aase", "olga", "vera", "victor"];
const CONDUITS: [&str; 2] = ["to-hall", "to-core"];
const HOST_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

pub(super) struct World {
    directory: TempDir,
    clock: Arc<StoppedClock>,
    store: Store,
    oracle: Oracle,
    requests: Vec<RequestId>,
    grants: Vec<GrantId>,
    tickets: Vec<(String, &'static str, &'static str)>,
    inside: Vec<(SessionId, GrantId, &'static str)>,
    admitted: usize,
    ended_by_rule: usize,
}

fn pick<T: Copy>(from: &[T], n: usize) -> Option<T> {
    from.get(n % from.len().max(1)).copied()
}

fn person(name: &str) -> Actor {
    Actor::account(AccountName::parse(name).unwrap(), "192.0.2.1")
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

impl World {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = StoppedClock::at(at("2026-11-24T12:00:00Z"));
        let store = open(&directory, &clock).await;
        let mut plant = PlantFile::new();
        for (asset, zone) in ASSETS {
            plant = plant.asset(asset, zone, "127.0.0.1:22".parse().unwrap(), HOST_KEY);
        }
        for vendor in VENDORS {
            plant = plant.vendor(vendor, &["plc-7", "plc-9"]);
        }
        let plant = plant.text().parse().expect("a plant");
        let apply = Apply {
            dry_run: false,
            revoke: false,
        };
        store
            .apply_plant(&Actor::host(), &plant, apply)
            .await
            .unwrap();
        Self {
            directory,
            clock,
            store,
            oracle: Oracle::default(),
            requests: Vec::new(),
            grants: Vec::new(),
            tickets: Vec::new(),
            inside: Vec::new(),
            admitted: 0,
            ended_by_rule: 0,
        }
    }

    pub(super) const fn admitted(&self) -> usize {
        self.admitted
    }

    pub(super) const fn ended_by_rule(&self) -> usize {
        self.ended_by_rule
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets it happen, as far as the store lets it, and tells the oracle what was
    /// let.
    pub(super) async fn let_happen(&mut self, event: &Happens) {
        match *event {
            Happens::Ask {
                vendor,
                asset,
                in_minutes,
                minutes,
            } => {
                self.ask(vendor, asset, in_minutes, minutes).await;
            }
            Happens::Approve {
                who,
                request,
                later,
                earlier,
            } => {
                self.approve(who, request, later, earlier).await;
            }
            Happens::Deny { who, request } => {
                let Some(id) = pick(&self.requests, request) else {
                    return;
                };
                let who = PEOPLE[who % PEOPLE.len()];
                if self.store.deny(&person(who), id, "not today").await.is_ok() {
                    self.oracle.over(id);
                }
            }
            Happens::Withdraw { vendor, request } => {
                let Some(id) = pick(&self.requests, request) else {
                    return;
                };
                if self
                    .store
                    .withdraw(&person(VENDORS[vendor % 2]), id)
                    .await
                    .is_ok()
                {
                    self.oracle.over(id);
                }
            }
            Happens::Extend {
                who,
                grant,
                minutes,
            } => self.extend(who, grant, minutes).await,
            Happens::Revoke { who, grant } => {
                let Some(id) = pick(&self.grants, grant) else {
                    return;
                };
                let who = PEOPLE[who % PEOPLE.len()];
                if self.store.revoke(&person(who), id, "alarm").await.is_ok() {
                    assert!(!who.starts_with('v'), "{who} revoked");
                    self.oracle.revoked(id);
                }
            }
            Happens::TakeTicket { grant, other } => self.take_ticket(grant, other).await,
            Happens::Visit { grant } => {
                self.take_ticket(grant, None).await;
                self.enter(0, None).await;
            }
            Happens::Enter { ticket, other } => self.enter(ticket, other).await,
            Happens::Leave { session } => {
                let Some((id, ..)) = pick(&self.inside, session) else {
                    return;
                };
                self.close(id, CloseReason::VendorLeft).await;
            }
            Happens::EndSession { who, session } => {
                let Some((id, ..)) = pick(&self.inside, session) else {
                    return;
                };
                let who = person(PEOPLE[who % PEOPLE.len()]);
                let _ = self.store.end_session(&who, id, "look at this").await;
            }
            Happens::Pass { minutes: n } => self.clock.advance(minutes(n)),
            Happens::Disable { vendor } => {
                let name = VENDORS[vendor % 2];
                let account = AccountName::parse(name).unwrap();
                if self
                    .store
                    .disable_account(&Actor::host(), &account, "left")
                    .await
                    .is_ok()
                {
                    self.oracle.disable(name);
                }
            }
            Happens::Enable { vendor } => {
                let name = VENDORS[vendor % 2];
                let account = AccountName::parse(name).unwrap();
                if self
                    .store
                    .enable_account(&Actor::host(), &account, "is back")
                    .await
                    .is_ok()
                {
                    self.oracle.enable(name);
                }
            }
            Happens::Close { conduit } => {
                let name = CONDUITS[conduit % 2];
                let conduit = ConduitName::parse(name).unwrap();
                if self
                    .store
                    .close_conduit(&person("olga"), &conduit, "storm")
                    .await
                    .is_ok()
                {
                    self.oracle.close(name);
                }
            }
            Happens::Open { conduit } => {
                let name = CONDUITS[conduit % 2];
                let conduit = ConduitName::parse(name).unwrap();
                if self
                    .store
                    .open_conduit(&person("anna"), &conduit, "calm")
                    .await
                    .is_ok()
                {
                    self.oracle.open(name);
                }
            }
            Happens::Jobs => {
                self.store.lapse_due().await.expect("the job");
            }
            Happens::Restart => {
                self.store.close().await;
                self.store = open(&self.directory, &self.clock).await;
            }
        }
    }

    async fn ask(&mut self, vendor: usize, asset: usize, ahead: u64, length: u64) {
        let vendor = VENDORS[vendor % 2];
        let (asset, zone) = ASSETS[asset % 2];
        let start = self.now().plus(minutes(ahead));
        let wanted = Window::new(start, start.plus(minutes(length))).unwrap();
        let ask = NewRequest {
            asset: AssetName::parse(asset).unwrap(),
            protocol: Protocol::Ssh,
            purpose: "firmware".to_owned(),
            work_order: None,
            wanted,
        };
        if let Ok(request) = self.store.request(&person(vendor), ask).await {
            self.oracle
                .asked(request.id, vendor, asset, zone, span(wanted), None);
            self.requests.push(request.id);
        }
    }

    async fn approve(
        &mut self,
        who: usize,
        request: usize,
        later: Option<u64>,
        earlier: Option<u64>,
    ) {
        let Some(id) = pick(&self.requests, request) else {
            return;
        };
        let who = PEOPLE[who % PEOPLE.len()];
        let window = self
            .store
            .find_request(&Scope::All, id)
            .await
            .unwrap()
            .unwrap()
            .window();
        let narrowing = Narrowing {
            not_before: later.map(|n| window.start().plus(minutes(n))),
            not_after: earlier.map(|n| window.end().minus(minutes(n))),
        };
        let Ok(request) = self.store.approve(&person(who), id, narrowing, None).await else {
            return;
        };
        let micros = |at: Option<Timestamp>| at.map(Timestamp::as_micros);
        self.said_yes(
            &request,
            who,
            micros(narrowing.not_before),
            micros(narrowing.not_after),
        );
    }

    fn said_yes(&mut self, request: &Request, who: &str, start: Option<i64>, end: Option<i64>) {
        let last = self.oracle.approved(request.id, who, start, end);
        match &request.state {
            RequestState::Granted { grant, .. } => {
                self.oracle.granted(request.id, *grant);
                if !self.grants.contains(grant) {
                    self.grants.push(*grant);
                }
            }
            state => assert!(!last, "enough have approved, and it is {}", state.as_str()),
        }
    }

    async fn extend(&mut self, who: usize, grant: usize, length: u64) {
        let Some(id) = pick(&self.grants, grant) else {
            return;
        };
        let who = PEOPLE[who % PEOPLE.len()];
        let grant = self
            .store
            .grant(&Scope::All, id)
            .await
            .unwrap()
            .expect("a grant");
        let until = grant.window.end().plus(minutes(length));
        let Ok(request) = self.store.extend(&person(who), id, until, None).await else {
            return;
        };
        let vendor = grant.account.as_str();
        let wanted = Span {
            start: grant.window.end().as_micros(),
            end: until.as_micros(),
        };
        let (asset, zone) = (grant.asset.as_str(), grant.zone.as_str());
        self.oracle
            .asked(request.id, vendor, asset, zone, wanted, Some(id));
        self.requests.push(request.id);
        if who == vendor {
            assert_eq!(
                request.state.as_str(),
                "waiting",
                "a vendor extended by himself"
            );
        } else {
            self.said_yes(&request, who, None, None);
        }
    }

    async fn take_ticket(&mut self, grant: usize, other: Option<(usize, usize)>) {
        let Some(back) = self.grants.len().checked_sub(1 + grant % 3) else {
            return;
        };
        let grant = self.grants[back];
        let row = self
            .store
            .grant(&Scope::All, grant)
            .await
            .unwrap()
            .expect("a grant");
        let whose = match other {
            Some((other, _)) => VENDORS[other % 2],
            None => row.account.as_str(),
        };
        let vendor = VENDORS.into_iter().find(|name| *name == whose).unwrap();
        if let Ok(issued) = self.store.issue_ticket(&person(vendor), grant).await {
            let ticket = issued.ticket.expose_secret().to_owned();
            self.oracle
                .ticket(&ticket, vendor, grant, self.now().as_micros());
            let asset = self
                .store
                .grant(&Scope::All, grant)
                .await
                .unwrap()
                .unwrap()
                .asset;
            let (asset, _) = ASSETS
                .into_iter()
                .find(|(name, _)| *name == asset.as_str())
                .unwrap();
            self.tickets.push((ticket, vendor, asset));
        }
    }

    async fn enter(&mut self, ticket: usize, other: Option<(usize, usize)>) {
        // The newest tickets are the likeliest to be tried.
        let back = self.tickets.len().checked_sub(1 + ticket % 4);
        let Some((ticket, mut vendor, mut asset)) = back.map(|n| self.tickets[n].clone()) else {
            return;
        };
        if let Some((other_vendor, other_asset)) = other {
            vendor = VENDORS[other_vendor % 2];
            asset = ASSETS[other_asset % 2].0;
        }
        let redeemed = self
            .store
            .redeem_ticket(
                &AccountName::parse(vendor).unwrap(),
                &AssetName::parse(asset).unwrap(),
                Protocol::Ssh,
                &SecretString::from(ticket.clone()),
                "192.0.2.1",
            )
            .await
            .expect("the database works");
        if let Redeemed::Admitted(admitted) = redeemed {
            let permit = &admitted.permit;
            self.oracle.entered(
                &ticket,
                vendor,
                asset,
                permit.grant(),
                self.now().as_micros(),
            );
            permit
                .check(self.now())
                .expect("a permit that holds when it is made");
            self.inside.push((permit.session(), permit.grant(), vendor));
            self.admitted += 1;
        }
    }

    async fn close(&mut self, id: SessionId, reason: CloseReason) {
        self.store
            .close_session(id, reason, None)
            .await
            .expect("a session that was open");
        self.inside.retain(|(other, ..)| *other != id);
    }

    /// Compares all open sessions with what the oracle lets be, and closes those
    /// that must end, as the broker would.
    pub(super) async fn check(&mut self, event: &Happens) {
        let now = self.now().as_micros();
        let standing = self.store.standing().await.expect("the database works");
        assert_eq!(standing.len(), self.inside.len(), "after {event:?}");
        for (id, verdict) in standing {
            let (_, grant, vendor) = *self
                .inside
                .iter()
                .find(|(other, ..)| *other == id)
                .expect("a session let in");
            match (verdict, self.oracle.may_be_inside(vendor, grant, now)) {
                (Verdict::Stay { end, .. }, Ok(window)) => {
                    assert!(
                        end.as_micros() <= window.end,
                        "after {event:?}: stays until {end}"
                    );
                }
                (Verdict::Stay { .. }, Err(why)) => {
                    panic!(
                        "after {event:?}: a session stays though {why}\n{:#?}",
                        self.oracle
                    );
                }
                (Verdict::End(reason), may) => {
                    // By somebody of the plant, or by the vendor themselves.
                    let ordered =
                        matches!(reason, CloseReason::Ended { .. } | CloseReason::VendorLeft);
                    assert!(
                        ordered || may.is_err(),
                        "after {event:?}: ended as {reason:?}"
                    );
                    self.ended_by_rule += usize::from(!ordered);
                    self.close(id, reason).await;
                }
            }
        }
    }
}

fn span(window: Window) -> Span {
    Span {
        start: window.start().as_micros(),
        end: window.end().as_micros(),
    }
}

async fn open(directory: &TempDir, clock: &Arc<StoppedClock>) -> Store {
    let options = Options {
        path: directory.path().join("drawbridge.db"),
        vault_key: VaultKey::load_or_create(&directory.path().join("vault.key")).unwrap(),
    };
    Store::open(options, Arc::clone(clock) as _, Arc::new(OsRandom))
        .await
        .expect("a store")
}

//! A plant, a clock that is set by hand, and shorthand for what people do.

use std::fmt::Debug;
use std::future::{Future, pending};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::{
    AccountName, Actor, AssetName, Clock, Grant, GrantId, Plant, Protocol, Random, Request,
    RequestState, SessionId, Timestamp, Window,
};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::{
    Admitted, Apply, Narrowing, NewRequest, Options, Page, Redeemed, Scope, Store, StoreError,
    VaultKey,
};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// 2026-11-24T08:00:00Z
pub(super) const START: Timestamp = Timestamp::from_micros(1_795_507_200_000_000);

pub(super) const PLANT: &str = r#"
[site]
name = "north-ridge"
time_zone = "Europe/Oslo"

[[zone]]
name = "hall"
security_level = 2

[[zone]]
name = "sis"
security_level = 4
safety = true

[[zone]]
name = "yard"
security_level = 1

[[conduit]]
name = "to-hall"
zone = "hall"

[[conduit]]
name = "to-sis"
zone = "sis"

[[asset]]
name = "plc-7"
zone = "hall"
address = "10.20.0.7"
[asset.ssh]
user = "service"
credential = "plc-7"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[asset]]
name = "hmi-1"
zone = "hall"
address = "10.20.0.8"
[asset.ssh]
user = "service"
credential = "hmi-1"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[asset]]
name = "trip-1"
zone = "sis"
address = "10.30.0.1"
[asset.ssh]
user = "service"
credential = "trip-1"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[asset]]
name = "crane"
zone = "yard"
address = "10.40.0.1"
[asset.ssh]
user = "service"
credential = "crane"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[account]]
name = "vera"
role = "vendor"
assets = ["plc-7", "hmi-1", "trip-1", "crane"]

[[account]]
name = "viktor"
role = "vendor"
assets = ["plc-7"]

[[account]]
name = "arne"
role = "approver"
zones = ["hall", "sis"]

[[account]]
name = "asta"
role = "approver"
zones = ["hall", "sis"]

[[account]]
name = "ylva"
role = "approver"
zones = ["yard"]

[[account]]
name = "olga"
role = "operator"
zones = ["hall"]

[[account]]
name = "audun"
role = "auditor"

[[account]]
name = "adam"
role = "admin"
"#;

/// A clock that stands still until it is set.
pub(super) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }

    pub(super) fn pass(&self, length: Duration) {
        self.set(self.now().plus(length));
    }

    pub(super) fn go_back(&self, length: Duration) {
        self.set(self.now().minus(length));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

/// The same numbers in each run (splitmix64).
pub(super) struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            let seed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            let mut mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }
}

pub(super) struct World {
    pub(super) dir: TempDir,
    pub(super) clock: Arc<TestClock>,
    pub(super) random: Arc<TestRandom>,
    pub(super) store: Store,
}

impl World {
    /// With [`PLANT`] applied.
    pub(super) async fn new() -> Self {
        let world = Self::empty().await;
        world.apply(PLANT, Apply::default()).await.expect("applied");
        world
    }

    pub(super) async fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_micros())));
        let random = Arc::new(TestRandom(AtomicU64::new(1)));
        let store = open(&dir, "vault.key", &clock, &random)
            .await
            .expect("opened");
        Self {
            dir,
            clock,
            random,
            store,
        }
    }

    /// The broker stops and starts again.
    pub(super) async fn restart(&mut self) {
        self.store.close().await;
        self.store = open(&self.dir, "vault.key", &self.clock, &self.random)
            .await
            .expect("opened");
    }

    pub(super) async fn apply(
        &self,
        text: &str,
        how: Apply,
    ) -> Result<Vec<domain::plant::diff::PlantChange>, StoreError> {
        let plant: Plant = text.parse().expect("a plant");
        self.store.apply_plant(&Actor::host(), &plant, how).await
    }

    pub(super) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn ask(&self, vendor: &str, asset: &str) -> Result<Request, StoreError> {
        let now = self.clock.now();
        self.ask_for(vendor, asset, now, now.plus(HOUR)).await
    }

    pub(super) async fn ask_for(
        &self,
        vendor: &str,
        asset: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Request, StoreError> {
        let ask = NewRequest {
            asset: name(asset),
            protocol: Protocol::Ssh,
            purpose: "replace the pump's firmware".to_owned(),
            work_order: Some("WO-4711".to_owned()),
            wanted: Window::new(start, end).expect("a window"),
        };
        self.store.request(&actor(vendor), ask).await
    }

    pub(super) async fn approve(
        &self,
        approver: &str,
        request: &Request,
    ) -> Result<Request, StoreError> {
        self.store
            .approve(&actor(approver), request.id, Narrowing::default(), None)
            .await
    }

    /// An open grant of an hour to `plc-7`.
    pub(super) async fn granted(&self, vendor: &str) -> Grant {
        self.granted_to(vendor, "plc-7", &["arne"]).await
    }

    pub(super) async fn granted_to(&self, vendor: &str, asset: &str, approvers: &[&str]) -> Grant {
        let mut request = self.ask(vendor, asset).await.expect("asked");
        for approver in approvers {
            request = self.approve(approver, &request).await.expect("approved");
        }
        self.grant(grant_of(&request).expect("granted")).await
    }

    pub(super) async fn grant(&self, id: GrantId) -> Grant {
        self.store
            .grant(&Scope::All, id)
            .await
            .expect("read")
            .expect("there")
    }

    pub(super) async fn ticket(&self, vendor: &str, grant: &Grant) -> SecretString {
        self.store
            .issue_ticket(&actor(vendor), grant.id)
            .await
            .expect("a ticket")
            .ticket
    }

    pub(super) async fn come(&self, vendor: &str, asset: &str, ticket: &SecretString) -> Redeemed {
        self.store
            .redeem_ticket(
                &name(vendor),
                &name(asset),
                Protocol::Ssh,
                ticket,
                "192.0.2.7",
            )
            .await
            .expect("redeemed")
    }

    /// A session in a fresh grant.
    pub(super) async fn session(&self, vendor: &str) -> (Grant, SessionId) {
        let grant = self.granted(vendor).await;
        let ticket = self.ticket(vendor, &grant).await;
        let admitted = admitted(self.come(vendor, "plc-7", &ticket).await);
        (grant, admitted.permit.session())
    }

    /// What the audit log says happened after its entry `since`.
    pub(super) async fn happened(&self, since: i64) -> Vec<String> {
        let page = Page {
            after: Some(since.to_string()),
            limit: Page::MOST,
        };
        let events = self
            .store
            .events(&Default::default(), &page, false)
            .await
            .expect("events");
        events.items.into_iter().map(|e| e.action).collect()
    }

    pub(super) async fn last_event(&self) -> i64 {
        let page = Page {
            after: None,
            limit: 1,
        };
        let events = self
            .store
            .events(&Default::default(), &page, true)
            .await
            .expect("events");
        events.items.first().map_or(0, |e| e.seq)
    }

    /// Behind the store's back.
    pub(super) async fn sql(&self, sql: &'static str) -> Result<u64, sqlx::Error> {
        let done = sqlx::query(sql).execute(&self.store.inner.writer).await?;
        Ok(done.rows_affected())
    }
}

pub(super) async fn open(
    dir: &TempDir,
    key: &str,
    clock: &Arc<TestClock>,
    random: &Arc<TestRandom>,
) -> Result<Store, StoreError> {
    let options = Options {
        path: dir.path().join("drawbridge.db"),
        vault_key: VaultKey::load_or_create(&dir.path().join(key)).expect("a key"),
    };
    Store::open(
        options,
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::clone(random) as _,
    )
    .await
}

pub(super) fn name<N: FromStr<Err: Debug>>(text: &str) -> N {
    text.parse().expect("a name")
}

pub(super) fn actor(account: &str) -> Actor {
    Actor::account(name::<AccountName>(account), "192.0.2.1")
}

pub(super) fn asset(text: &str) -> AssetName {
    name(text)
}

pub(super) fn grant_of(request: &Request) -> Option<GrantId> {
    if let RequestState::Granted { grant, .. } = &request.state {
        Some(*grant)
    } else {
        None
    }
}

pub(super) fn admitted(redeemed: Redeemed) -> Admitted {
    let Redeemed::Admitted(admitted) = redeemed else {
        panic!("not admitted: {redeemed:?}")
    };
    *admitted
}

/// The code of a refusal; panics on anything else, so that a fault never passes
/// for a refusal.
pub(super) fn refused<T: Debug>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Err(StoreError::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

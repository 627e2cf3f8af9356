//! A plant, a clock that is set by hand, and shorthand for calls.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use domain::{
    AccountName, Actor, AssetName, Clock, Event, Plant, Protocol, Random, SessionId, Timestamp,
};
use futures::future::BoxFuture;
use recorder::archive::{Keyring, Protection};
use recorder::{RealDisk, Recorder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{Apply, ComingBy, EventFilter, LoginKind, Options, Page, Redeemed, Store, VaultKey};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{ApiSettings, App, Line, NoLine, Terminals, Visit};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const START: &str = "2026-11-24T08:00:00Z";
pub(super) const PASSWORD: &str = "correct horse battery";

/// The hall takes one approval, arne's; the reactor two, arne's and asta's.
pub(super) const PLANT: &str = r#"
[site]
name = "north-ridge"
title = "North Ridge"
time_zone = "Europe/Oslo"

[[zone]]
name = "hall"
security_level = 2

[[zone]]
name = "reactor"
security_level = 3

[[conduit]]
name = "to-hall"
zone = "hall"

[[conduit]]
name = "to-reactor"
zone = "reactor"

[[asset]]
name = "plc-7"
zone = "hall"
address = "10.20.0.7"
[asset.ssh]
user = "service"
credential = "plc-7"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[asset]]
name = "pump-1"
zone = "reactor"
address = "10.30.0.1"
[asset.ssh]
user = "service"
credential = "pump-1"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

[[account]]
name = "vera"
role = "vendor"
company = "Acme"
assets = ["plc-7", "pump-1"]

[[account]]
name = "viktor"
role = "vendor"
assets = ["plc-7"]

[[account]]
name = "arne"
role = "approver"
zones = ["hall", "reactor"]

[[account]]
name = "asta"
role = "approver"
zones = ["reactor"]

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

/// One account of each role.
pub(super) const OF_EACH_ROLE: [(&str, &str); 5] = [
    ("vendor", "vera"),
    ("approver", "arne"),
    ("operator", "olga"),
    ("auditor", "audun"),
    ("admin", "adam"),
];

pub(super) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn pass(&self, length: Duration) {
        let later = self.now().plus(length).as_micros();
        self.0.store(later, Ordering::SeqCst);
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

/// SplitMix64: different each time, the same in each run.
struct TestRandom(AtomicU64);

/// There is no broker here.
pub(super) struct NoTerminals;

impl Terminals for NoTerminals {
    fn open(&self, _: Visit) -> BoxFuture<'static, Result<Line, NoLine>> {
        Box::pin(async { Err(NoLine) })
    }
}

impl Random for TestRandom {
    fn fill(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let step = 0x9E37_79B9_7F4A_7C15_u64;
            let mut z = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(super) struct World {
    pub(super) router: Router,
    pub(super) store: Store,
    pub(super) clock: Arc<TestClock>,
    pub(super) recorder: Recorder,
    tokens: Mutex<HashMap<String, String>>,
    _dir: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(ApiSettings {
            ssh_host: "gate.example".to_owned(),
            ssh_host_key: "ssh-ed25519 AAAA".to_owned(),
            ..ApiSettings::default()
        })
        .await
    }

    pub(super) async fn with(settings: ApiSettings) -> Self {
        Self::on(settings, Arc::new(NoTerminals)).await
    }

    pub(super) async fn on(settings: ApiSettings, terminals: Arc<dyn Terminals>) -> Self {
        let dir = TempDir::new().unwrap();
        let start: Timestamp = START.parse().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(start.as_micros())));
        let random = Arc::new(TestRandom(AtomicU64::new(1)));
        let options = Options {
            path: dir.path().join("drawbridge.db"),
            vault_key: VaultKey::load_or_create(&dir.path().join("vault.key")).unwrap(),
        };
        let store = Store::open(options, clock.clone(), random.clone())
            .await
            .unwrap();
        let plant: Plant = PLANT.parse().unwrap();
        store
            .apply_plant(&Actor::host(), &plant, Apply::default())
            .await
            .unwrap();
        let recorder = recorder::Settings {
            root: dir.path().join("recordings"),
            log: dir.path().join("wal"),
            segment: recorder::LEAST_SEGMENT,
            least_free: 0,
            log_key: recorder::WalKey::new(Box::new([7; 32])),
            keyring: Keyring::in_dir(&dir.path().join("keys"), Protection::AtRest, Vec::new())
                .unwrap(),
        };
        let disk = Arc::new(RealDisk);
        let recorder = Recorder::start(recorder, &[], disk, clock.clone(), random.clone()).unwrap();
        let router = crate::router(App {
            store: store.clone(),
            recorder: recorder.clone(),
            clock: clock.clone(),
            random,
            terminals,
            settings,
        });
        Self {
            router,
            store,
            clock,
            recorder,
            tokens: Mutex::default(),
            _dir: dir,
        }
    }

    /// A new token, without a password.
    pub(super) async fn token(&self, name: &str) -> String {
        let name = AccountName::parse(name).unwrap();
        let issued = self.store.sign_in(&name, "10.0.0.9", 12 * HOUR).await;
        issued.unwrap().token.expose_secret().to_owned()
    }

    /// A browser's login, as the browser sends it: kept, as a token is.
    pub(super) async fn cookie(&self, name: &str) -> String {
        let key = format!("cookie of {name}");
        let kept = self.tokens.lock().unwrap().get(&key).cloned();
        if let Some(kept) = kept
            && let Ok(Some(_)) = self
                .store
                .holder(LoginKind::Browser, &kept.clone().into())
                .await
        {
            return format!("__Host-drawbridge={kept}");
        }
        let account = AccountName::parse(name).unwrap();
        let facts = self
            .store
            .sign_in_facts(&account, "10.0.0.9")
            .await
            .unwrap();
        let by = ComingBy::Browser {
            agent: None,
            banner: "",
        };
        let issued = self
            .store
            .sign_in_by(&account, &facts.phc.unwrap(), "10.0.0.9", 12 * HOUR, by)
            .await
            .unwrap();
        let token = issued.token.expose_secret().to_owned();
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(key, token.clone());
        format!("__Host-drawbridge={token}")
    }

    /// A token that is kept for this person; a new one once it is over.
    async fn kept_token(&self, name: &str) -> String {
        let kept = self.tokens.lock().unwrap().get(name).cloned();
        if let Some(kept) = kept
            && let Ok(Some(_)) = self
                .store
                .holder(LoginKind::Bearer, &kept.clone().into())
                .await
        {
            return kept;
        }
        let token = self.token(name).await;
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(name.to_owned(), token.clone());
        token
    }

    pub(super) async fn set_password(&self, name: &str, password: &str) {
        let phc = crate::password::hash(&password.into()).unwrap();
        let name = AccountName::parse(name).unwrap();
        let host = Actor::host();
        self.store.set_password(&host, &name, &phc).await.unwrap();
    }

    /// Disables an account, for a reason that is not idleness.
    pub(super) async fn disable(&self, name: &str) {
        let (host, name) = (Actor::host(), AccountName::parse(name).unwrap());
        let disabled = self.store.disable_account(&host, &name, "left the company");
        disabled.await.unwrap();
    }

    pub(super) async fn enable(&self, name: &str) {
        let (host, name) = (Actor::host(), AccountName::parse(name).unwrap());
        let enabled = self.store.enable_account(&host, &name, "back again");
        enabled.await.unwrap();
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Response {
        self.send_from("10.0.0.9", request).await
    }

    pub(super) async fn send_from(&self, source: &str, mut request: Request<Body>) -> Response {
        let address = SocketAddr::new(source.parse().unwrap(), 40_000);
        request.extensions_mut().insert(ConnectInfo(address));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn get(&self, who: &str, path: &str) -> Answer {
        let request = Request::get(format!("/api/v1{path}"));
        let token = self.kept_token(who).await;
        let request = request.header("authorization", format!("Bearer {token}"));
        Answer::read(self.send(request.body(Body::empty()).unwrap()).await).await
    }

    pub(super) async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.json("POST", who, path, body).await
    }

    pub(super) async fn json(&self, method: &str, who: &str, path: &str, body: Value) -> Answer {
        self.body(method, who, path, "application/json", body.to_string())
            .await
    }

    pub(super) async fn body(
        &self,
        method: &str,
        who: &str,
        path: &str,
        kind: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let token = self.kept_token(who).await;
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .body(body.into());
        Answer::read(self.send(request.unwrap()).await).await
    }

    pub(super) async fn log_in_from(&self, source: &str, name: &str, password: &str) -> Answer {
        let body = json!({ "name": name, "password": password }).to_string();
        let request = Request::post("/api/v1/login")
            .header("content-type", "application/json")
            .body(body.into());
        Answer::read(self.send_from(source, request.unwrap()).await).await
    }

    pub(super) async fn log_in(&self, name: &str, password: &str) -> Answer {
        self.log_in_from("10.0.0.9", name, password).await
    }

    /// A request for four hours from now on.
    pub(super) async fn request(&self, who: &str, asset: &str) -> String {
        let body = json!({
            "asset": asset,
            "protocol": "ssh",
            "purpose": "replace a battery",
            "not_after": self.clock.now().plus(4 * HOUR),
        });
        let answer = self.post(who, "/requests", body).await;
        answer.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// A grant on plc-7, of four hours from now on.
    pub(super) async fn grant(&self, who: &str) -> String {
        let request = self.request(who, "plc-7").await;
        let path = format!("/requests/{request}/approve");
        let approved = self.post("arne", &path, json!({})).await.expect(200);
        approved["grant"].as_str().unwrap().to_owned()
    }

    /// An open session on plc-7.
    pub(super) async fn session(&self, who: &str) -> SessionId {
        let grant = self.grant(who).await;
        let path = format!("/grants/{grant}/tickets");
        let ticket = self.post(who, &path, json!({})).await.expect(201);
        let ticket = ticket["ticket"].as_str().unwrap().to_owned();
        let account = AccountName::parse(who).unwrap();
        let asset = AssetName::parse("plc-7").unwrap();
        let redeemed = self
            .store
            .redeem_ticket(&account, &asset, Protocol::Ssh, &ticket.into(), "10.9.9.9")
            .await
            .unwrap();
        match redeemed {
            Redeemed::Admitted(admitted) => admitted.permit.session(),
            denied @ (Redeemed::Denied(..) | Redeemed::Unknown) => panic!("{denied:?}"),
        }
    }

    /// Events of the audit log, newest first.
    pub(super) async fn events_of(&self, filter: &EventFilter) -> Vec<Event> {
        let page = Page::default();
        self.store.events(filter, &page, true).await.unwrap().items
    }

    /// How many events the audit log has.
    pub(super) async fn events(&self) -> i64 {
        let newest = Page {
            after: None,
            limit: 1,
        };
        let all = EventFilter::default();
        let newest = self.store.events(&all, &newest, true).await.unwrap();
        newest.items.first().map_or(0, |event| event.seq)
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    #[track_caller]
    pub(super) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body, if the status is the one expected.
    #[track_caller]
    pub(super) fn expect(&self, status: u16) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        if self.body.is_empty() {
            Value::Null
        } else {
            self.value()
        }
    }

    /// The detail of a problem of that status and code.
    #[track_caller]
    pub(super) fn problem(&self, status: u16, code: &str) -> String {
        let problem = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(
            problem["type"],
            format!("urn:problem-type:drawbridge:{code}")
        );
        assert!(problem["title"].is_string());
        problem["detail"].as_str().unwrap().to_owned()
    }
}

//! Anchors on real counterparts: a collector of syslog, a receiver of webhooks, a
//! directory and a witness, beside one that is down and one that hangs.

mod tls;

use std::fs;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use domain::Event;
use ledger::{KeyKind, Note, SigningKey, checkpoint};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretBox;
use store::{EventFilter, Page};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::clock::{OsRandom, SystemClock};
use crate::config::{self, Config};
use crate::server::{Parts, open_state};
use crate::witness as watching;

const LOG: &str = "broker.plant/log/1";

fn config(dir: &Path, anchors: &str) -> Config {
    let text = format!(
        "data = \"data\"\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"localhost\"]\n\
         [ssh]\nlisten = \"127.0.0.1:0\"\n{anchors}"
    );
    config::parse(&text, dir).expect("a configuration")
}

fn log_key() -> SigningKey {
    let seed = SecretBox::new(Box::new([7; 32]));
    SigningKey::from_seed(LOG, KeyKind::Note, seed).expect("a key")
}

/// A log of its own.
struct Log {
    store: Store,
    key: SigningKey,
    _dir: tempfile::TempDir,
}

impl Log {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open_state(&config(dir.path(), ""), &Parts::real()).await;
        Self {
            store: store.expect("opens"),
            key: log_key(),
            _dir: dir,
        }
    }

    /// One entry more, signed.
    async fn grow(&self, what: &str) -> LogCheckpoint {
        let draft = Draft::new("test.grown", "test", what);
        let store = &self.store;
        store.alarm(&Actor::system(), draft).await.expect("written");
        store.sign_checkpoint(&self.key).await.expect("signed")
    }

    async fn witnessed(&self, size: u64) -> String {
        let found = self.store.checkpoint_of(size).await.expect("read");
        found.expect("there").note
    }

    async fn events(&self, action: &str) -> Vec<Event> {
        let filter = EventFilter {
            actions: vec![action.to_owned()],
            ..EventFilter::default()
        };
        let page = Page::default();
        self.store
            .events(&filter, &page, false)
            .await
            .expect("read")
            .items
    }
}

/// Until `done` says something, for ten seconds at most.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut done: impl FnMut() -> F) -> T {
    for _ in 0..500 {
        if let Some(found) = done().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within ten seconds: {what}");
}

type Taken = Arc<Mutex<Vec<String>>>;

/// Takes what is posted to it; the first time it is in no mood to.
async fn receiver() -> (SocketAddr, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    receive(listener, false)
}

fn receive(listener: TcpListener, at_once: bool) -> (SocketAddr, Taken) {
    let (taken, addr) = (Taken::default(), listener.local_addr().expect("an address"));
    let (bodies, moody) = (Arc::clone(&taken), Arc::new(Mutex::new(!at_once)));
    let hook = move |body: String| async move {
        if std::mem::take(&mut *moody.lock().expect("whole")) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        bodies.lock().expect("whole").push(body);
        StatusCode::NO_CONTENT
    };
    let app = Router::new().route("/hook", post(hook));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (addr, taken)
}

/// A collector of syslog over TLS, for `localhost`, and its certificate.
async fn collector() -> (SocketAddr, String, Taken) {
    let pair = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    let certificate = params.self_signed(&pair).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let tls = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .expect("versions")
    .with_no_client_auth()
    .with_single_cert(vec![certificate.der().clone()], key)
    .expect("a configuration");
    let tls = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let addr = listener.local_addr().expect("an address");
    let taken = Taken::default();
    let frames = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = tls.accept(stream).await else {
                continue;
            };
            let mut frame = Vec::new();
            if stream.read_to_end(&mut frame).await.is_ok() {
                let frame = String::from_utf8(frame).expect("text");
                frames.lock().expect("whole").push(frame);
            }
        }
    });
    (addr, certificate.pem(), taken)
}

async fn witness(state: &Path) -> watching::Running {
    let settings = watching::Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        state: state.to_owned(),
        logs: vec![log_key().verifier().clone()],
        name: Some("w.example".to_owned()),
        tls: None,
    };
    let clock = Arc::new(SystemClock::new());
    watching::start(settings, clock, &OsRandom)
        .await
        .expect("starts")
}

fn witnesses_of(note: &str, witness: &watching::Running) -> usize {
    let known = [witness.key.clone()];
    let opened = checkpoint::open(note.as_bytes(), log_key().verifier(), &known);
    opened.expect("by the log").witnesses.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_anchor_has_what_was_signed_whatever_becomes_of_the_others() {
    let log = Log::new().await;
    let dir = tempfile::tempdir().expect("a directory");
    let watching = witness(&dir.path().join("witness")).await;
    let (hook, posted) = receiver().await;
    let (syslog, ca, messages) = collector().await;
    fs::write(dir.path().join("ca.pem"), ca).expect("written");
    let hanging = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let hangs = hanging.local_addr().expect("an address");
    let down = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let down_at = down.local_addr().expect("an address");
    drop(down);
    fs::create_dir(dir.path().join("diode")).expect("made");
    let config = config(
        dir.path(),
        &format!(
            "[[anchor]]\nkind = \"webhook\"\nurl = \"http://{hangs}/hook\"\n\
             [[anchor]]\nkind = \"webhook\"\nurl = \"http://{down_at}/hook\"\n\
             [[anchor]]\nkind = \"webhook\"\nurl = \"http://{hook}/hook\"\n\
             [[anchor]]\nkind = \"directory\"\npath = \"diode\"\n\
             [[anchor]]\nkind = \"syslog\"\naddress = \"127.0.0.1:{}\"\nname = \"localhost\"\nca = \"ca.pem\"\n\
             [[anchor]]\nkind = \"witness\"\nurl = \"http://{}\"\nkey = \"{}\"\n",
            syslog.port(),
            watching.addr,
            watching.key,
        ),
    );
    let known = std::slice::from_ref(&watching.key);
    assert_eq!(witnesses(&config.anchors), known);
    let mut anchors = Anchors::open(&config.anchors, &log.store).expect("opens");
    anchors.pace = Pace {
        least: Duration::from_millis(20),
        most: Duration::from_millis(100),
        told_after: Duration::from_millis(300),
    };
    let stop = CancellationToken::new();
    let clock = Arc::new(SystemClock::new());
    let board = AnchorBoard::default();
    let running = tokio::spawn(anchors.run(board.clone(), clock, stop.clone()));

    let diode = dir.path().join("diode");
    let mut sizes = Vec::new();
    for n in 0..3 {
        let signed = log.grow(&format!("entry-{n}")).await;
        sizes.push(signed.size);
        let newest = || async {
            let note = fs::read_to_string(diode.join("checkpoint")).ok()?;
            let same = Note::parse(note.as_bytes()).ok()?.text()
                == Note::parse(signed.note.as_bytes()).ok()?.text();
            (same && witnesses_of(&note, &watching) == 1).then_some(note)
        };
        let note = until("the directory has it, witnessed", newest).await;
        assert_eq!(note, log.witnessed(signed.size).await, "as it is served");
        let has = |taken: &Taken| {
            let taken = Arc::clone(taken);
            let note = note.clone();
            move || {
                let found = taken
                    .lock()
                    .expect("whole")
                    .iter()
                    .any(|one| one.ends_with(&note));
                std::future::ready(found.then_some(()))
            }
        };
        until("it was posted", has(&posted)).await;
        until("it was logged", has(&messages)).await;
    }
    for &size in &sizes {
        let kept = fs::read_to_string(diode.join("checkpoints").join(size.to_string()));
        assert_eq!(witnesses_of(&kept.expect("kept"), &watching), 1);
    }
    for frame in messages.lock().expect("whole").iter() {
        let (length, message) = frame.split_once(' ').expect("a length");
        assert_eq!(length, message.len().to_string());
        assert!(message.starts_with("<110>1 20"), "{message}");
    }

    let size = sizes.last().copied();
    let mut wanted = vec![(None, false), (None, true)];
    wanted.extend([(size, false); 4]);
    let shown = || {
        let all = board.all(None);
        let shown: Vec<_> = all
            .iter()
            .map(|one| (one.size, one.why.is_some()))
            .collect();
        std::future::ready((shown == wanted).then_some(()))
    };
    until("it is shown how they stand", shown).await;

    // The one that is down is told of, once, and again when it is up.
    let told = |action: &'static str| {
        let log = &log;
        move || async move {
            let events = log.events(action).await;
            let mine = |event: &&Event| event.subject.contains(&down_at.to_string());
            events.iter().find(mine).cloned()
        }
    };
    let failed = until("it is told that it fails", told("log.anchor_failed")).await;
    assert_eq!(failed.subject, format!("anchor/webhook {down_at}"));
    let (_, posted) = receive(TcpListener::bind(down_at).await.expect("bound"), true);
    until(
        "it is told that it works again",
        told("log.anchor_works_again"),
    )
    .await;
    assert!(!posted.lock().expect("whole").is_empty());
    let events = log.events("log.anchor_failed").await;
    assert_eq!(events.len(), 1, "once, and of no other: {events:?}");
    stop.cancel();
    running.await.expect("no panic").expect("in order");
    watching.stop().await.expect("stops");
}

/// The one anchor of that configuration.
fn only(log: &Log, dir: &Path, anchor: &str) -> Arc<dyn Target> {
    let mut anchors = Anchors::open(&config(dir, anchor).anchors, &log.store).expect("opens");
    anchors.all.pop().expect("one").1
}

#[tokio::test]
async fn a_log_that_was_changed_gets_nothing_from_its_witness_and_its_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let watching = witness(&dir.path().join("witness")).await;
    let (log, fork, older) = (Log::new().await, Log::new().await, Log::new().await);
    let older = (older.grow("one").await, older);
    log.grow("one").await;
    fork.grow("another one").await;
    let (signed, forked) = (log.grow("two").await, fork.grow("two").await);
    assert_eq!(signed.size, forked.size);
    let anchor = format!(
        "[[anchor]]\nkind = \"witness\"\nurl = \"http://{}/\"\nkey = \"{}\"\n",
        watching.addr, watching.key
    );
    let target = only(&log, dir.path(), &anchor);
    target.publish(&signed).await.expect("signed");
    target.publish(&signed).await.expect("signed again");
    let why = async |log: &Log, anchor: &str, checkpoint| {
        let target = only(log, dir.path(), anchor);
        let refused = target.publish(checkpoint).await.expect_err("refused");
        format!("{refused:#}")
    };
    let found = why(&fork, &anchor, &forked).await;
    assert!(found.contains("does not continue"), "{found}");
    assert_eq!(
        witnesses_of(&fork.witnessed(forked.size).await, &watching),
        0
    );
    let found = why(&older.1, &anchor, &older.0).await;
    assert!(found.contains("entries were dropped"), "{found}");

    // A witness with another key than the configuration says has signed nothing.
    let stranger = SecretBox::new(Box::new([9; 32]));
    let stranger = SigningKey::from_seed("w.example", KeyKind::Timestamped, stranger);
    let stranger = stranger.expect("a key").verifier().to_string();
    let more = log.grow("three").await;
    let wrong = anchor.replace(&watching.key.to_string(), &stranger);
    let found = why(&log, &wrong, &more).await;
    assert!(found.contains("no signature by the key"), "{found}");
    assert_eq!(witnesses_of(&log.witnessed(more.size).await, &watching), 0);

    let anchor = "[[anchor]]\nkind = \"directory\"\npath = \"diode\"\n";
    let found = why(&log, anchor, &signed).await;
    assert!(
        found.contains("can't be made"),
        "nothing is mounted: {found}"
    );
    fs::create_dir(dir.path().join("diode")).expect("made");
    only(&log, dir.path(), anchor)
        .publish(&signed)
        .await
        .expect("written");
    let found = why(&fork, anchor, &forked).await;
    assert!(found.contains("is another checkpoint"), "{found}");
    let kept = dir
        .path()
        .join("diode/checkpoints")
        .join(signed.size.to_string());
    assert_eq!(fs::read_to_string(kept).expect("kept"), signed.note);
    watching.stop().await.expect("stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_shows_its_log_to_a_witness_and_to_a_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let plain = config(dir.path(), "");
    let first = crate::server::start(plain.clone(), Parts::real())
        .await
        .expect("starts");
    let log = first.log_key.verifier().clone();
    first.stop().await.expect("stops");
    let settings = watching::Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        state: dir.path().join("witness"),
        logs: vec![log.clone()],
        name: None,
        tls: None,
    };
    let clock = Arc::new(SystemClock::new());
    let watching = watching::start(settings, clock, &OsRandom)
        .await
        .expect("starts");
    fs::create_dir(dir.path().join("diode")).expect("made");
    let anchors = format!(
        "[[anchor]]\nkind = \"directory\"\npath = \"diode\"\n\
         [[anchor]]\nkind = \"witness\"\nurl = \"http://{}\"\nkey = \"{}\"\n",
        watching.addr, watching.key
    );
    let config = config(dir.path(), &anchors);
    let running = crate::server::start(config, Parts::real())
        .await
        .expect("starts");
    let known = [watching.key.clone()];
    let path = dir.path().join("diode/checkpoint");
    let opened = until("it is witnessed", || async {
        let note = fs::read(&path).ok()?;
        let opened = checkpoint::open(&note, &log, &known).expect("a checkpoint");
        (!opened.witnesses.is_empty()).then_some(opened)
    })
    .await;
    assert!(opened.checkpoint.size > 0);
    running.stop().await.expect("stops");
    watching.stop().await.expect("stops");
}

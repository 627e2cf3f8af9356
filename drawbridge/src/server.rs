//! The parts put together: store, recorder, broker, API and jobs, in one process.
//!
//! Starting mends what a former run left before anybody is let in; stopping closes
//! the sessions, then the recordings, then the database.

mod anchors;
mod api;
mod crowd;
mod evidence;
mod files;
mod http;
mod jobs;
mod log_key;
mod purge;
mod reminders;
mod signing;
mod silence;
mod standing;
mod terminals;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{AnchorBoard, ApiSettings, SigningBoard};
use anyhow::{Context, anyhow};
use broker::Broker;
use domain::{Clock, Random};
use ledger::{SigningKey, VerifierKey};
use recorder::archive::{Keyring, keys};
use recorder::{Disk, RealDisk, Recorder, Unsealed, WalKey};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{Options, Store, UnsealedRecording, VaultKey};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::{OsRandom, SystemClock};
use crate::config::{Anchor, Config, Recordings};
use crate::private;
use anchors::Anchors;
pub(crate) use crowd::Door;
use files::DataDir;
pub(crate) use files::private_key as ssh_key;
pub(crate) use http::is_safe as is_safe_url;
pub(crate) use log_key::{Rotated, rotate as rotate_log_key};
use reminders::Reminders;
pub(crate) use reminders::{try_mail, try_webhook};
use signing::Signing;
use terminals::Browsers;
pub(crate) use tls::Certificates;

/// How long an answer of the API may take to an end when the server is stopped.
const GRACE: Duration = Duration::from_secs(3);

/// What is handed in, so that tests can hand in others.
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// What recordings are written to.
    pub disk: Arc<dyn Disk>,
}

impl Parts {
    /// The machine's own.
    #[must_use]
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(OsRandom),
            disk: Arc::new(RealDisk),
        }
    }
}

/// A server that runs.
pub struct Running {
    /// Where the API listens.
    pub api_addr: SocketAddr,
    /// Where vendors connect.
    pub ssh_addr: SocketAddr,
    /// By what the API's certificate is trusted, in PEM.
    pub ca_pem: PathBuf,
    /// What vendors' clients see of the broker, as one line of OpenSSH.
    pub ssh_host_key: String,
    /// The state of the plant.
    pub store: Store,
    log_key: Arc<SigningKey>,
    tasks: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    _lock: files::Lock,
}

/// Starts everything, and comes back when both listeners are open.
///
/// # Errors
/// When an address is taken, the data directory is in use or can't be written, or
/// what is in it can't be understood. Then nothing runs.
pub async fn start(config: Config, parts: Parts) -> anyhow::Result<Running> {
    let Parts {
        clock,
        random,
        disk,
    } = parts;
    raise_file_limit();
    let data = DataDir::open(&config.data)?;
    let lock = data.lock()?;
    let api_listener = listen("API", config.api.listen).await?;
    let ssh_listener = listen("SSH", config.ssh.listen).await?;
    let (api_addr, ssh_addr) = (api_listener.local_addr()?, ssh_listener.local_addr()?);
    let certificates = Certificates::open(&config.api.tls, &data, config.api.names.clone())?;

    let store = open_store(&data, &clock, &random).await?;
    let name = config.api.names.first().map_or("localhost", String::as_str);
    let log_key = Arc::new(log_key::open(&data, &store, name, random.as_ref()).await?);
    let recorder = open_recorder(&data, &config.recordings, &store, disk, &clock, &random).await?;
    let anchors = Anchors::open(&config.anchors, &store)?;
    let public_url = config.api.public_url.clone();
    let public_url = public_url.unwrap_or_else(|| reached_by(name, api_addr.port()));
    let reminders = Reminders::open(&config, public_url)?;
    let host_key = data.host_key(random.as_ref())?;
    let ssh_host_key = host_key.public_key().to_openssh()?;

    let broker_key = host_key.public_key().clone();
    let mut broker_settings = broker::Settings::new(host_key);
    broker_settings.banner = config.ssh.banner.unwrap_or(broker_settings.banner);
    let banner = broker_settings.banner.clone();
    broker_settings.limits = broker::Limits {
        time_to_authenticate: config.limits.sign_in,
        unauthenticated: config.limits.unauthenticated,
        unauthenticated_per_address: config.limits.unauthenticated_per_address,
        channels: config.limits.channels,
        ..broker_settings.limits
    };
    let broker = Broker::new(
        broker_settings,
        store.clone(),
        recorder.clone(),
        Arc::clone(&clock),
    );
    let (board, signing) = (AnchorBoard::default(), SigningBoard::default());
    let app = admin_api::App {
        store: store.clone(),
        recorder: recorder.clone(),
        clock: Arc::clone(&clock),
        random,
        terminals: Arc::new(Browsers::new(broker.side_door(), broker_key)),
        settings: ApiSettings {
            ssh_host: config.ssh.host,
            ssh_port: config.ssh.port.unwrap_or(ssh_addr.port()),
            ssh_host_key: ssh_host_key.clone(),
            log_keys: log_keys(&log_key, &config.anchors),
            anchors: board.clone(),
            signing: signing.clone(),
            notices: reminders.ways().clone(),
            token_lifetime: config.api.login_lifetime,
            browser_idle: config.api.browser_idle,
            banner,
            ..ApiSettings::default()
        },
    };
    let ca_pem = certificates.trusted_by();
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(api::serve(
        api_listener,
        certificates,
        admin_api::router(app),
        stop.clone(),
    ));
    tasks.spawn(jobs::run(
        store.clone(),
        recorder.clone(),
        Signing {
            store: store.clone(),
            key: Arc::clone(&log_key),
            clock: Arc::clone(&clock),
            board: signing,
            again: signing::AGAIN,
        },
        Arc::clone(&clock),
        stop.clone(),
    ));
    tasks.spawn(reminders.run(store.clone(), Arc::clone(&clock), stop.clone()));
    tasks.spawn(anchors.run(board, Arc::clone(&clock), stop.clone()));
    tasks.spawn(evidence::keep(store.clone(), recorder, clock, stop.clone()));
    let stop_broker = stop.clone();
    tasks.spawn(async move { Ok(broker.run(ssh_listener, stop_broker).await?) });
    tracing::info!(api = %api_addr, ssh = %ssh_addr, data = %config.data.display(), "server.started");
    Ok(Running {
        api_addr,
        ssh_addr,
        ca_pem,
        ssh_host_key,
        store,
        log_key,
        tasks,
        stop,
        _lock: lock,
    })
}

impl Running {
    /// Comes back when a part has ended by itself, which none should, with why.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.tasks.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => anyhow!(panic).context("a part of the server has failed"),
            Some(Ok(Ok(()))) => anyhow!("a part of the server ended by itself"),
            // All have ended, and said so before.
            None => std::future::pending().await,
        }
    }

    /// Lets nobody in any more, closes the sessions and their recordings, then the
    /// database.
    ///
    /// # Errors
    /// What went wrong with the first part that did not end in order.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.map_err(anyhow::Error::from).flatten();
            outcome = outcome.and(ended);
        }
        // What was sealed by closing the sessions is signed too.
        let signed = self.store.sign_checkpoint(&self.log_key).await;
        outcome = outcome.and(signed.map(drop).map_err(anyhow::Error::from));
        self.store.close().await;
        tracing::info!("server.stopped");
        outcome
    }
}

/// What links lead to where nothing else is written.
fn reached_by(name: &str, port: u16) -> String {
    let is_v6 = name.parse::<std::net::Ipv6Addr>().is_ok();
    let host = if is_v6 {
        format!("[{name}]")
    } else {
        name.to_owned()
    };
    if port == 443 {
        format!("https://{host}")
    } else {
        format!("https://{host}:{port}")
    }
}

/// What the log is checked with: its own key, then those of witnesses.
fn log_keys(log: &SigningKey, configured: &[Anchor]) -> Vec<VerifierKey> {
    let mut keys = vec![log.verifier().clone()];
    keys.extend(anchors::witnesses(configured));
    keys
}

/// A session takes two sockets and two files, and a shell's usual limit of 1024
/// would end at some 250 sessions.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(files = limit.current, %error, "server.file_limit_not_raised");
    }
}

async fn listen(side: &str, at: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at).await.with_context(|| {
        format!(
            "the {side} can't listen on {at}: is another program, or another Drawbridge, there?"
        )
    })
}

/// Opens the state in a data directory, for whoever works on it beside a server.
pub(crate) async fn open_state(config: &Config, parts: &Parts) -> anyhow::Result<Store> {
    let data = DataDir::open(&config.data)?;
    open_store(&data, &parts.clock, &parts.random).await
}

async fn open_store(
    data: &DataDir,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Store> {
    let vault_key = VaultKey::load_or_create(&data.path("vault.key"))?;
    let options = Options {
        path: data.path("drawbridge.sqlite"),
        vault_key,
    };
    Ok(Store::open(options, Arc::clone(clock), Arc::clone(random)).await?)
}

/// Closes what a broker left that did not stop in order, then starts writing.
async fn open_recorder(
    data: &DataDir,
    config: &Recordings,
    store: &Store,
    disk: Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Recorder> {
    let interrupted = store.interrupt_open_sessions().await?;
    let unsealed = store.unsealed_recordings().await?;
    if !unsealed.is_empty() || !interrupted.is_empty() {
        let (recordings, sessions) = (unsealed.len(), interrupted.len());
        tracing::warn!(recordings, sessions, "server.interrupted_before");
    }
    private::make_dir(&config.keys)
        .with_context(|| format!("the keys' directory {}", config.keys.display()))?;
    let auditors = config.auditors.iter();
    let auditors = auditors.filter_map(|text| keys::recipient(text)).collect();
    let settings = recorder::Settings {
        root: data.path("recordings"),
        log: data.path("wal"),
        segment: config.segment,
        least_free: config.least_free,
        log_key: WalKey::new(files::secret(
            &config.keys.join("wal.key"),
            random.as_ref(),
        )?),
        keyring: Keyring::in_dir(&config.keys, config.encryption, auditors)?,
    };
    let (clock, random) = (Arc::clone(clock), Arc::clone(random));
    let unsealed: Vec<_> = unsealed.iter().map(known).collect();
    let start = move || Recorder::start(settings, &unsealed, disk, clock, random);
    Ok(tokio::task::spawn_blocking(start).await??)
}

/// A recording that is not sealed, for the recorder.
const fn known(recording: &UnsealedRecording) -> Unsealed {
    Unsealed {
        session: recording.session,
        channel: recording.channel,
        started: recording.started_at,
        committed: recording.committed,
    }
}

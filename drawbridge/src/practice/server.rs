//! SSH around a practice interpreter. Each connection is its own task; how many
//! there are, what waits for a slow reader and what one line may hold is bounded.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{
    Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Pty, SshId,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Kind;
use super::terminal::{Sent, Terminal, execute};

/// Connections at one time.
const CONNECTIONS: usize = 256;
/// Channels at one time on one connection.
const CHANNELS: usize = 8;
/// What is kept of input that came while the reader was slow.
const BACKLOG: usize = 256 * 1024;
const WINDOW: u32 = 64 * 1024;
const INACTIVITY: Duration = Duration::from_secs(3600);

/// How the broker may sign in to a practice asset.
#[derive(Clone, Debug)]
pub enum Login {
    /// With this password.
    Password(SecretString),
    /// With the private half of this key.
    Key(PublicKey),
}

/// What a practice asset is and where it listens.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it pretends to be.
    pub kind: Kind,
    /// Its own loopback address.
    pub address: IpAddr,
    /// Its port; 0 for any that is free.
    pub port: u16,
    /// What it proves itself with.
    pub host_key: PrivateKey,
    /// Who may sign in.
    pub user: String,
    /// And how.
    pub login: Login,
}

/// A practice asset that listens.
#[derive(Debug)]
pub struct PracticeAsset {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl PracticeAsset {
    /// Binds the address and serves until [`PracticeAsset::stop`].
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let Settings {
            kind,
            address,
            port,
            host_key,
            user,
            login,
        } = settings;
        let listener = TcpListener::bind((address, port)).await?;
        let address = listener.local_addr()?;
        let entrance = Entrance {
            config: Arc::new(config(host_key)),
            who: Arc::new(Who {
                kind,
                user,
                login,
                since: clock.monotonic(),
                clock,
            }),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (stop, tasks) = (entrance.stop.clone(), entrance.tasks.clone());
        tasks.spawn(entrance.accept(listener));
        Ok(Self {
            address,
            stop,
            tasks,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hangs up on everybody and stops listening.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn config(host_key: PrivateKey) -> Config {
    let methods: &[MethodKind] = &[MethodKind::PublicKey, MethodKind::Password];
    Config {
        server_id: SshId::Standard("SSH-2.0-DrawbridgePractice_1".into()),
        methods: MethodSet::from(methods),
        auth_rejection_time: Duration::from_millis(200),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![host_key],
        window_size: WINDOW,
        max_auth_attempts: 3,
        inactivity_timeout: Some(INACTIVITY),
        nodelay: true,
        ..Config::default()
    }
}

struct Who {
    kind: Kind,
    user: String,
    login: Login,
    since: Duration,
    clock: Arc<dyn Clock>,
}

impl Who {
    fn uptime(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.since)
    }
}

struct Entrance {
    config: Arc<Config>,
    who: Arc<Who>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Entrance {
    async fn accept(self, listener: TcpListener) {
        let stop = self.stop.clone();
        let serve = async {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => self.admit(stream),
                    // Out of files, most likely: the next one may have better luck.
                    Err(error) => {
                        tracing::warn!(%error, "practice.accept");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(serve).await;
    }

    fn admit(&self, stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return;
        };
        let (config, who, stop) = (
            Arc::clone(&self.config),
            Arc::clone(&self.who),
            self.stop.clone(),
        );
        self.tasks.spawn(async move {
            let _place = place;
            let visit = Visit {
                who,
                channels: HashMap::new(),
            };
            if let Err(error) = serve(config, stream, visit, stop).await {
                tracing::debug!(%error, "practice.connection");
            }
        });
    }
}

async fn serve(
    config: Arc<Config>,
    stream: TcpStream,
    visit: Visit,
    stop: CancellationToken,
) -> Result<(), russh::Error> {
    stream.set_nodelay(true)?;
    let opening = russh::server::run_stream(config, stream, visit);
    let Some(session) = stop.run_until_cancelled(opening).await else {
        return Ok(());
    };
    let mut session = session?;
    let handle = session.handle();
    match stop.run_until_cancelled(&mut session).await {
        Some(ended) => ended,
        None => {
            let why = "The practice asset was switched off.".to_owned();
            handle
                .disconnect(Disconnect::ByApplication, why, String::new())
                .await
        }
    }
}

/// One connection.
struct Visit {
    who: Arc<Who>,
    channels: HashMap<ChannelId, Open>,
}

#[derive(Default)]
struct Open {
    pty: bool,
    terminal: Option<Terminal>,
    backlog: Vec<u8>,
    input_ended: bool,
}

impl Visit {
    fn is_user(&self, user: &str) -> bool {
        user == self.who.user
    }

    /// Answers what has come, line by line, and only while the reader keeps up:
    /// nothing may pile up for one who does not read.
    fn pump(&mut self, id: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        let uptime = self.who.uptime();
        while !session.has_pending_data(id) {
            let Some(open) = self.channels.get_mut(&id) else {
                return Ok(());
            };
            let Some(terminal) = open.terminal.as_mut() else {
                return Ok(());
            };
            let sent = if open.backlog.is_empty() {
                if !std::mem::take(&mut open.input_ended) {
                    return Ok(());
                }
                terminal.end_of_input(uptime)
            } else {
                let (taken, sent) = terminal.take(&open.backlog, uptime);
                open.backlog.drain(..taken);
                sent
            };
            self.send(id, sent, session)?;
        }
        Ok(())
    }

    fn send(
        &mut self,
        id: ChannelId,
        sent: Sent,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let Sent { out, err, exit } = sent;
        if !out.is_empty() {
            session.data(id, out)?;
        }
        if !err.is_empty() {
            session.extended_data(id, 1, err)?;
        }
        if let Some(status) = exit {
            self.channels.remove(&id);
            session.exit_status_request(id, u32::from(status))?;
            session.eof(id)?;
            session.close(id)?;
        }
        Ok(())
    }
}

impl Handler for Visit {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let right = match &self.who.login {
            Login::Password(right) => aws_lc_rs::constant_time::verify_slices_are_equal(
                right.expose_secret().as_bytes(),
                password.as_bytes(),
            )
            .is_ok(),
            Login::Key(_) => false,
        };
        Ok(if right && self.is_user(user) {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(if self.knows(user, offer.public_key) {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(if self.knows(user, key.public_key) {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.channels.len() >= CHANNELS {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        } else {
            self.channels.insert(channel.id(), Open::default());
            reply.accept().await;
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        match self.channels.get_mut(&id) {
            Some(open) if open.terminal.is_none() => {
                open.pty = true;
                session.channel_success(id)
            }
            _ => session.channel_failure(id),
        }
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        // Nothing here is drawn to a width.
        session.channel_success(id)
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let console = self.who.kind.console();
        match self.channels.get_mut(&id) {
            Some(open) if open.terminal.is_none() => {
                let terminal = open.terminal.insert(Terminal::new(console, open.pty));
                let greeting = terminal.greet();
                session.channel_success(id)?;
                self.send(id, greeting, session)?;
                self.pump(id, session)
            }
            _ => session.channel_failure(id),
        }
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let pty = match self.channels.get(&id) {
            Some(open) if open.terminal.is_none() => open.pty,
            _ => return session.channel_failure(id),
        };
        let command = String::from_utf8_lossy(command);
        let sent = execute(self.who.kind.console(), &command, pty, self.who.uptime());
        session.channel_success(id)?;
        self.send(id, sent, session)
    }

    async fn data(
        &mut self,
        id: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let Some(open) = self.channels.get_mut(&id) else {
            return Ok(());
        };
        open.backlog.extend_from_slice(data);
        if open.backlog.len() > BACKLOG {
            // It sends faster than it reads what comes of it.
            return Err(russh::Error::Disconnect);
        }
        self.pump(id, session)
    }

    async fn window_adjusted(
        &mut self,
        id: ChannelId,
        _: u32,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.pump(id, session)
    }

    async fn channel_eof(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        if let Some(open) = self.channels.get_mut(&id) {
            open.input_ended = true;
        }
        self.pump(id, session)
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), russh::Error> {
        self.channels.remove(&id);
        Ok(())
    }
}

impl Visit {
    fn knows(&self, user: &str, key: &PublicKey) -> bool {
        let right = match &self.who.login {
            Login::Key(right) => right.key_data() == key.key_data(),
            Login::Password(_) => false,
        };
        right && self.is_user(user) && key.algorithm() == Algorithm::Ed25519
    }
}

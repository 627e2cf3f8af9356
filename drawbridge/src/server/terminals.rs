//! A browser's terminal: an SSH client inside the program, which comes to the broker
//! by its side door with a ticket, and is otherwise a vendor's client like any other.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{Line, NoLine, Shown, Terminals, Typed, Visit};
use anyhow::{Context, anyhow};
use broker::{SideDoor, SshUser};
use futures::FutureExt;
use futures::future::BoxFuture;
use russh::client::{self, AuthResult, Handle, Msg};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect, Preferred, SshId};
use secrecy::ExposeSecret;
use tokio::sync::mpsc;

/// What xterm.js understands.
const KIND: &str = "xterm-256color";

/// How long it may take until there is a terminal, the operator not included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Messages that may wait each way.
const WAITING: usize = 32;

/// Opens terminals by the broker's side door.
pub(super) struct Browsers {
    door: SideDoor,
    host_key: PublicKey,
    config: Arc<client::Config>,
}

impl Browsers {
    pub(super) fn new(door: SideDoor, host_key: PublicKey) -> Self {
        let config = client::Config {
            client_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Drawbridge")),
            preferred: Preferred {
                compression: Cow::Borrowed(&[russh::compression::NONE]),
                ..Preferred::default()
            },
            ..client::Config::default()
        };
        Self {
            door,
            host_key,
            config: Arc::new(config),
        }
    }
}

impl Terminals for Browsers {
    fn open(&self, visit: Visit) -> BoxFuture<'static, Result<Line, NoLine>> {
        let connecting = connect(
            self.door.clone(),
            self.host_key.clone(),
            Arc::clone(&self.config),
            visit,
        );
        async move {
            let opened = tokio::time::timeout(PATIENCE, connecting).await;
            let opened = opened.unwrap_or_else(|_| Err(anyhow!("it took more than {PATIENCE:?}")));
            opened.map_err(|error| {
                let error = format!("{error:#}");
                tracing::error!(error, "terminal.not_opened");
                NoLine
            })
        }
        .boxed()
    }
}

async fn connect(
    door: SideDoor,
    host_key: PublicKey,
    config: Arc<client::Config>,
    visit: Visit,
) -> anyhow::Result<Line> {
    let Visit {
        account,
        asset,
        ticket,
        source,
        cols,
        rows,
    } = visit;
    let stream = door.connect(source).await?;
    let mut handle = client::connect_stream(config, stream, OurOwn { host_key })
        .await
        .context("the broker was not met")?;
    let user = SshUser { account, asset };
    let signed_in = handle
        .authenticate_password(user.to_string(), ticket.expose_secret())
        .await?;
    if !matches!(signed_in, AuthResult::Success) {
        anyhow::bail!("the broker refused a ticket that was made a moment ago");
    }
    let channel = handle.channel_open_session().await?;
    channel
        .request_pty(true, KIND, cols.into(), rows.into(), 0, 0, &[])
        .await?;
    channel.request_shell(true).await?;
    let (typed, keys) = mpsc::channel(WAITING);
    let (show, shown) = mpsc::channel(WAITING);
    tokio::spawn(run(handle, channel, keys, show));
    Ok(Line { typed, shown })
}

/// Until either side has ended it. The connection ends with this.
async fn run(
    handle: Handle<OurOwn>,
    channel: Channel<Msg>,
    keys: mpsc::Receiver<Typed>,
    show: mpsc::Sender<Shown>,
) {
    let (from_broker, to_broker) = channel.split();
    tokio::select! {
        () = output(from_broker, &show) => {}
        () = input(keys, &to_broker) => {}
        () = show.closed() => {}
    }
    let bye = handle.disconnect(Disconnect::ByApplication, "", "");
    let _ = tokio::time::timeout(PATIENCE, bye).await;
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add messages; a terminal shows output"
)]
async fn output(mut from_broker: ChannelReadHalf, show: &mpsc::Sender<Shown>) {
    while let Some(message) = from_broker.wait().await {
        let shown = match message {
            ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } => {
                Shown::Output(data)
            }
            ChannelMsg::ExitStatus { exit_status } => Shown::Exit(exit_status),
            ChannelMsg::Close => return,
            _ => continue,
        };
        if show.send(shown).await.is_err() {
            return;
        }
    }
}

async fn input(mut keys: mpsc::Receiver<Typed>, to_broker: &ChannelWriteHalf<Msg>) {
    while let Some(typed) = keys.recv().await {
        let sent = match typed {
            Typed::Keys(bytes) => to_broker.data_bytes(bytes).await,
            Typed::Resize(cols, rows) => {
                let (cols, rows) = (cols.into(), rows.into());
                to_broker.window_change(cols, rows, 0, 0).await
            }
        };
        if sent.is_err() {
            // How it ended comes the other way.
            return std::future::pending().await;
        }
    }
}

/// The broker, and nobody else.
struct OurOwn {
    host_key: PublicKey,
}

impl client::Handler for OurOwn {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                key.key_data() == self.host_key.key_data()
            }
            PublicKeyOrCertificate::Certificate(_) => false,
        })
    }
}

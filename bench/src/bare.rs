//! A relay on the same SSH library that records nothing: what relaying costs by
//! itself. It is for this bench alone, lets in whoever comes, and stands still where
//! both of its sides wait.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use harness::sshd::{Sshd, user};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::server::{self, Auth, ChannelOpenHandle};
use russh::{
    Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Preferred, cipher, client, keys,
};
use tokio::net::{TcpListener, TcpStream};

/// The argument that makes this program the relay.
pub(crate) const ARGUMENT: &str = "bare-relay";

// As the broker is tuned.
const READ_BUFFER: usize = 256 << 10;
const MAXIMUM_PACKET: u32 = 65_535;
const WINDOW: u32 = 2 << 20;
const EVENTS: usize = 64;

/// The relay, a process of its own.
pub(crate) struct Bare {
    child: Child,
    at: SocketAddr,
}

impl Bare {
    pub(crate) fn start(target: &Sshd) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args([ARGUMENT, &target.at().to_string()])
            .arg(target.credential_file())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the relay starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("the relay says where it is");
        let at = line.trim_end().parse().expect("an address");
        Self { child, at }
    }

    pub(crate) const fn at(&self) -> SocketAddr {
        self.at
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is killed. One thread, like a connection at the broker.
pub(crate) fn serve(target: &str, key: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let target = Target {
            at: target.parse().expect("an address"),
            key: Arc::new(load_secret_key(Path::new(key), None).expect("a key")),
        };
        let config = Arc::new(server::Config {
            keys: vec![host_key()],
            window_size: WINDOW,
            maximum_packet_size: MAXIMUM_PACKET,
            event_buffer_size: EVENTS,
            channel_buffer_size: EVENTS,
            preferred: preferred(),
            nodelay: true,
            ..server::Config::default()
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        loop {
            let (socket, _) = listener.accept().await.expect("a client");
            let (config, front) = (Arc::clone(&config), Front(target.clone()));
            tokio::spawn(async move {
                socket.set_nodelay(true).expect("a socket");
                let socket = tokio::io::BufReader::with_capacity(READ_BUFFER, socket);
                if let Ok(running) = server::run_stream(config, socket, front).await {
                    let _ = running.await;
                }
            });
        }
    });
}

fn host_key() -> PrivateKey {
    PrivateKey::from(keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]))
}

fn preferred() -> Preferred {
    Preferred {
        cipher: vec![cipher::AES_128_GCM, cipher::AES_256_GCM].into(),
        ..Preferred::DEFAULT
    }
}

#[derive(Clone)]
struct Target {
    at: SocketAddr,
    key: Arc<PrivateKey>,
}

struct Front(Target);

impl server::Handler for Front {
    type Error = russh::Error;

    async fn auth_none(&mut self, _: &str) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<server::Msg>,
        reply: ChannelOpenHandle,
        session: &mut server::Session,
    ) -> Result<(), russh::Error> {
        let (target, vendor) = (self.0.clone(), session.handle());
        tokio::spawn(async move {
            let id = channel.id();
            let (from_vendor, to_vendor) = channel.split();
            let Ok((_connection, asset)) = target.open().await else {
                let _ = to_vendor.close().await;
                return;
            };
            let (from_asset, to_asset) = asset.split();
            tokio::select! {
                _ = down(from_asset, &to_vendor) => {}
                Err(_) = up(from_vendor, &to_asset, &vendor, id) => {}
            }
            let _ = to_vendor.close().await;
        });
        reply.accept().await;
        Ok(())
    }
}

impl Target {
    async fn open(&self) -> Result<(client::Handle<AnyHost>, Channel<client::Msg>), russh::Error> {
        let socket = TcpStream::connect(self.at).await?;
        socket.set_nodelay(true)?;
        let config = Arc::new(client::Config {
            window_size: WINDOW,
            maximum_packet_size: MAXIMUM_PACKET,
            channel_buffer_size: EVENTS,
            preferred: preferred(),
            nodelay: true,
            ..client::Config::default()
        });
        let socket = tokio::io::BufReader::with_capacity(READ_BUFFER, socket);
        let mut handle = client::connect_stream(config, socket, AnyHost).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&self.key), None);
        handle.authenticate_publickey(user(), key).await?;
        let channel = handle.channel_open_session().await?;
        Ok((handle, channel))
    }
}

struct AnyHost;

impl client::Handler for AnyHost {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// From the vendor to the asset; does not end while the vendor is there.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the loads of this bench need no other message"
)]
async fn up(
    mut vendor: ChannelReadHalf,
    asset: &ChannelWriteHalf<client::Msg>,
    answers: &server::Handle,
    id: russh::ChannelId,
) -> Result<(), russh::Error> {
    while let Some(message) = vendor.wait().await {
        match message {
            ChannelMsg::Data { data } => asset.data_bytes(data).await?,
            ChannelMsg::Eof => asset.eof().await?,
            ChannelMsg::RequestPty {
                term,
                col_width,
                row_height,
                terminal_modes,
                ..
            } => {
                let (cols, rows) = (col_width, row_height);
                let pty = asset.request_pty(false, &term, cols, rows, 0, 0, &terminal_modes);
                pty.await?;
                let _ = answers.channel_success(id).await;
            }
            ChannelMsg::Exec { command, .. } => {
                asset.exec(false, command).await?;
                let _ = answers.channel_success(id).await;
            }
            _ => {}
        }
    }
    Err(russh::Error::Disconnect)
}

/// From the asset to the vendor, until the asset ends.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the loads of this bench need no other message"
)]
async fn down(
    mut asset: ChannelReadHalf,
    vendor: &ChannelWriteHalf<server::Msg>,
) -> Result<(), russh::Error> {
    while let Some(message) = asset.wait().await {
        match message {
            ChannelMsg::Data { data } => vendor.data_bytes(data).await?,
            ChannelMsg::ExtendedData { data, ext } => {
                vendor.extended_data_bytes(ext, data).await?;
            }
            ChannelMsg::Eof => vendor.eof().await?,
            ChannelMsg::ExitStatus { exit_status } => vendor.exit_status(exit_status).await?,
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    Ok(())
}

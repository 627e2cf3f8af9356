#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a client looks out for a few of many messages"
)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, Disconnect};
use secrecy::SecretString;

use super::{Kind, Login, PracticeAsset, Settings};
use crate::clock::SystemClock;

const PASSWORD: &str = "open sesame";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

async fn start(kind: Kind, login: Login) -> PracticeAsset {
    let settings = Settings {
        kind,
        address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)),
        port: 0,
        host_key: key(1),
        user: "service".to_owned(),
        login,
    };
    PracticeAsset::start(settings, Arc::new(SystemClock::new()))
        .await
        .expect("starts")
}

async fn with_password(kind: Kind) -> PracticeAsset {
    start(kind, Login::Password(SecretString::from(PASSWORD))).await
}

struct Trusting;
impl client::Handler for Trusting {
    type Error = russh::Error;
    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(
            matches!(key, PublicKeyOrCertificate::PublicKey { key: shown, .. } if shown.key_data() == super::tests::key(1).public_key().key_data()),
        )
    }
}

type Client = client::Handle<Trusting>;

async fn connect(asset: &PracticeAsset) -> Client {
    let config = Arc::new(client::Config::default());
    client::connect(config, asset.address(), Trusting)
        .await
        .expect("connects")
}

async fn signed_in(asset: &PracticeAsset) -> Client {
    let mut client = connect(asset).await;
    let outcome = client
        .authenticate_password("service", PASSWORD)
        .await
        .expect("answers");
    assert!(outcome.success());
    client
}

/// Standard output, standard error and exit status.
async fn exec(client: &Client, command: &str) -> (String, String, Option<u32>) {
    let mut channel = client.channel_open_session().await.expect("opens");
    channel.exec(true, command).await.expect("runs");
    let (mut out, mut err, mut status) = (Vec::new(), Vec::new(), None);
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => out.extend_from_slice(&data),
            ChannelMsg::ExtendedData { data, .. } => err.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    let text = |b| String::from_utf8(b).expect("text");
    (text(out), text(err), status)
}

#[tokio::test]
async fn commands_with_exit_status_and_errors_apart() {
    let asset = with_password(Kind::Shell).await;
    let client = signed_in(&asset).await;
    let said = exec(&client, "cat /etc/hostname /nope").await;
    let error = "cat: /nope: No such file or directory\n".to_owned();
    assert_eq!(said, ("hist-1\n".to_owned(), error, Some(1)));
    assert_eq!(exec(&client, "exit 42").await.2, Some(42));
    asset.stop().await;
}

#[tokio::test]
async fn a_terminal_on_the_plc() {
    let asset = with_password(Kind::Turbine).await;
    let client = signed_in(&asset).await;
    let mut channel = client.channel_open_session().await.expect("opens");
    channel
        .request_pty(true, "xterm", 80, 24, 0, 0, &[])
        .await
        .expect("a terminal");
    channel.request_shell(true).await.expect("a shell");
    channel
        .data(&b"read gov.speed_sx\x7fp\rexit\r"[..])
        .await
        .expect("typed");
    let mut seen = Vec::new();
    let mut status = None;
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => seen.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    let seen = String::from_utf8(seen).expect("text");
    assert!(
        seen.contains("TG2> read gov.speed_sx\x08 \x08p\r\nGOV.SPEED_SP    3000.00"),
        "{seen}"
    );
    assert_eq!(status, Some(0));
    asset.stop().await;
}

#[tokio::test]
async fn only_the_right_user_password_or_key_gets_in() {
    let asset = with_password(Kind::Turbine).await;
    for (user, password, ok) in [
        ("service", PASSWORD, true),
        ("service", "x", false),
        ("root", PASSWORD, false),
    ] {
        let outcome = connect(&asset)
            .await
            .authenticate_password(user, password)
            .await;
        assert_eq!(outcome.expect("answers").success(), ok, "{user} {password}");
    }
    asset.stop().await;

    let asset = start(Kind::Shell, Login::Key(key(2).public_key().clone())).await;
    for (seed, ok) in [(2, true), (3, false)] {
        let offered = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
        let outcome = connect(&asset)
            .await
            .authenticate_publickey("service", offered)
            .await;
        assert_eq!(outcome.expect("answers").success(), ok, "key {seed}");
    }
    let outcome = connect(&asset)
        .await
        .authenticate_password("service", PASSWORD)
        .await;
    assert!(matches!(outcome, Ok(AuthResult::Failure { .. })));
    asset.stop().await;
}

#[tokio::test]
async fn one_who_floods_and_does_not_read_disturbs_nobody() {
    let asset = with_password(Kind::Turbine).await;
    let config = client::Config {
        window_size: 4096,
        ..client::Config::default()
    };
    let connected = client::connect(Arc::new(config), asset.address(), Trusting).await;
    let mut flooder = connected.expect("connects");
    let outcome = flooder.authenticate_password("service", PASSWORD).await;
    assert!(outcome.expect("answers").success());
    let unread = flooder.channel_open_session().await.expect("opens");
    unread.request_shell(true).await.expect("a shell");
    // Its queue of unread messages is soon full, and it stops reading the socket.
    let flood = async { while unread.data(&b"help\n".repeat(1000)[..]).await.is_ok() {} };
    let flooding = tokio::time::timeout(Duration::from_secs(2), flood);

    let other = signed_in(&asset).await;
    let answers = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        exec(&other, "read GOV.SPEED_SP").await
    };
    let (_, said) = tokio::join!(flooding, answers);
    assert_eq!(said.2, Some(0), "answered while another floods");
    let said = exec(&other, "read GOV.SPEED_SP").await;
    assert_eq!(said.2, Some(0));
    let _ = other.disconnect(Disconnect::ByApplication, "", "").await;
    asset.stop().await;
}

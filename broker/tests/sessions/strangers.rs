//! Those who have proven nothing: how much they may, and that nothing but a ticket
//! lets them in. The client is a library's, since no program does such things.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, Handle};
use russh::keys::{Algorithm, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{
    ChannelMsg, ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Preferred, cipher, kex,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Wishes, World};
use crate::{SOON, now, run, text};

pub(crate) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

async fn client(world: &World) -> Handle<Trusting> {
    let config = Arc::<client::Config>::default();
    client::connect(config, world.at, Trusting)
        .await
        .expect("connected")
}

/// One who has come in.
pub(crate) async fn vendor(world: &World) -> Handle<Trusting> {
    let ticket = world.ticket().await;
    let mut vendor = client(world).await;
    let result = vendor.authenticate_password("vera+plc-7", ticket).await;
    assert!(result.expect("an answer").success());
    vendor
}

pub(crate) async fn leave(vendor: Handle<Trusting>, world: World) {
    let left = vendor.disconnect(Disconnect::ByApplication, "", "").await;
    left.expect("connected");
    world.closed().await;
    world.stop().await;
}

/// What an open request was answered.
pub(crate) fn refusal<T>(opened: Result<T, russh::Error>) -> String {
    match opened {
        Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::Other { reason, .. })) => reason,
        Err(russh::Error::ChannelOpenFailure(why)) => format!("{why:?}"),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was let through"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_channel_and_request_is_refused() {
    let world = World::start().await;
    let vendor = vendor(&world).await;
    let port = u32::from(world.sshd.at.port());
    refusal(
        vendor
            .channel_open_direct_tcpip("127.0.0.1", port, "127.0.0.1", 1)
            .await,
    );
    refusal(
        vendor
            .channel_open_direct_streamlocal("/run/docker.sock")
            .await,
    );
    refusal(vendor.channel_open_x11("127.0.0.1", 6000).await);
    assert!(vendor.tcpip_forward("", 0).await.is_err());
    assert!(vendor.cancel_tcpip_forward("", 1).await.is_err());
    assert!(vendor.streamlocal_forward("/tmp/socket").await.is_err());
    assert!(
        vendor
            .cancel_streamlocal_forward("/tmp/socket")
            .await
            .is_err()
    );

    let mut channel = vendor.channel_open_session().await.expect("opened");
    channel
        .request_x11(true, true, "MIT-MAGIC-COOKIE-1", "00", 0)
        .await
        .expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    channel.agent_forward(true).await.expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    channel
        .set_env(true, "LD_PRELOAD", "/tmp/evil.so")
        .await
        .expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Failure)));
    channel.set_env(true, "LANG", "C").await.expect("asked");
    assert!(matches!(channel.wait().await, Some(ChannelMsg::Success)));
    // Nothing runs yet, so nothing may change its size.
    channel.window_change(80, 24, 0, 0).await.expect("asked");
    channel
        .request_subsystem(true, "sftp")
        .await
        .expect("asked");
    let mut told = Vec::new();
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::ExtendedData { data, ext: 1 } = message {
            told.extend_from_slice(&data);
        }
    }
    assert!(text(&told).contains("Subsystems"), "{}", text(&told));
    assert_eq!(world.sshd.connections(), 0, "something was dialled");
    leave(vendor, world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_channels_at_a_time_run_in_a_session() {
    let mut wishes = Wishes::default();
    wishes.limits.channels = 3;
    let world = World::with(wishes).await;
    let vendor = vendor(&world).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(vendor.channel_open_session().await.expect("opened"));
    }
    refusal(vendor.channel_open_session().await);
    let last = open.pop().expect("a channel");
    last.close().await.expect("closed");
    let mut again = vendor
        .channel_open_session()
        .await
        .expect("there is room again");
    // One that has ended by itself makes room as well.
    again.exec(true, "true").await.expect("asked");
    while again.wait().await.is_some() {}
    for _ in 0..50 {
        if vendor.channel_open_session().await.is_ok() {
            return leave(vendor, world).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("an ended channel takes room for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn input_before_a_command_goes_nowhere() {
    let world = World::start().await;
    let vendor = vendor(&world).await;
    let mut channel = vendor.channel_open_session().await.expect("opened");
    channel.data_bytes(&b"too early\n"[..]).await.expect("sent");
    channel.exec(true, "cat").await.expect("asked");
    channel.data_bytes(&b"in time\n"[..]).await.expect("sent");
    channel.eof().await.expect("sent");
    let mut told = Vec::new();
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::Data { data } = message {
            told.extend_from_slice(&data);
        }
    }
    assert_eq!(text(&told), "in time\n");
    leave(vendor, world).await;
}

fn passwords_only(result: &AuthResult) -> bool {
    let only = MethodSet::from(&[MethodKind::Password][..]);
    matches!(result, AuthResult::Failure { remaining_methods, partial_success: false } if *remaining_methods == only)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_ticket_lets_in() {
    let world = World::start().await;
    let mut stranger = client(&world).await;
    let user = "vera+plc-7";
    let none = stranger.authenticate_none(user).await.expect("an answer");
    assert!(passwords_only(&none), "{none:?}");
    let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519);
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.expect("a key")), None);
    let key = stranger
        .authenticate_publickey(user, key)
        .await
        .expect("an answer");
    assert!(passwords_only(&key), "{key:?}");
    let asked = stranger
        .authenticate_keyboard_interactive_start(user, None)
        .await
        .expect("an answer");
    assert!(
        matches!(
            asked,
            client::KeyboardInteractiveAuthResponse::Failure { .. }
        ),
        "{asked:?}"
    );
    // All that has not spoiled the right way in.
    let ticket = world.ticket().await;
    let ticket = stranger
        .authenticate_password(user, ticket)
        .await
        .expect("an answer");
    assert!(ticket.success(), "{ticket:?}");
    drop(stranger);
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_offer_of_a_key_is_nothing() {
    let world = World::start().await;
    // OpenSSH offers first and signs only what is accepted.
    let key = world.directory.path().join("user");
    let identity = format!("IdentityFile={}", key.display());
    let options = [
        "-o",
        "PreferredAuthentications=publickey",
        "-o",
        &identity,
        "-vv",
    ];
    let output = run(&mut world.ssh_options_first(&options, &["true"]).await).await;
    let told = text(&output.stderr);
    assert!(told.contains("Permission denied (password)"), "{told}");
    assert!(!told.contains("Server accepts key"), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_that_changes_spoils_the_right_ticket() {
    let world = World::start().await;
    let ticket = world.ticket().await;
    let mut stranger = client(&world).await;
    let first = stranger
        .authenticate_none("mallory+plc-7")
        .await
        .expect("an answer");
    assert!(!first.success());
    for user in ["vera+plc-7", "mallory+plc-7", "vera+plc-7"] {
        let result = stranger.authenticate_password(user, ticket.as_str()).await;
        assert!(!result.is_ok_and(|r| r.success()), "{user} got in");
    }
    assert!(world.sessions().await.is_empty());
    let output = run(&mut world.ssh_with(&ticket, &[], &["true"])).await;
    assert!(
        output.status.success(),
        "the ticket was used up: {output:?}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_tries_and_each_takes_as_long() {
    let world = World::start().await;
    let ticket = world.ticket().await;
    let mut stranger = client(&world).await;
    for wrong in ["", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b"] {
        let began = now();
        let result = stranger.authenticate_password("vera+plc-7", wrong).await;
        assert!(passwords_only(&result.expect("an answer")));
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
    let fourth = stranger
        .authenticate_password("vera+plc-7", ticket.as_str())
        .await;
    assert!(
        !fourth.is_ok_and(|r| r.success()),
        "a fourth try was looked at"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_do_not_exist_look_like_wrong_tickets() {
    let world = World::start().await;
    let ticket = world.ticket().await;
    for user in [
        "nobody+plc-7",
        "vera+nothing",
        "root",
        "arne+plc-7",
        "",
        "vera+plc-7\0",
    ] {
        let mut stranger = client(&world).await;
        let began = now();
        let result = stranger.authenticate_password(user, ticket.as_str()).await;
        assert!(passwords_only(&result.expect("an answer")), "{user:?}");
        assert!(
            began.elapsed() >= Duration::from_secs(1),
            "{user:?} was faster"
        );
    }
    world.stop().await;
}

/// Whether the peer ends the connection, and after how long.
async fn ended(mut socket: TcpStream) -> Duration {
    let began = now();
    let mut buffer = [0; 4096];
    loop {
        match timeout(SOON, socket.read(&mut buffer))
            .await
            .expect("it is held for ever")
        {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
                break;
            }
        }
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stands_before_the_door_for_long() {
    let mut wishes = Wishes::default();
    wishes.limits.time_to_authenticate = Duration::from_secs(1);
    let world = World::with(wishes).await;
    // One says nothing at all, one gets as far as the keys.
    let mute = TcpStream::connect(world.at).await.expect("connected");
    let slow = client(&world).await;
    let took = ended(mute).await;
    assert!(took < Duration::from_secs(3), "{took:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(slow.is_closed());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_much_before_the_door() {
    let mut wishes = Wishes::default();
    wishes.limits.bytes_before_authentication = 8 << 10;
    let world = World::with(wishes).await;
    let mut stranger = client(&world).await;
    let long = "a".repeat(4 << 10);
    let mut refused = false;
    for _ in 0..3 {
        refused |= stranger
            .authenticate_password("vera+plc-7", long.as_str())
            .await
            .is_err()
            || stranger.is_closed();
    }
    assert!(refused, "16 KiB were read");
    let mut raw = TcpStream::connect(world.at).await.expect("connected");
    let _ = raw.write_all(&vec![b'A'; 1 << 20]).await;
    let took = ended(raw).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_too_many_stand_before_the_door() {
    let mut wishes = Wishes::default();
    wishes.limits.unauthenticated_per_address = 4;
    let world = World::with(wishes).await;
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(TcpStream::connect(world.at).await.expect("connected"));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let fifth = TcpStream::connect(world.at).await.expect("connected");
    let took = ended(fifth).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    drop(waiting);
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Those who are in take no place before the door.
    let mut inside = Vec::new();
    for _ in 0..5 {
        let mut ssh = world.ssh(&[], &["sleep 5"]).await;
        inside.push(ssh.spawn().expect("ssh runs"));
        while world.sessions().await.len() < inside.len() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    drop(inside);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_algorithms_are_not_spoken() {
    let world = World::start().await;
    let weak = [
        Preferred {
            cipher: vec![cipher::AES_256_CTR].into(),
            ..Preferred::DEFAULT
        },
        Preferred {
            cipher: vec![cipher::AES_128_CBC].into(),
            ..Preferred::DEFAULT
        },
        Preferred {
            cipher: vec![cipher::CHACHA20_POLY1305].into(),
            ..Preferred::DEFAULT
        },
        Preferred {
            kex: vec![kex::DH_G14_SHA256].into(),
            ..Preferred::DEFAULT
        },
        Preferred {
            kex: vec![kex::DH_G1_SHA1].into(),
            ..Preferred::DEFAULT
        },
        Preferred {
            kex: vec![kex::ECDH_SHA2_NISTP256].into(),
            ..Preferred::DEFAULT
        },
    ];
    for preferred in weak {
        let config = Arc::new(client::Config {
            preferred: preferred.clone(),
            ..client::Config::default()
        });
        let met = client::connect(config, world.at, Trusting).await;
        assert!(met.is_err(), "{preferred:?}");
    }
    for kex in [kex::MLKEM768X25519_SHA256, kex::CURVE25519] {
        let preferred = Preferred {
            kex: vec![kex].into(),
            ..Preferred::DEFAULT
        };
        let config = Arc::new(client::Config {
            preferred,
            ..client::Config::default()
        });
        client::connect(config, world.at, Trusting)
            .await
            .expect("connected");
    }
    let output = run(&mut world.ssh(&["-vv"], &["true"]).await).await;
    let told = text(&output.stderr);
    assert!(told.contains("kex-strict-s-v00@openssh.com"), "{told}");
    assert!(
        told.contains("cipher: aes256-gcm@openssh.com MAC: <implicit> compression: none")
            || told.contains("cipher: aes128-gcm@openssh.com MAC: <implicit> compression: none"),
        "{told}"
    );
    world.stop().await;
}

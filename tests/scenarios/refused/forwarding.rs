//! Nothing but a shell and a command crosses: no forwarding of any kind, no
//! subsystem, no channel or request that is not in the table. The asset itself
//! allows them all (see `house::counterparts`).

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use harness::asyncssh;
use harness::client::{Client, Door};
use harness::tools::Tool;
use harness::world::World;
use serde_json::{Value, json};

/// A port that says whether anybody came.
fn bait() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}

/// The way to the asset past Drawbridge.
fn direct(world: &World) -> Door {
    Door {
        at: world.asset.at(),
        user: harness::sshd::user(),
        password: String::new(),
    }
}

fn assert_nobody_came(bait: &TcpListener) {
    assert!(bait.accept().is_err(), "a connection came through");
}

#[tokio::test]
async fn a_local_forwarding_carries_nothing() {
    let world = World::new().await;
    let door = world.door().await;
    let (bait, target) = bait();
    let (spare, local) = self::bait();
    drop(spare);
    let forward = format!("127.0.0.1:{local}:127.0.0.1:{target}");
    let mut client = Client::ssh(&door, &["-L", &forward], Some("echo ready; cat")).start();
    client.expect("ready").await;
    let mut through = std::net::TcpStream::connect(("127.0.0.1", local)).expect("ssh listens");
    through
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a socket");
    let mut byte = [0];
    assert_eq!(
        through.read(&mut byte).unwrap_or(0),
        0,
        "something came back"
    );
    client.expect_error("administratively prohibited").await;
    assert_nobody_came(&bait);
    client.close_stdin();
    let outcome = client.end(Duration::from_secs(10)).await;
    assert_eq!(
        outcome.status,
        Some(0),
        "the session itself goes on: {outcome:?}"
    );
}

#[tokio::test]
async fn a_socks_proxy_carries_nothing() {
    let world = World::new().await;
    let door = world.door().await;
    let (bait, target) = bait();
    let (spare, local) = self::bait();
    drop(spare);
    let listen = format!("127.0.0.1:{local}");
    let mut client = Client::ssh(&door, &["-D", &listen], Some("echo ready; cat")).start();
    client.expect("ready").await;
    let (high, low) = (
        u8::try_from(target >> 8).unwrap(),
        u8::try_from(target & 255).unwrap(),
    );
    let answer = tokio::task::spawn_blocking(move || {
        let mut socks = std::net::TcpStream::connect(("127.0.0.1", local)).expect("ssh listens");
        socks
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a socket");
        socks.write_all(&[5, 1, 0]).expect("a greeting");
        let mut hello = [0; 2];
        socks
            .read_exact(&mut hello)
            .expect("SOCKS 5 without authentication");
        socks
            .write_all(&[5, 1, 0, 1, 127, 0, 0, 1, high, low])
            .expect("a request");
        let mut answer = [0; 2];
        socks.read_exact(&mut answer).map(|()| answer[1])
    });
    let answer = answer.await.expect("no panic");
    assert_ne!(answer.ok(), Some(0), "SOCKS says it is connected");
    assert_nobody_came(&bait);
}

#[tokio::test]
async fn a_reverse_forwarding_is_refused() {
    let world = World::new().await;
    let door = world.door().await;
    let options = ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:9"];
    let outcome = Client::ssh(&door, &options, Some("echo inside"))
        .run()
        .await;
    assert_eq!(outcome.status, Some(255), "{outcome:?}");
    assert!(
        outcome.stderr.contains("remote port forwarding failed"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_stdio_forwarding_is_refused() {
    let world = World::new().await;
    let door = world.door().await;
    let (bait, target) = bait();
    let outcome = Client::ssh(&door, &["-W", &format!("127.0.0.1:{target}")], None)
        .run()
        .await;
    assert_ne!(outcome.status, Some(0), "{outcome:?}");
    assert!(
        outcome.stderr.contains("administratively prohibited"),
        "{outcome:?}"
    );
    assert_nobody_came(&bait);
    assert_eq!(world.asset.connections(), 0);
}

#[tokio::test]
async fn an_agent_stays_at_home() {
    let world = World::new().await;
    let door = world.door().await;
    let agent = tempfile::tempdir().expect("a directory");
    let socket = agent.path().join("agent");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    // An agent without keys: it says no to whatever it is asked.
    std::thread::spawn(move || {
        for asked in listener.incoming() {
            let mut asked = asked.expect("a connection");
            let mut request = [0; 1024];
            while let Ok(1..) = asked.read(&mut request) {
                let _ = asked.write_all(&[0, 0, 0, 1, 5]);
            }
        }
    });
    let socket = socket.display().to_string();
    let agent = format!("IdentityAgent={socket}");
    let (options, ask) = (["-A", "-o", &agent], Some("echo agent=$SSH_AUTH_SOCK"));
    let outcome = Client::ssh(&door, &options, ask).run().await;
    assert_eq!(outcome.text(), "agent=\n", "{outcome:?}");
    // The asset itself would take it.
    let key = world.asset.credential_file().as_os_str();
    let client = Client::ssh_with_key(&direct(&world), key, &options, ask);
    let outcome = client.run().await;
    assert!(outcome.text().starts_with("agent=/"), "{outcome:?}");
}

#[tokio::test]
async fn no_display_is_offered() {
    let world = World::new().await;
    let door = world.door().await;
    let (options, ask) = (["-Y"], Some("echo display=$DISPLAY"));
    let client = Client::ssh(&door, &options, ask);
    let outcome = client.env("DISPLAY", "127.0.0.1:99").run().await;
    assert_eq!(outcome.text(), "display=\n", "{outcome:?}");
    // The asset itself would offer one.
    assert!(Tool::Xauth.path().is_file());
    let key = world.asset.credential_file().as_os_str();
    let client = Client::ssh_with_key(&direct(&world), key, &options, ask);
    let outcome = client.env("DISPLAY", "127.0.0.1:99").run().await;
    let offered = outcome.text();
    assert!(
        offered.starts_with("display=") && offered.contains(':'),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn no_subsystem_is_started() {
    let world = World::new().await;
    let door = world.door().await;
    let outcome = Client::ssh(&door, &["-s"], Some("sftp")).run().await;
    assert_eq!(outcome.status, Some(255), "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("Subsystems such as SFTP are not let through"),
        "{outcome:?}"
    );
    assert_eq!(world.asset.connections(), 0);
}

/// The answer to the request itself is yes, or OpenSSH would never show the line.
#[tokio::test]
async fn a_subsystem_by_asyncssh() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let steps = json!([
        {"op": "subsystem", "name": "sftp"},
        {"op": "subsystem", "name": "netconf"},
    ]);
    for answer in asyncssh::run(&door, steps).await {
        assert_eq!(answer["status"], 255, "{answer}");
        assert!(asyncssh::bytes(&answer, "stdout").is_empty(), "{answer}");
        let said = asyncssh::bytes(&answer, "stderr");
        assert!(
            said.starts_with(b"Subsystems such as SFTP are not let through"),
            "{answer}"
        );
    }
    assert_eq!(world.asset.connections(), 0);
}

#[tokio::test]
async fn all_else_is_refused_by_name() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let (bait, port) = bait();
    let steps = json!([
        {"op": "direct_tcpip", "host": "127.0.0.1", "port": port},
        {"op": "direct_streamlocal", "path": "/var/run/docker.sock"},
        {"op": "reverse", "port": port},
        {"op": "reverse_streamlocal", "path": "/tmp/drawbridge-test.sock"},
    ]);
    let answers = asyncssh::run(&door, steps).await;
    assert_eq!(answers.len(), 4);
    for answer in &answers {
        assert!(answer["error"].is_string(), "{answer}");
    }
    // RFC 4254, 5.1: prohibited (1), or a type that is not known (3).
    for opened in &answers[..2] {
        let code = opened["code"].as_u64();
        assert!(code.is_some_and(|code| [1, 3].contains(&code)), "{opened}");
    }
    assert_nobody_came(&bait);
    assert_eq!(world.asset.connections(), 0);
}

/// Each on a connection of its own: what is no honest client's message may cost
/// the connection as well.
#[tokio::test]
async fn channels_that_no_client_may_open() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let grant = world.grant(Duration::from_secs(3600)).await;
    let vera = world.person("vera").await;
    for kind in [
        "x11",
        "forwarded-tcpip",
        "auth-agent@openssh.com",
        "tun@openssh.com",
        "nonsense@example.com",
    ] {
        let steps = json!([{"op": "open_channel", "kind": kind}]);
        let answers = asyncssh::run(&vera.door(&grant).await, steps).await;
        assert!(answers[0]["error"].is_string(), "{kind}: {answers:?}");
    }
    assert_eq!(world.asset.connections(), 0);
}

#[tokio::test]
async fn requests_on_a_session_that_are_not_in_the_table() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let world = World::new().await;
    let door = world.door().await;
    let command = "sleep 60";
    let steps = json!([
        {"op": "x11", "command": command},
        {"op": "request", "name": "auth-agent-req@openssh.com", "command": command},
        {"op": "request", "name": "nonsense@example.com", "command": command},
        {"op": "global_request", "name": "nonsense@example.com"},
        {"op": "exec", "command": "echo still-there"},
    ]);
    let answers = asyncssh::run(&door, steps).await;
    for answer in &answers[..4] {
        assert_eq!(answer["accepted"], Value::Bool(false), "{answer}");
    }
    assert_eq!(asyncssh::bytes(&answers[4], "stdout"), b"still-there\n");
}

/// The conduit says which of shell and exec pass.
#[tokio::test]
async fn an_operation_that_the_conduit_does_not_let_through() {
    let world = World::with(harness::sshd::Sshd::start(), |plant, _| {
        plant.replace(
            "operations = [\"shell\", \"exec\"]\nenvironment",
            "operations = [\"exec\"]\nenvironment",
        )
    })
    .await;
    let door = world.door().await;
    let mut client = Client::ssh(&door, &["-tt"], None).start();
    client.close_stdin();
    let outcome = client.end(Duration::from_secs(20)).await;
    assert_ne!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(world.asset.connections(), 0);
    let door = world
        .person("vera")
        .await
        .door(&world.last_grant().await)
        .await;
    let outcome = Client::ssh(&door, &[], Some("echo inside")).run().await;
    assert_eq!(outcome.text(), "inside\n", "{outcome:?}");
}

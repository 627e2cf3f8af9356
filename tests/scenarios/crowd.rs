//! Two hundred sessions at once: each its own content, none mixed up, all recorded.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use harness::cast::Cast;
use harness::client::Client;
use harness::raw::{self, Trusting};
use harness::sshd::Sshd;
use harness::world::World;
use russh::client;

const SESSIONS: usize = 200;

/// `n` as a line that no other session has, often enough to fill some packets.
fn content(n: usize) -> String {
    format!("session-{n:04}-{}\n", "x".repeat(n)).repeat(20)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sessions_each_with_its_own_content() {
    let world = World::with(Sshd::start(), |plant, _| {
        plant.replace(
            "[[zone]]\nname = \"hall\"",
            "[rules]\nsessions_per_grant = 200\n\n[[zone]]\nname = \"hall\"",
        )
    })
    .await;
    let grant = world.grant(Duration::from_secs(2 * 3600)).await;
    let vera = world.person("vera").await;
    let mut open = Vec::new();
    // Signing in is what costs; all are held open until all are in.
    for n in 0..SESSIONS {
        let door = vera.door(&grant).await;
        let command = format!("read go; cat; echo end-{n} >&2; exit {}", n % 100);
        open.push((n, Session::open(&door, &command).await));
    }
    let audun = world.person("audun").await;
    let at_once = audun
        .sessions()
        .await
        .iter()
        .filter(|s| s.closed.is_none())
        .count();
    assert_eq!(at_once, SESSIONS);

    let mut running: FuturesUnordered<_> = open
        .into_iter()
        .map(|(n, session)| async move { (n, session.talk(&content(n)).await) })
        .collect();
    while let Some((n, heard)) = running.next().await {
        assert_eq!(heard.stdout, content(n), "session {n}");
        assert_eq!(heard.stderr, format!("end-{n}\n"));
        assert_eq!(heard.status, Some(u32::try_from(n % 100).expect("small")));
    }

    let mut seen = [false; SESSIONS];
    for _ in 0..100 {
        if audun.sessions().await.iter().all(|s| s.closed.is_some()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for session in audun.sessions().await {
        assert_eq!(
            session.closed.as_ref().map(|c| c.code.as_str()),
            Some("vendor_left")
        );
        let text = audun
            .cast(&session.id, "?input=true")
            .await
            .expect("a recording");
        let cast = Cast::read(&text);
        let shown = cast.shown();
        let n: usize = shown[8..12]
            .parse()
            .unwrap_or_else(|e| panic!("{e}: {shown:?}"));
        assert!(
            !std::mem::replace(&mut seen[n], true),
            "{n} was recorded twice"
        );
        assert_eq!(shown.replace(&format!("end-{n}\n"), ""), content(n));
        assert_eq!(
            String::from_utf8_lossy(&cast.input()),
            format!("go\n{}", content(n))
        );
        assert_eq!(cast.exit(), Some((n % 100).to_string().as_str()));
    }
    assert!(seen.iter().all(|seen| *seen), "not all are recorded");
}

#[tokio::test]
async fn what_one_session_does_is_nothing_to_another() {
    let world = World::new().await;
    let grant = world.grant(Duration::from_secs(3600)).await;
    let vera = world.person("vera").await;
    let flood = Client::ssh(
        &vera.door(&grant).await,
        &[],
        Some("yes | head -c 500000000; sleep 600"),
    );
    let flood = flood.start_unheard();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut calm = Client::ssh(&vera.door(&grant).await, &["-tt"], None).start();
    calm.send("echo calm-$((1 + 1))\n").await;
    calm.expect("calm-2").await;
    flood.kill().await;
    calm.send("echo still-$((1 + 1))\n").await;
    calm.expect("still-2").await;
}

/// A vendor's session by the protocol library: two hundred processes of `ssh`
/// would be a test of the machine.
struct Session {
    _connection: client::Handle<Trusting>,
    channel: russh::Channel<client::Msg>,
}

#[derive(Default)]
struct Heard {
    stdout: String,
    stderr: String,
    status: Option<u32>,
}

impl Session {
    async fn open(door: &harness::client::Door, command: &str) -> Self {
        let mut connection = raw::connect(door).await;
        let answer = connection
            .authenticate_password(door.user.clone(), door.password.clone())
            .await
            .expect("an answer");
        assert!(answer.success(), "{answer:?}");
        let channel = connection.channel_open_session().await.expect("a channel");
        channel.exec(true, command).await.expect("a command");
        Self {
            _connection: connection,
            channel,
        }
    }

    async fn talk(mut self, text: &str) -> Heard {
        let input = format!("go\n{text}");
        self.channel.data(input.as_bytes()).await.expect("sent");
        self.channel.eof().await.expect("ended");
        let mut heard = Heard::default();
        while let Some(message) = self.channel.wait().await {
            match message {
                russh::ChannelMsg::Data { data } => {
                    heard.stdout.push_str(&String::from_utf8_lossy(&data));
                }
                russh::ChannelMsg::ExtendedData { data, ext: 1 } => {
                    heard.stderr.push_str(&String::from_utf8_lossy(&data));
                }
                russh::ChannelMsg::ExitStatus { exit_status } => heard.status = Some(exit_status),
                _ => {}
            }
        }
        heard
    }
}

//! A browser's terminal: a WebSocket on a loopback socket, and a broker that does as
//! the test says.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::future::BoxFuture;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::world::{HOUR, PASSWORD, World};
use crate::{ApiSettings, Line, NoLine, Shown, Terminals, Typed, Visit};

const SOON: Duration = Duration::from_secs(20);
/// What a browser may be ahead, and the largest message.
const AHEAD: usize = 512 << 10;
const LARGEST: usize = 64 << 10;

/// The broker's end of a line.
struct End {
    typed: mpsc::Receiver<Typed>,
    shown: mpsc::Sender<Shown>,
}

/// Hands each line's other end to the test.
struct Broker(mpsc::UnboundedSender<End>);

impl Terminals for Broker {
    fn open(&self, _: Visit) -> BoxFuture<'static, Result<Line, NoLine>> {
        let (to_asset, typed) = mpsc::channel(4);
        let (shown, from_asset) = mpsc::channel(4);
        let sent = self.0.send(End { typed, shown });
        let line = Line {
            typed: to_asset,
            shown: from_asset,
        };
        Box::pin(async move { sent.map(|()| line).map_err(|_| NoLine) })
    }
}

struct Stage {
    world: World,
    at: SocketAddr,
    ends: mpsc::UnboundedReceiver<End>,
    grant: String,
    cookie: String,
}

type Socket = WebSocketStream<TcpStream>;

impl Stage {
    async fn set() -> Self {
        let (send, ends) = mpsc::unbounded_channel();
        let world = World::on(ApiSettings::default(), Arc::new(Broker(send))).await;
        for name in ["vera", "viktor", "olga"] {
            world.set_password(name, PASSWORD).await;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let router = world.router.clone();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let (grant, cookie) = (world.grant("vera").await, world.cookie("vera").await);
        Self {
            world,
            at,
            ends,
            grant,
            cookie,
        }
    }

    /// As that page's script would, with that cookie.
    async fn come_from(&self, site: &str, cookie: &str) -> Result<Socket, u16> {
        let uri = format!(
            "ws://{}/api/v1/grants/{}/terminal?cols=100&rows=30",
            self.at, self.grant
        );
        let mut request = uri.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-fetch-site", site.parse().unwrap());
        headers.insert("cookie", cookie.parse().unwrap());
        let stream = TcpStream::connect(self.at).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A terminal of `vera`'s that is open.
    async fn open(&mut self) -> (Socket, End) {
        let come = self.come_from("same-origin", &self.cookie).await;
        let mut socket = come.expect("it opens");
        let end = soon(self.ends.recv()).await.expect("a line");
        let opened = next(&mut socket).await;
        let opened: Value = serde_json::from_str(opened.to_text().unwrap()).unwrap();
        assert!(opened.get("opened").is_some(), "{opened}");
        (socket, end)
    }
}

async fn soon<T>(waiting: impl Future<Output = T>) -> T {
    timeout(SOON, waiting).await.expect("in time")
}

/// The next message that says something.
async fn next(socket: &mut Socket) -> Message {
    loop {
        let message = soon(socket.next()).await.unwrap().unwrap();
        if !message.is_ping() {
            return message;
        }
    }
}

/// The code that it is closed with.
async fn code(socket: &mut Socket) -> u16 {
    loop {
        match soon(socket.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn say(socket: &mut Socket, message: Value) {
    let text = Utf8Bytes::from(message.to_string());
    socket.send(Message::Text(text)).await.unwrap();
}

async fn show(end: &End, length: usize) {
    let output = Shown::Output(Bytes::from(vec![b'x'; length]));
    soon(end.shown.send(output)).await.unwrap();
}

/// How many bytes of output come until nothing more does.
async fn drawn(socket: &mut Socket) -> usize {
    let mut all = 0;
    while let Ok(Some(Ok(message))) = timeout(Duration::from_millis(300), socket.next()).await {
        if let Message::Binary(bytes) = message {
            all += bytes.len();
        }
    }
    all
}

#[tokio::test]
async fn what_is_typed_and_shown_passes_and_the_end_is_told() {
    let mut stage = Stage::set().await;
    let (mut socket, mut end) = stage.open().await;
    let keys = Bytes::from_static(b"ls\r");
    socket.send(Message::Binary(keys.clone())).await.unwrap();
    say(&mut socket, json!({ "resize": [132, 43] })).await;
    assert_eq!(soon(end.typed.recv()).await, Some(Typed::Keys(keys)));
    assert_eq!(soon(end.typed.recv()).await, Some(Typed::Resize(132, 43)));
    show(&end, 3).await;
    let seen = next(&mut socket).await;
    assert_eq!(seen, Message::Binary(Bytes::from_static(b"xxx")));
    soon(end.shown.send(Shown::Exit(7))).await.unwrap();
    let seen = next(&mut socket).await;
    assert_eq!(seen.to_text().unwrap(), r#"{"exit":7}"#);
    drop(end);
    assert_eq!(code(&mut socket).await, 1000);
}

#[tokio::test]
async fn output_waits_for_a_browser_that_has_not_drawn_what_came_before() {
    let mut stage = Stage::set().await;
    let (mut socket, end) = stage.open().await;
    let flood = tokio::spawn(async move {
        for _ in 0..64 {
            show(&end, 32 << 10).await;
        }
        end
    });
    let ahead = drawn(&mut socket).await;
    assert!((AHEAD..=AHEAD + (32 << 10)).contains(&ahead), "{ahead}");
    say(&mut socket, json!({ "ack": 256 << 10 })).await;
    let more = drawn(&mut socket).await;
    assert!((224 << 10..=288 << 10).contains(&more), "{more}");
    // More than was sent, and more than a number holds: harm to nobody but itself.
    for _ in 0..2 {
        say(&mut socket, json!({ "ack": u64::MAX })).await;
    }
    let rest = drawn(&mut socket).await;
    assert_eq!(ahead + more + rest, 2 << 20);
    drop(soon(flood).await.unwrap());
    assert_eq!(code(&mut socket).await, 1000);
}

#[tokio::test]
async fn the_last_output_reaches_one_who_still_speaks() {
    for _ in 0..5 {
        let mut stage = Stage::set().await;
        let (mut socket, end) = stage.open().await;
        for _ in 0..8 {
            show(&end, 60 << 10).await;
        }
        drop(end);
        // What nobody reads any more must not cut off what is under way.
        for _ in 0..200 {
            say(&mut socket, json!({ "ack": 1 })).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut all = 0;
        let code = loop {
            match soon(socket.next()).await {
                Some(Ok(Message::Binary(bytes))) => all += bytes.len(),
                Some(Ok(Message::Close(Some(frame)))) => break u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("{other:?} after {all} bytes"),
            }
        };
        assert_eq!((all, code), (8 * (60 << 10), 1000));
    }
}

#[tokio::test]
async fn more_is_not_taken_than_the_broker_takes() {
    let mut stage = Stage::set().await;
    let (mut socket, end) = stage.open().await;
    let piece = Message::Binary(Bytes::from(vec![b'k'; 32 << 10]));
    for _ in 0..64 {
        if socket.send(piece.clone()).await.is_err() {
            break;
        }
    }
    assert_eq!(code(&mut socket).await, 1009);
    drop(end);
}

#[tokio::test]
async fn empty_messages_are_not_free() {
    let mut stage = Stage::set().await;
    let (mut socket, end) = stage.open().await;
    for _ in 0..20_000 {
        if socket.send(Message::Binary(Bytes::new())).await.is_err() {
            break;
        }
    }
    assert_eq!(code(&mut socket).await, 1009);
    drop(end);
}

#[tokio::test]
async fn what_is_no_message_of_ours_ends_it() {
    let mut stage = Stage::set().await;
    for odd in ["", "{}", "[]", r#"{"resize":[1]}"#, r#"{"ack":1,"more":2}"#] {
        let (mut socket, _end) = stage.open().await;
        socket.send(Message::Text(odd.into())).await.unwrap();
        assert_eq!(code(&mut socket).await, 1003, "{odd}");
    }
    let (mut socket, mut end) = stage.open().await;
    let too_large = Message::Binary(Bytes::from(vec![0; LARGEST + 1]));
    // It hangs up in the middle.
    let _ = socket.send(too_large).await;
    while let Some(Ok(message)) = soon(socket.next()).await {
        assert!(!matches!(message, Message::Binary(_)));
    }
    assert_eq!(soon(end.typed.recv()).await, None, "none of it was typed");
}

#[tokio::test]
async fn one_has_eight_terminals_and_room_again_once_one_is_closed() {
    let mut stage = Stage::set().await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(stage.open().await);
    }
    let ninth = stage.come_from("same-origin", &stage.cookie).await;
    assert_eq!(ninth.err(), Some(429));
    let (mut socket, end) = open.pop().unwrap();
    drop(end);
    assert_eq!(code(&mut socket).await, 1000);
    drop(socket);
    let again = async {
        while stage.come_from("same-origin", &stage.cookie).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(again).await;
}

#[tokio::test]
async fn no_other_site_and_nobody_else_opens_it() {
    let mut stage = Stage::set().await;
    for (site, cookie, status) in [
        ("cross-site", stage.cookie.clone(), 403),
        ("same-site", stage.cookie.clone(), 403),
        ("same-origin", "__Host-drawbridge=made-up".to_owned(), 401),
        ("same-origin", stage.world.cookie("viktor").await, 404),
        ("same-origin", stage.world.cookie("olga").await, 403),
    ] {
        let come = stage.come_from(site, &cookie).await;
        assert_eq!(come.err(), Some(status), "{site} {status}");
    }
    assert!(stage.ends.try_recv().is_err(), "no line was opened");
}

#[tokio::test]
async fn a_browser_that_no_longer_answers_is_gone() {
    let mut stage = Stage::set().await;
    let (mut socket, mut end) = stage.open().await;
    for _ in 0..2 {
        pass(Duration::from_secs(40)).await;
        // Whoever listens answers the question whether they are there.
        assert_eq!(drawn(&mut socket).await, 0);
    }
    let keys = Bytes::from_static(b"here");
    socket.send(Message::Binary(keys.clone())).await.unwrap();
    assert_eq!(soon(end.typed.recv()).await, Some(Typed::Keys(keys)));
    pass(Duration::from_secs(61)).await;
    assert_eq!(soon(end.typed.recv()).await, None, "the asset is let go");
    assert_eq!(code(&mut socket).await, 1000);
}

/// Time of the program's, not of the plant's.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_login_that_is_made_void_ends_its_terminals() {
    let mut stage = Stage::set().await;
    let (mut socket, _end) = stage.open().await;
    stage.world.disable("vera").await;
    pass(Duration::from_secs(15)).await;
    assert_eq!(code(&mut socket).await, 4401);
}

#[tokio::test]
async fn so_does_one_that_its_person_ends_from_elsewhere() {
    let mut stage = Stage::set().await;
    let (mut socket, _end) = stage.open().await;
    let logins = stage.world.get("vera", "/me/logins").await.expect(200);
    let logins = logins["items"].as_array().unwrap();
    let browser = logins.iter().find(|login| login["kind"] == "browser");
    let id = browser.unwrap()["id"].as_str().unwrap();
    let path = format!("/me/logins/{id}/revoke");
    let ended = stage.world.post("vera", &path, json!({})).await;
    ended.expect(204);
    pass(Duration::from_secs(15)).await;
    assert_eq!(code(&mut socket).await, 4401);
}

#[tokio::test]
async fn a_terminal_at_which_nobody_types_ends_with_its_login_and_one_in_use_outlives_it() {
    let mut stage = Stage::set().await;
    let (mut idle, _end) = stage.open().await;
    let mut other = Stage::set().await;
    let (mut used, mut end) = other.open().await;
    let minute = Duration::from_secs(60);
    for minutes in [20, 20] {
        stage.world.clock.pass(minutes * minute);
        other.world.clock.pass(minutes * minute);
        let keys = Message::Binary(Bytes::from_static(b"k"));
        used.send(keys).await.unwrap();
        assert!(soon(end.typed.recv()).await.is_some());
        pass(Duration::from_secs(15)).await;
        assert_eq!(drawn(&mut used).await, 0);
    }
    assert_eq!(code(&mut idle).await, 4401);
    // The grant says how long the work may take, and not the end of the login.
    other.world.clock.pass(12 * HOUR);
    pass(Duration::from_secs(15)).await;
    assert_eq!(drawn(&mut used).await, 0);
    used.send(Message::Binary(Bytes::from_static(b"k")))
        .await
        .unwrap();
    assert!(soon(end.typed.recv()).await.is_some());
}

//! A terminal in the browser: a WebSocket (RFC 6455) on which a vendor works under a
//! grant of theirs, through the broker like any other client.
//!
//! ```text
//! browser ─ binary: keys ─ text: {"resize":[c,r]} {"ack":n} ─▶ Line ─▶ broker
//! browser ◀─ binary: output ─ text: {"opened":…} {"exit":n} ── Line ◀─ broker
//! ```
//! A script can't tell a WebSocket to wait, so a browser acknowledges what it has
//! drawn, and is not sent much more than that.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use domain::policy::Action;
use domain::{Grant, GrantId};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc};
use utoipa_axum::routes;

use super::grants;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::TerminalQuery;
use crate::input::{At, Params};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::terminals::{Line, Shown, Typed, Visit};

/// So much may be sent that the browser has not drawn, in bytes.
const AHEAD: u64 = 512 << 10;
/// So much may be typed that the broker does not take, in bytes, and what a message
/// costs besides its own.
const MOST_TYPED: usize = 1 << 20;
const MESSAGE_COST: usize = 64;
/// The largest message from a browser, in bytes.
const LARGEST: usize = 64 << 10;
/// So often is the browser asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// For so long may nothing come from it.
const SILENCE: Duration = Duration::from_secs(60);
/// So often is it looked whether the login still holds.
const CHECK: Duration = Duration::from_secs(15);
/// How long a browser may take for what was sent last: it may be as much as [`AHEAD`],
/// over a slow line.
const FAREWELL: Duration = Duration::from_secs(20);

/// The line ended as it should (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;
/// What came is no message of ours.
const UNKNOWN: u16 = 1003;
/// More came than can be taken.
const TOO_MUCH: u16 = 1009;
/// The broker opened no terminal.
const FAILED: u16 = 1011;
/// The login is over; from 4000 on the numbers are ours.
const LOGIN_OVER: u16 = 4401;
/// Something stands against a session.
const REFUSED: u16 = 4403;

pub(super) fn routes() -> Routes {
    Routes::group("grants").allow(Action::TakeTicket, routes!(open_terminal))
}

/// Work under a grant in a terminal: a WebSocket. Binary messages are what is typed
/// and shown; text messages are JSON: `{"resize":[cols,rows]}` and `{"ack":bytes}` to
/// the server, `{"opened":{"session":id}}`, `{"refused":{code,detail}}` and
/// `{"exit":status}` from it.
#[utoipa::path(
    get,
    path = "/v1/grants/{id}/terminal",
    params(("id" = String, Path, description = "The grant"), TerminalQuery),
    responses((status = 101, description = "The line is open")),
)]
async fn open_terminal(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<GrantId>,
    Params(query): Params<TerminalQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let grant = grants::seen(&api, &caller, id).await?;
    let upgrade = upgrade.map_err(|_| {
        ApiError::new(
            StatusCode::UPGRADE_REQUIRED,
            "not_a_websocket",
            "A terminal is a WebSocket, and this call is none. Use the page of the grant, or take \
             a ticket and use an SSH client.",
        )
    })?;
    let place = api.terminals_open.take(caller.account.name.clone());
    let place = place.ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_terminals",
            "You have too many terminals open already. Close one of them, then try again.",
        )
    })?;
    let size = (query.cols.unwrap_or(80), query.rows.unwrap_or(24));
    Ok(upgrade
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .on_upgrade(async move |socket| {
            work(&api, &caller, &grant, size, socket).await;
            drop(place);
        }))
}

async fn work(api: &Api, caller: &Caller, grant: &Grant, size: (u16, u16), mut socket: WebSocket) {
    let end = match open(api, caller, grant, size).await {
        Ok((line, session)) => {
            let opened = json!({ "opened": { "session": session } });
            if socket.send(text(&opened)).await.is_err() {
                return;
            }
            let (mut sink, mut stream) = socket.split();
            let end = relay(api, caller, line, &mut sink, &mut stream).await;
            farewell(sink, stream, end, None).await;
            return;
        }
        Err(error) => error,
    };
    let (code, problem) = (end.close, end.problem);
    let refused = json!({ "refused": { "code": problem.code(), "detail": problem.detail() } });
    let (sink, stream) = socket.split();
    farewell(sink, stream, code, Some(text(&refused))).await;
}

struct NotOpened {
    close: u16,
    problem: ApiError,
}

impl From<ApiError> for NotOpened {
    fn from(problem: ApiError) -> Self {
        Self {
            close: REFUSED,
            problem,
        }
    }
}

/// Takes a ticket, and has the broker turn it into a session.
async fn open(
    api: &Api,
    caller: &Caller,
    grant: &Grant,
    (cols, rows): (u16, u16),
) -> Result<(Line, Option<String>), NotOpened> {
    let issued = api.store.issue_ticket(&caller.actor(), grant.id).await;
    let issued = issued.map_err(ApiError::from)?;
    let source: IpAddr = caller.source();
    let visit = Visit {
        account: grant.account.clone(),
        asset: grant.asset.clone(),
        ticket: issued.ticket,
        source,
        cols,
        rows,
    };
    let line = api.terminals.open(visit).await.map_err(|_| NotOpened {
        close: FAILED,
        problem: ApiError::busy(
            "no_terminal",
            "The access broker opened no terminal. Try again in a minute; if it happens twice, \
             call the control room.",
        ),
    })?;
    let session = api.store.session_of_ticket(issued.id).await;
    let session = session.map_err(ApiError::from)?;
    Ok((line, session.map(|id| id.to_string())))
}

/// What a browser says in text.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Resize(u16, u16),
    Ack(u64),
}

/// What a browser tells of its person and of itself.
#[derive(Default)]
struct Told {
    /// Output that it has drawn, in bytes.
    drawn: AtomicU64,
    more: Notify,
    /// Something was typed since this was looked at last.
    typed: AtomicBool,
    /// Bytes that were typed and that the broker has not taken.
    waiting: AtomicUsize,
}

impl Told {
    fn has_drawn(&self, bytes: u64) {
        let more = |drawn: u64| Some(drawn.saturating_add(bytes));
        let _ = self
            .drawn
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        self.more.notify_one();
    }
}

/// Until either side, or the login, ends it. With the code to close with.
async fn relay(
    api: &Api,
    caller: &Caller,
    line: Line,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> u16 {
    let Line { typed, shown } = line;
    let told = Told::default();
    let (queue, queued) = mpsc::unbounded_channel();
    let from_browser = pin!(take(stream, queue, &told));
    let to_broker = pin!(hand_on(queued, typed, &told));
    let to_browser = pin!(show(shown, sink, &told));
    let login = pin!(login_over(api, caller, &told));
    tokio::select! {
        code = from_browser => code,
        code = to_browser => code,
        code = login => code,
        never = to_broker => match never {},
    }
}

/// Never waits for anything but the browser: what it has drawn must be heard while
/// the broker takes nothing.
async fn take(
    stream: &mut SplitStream<WebSocket>,
    queue: mpsc::UnboundedSender<Typed>,
    told: &Told,
) -> u16 {
    loop {
        let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE, stream.next()).await else {
            return NORMAL;
        };
        let typing = match message {
            Message::Binary(bytes) => {
                told.typed.store(true, Ordering::Relaxed);
                Typed::Keys(bytes)
            }
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(Said::Resize(cols, rows)) => Typed::Resize(cols, rows),
                Ok(Said::Ack(bytes)) => {
                    told.has_drawn(bytes);
                    continue;
                }
                Err(_) => return UNKNOWN,
            },
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return NORMAL,
        };
        let cost = cost(&typing);
        if told.waiting.fetch_add(cost, Ordering::Relaxed) > MOST_TYPED {
            return TOO_MUCH;
        }
        let _ = queue.send(typing);
    }
}

/// What was typed, to the broker. Once that takes nothing more, how it ended comes the
/// other way.
async fn hand_on(
    mut queued: mpsc::UnboundedReceiver<Typed>,
    typed: mpsc::Sender<Typed>,
    told: &Told,
) -> Infallible {
    while let Some(typing) = queued.recv().await {
        let cost = cost(&typing);
        let _ = typed.send(typing).await;
        told.waiting.fetch_sub(cost, Ordering::Relaxed);
    }
    std::future::pending().await
}

fn cost(typed: &Typed) -> usize {
    let bytes = match typed {
        Typed::Keys(bytes) => bytes.len(),
        Typed::Resize(..) => 0,
    };
    bytes + MESSAGE_COST
}

async fn show(
    mut shown: mpsc::Receiver<Shown>,
    sink: &mut SplitSink<WebSocket, Message>,
    told: &Told,
) -> u16 {
    let mut sent: u64 = 0;
    let mut ping = tokio::time::interval(PING);
    loop {
        let is_ahead = sent.saturating_sub(told.drawn.load(Ordering::Relaxed)) > AHEAD;
        let message = tokio::select! {
            biased;
            _ = ping.tick() => Message::Ping(Vec::new().into()),
            () = told.more.notified(), if is_ahead => continue,
            shown = shown.recv(), if !is_ahead => match shown {
                Some(Shown::Output(bytes)) => {
                    sent = sent.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                    Message::Binary(bytes)
                }
                Some(Shown::Exit(status)) => text(&json!({ "exit": status })),
                None => return NORMAL,
            },
        };
        if sink.send(message).await.is_err() {
            return NORMAL;
        }
    }
}

/// Ready once the login was made void. One that has merely come to its end does not
/// end the work: the grant's window says how long that may take.
async fn login_over(api: &Api, caller: &Caller, told: &Told) -> u16 {
    loop {
        tokio::time::sleep(CHECK).await;
        // An open terminal is no person, but a key that was pressed is.
        if told.typed.swap(false, Ordering::Relaxed) {
            caller.mark_used(api);
        }
        if api.clock.now() >= caller.login.expires_at {
            return std::future::pending().await;
        }
        if let Ok(None) = caller.again(api).await {
            return LOGIN_OVER;
        }
    }
}

/// Says how it ended, and waits until the browser has heard it (RFC 6455, 7.1.1): a
/// connection that is dropped while something from the other side is unread is reset,
/// and with it goes the last output that is under way.
async fn farewell(
    mut sink: SplitSink<WebSocket, Message>,
    mut stream: SplitStream<WebSocket>,
    code: u16,
    last: Option<Message>,
) {
    let close = Message::Close(Some(CloseFrame {
        code,
        reason: Utf8Bytes::from_static(""),
    }));
    let said = async {
        for message in last.into_iter().chain([close]) {
            sink.send(message).await?;
        }
        Ok::<_, axum::Error>(())
    };
    let heard = async { while let Some(Ok(_)) = stream.next().await {} };
    let _ = tokio::time::timeout(FAREWELL, async { tokio::join!(said, heard) }).await;
}

fn text(value: &serde_json::Value) -> Message {
    Message::Text(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_says_is_one_of_two_things() {
        let said = |text| serde_json::from_str::<Said>(text);
        assert!(matches!(
            said(r#"{"resize":[120,40]}"#),
            Ok(Said::Resize(120, 40))
        ));
        assert!(matches!(said(r#"{"ack":65536}"#), Ok(Said::Ack(65536))));
        for text in [
            "",
            "{}",
            r#"{"resize":[0]}"#,
            r#"{"resize":[70000,1]}"#,
            r#"{"ack":-1}"#,
            r#"{"end":1}"#,
        ] {
            assert!(said(text).is_err(), "{text}");
        }
    }
}

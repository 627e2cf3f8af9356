//! A session as it happens, for the plant: server-sent events (HTML, 9.2). Whoever
//! joins counts as its watcher while the stream is open, and each opening is in the
//! audit log.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Sse;
use axum::response::sse::Event;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::policy::Action;
use domain::{AccountName, SessionId};
use futures::{Stream, StreamExt as _, stream};
use recorder::{Channels, Seen, View};
use serde_json::{Value, json};
use store::LoginKind;
use tokio::time::Instant;
use utoipa_axum::routes;

use crate::app::Api;
use crate::caller::Caller;
use crate::cookie::Call;
use crate::dto::LiveQuery;
use crate::input::{At, Params};
use crate::places::Place;
use crate::presence::{Presence, now};
use crate::problem::ApiError;
use crate::pulse::pulse;
use crate::routes::Routes;

/// So often is it looked whether there is more to see: by who has joined, and by who
/// looks on at many.
const JOINED: Duration = Duration::from_millis(80);
const LOOKING_ON: Duration = Duration::from_millis(300);
/// So often is it looked whether the session runs and the login holds.
const CHECK: Duration = Duration::from_secs(1);

pub(super) fn routes() -> Routes {
    Routes::group("sessions")
        .allow(Action::WatchSession, routes!(watch_session))
        .allow(Action::WatchSession, routes!(still_here))
}

/// Watch a session as it happens, each of its channels. Events, with JSON as their
/// data: `screen` {channel, terminal, cols, rows, data} is a channel's beginning, or
/// starts it anew; `output` {channel, data}, `resize` {channel, cols, rows}, `marker`
/// {channel, text}, `closed` {channel}; and `ended` {} is the last, or `left` {}, when
/// one who joined is no longer there. `data` is raw output in base64. The latest few
/// channels that are over come first. `here` comes when nothing else has for ten seconds.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/live",
    params(("id" = String, Path, description = "The session"), LiveQuery),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
)]
async fn watch_session(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
    Params(query): Params<LiveQuery>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let join = query.join.unwrap_or(false);
    if join && caller.login.kind == LoginKind::Browser {
        // A link that somebody was sent makes nobody a watcher.
        let call = Call {
            method: &method,
            uri: &uri,
            headers: &headers,
        };
        call.is_from_our_page()?;
    }
    let seen = api.store.session(&caller.scope(), id).await?;
    seen.ok_or_else(|| ApiError::not_found(format!("session/{id}")))?;
    let place = api.viewers.take(caller.account.name.clone());
    let place = place.ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_views",
            "You watch too many sessions already. Close one of them, then try again.",
        )
    })?;
    let presence = Presence::begin(&api, &caller, id, join).await?;
    let which = if query.newest.unwrap_or(false) {
        Channels::Newest
    } else {
        Channels::All
    };
    let watcher = Watcher {
        view: api.recorder.view(id, which),
        session: id,
        every: if join { JOINED } else { LOOKING_ON },
        checked: now(),
        over: false,
        presence,
        caller,
        api,
        _place: place,
    };
    let events = stream::unfold(watcher, |mut watcher| async move {
        let events = watcher.next().await?;
        Some((stream::iter(events), watcher))
    });
    let events = events.flatten().map(Ok);
    Ok(Sse::new(events).keep_alive(pulse()))
}

/// Say that one still watches a session that one has joined: without it, one counts
/// for a quarter of a minute. A page says it for as long as it can be seen.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/here",
    params(("id" = String, Path, description = "The session")),
    responses((status = 204, description = "Heard")),
)]
async fn still_here(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<SessionId>,
) -> Result<StatusCode, ApiError> {
    api.watching.here(&caller.account.name, id, now());
    Ok(StatusCode::NO_CONTENT)
}

struct Watcher {
    presence: Presence,
    view: View,
    session: SessionId,
    every: Duration,
    /// When it was last looked whether it may go on.
    checked: Instant,
    over: bool,
    caller: Caller,
    api: Api,
    _place: Place<AccountName>,
}

impl Watcher {
    /// What has come, once something has; nothing more once it is over.
    async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            if self.over {
                return None;
            }
            if now().duration_since(self.checked) >= CHECK {
                self.checked = now();
                if self.presence.is_over() {
                    return event("left", &json!({})).map(|left| {
                        self.over = true;
                        vec![left]
                    });
                }
                self.over = !self.may_go_on().await?;
            }
            let seen = self.view.look().into_iter();
            let mut events: Vec<_> = seen
                .filter_map(|(channel, seen)| shown(channel, seen))
                .collect();
            if self.over {
                events.extend(event("ended", &json!({})));
            }
            if !events.is_empty() {
                return Some(events);
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// Whether the session still runs; nothing if this person may not know any more.
    async fn may_go_on(&mut self) -> Option<bool> {
        self.caller = self.caller.again(&self.api).await.ok()??;
        let scope = self.caller.scope();
        let session = self.api.store.session(&scope, self.session).await.ok()??;
        Some(session.closed.is_none())
    }
}

fn shown(channel: u32, seen: Seen) -> Option<Event> {
    let (name, data) = match seen {
        Seen::Screen { size, data } => {
            let (cols, rows) = size.unwrap_or((80, 24));
            let data = json!({
                "channel": channel,
                "terminal": size.is_some(),
                "cols": cols,
                "rows": rows,
                "data": BASE64_STANDARD.encode(data),
            });
            ("screen", data)
        }
        Seen::Output(bytes) => {
            let data = BASE64_STANDARD.encode(bytes);
            ("output", json!({ "channel": channel, "data": data }))
        }
        Seen::Resize(cols, rows) => {
            let data = json!({ "channel": channel, "cols": cols, "rows": rows });
            ("resize", data)
        }
        Seen::Marker(text) => ("marker", json!({ "channel": channel, "text": &*text })),
        Seen::Closed => ("closed", json!({ "channel": channel })),
    };
    event(name, &data)
}

fn event(name: &str, data: &Value) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}

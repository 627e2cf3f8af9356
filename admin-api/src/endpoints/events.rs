//! Word of changes, as server-sent events. A tick says that something which the
//! caller may see has changed, and nothing else: what it is, is asked for where
//! each look is checked.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::Event as SseEvent;
use domain::policy::Action;
use domain::{AccountName, Event};
use futures::{Stream, stream};
use store::{EventFilter, Page, Scope};
use tokio::sync::watch;
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::Changed;
use crate::places::Place;
use crate::problem::ApiError;
use crate::pulse::pulse;
use crate::routes::Routes;

/// At most so often does one caller hear of changes.
const PAUSE: Duration = Duration::from_millis(250);
/// So often is it looked whether the login still holds, at the least.
const CHECK: Duration = Duration::from_secs(15);

pub(super) fn routes() -> Routes {
    Routes::group("events").allow(Action::Listen, routes!(listen))
}

/// Hear of changes: an event `changed` whenever something that the caller may see
/// has changed, and `here` every ten seconds in which nothing has. The stream ends with
/// the login.
#[utoipa::path(
    get,
    path = "/v1/events",
    responses((status = 200, description = "The stream; the data of each event", body = Changed, content_type = "text/event-stream")),
)]
async fn listen(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, ApiError> {
    let name = caller.account.name.clone();
    let place = api.listeners.take(name).ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_listeners",
            "You listen for changes in too many places already. Close one of them, then try again.",
        )
    })?;
    // Before the newest event is looked up, so that no change falls in between.
    let changed = api.store.changed();
    let all = EventFilter::default();
    let newest = api.store.events(&all, &page(None, Some(1)), true).await?;
    let heard = newest.items.first().map_or(0, |event| event.seq);
    let listener = Listener {
        api,
        caller,
        changed,
        heard,
        _place: place,
    };
    let ticks = stream::unfold(listener, |mut listener| async move {
        let tick = listener.tick().await?;
        Some((Ok(tick), listener))
    });
    Ok(Sse::new(ticks).keep_alive(pulse()))
}

struct Listener {
    api: Api,
    caller: Caller,
    changed: watch::Receiver<u64>,
    /// The newest event that was looked at.
    heard: i64,
    _place: Place<AccountName>,
}

impl Listener {
    /// The next tick; the end when the login is over or the state unreadable.
    async fn tick(&mut self) -> Option<SseEvent> {
        loop {
            let change = tokio::time::timeout(CHECK, self.changed.changed()).await;
            self.caller = self.caller.again(&self.api).await.ok()??;
            match change {
                Ok(change) => change.ok()?,
                Err(_) => continue,
            }
            tokio::time::sleep(PAUSE).await;
            self.changed.mark_unchanged();
            if let Some(seq) = self.news().await.ok()? {
                let event = SseEvent::default().event("changed");
                return event.json_data(Changed { seq }).ok();
            }
        }
    }

    /// The newest event since the last look that concerns the caller.
    async fn news(&mut self) -> Result<Option<i64>, ApiError> {
        let all = EventFilter::default();
        let mut newest = None;
        loop {
            let page = page(Some(self.heard.to_string()), Some(Page::MOST));
            let events = self.api.store.events(&all, &page, false).await?;
            for event in &events.items {
                self.heard = event.seq;
                if self.concerns(event).await? {
                    newest = Some(event.seq);
                }
            }
            if events.next.is_none() {
                return Ok(newest);
            }
        }
    }

    async fn concerns(&self, event: &Event) -> Result<bool, ApiError> {
        let scope = self.caller.scope();
        if scope == Scope::All {
            return Ok(true);
        }
        // Whether and when somebody opens a recording is not a vendor's business.
        if self.caller.is_vendor() && event.action.starts_with("recording.") {
            return Ok(false);
        }
        let store = &self.api.store;
        let Some((kind, id)) = event.subject.split_once('/') else {
            return Ok(false);
        };
        Ok(match kind {
            "plant" => true,
            "account" => id == self.caller.account.name.as_str(),
            "request" => match id.parse() {
                Ok(id) => store.find_request(&scope, id).await?.is_some(),
                Err(_) => false,
            },
            "grant" => match id.parse() {
                Ok(id) => store.grant(&scope, id).await?.is_some(),
                Err(_) => false,
            },
            "session" => match id.parse() {
                Ok(id) => store.session(&scope, id).await?.is_some(),
                Err(_) => false,
            },
            "conduit" => {
                let conduits = store.conduits().await?;
                let seen = |zone| self.caller.sees_zone(zone);
                conduits
                    .iter()
                    .any(|(c, _)| c.name.as_str() == id && seen(&c.zone))
            }
            _ => false,
        })
    }
}

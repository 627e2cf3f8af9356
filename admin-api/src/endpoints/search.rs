//! Recordings found by what is in them. That somebody looked is in the audit log
//! before the answer leaves; what they found is not.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use domain::{Draft, Role, SessionId, Timestamp};
use recorder::transcript::{Limits, Typed, Words, find_typed};
use serde_json::json;
use store::{Page, Phrase, Recording, SearchFilter, StoreError};
use tokio::task::spawn_blocking;
use utoipa_axum::routes;

use super::{company, page};
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, SearchQuery};
use crate::evidence;
use crate::input::{Params, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

/// How many recordings one call looks through for what was typed.
const MOST_RECORDINGS: u32 = 200;
/// How much input one call looks through, in bytes.
const MOST_INPUT: u64 = 256 << 20;
/// How many lines of one recording are told.
const MOST_LINES: usize = 1000;
/// How long one call looks, at most.
const LONGEST: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Routes {
    Routes::group("recordings").allow(Action::ReadRecording, routes!(search_recordings))
}

/// Lines in recordings that have all of the words: what was shown, or, for
/// auditors, what was typed. That somebody searched is noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/recordings/search",
    params(SearchQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::RecordingHit>)),
)]
async fn search_recordings(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<SearchQuery>,
) -> Result<Json<dto::Page<dto::RecordingHit>>, ApiError> {
    let words = Words::parse(&query.q).map_err(|e| ApiError::invalid("q", e.to_string()))?;
    if query.input && caller.account.role != Role::Auditor {
        return Err(ApiError::not_allowed(
            "What was typed may hold passwords, so only auditors look through it. Search what \
             was shown, or ask an auditor.",
        ));
    }
    let filter = SearchFilter {
        asset: optional("asset", query.asset.as_deref())?,
        account: optional("account", query.account.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        since: query.since,
        until: query.until,
        company: company(query.company.clone()),
    };
    note(&api, &caller, &query).await?;
    let page = page(query.after, query.limit);
    if query.input {
        return Ok(Json(typed(&api, &caller, words, &filter, &page).await?));
    }
    let phrases: Vec<_> = words
        .phrases()
        .map(|(text, is_start)| Phrase { text, is_start })
        .collect();
    let scope = caller.scope();
    let found = api.store.search(&scope, &phrases, &filter, &page).await?;
    Ok(Json(show::page(found, show::hit)))
}

/// What was looked for among keystrokes may itself be a password, and the audit
/// log is kept for ever: there it is left out.
async fn note(api: &Api, caller: &Caller, query: &SearchQuery) -> Result<(), ApiError> {
    let searched = Draft::new("recording.searched", "account", &caller.account.name).after(json!({
        "q": (!query.input).then_some(&query.q),
        "input": query.input,
        "asset": query.asset,
        "account": query.account,
        "zone": query.zone,
        "since": query.since,
        "until": query.until,
        "company": query.company,
    }));
    Ok(api.store.alarm(&caller.actor(), searched).await?)
}

/// Input is in no index: the recordings themselves are opened, the newest first,
/// until there is a page full or it was enough for one call.
async fn typed(
    api: &Api,
    caller: &Caller,
    words: Words,
    filter: &SearchFilter,
    page: &Page,
) -> Result<dto::Page<dto::RecordingHit>, ApiError> {
    let after = page.after.as_deref().map(place).transpose()?;
    let scope = caller.scope();
    let recordings = api
        .store
        .recordings_between(&scope, filter, after, MOST_RECORDINGS)
        .await?;
    let _turn = api.indexes.turn().await;
    let looking = Looking {
        api: api.clone(),
        words,
        since: filter.since,
        until: filter.until,
        limit: usize::try_from(page.limit.clamp(1, Page::MOST)).unwrap_or(usize::MAX),
    };
    spawn_blocking(move || looking.through(recordings))
        .await
        .map_err(ApiError::fault)
}

/// The cursor: session and channel looked through last.
fn place(text: &str) -> Result<(SessionId, u32), ApiError> {
    let parsed = text
        .split_once('/')
        .and_then(|(session, channel)| Some((session.parse().ok()?, channel.parse().ok()?)));
    Ok(parsed.ok_or(StoreError::BadCursor)?)
}

struct Looking {
    api: Api,
    words: Words,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
}

impl Looking {
    fn through(&self, recordings: Vec<Recording>) -> dto::Page<dto::RecordingHit> {
        let end = self.api.clock.monotonic().saturating_add(LONGEST);
        let most = usize::try_from(MOST_RECORDINGS).unwrap_or(usize::MAX);
        let mut more = recordings.len() == most;
        let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
        for recording in recordings {
            if items.len() >= self.limit || bytes >= MOST_INPUT || self.api.clock.monotonic() > end
            {
                more = true;
                break;
            }
            bytes += recording.bytes_in;
            last = Some(format!("{}/{}", recording.session, recording.channel));
            for line in self.look(&recording).into_iter().take(MOST_LINES) {
                let at = recording.started_at.plus(Duration::from_millis(line.at_ms));
                let in_time = self.since.is_none_or(|since| at >= since)
                    && self.until.is_none_or(|until| at < until);
                if in_time {
                    items.push(show::typed(&recording, at, line));
                }
            }
        }
        let next = last.filter(|_| more);
        dto::Page { items, next }
    }

    /// One recording that can't be read does not end the search.
    fn look(&self, recording: &Recording) -> Vec<Typed> {
        let (session, channel) = (recording.session, recording.channel);
        let found = evidence::open_input(&self.api, session, channel)
            .and_then(|input| Ok(find_typed(input, &self.words, Limits::default())?));
        match found {
            Ok(found) => found.lines,
            Err(error) => {
                tracing::warn!(%session, channel, %error, "search.input_unreadable");
                Vec::new()
            }
        }
    }
}

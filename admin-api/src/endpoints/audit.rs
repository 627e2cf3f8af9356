//! The audit log.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use store::EventFilter;
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::dto::{self, AuditQuery};
use crate::input::{Params, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

/// How many actions one call may ask for, and how long one is, in bytes.
const MOST_ACTIONS: usize = 32;
const LONGEST_ACTION: usize = 64;

pub(super) fn routes() -> Routes {
    Routes::group("audit").allow(Action::ReadAudit, routes!(list_events))
}

/// Events of the audit log.
#[utoipa::path(
    get,
    path = "/v1/audit",
    params(AuditQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::AuditEvent>)),
)]
async fn list_events(
    State(api): State<Api>,
    Params(query): Params<AuditQuery>,
) -> Result<Json<dto::Page<dto::AuditEvent>>, ApiError> {
    let filter = EventFilter {
        subject: query.subject,
        actions: query
            .action
            .as_deref()
            .map_or_else(|| Ok(Vec::new()), listed)?,
        actor: optional("actor", query.actor.as_deref())?,
        since: query.since,
        until: query.until,
    };
    let page = page(query.after, query.limit);
    let newest_first = !query.oldest_first;
    let found = api.store.events(&filter, &page, newest_first).await?;
    Ok(Json(show::page(found, show::event)))
}

/// Each is looked for in each event, so they are few.
fn listed(words: &str) -> Result<Vec<String>, ApiError> {
    let words: Vec<_> = words
        .split(',')
        .map(|word| word.trim().to_owned())
        .collect();
    if words.len() > MOST_ACTIONS
        || words
            .iter()
            .any(|word| word.is_empty() || word.len() > LONGEST_ACTION)
    {
        let message =
            format!("write up to {MOST_ACTIONS} actions or families of them, separated by commas");
        return Err(ApiError::invalid("action", message));
    }
    Ok(words)
}

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
        actions: query.action.as_deref().map(listed).unwrap_or_default(),
        actor: optional("actor", query.actor.as_deref())?,
        since: query.since,
        until: query.until,
    };
    let page = page(query.after, query.limit);
    let newest_first = !query.oldest_first;
    let found = api.store.events(&filter, &page, newest_first).await?;
    Ok(Json(show::page(found, show::event)))
}

fn listed(words: &str) -> Vec<String> {
    let words = words.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

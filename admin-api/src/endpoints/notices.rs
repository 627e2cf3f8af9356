//! What people are told, and whether it reaches them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use domain::{AccountName, Draft};
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery, TestNotice, TestStarted};
use crate::input::{Body, Params};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("notices")
        .allow(Action::ReadAudit, routes!(list_notices))
        .allow(Action::ManageAccounts, routes!(test_notice))
}

/// What was told to whom in the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/v1/notices",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Notice>)),
)]
async fn list_notices(
    State(api): State<Api>,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Notice>>, ApiError> {
    let found = api.store.notices(&page(query.after, query.limit)).await?;
    Ok(Json(show::page(found, show::notice)))
}

/// Send somebody a test on each way that they can be told. What became of it stands
/// in the list of notices.
#[utoipa::path(
    post,
    path = "/v1/notices/test",
    request_body = TestNotice,
    responses((status = 202, description = "It is under way", body = TestStarted)),
)]
async fn test_notice(
    State(api): State<Api>,
    caller: Caller,
    Body(TestNotice { account }): Body<TestNotice>,
) -> Result<(StatusCode, Json<TestStarted>), ApiError> {
    let name: AccountName = account
        .parse()
        .map_err(|error| ApiError::invalid("account", format!("{error}")))?;
    let account = api.store.account(&name).await?;
    let account = account.ok_or_else(|| ApiError::not_found(format!("account/{name}")))?;
    if !account.is_active() {
        return Err(conflict(
            "account_disabled",
            format!(
                "account {name} is disabled, and who is disabled is told nothing. Enable it first."
            ),
        ));
    }
    let ways = &api.settings.notices;
    let email = ways.mail && account.email.is_some();
    if !email && ways.webhooks.is_empty() {
        let why = if ways.mail {
            format!(
                "account {name} has no e-mail address, and there is no webhook. Write `email` into \
                 the plant file and apply it."
            )
        } else {
            "nobody can be told anything: the broker's configuration has no [mail] and no \
             [[webhook]]. Write one of them and restart the broker."
                .to_owned()
        };
        return Err(conflict("no_way_to_tell", why));
    }
    let started = TestStarted {
        account: name.to_string(),
        email,
        webhooks: ways.webhooks.len(),
        asked_at: api.clock.now(),
    };
    let asked = Draft::new("notice.tested", "account", &name);
    api.store.alarm(&caller.actor(), asked).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

fn conflict(code: &str, detail: String) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, detail)
}

//! People's accounts, for those who manage and audit them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::AccountName;
use domain::policy::Action;
use utoipa_axum::routes;

use super::page;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery, Reason, Secret, SetPassword};
use crate::input::{At, Body, Params};
use crate::password::{self, PasswordError};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("accounts")
        .allow(Action::ListAccounts, routes!(list_accounts))
        .allow(Action::ListAccounts, routes!(get_account))
        .allow(Action::ManageAccounts, routes!(set_password))
        .allow(Action::ManageAccounts, routes!(disable_account))
        .allow(Action::ManageAccounts, routes!(enable_account))
}

/// Accounts, by name.
#[utoipa::path(
    get,
    path = "/v1/accounts",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Account>)),
)]
async fn list_accounts(
    State(api): State<Api>,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Account>>, ApiError> {
    let found = api.store.accounts(&page(query.after, query.limit)).await?;
    Ok(Json(show::page(found, show::account)))
}

/// One account.
#[utoipa::path(
    get,
    path = "/v1/accounts/{name}",
    params(("name" = String, Path, description = "The account")),
    responses((status = 200, description = "The account", body = dto::Account)),
)]
async fn get_account(
    State(api): State<Api>,
    At(name): At<AccountName>,
) -> Result<Json<dto::Account>, ApiError> {
    account(&api, &name).await
}

/// Set somebody's password. All of their logins end.
#[utoipa::path(
    post,
    path = "/v1/accounts/{name}/password",
    params(("name" = String, Path, description = "The account")),
    request_body = SetPassword,
    responses((status = 204, description = "Set")),
)]
async fn set_password(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<AccountName>,
    Body(body): Body<SetPassword>,
) -> Result<StatusCode, ApiError> {
    let phc = hash_new(&api, &caller, body.password).await?;
    api.store.set_password(&caller.actor(), &name, &phc).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switch an account off: its sessions end, its logins, tickets, waiting requests
/// and live grants are void.
#[utoipa::path(
    post,
    path = "/v1/accounts/{name}/disable",
    params(("name" = String, Path, description = "The account")),
    request_body = Reason,
    responses((status = 200, description = "It is off", body = dto::Account)),
)]
async fn disable_account(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<AccountName>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Account>, ApiError> {
    let actor = caller.actor();
    api.store.disable_account(&actor, &name, &reason).await?;
    account(&api, &name).await
}

/// Switch an account on again. What it has lost stays lost.
#[utoipa::path(
    post,
    path = "/v1/accounts/{name}/enable",
    params(("name" = String, Path, description = "The account")),
    request_body = Reason,
    responses((status = 200, description = "It is on", body = dto::Account)),
)]
async fn enable_account(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<AccountName>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Account>, ApiError> {
    let actor = caller.actor();
    api.store.enable_account(&actor, &name, &reason).await?;
    account(&api, &name).await
}

async fn account(api: &Api, name: &AccountName) -> Result<Json<dto::Account>, ApiError> {
    let account = api.store.account(name).await?;
    let account = account.ok_or_else(|| ApiError::not_found(format!("account/{name}")))?;
    Ok(Json(show::account(account)))
}

/// Hashes a password that somebody has chosen.
pub(super) async fn hash_new(
    api: &Api,
    caller: &Caller,
    password: Secret,
) -> Result<String, ApiError> {
    let password = password.into_inner();
    let hash = move || password::hash(&password);
    let hashed = api.hashing.run(caller.source(), hash).await?;
    hashed.map_err(|error| match error {
        PasswordError::TooShort | PasswordError::TooLong => {
            ApiError::invalid("password", error.to_string())
        }
        PasswordError::Failed => ApiError::fault(error),
    })
}

//! One's own account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::TokenId;
use domain::policy::Action;
use secrecy::ExposeSecret;
use store::{LoginKind, LoginRow};
use utoipa_axum::routes;

use super::accounts::hash_new;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{ChangePassword, LoginEntry, Me, OwnLogin, OwnLogins};
use crate::input::{At, Body};
use crate::password;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("login")
        .allow(Action::OwnAccount, routes!(get_me))
        .allow(Action::OwnAccount, routes!(list_logins))
        .allow(Action::OwnAccount, routes!(revoke_login))
        .allow(Action::OwnAccount, routes!(change_password))
}

/// Who is logged in, and at which site.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, description = "The account and the site", body = Me)))]
async fn get_me(State(api): State<Api>, caller: Caller) -> Result<Json<Me>, ApiError> {
    let login = OwnLogin {
        id: caller.login.id.to_string(),
        kind: caller.login.kind.as_str().to_owned(),
        expires_at: caller.login.expires_at,
        idle_at: caller.idle_at(&api),
    };
    Ok(Json(Me {
        login,
        account: show::account(caller.account),
        site: api.store.site().await?.map(show::site),
    }))
}

/// One's own logins, of browsers and programs.
#[utoipa::path(
    get,
    path = "/v1/me/logins",
    responses((status = 200, description = "All of them", body = OwnLogins)),
)]
async fn list_logins(State(api): State<Api>, caller: Caller) -> Result<Json<OwnLogins>, ApiError> {
    let logins = api.store.logins(&caller.account.name).await?;
    let entry = |login: LoginRow| LoginEntry {
        id: login.id.to_string(),
        kind: login.kind.as_str().to_owned(),
        created_at: login.created_at,
        last_seen_at: match login.kind {
            LoginKind::Bearer => None,
            LoginKind::Browser => Some(api.last_use.last(login.id, login.created_at)),
        },
        expires_at: login.expires_at,
        source: login.source,
        agent: login.agent,
        current: login.id == caller.login.id,
    };
    let items = logins.into_iter().map(entry).collect();
    Ok(Json(OwnLogins { items }))
}

/// End one of one's own logins; nothing happens if it is over already.
#[utoipa::path(
    post,
    path = "/v1/me/logins/{id}/revoke",
    params(("id" = String, Path, description = "The login")),
    responses((status = 204, description = "It is void")),
)]
async fn revoke_login(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<TokenId>,
) -> Result<StatusCode, ApiError> {
    api.store.sign_out(&caller.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's own password. All of one's logins end, this one as well.
#[utoipa::path(
    post,
    path = "/v1/me/password",
    request_body = ChangePassword,
    responses((status = 204, description = "Changed; log in again")),
)]
async fn change_password(
    State(api): State<Api>,
    caller: Caller,
    Body(change): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let name = &caller.account.name;
    let source = caller.source().to_string();
    // A stolen token must not become a way to guess the password.
    let facts = api.store.sign_in_facts(name, &source).await?;
    let phc = facts.phc.filter(|_| !facts.locked);
    let current = change.current.into_inner();
    let verify = move || phc.filter(|phc| password::verify(&current, phc.expose_secret()));
    // Held until a failure is written down.
    let queued = api.hashing.queue(caller.source())?;
    let Some(verified) = queued.run(verify).await? else {
        let why = "a wrong current password when it was to be changed";
        api.store.sign_in_failed(name, &source, why).await?;
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "wrong_password",
            "The current password is wrong and nothing was changed. Check it; after several \
             failures wait a quarter of an hour. If you have forgotten it, ask an admin of the \
             plant for another one.",
        ));
    };
    drop(queued);
    let phc = hash_new(&api, &caller, change.password).await?;
    let actor = caller.actor();
    api.store
        .change_password(&actor, name, &verified, &phc)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

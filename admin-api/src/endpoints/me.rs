//! One's own account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use secrecy::ExposeSecret;
use utoipa_axum::routes;

use super::accounts::hash_new;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{ChangePassword, Me};
use crate::input::Body;
use crate::password;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("login")
        .allow(Action::OwnAccount, routes!(get_me))
        .allow(Action::OwnAccount, routes!(change_password))
}

/// Who is logged in, and at which site.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, description = "The account and the site", body = Me)))]
async fn get_me(State(api): State<Api>, caller: Caller) -> Result<Json<Me>, ApiError> {
    Ok(Json(Me {
        account: show::account(caller.account),
        site: api.store.site().await?.map(show::site),
    }))
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

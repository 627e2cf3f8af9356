//! Logging in and out.
//!
//! Whoever does not know the password learns nothing: an unknown name, a wrong
//! password, none set, a locked or a disabled account get the same answer after
//! the same work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use domain::{Account, AccountName, AccountState};
use secrecy::SecretString;
use store::{IssuedToken, StoreError};
use utoipa_axum::routes;

use crate::app::Api;
use crate::caller::{Caller, Source};
use crate::dto::{LoggedIn, Login};
use crate::hashing::Queued;
use crate::input::Body;
use crate::password;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("login")
        .anyone(routes!(log_in))
        .allow(Action::OwnAccount, routes!(log_out))
}

/// Log in with name and password.
#[utoipa::path(
    post,
    path = "/v1/login",
    request_body = Login,
    responses((status = 200, description = "Logged in", body = LoggedIn)),
)]
async fn log_in(
    State(api): State<Api>,
    Source(source): Source,
    Body(login): Body<Login>,
) -> Result<Json<LoggedIn>, ApiError> {
    let attempt = Attempt {
        // No account has a name outside the grammar: as good as an unknown one.
        name: AccountName::parse(&login.name).ok(),
        source: source.to_string(),
    };
    let facts = match &attempt.name {
        Some(name) => Some(api.store.sign_in_facts(name, &attempt.source).await?),
        None => None,
    };
    let (account, phc, locked) = match facts {
        Some(facts) => (facts.account, facts.phc, facts.locked),
        None => (None, None, false),
    };
    // Held until a failure is written down.
    let queued = api.hashing.queue(source)?;
    let verified = verify(&queued, login.password.into_inner(), phc).await?;
    match (attempt.name.as_ref(), account, verified) {
        (Some(name), Some(account), Some(verified)) if !locked => {
            if account.is_active() {
                return enter(&api, &attempt, name, &verified).await;
            }
            Err(attempt.refuse(&api, Some(&account)).await?)
        }
        _ => Err(attempt.refuse(&api, None).await?),
    }
}

/// The hash that the password was right for. Does the work even where there is no
/// password to compare with.
async fn verify(
    queued: &Queued<'_>,
    password: SecretString,
    phc: Option<SecretString>,
) -> Result<Option<SecretString>, ApiError> {
    use secrecy::ExposeSecret;
    let work = move || {
        let known = phc.as_ref().map(SecretString::expose_secret);
        let right = password::verify(&password, known.unwrap_or(password::DUMMY));
        phc.filter(|_| right)
    };
    queued.run(work).await
}

async fn enter(
    api: &Api,
    attempt: &Attempt,
    name: &AccountName,
    verified: &SecretString,
) -> Result<Json<LoggedIn>, ApiError> {
    let (source, lifetime) = (&attempt.source, api.settings.token_lifetime);
    let issued = api.store.sign_in_by(name, verified, source, lifetime).await;
    let account = api.store.account(name).await?;
    match (issued, account) {
        (
            Ok(IssuedToken {
                token, expires_at, ..
            }),
            Some(account),
        ) => Ok(Json(LoggedIn {
            token: token.into(),
            expires_at,
            account: show::account(account),
            site: api.store.site().await?.map(show::site),
        })),
        // Locked, disabled, found idle or given another password in the meantime.
        (Err(StoreError::Refused(_)), account) => {
            Err(attempt.refuse(api, account.as_ref()).await?)
        }
        (Err(error), _) => Err(error.into()),
        (Ok(_), None) => Err(ApiError::fault("an account vanished")),
    }
}

struct Attempt {
    name: Option<AccountName>,
    source: String,
}

impl Attempt {
    /// Counts the failure and says as much as this person may know. `proven` is
    /// the account of one whose password was right.
    async fn refuse(&self, api: &Api, proven: Option<&Account>) -> Result<ApiError, ApiError> {
        let (why, problem) = match proven.map(|account| &account.state) {
            Some(AccountState::Disabled { reason, .. }) if is_idleness(reason) => {
                ("the account is disabled for idleness", idle())
            }
            Some(AccountState::Disabled { .. }) => ("the account is disabled", failed()),
            Some(AccountState::Active) | None => ("name or password wrong, or locked", failed()),
        };
        if let Some(name) = &self.name {
            api.store.sign_in_failed(name, &self.source, why).await?;
        }
        Ok(problem)
    }
}

/// The idle rule's reasons begin so; a test holds them together.
fn is_idleness(reason: &str) -> bool {
    reason.starts_with("idle: ")
}

fn failed() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "login_failed",
        "You were not logged in: the name or the password is wrong, or the account can't be used \
         just now. Check both. After several failures wait a quarter of an hour; if it goes on, \
         ask an admin of the plant.",
    )
}

fn idle() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "account_idle",
        "The password is right, but your account was disabled because it was not used for too \
         long. Ask an admin of the plant to enable it, then log in again.",
    )
}

/// Log out: the token that this is sent with is void from now on.
#[utoipa::path(post, path = "/v1/logout", responses((status = 204, description = "Logged out")))]
async fn log_out(State(api): State<Api>, caller: Caller) -> Result<StatusCode, ApiError> {
    api.store.sign_out(&caller.actor(), caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

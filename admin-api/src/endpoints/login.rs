//! Logging in and out.
//!
//! Whoever does not know the password learns nothing: an unknown name, a wrong
//! password, none set, a locked or a disabled account get the same answer after
//! the same work.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use domain::policy::Action;
use domain::request::plain_text;
use domain::{Account, AccountName, AccountState};
use secrecy::SecretString;
use store::{ComingBy, IssuedToken, LoginKind, StoreError};
use utoipa_axum::routes;

use crate::app::Api;
use crate::caller::{Caller, Source};
use crate::cookie::{self, Call};
use crate::dto::{Banner, BrowserLoggedIn, BrowserLogin, LoggedIn, Login, Secret};
use crate::hashing::Queued;
use crate::input::Body;
use crate::password;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

/// So much of what a browser says of itself is kept, in characters.
const LONGEST_AGENT: usize = 200;
/// The longest name for a program, in characters.
const LONGEST_LABEL: usize = 60;

pub(super) fn routes() -> Routes {
    Routes::group("login")
        .anyone(routes!(log_in))
        .anyone(routes!(get_banner))
        .anyone(routes!(log_in_browser))
        .allow(Action::OwnAccount, routes!(log_out))
}

/// Log in with name and password, as a program.
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
    let Login {
        name,
        password,
        label,
    } = login;
    let label = label
        .map(|label| plain_text("the label", &label, LONGEST_LABEL))
        .transpose()
        .map_err(|error| ApiError::invalid("label", error.to_string()))?;
    let by = ComingBy::Program {
        label: label.as_deref(),
    };
    let (issued, account) = enter(&api, source, &name, password, by).await?;
    Ok(Json(LoggedIn {
        token: issued.token.into(),
        expires_at: issued.expires_at,
        account: show::account(account),
        site: api.store.site().await?.map(show::site),
    }))
}

/// What everybody accepts before they log in, and where they are.
#[utoipa::path(
    get,
    path = "/v1/banner",
    responses((status = 200, description = "The terms of use", body = Banner)),
)]
async fn get_banner(State(api): State<Api>) -> Result<Json<Banner>, ApiError> {
    Ok(Json(Banner {
        text: api.settings.banner.clone(),
        site: api.store.site().await?.map(show::site),
    }))
}

/// Log in with name and password, as a browser: the login is a cookie that no script
/// can read.
#[utoipa::path(
    post,
    path = "/v1/login/browser",
    request_body = BrowserLogin,
    responses((status = 200, description = "Logged in", body = BrowserLoggedIn)),
)]
async fn log_in_browser(
    State(api): State<Api>,
    Source(source): Source,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Body(login): Body<BrowserLogin>,
) -> Result<
    (
        AppendHeaders<[(HeaderName, HeaderValue); 1]>,
        Json<BrowserLoggedIn>,
    ),
    ApiError,
> {
    // Nobody is to be logged in by another site's page, as whomever it likes.
    let call = Call {
        method: &method,
        uri: &uri,
        headers: &headers,
    };
    call.is_from_here()?;
    let BrowserLogin {
        name,
        password,
        banner_accepted,
    } = login;
    if !banner_accepted {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "banner_not_accepted",
            "You were not logged in: the terms of use must be accepted first. Read and accept \
             them, then log in again.",
        ));
    }
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let agent: Option<String> = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect());
    let by = ComingBy::Browser {
        agent: agent.as_deref(),
        banner: &api.settings.banner,
    };
    let (issued, account) = enter(&api, source, &name, password, by).await?;
    let cookie = cookie::set(&issued.token, api.settings.token_lifetime)?;
    let body = BrowserLoggedIn {
        expires_at: issued.expires_at,
        idle_seconds: api.settings.browser_idle.as_secs(),
        account: show::account(account),
        site: api.store.site().await?.map(show::site),
    };
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(body)))
}

/// Issues a login to one who knows the password.
async fn enter(
    api: &Api,
    source: IpAddr,
    name: &str,
    password: Secret,
    by: ComingBy<'_>,
) -> Result<(IssuedToken, Account), ApiError> {
    let attempt = Attempt {
        // No account has a name outside the grammar: as good as an unknown one.
        name: AccountName::parse(name).ok(),
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
    let verified = verify(&queued, password.into_inner(), phc).await?;
    match (attempt.name.as_ref(), account, verified) {
        (Some(name), Some(account), Some(verified)) if !locked => {
            if account.is_active() {
                return issue(api, &attempt, name, &verified, by).await;
            }
            Err(attempt.refuse(api, Some(&account)).await?)
        }
        _ => Err(attempt.refuse(api, None).await?),
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

async fn issue(
    api: &Api,
    attempt: &Attempt,
    name: &AccountName,
    verified: &SecretString,
    by: ComingBy<'_>,
) -> Result<(IssuedToken, Account), ApiError> {
    let (source, lifetime) = (&attempt.source, api.settings.token_lifetime);
    let issued = api.store.sign_in_by(name, verified, source, lifetime, by);
    let issued = issued.await;
    match (issued, api.store.account(name).await?) {
        (Ok(issued), Some(account)) => Ok((issued, account)),
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

/// Log out: the login that this is sent with is void from now on.
#[utoipa::path(post, path = "/v1/logout", responses((status = 204, description = "Logged out")))]
async fn log_out(State(api): State<Api>, caller: Caller) -> Result<Response, ApiError> {
    api.store.sign_out(&caller.actor(), caller.login.id).await?;
    let forget = AppendHeaders([(SET_COOKIE, cookie::cleared())]);
    Ok(match caller.login.kind {
        LoginKind::Bearer => StatusCode::NO_CONTENT.into_response(),
        LoginKind::Browser => (StatusCode::NO_CONTENT, forget).into_response(),
    })
}

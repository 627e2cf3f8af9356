//! Who calls, and from where.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use domain::{Account, Actor, Role, Timestamp, ZoneName};
use secrecy::SecretString;
use store::{LoginKind, LoginRow, Scope};

use crate::app::Api;
use crate::cookie::{self, Call};
use crate::problem::ApiError;

/// A call that its caller did not make: a page refreshes itself. It is answered, and
/// does not count as use of the login.
const BACKGROUND: HeaderName = HeaderName::from_static("drawbridge-background");

/// An account that has shown its token and whose role was checked against the
/// route's action. [`crate::routes`] makes it; a handler only takes it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: Account,
    pub(crate) login: LoginRow,
    secret: SecretString,
    source: IpAddr,
}

impl Caller {
    /// # Errors
    /// 401 without a login that holds; 403 for a browser's that another site's page
    /// makes use of.
    pub(crate) async fn authenticate(
        api: &Api,
        call: &Call<'_>,
        source: IpAddr,
    ) -> Result<Self, ApiError> {
        let (kind, secret) = match bearer(call.headers) {
            Some(secret) => (LoginKind::Bearer, secret),
            None => {
                let cookie = cookie::read(call.headers).ok_or_else(ApiError::not_logged_in)?;
                call.is_from_here()?;
                (LoginKind::Browser, cookie)
            }
        };
        let holder = holder(api, kind, &secret).await?;
        let (account, login) = holder.ok_or_else(ApiError::token_over)?;
        Ok(Self {
            account,
            login,
            secret,
            source,
        })
    }

    /// The same caller as things stand now; nobody, once the login is void.
    pub(crate) async fn again(&self, api: &Api) -> Result<Option<Self>, ApiError> {
        let holder = holder(api, self.login.kind, &self.secret).await?;
        Ok(holder.map(|(account, login)| Self {
            account,
            login,
            ..self.clone()
        }))
    }

    /// The login is used, by a person who is there.
    pub(crate) fn mark_used(&self, api: &Api) {
        if self.login.kind == LoginKind::Browser {
            api.last_use.mark(self.login.id, api.clock.now());
        }
    }

    /// When the login ends if nobody uses it.
    pub(crate) fn idle_at(&self, api: &Api) -> Option<Timestamp> {
        let LoginRow {
            id,
            kind,
            created_at,
            ..
        } = self.login;
        (kind == LoginKind::Browser).then(|| api.last_use.ends(id, created_at))
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::account(self.account.name.clone(), self.source.to_string())
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::of(&self.account)
    }

    pub(crate) fn source(&self) -> IpAddr {
        self.source
    }

    pub(crate) fn is_vendor(&self) -> bool {
        self.account.role == Role::Vendor
    }

    /// Whether this caller sees a zone, its conduit and what goes through it.
    pub(crate) fn sees_zone(&self, zone: &ZoneName) -> bool {
        match self.account.role {
            Role::Auditor | Role::Admin => true,
            Role::Approver | Role::Operator => self.account.zones.contains(zone),
            Role::Vendor => false,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| ApiError::fault("a route for anyone asks who calls"))
    }
}

/// The network address at the other end of the connection. Headers about it are
/// the caller's own words and are not looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source(pub(crate) IpAddr);

impl Source {
    pub(crate) fn of(extensions: &axum::http::Extensions) -> Result<Self, ApiError> {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| Self(address.ip().to_canonical()))
            .ok_or_else(|| ApiError::fault("the server does not tell connections' addresses"))
    }
}

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.extensions)
    }
}

/// Whose login it is. A browser's that nobody has used for too long is voided here.
async fn holder(
    api: &Api,
    kind: LoginKind,
    secret: &SecretString,
) -> Result<Option<(Account, LoginRow)>, ApiError> {
    let Some((account, login)) = api.store.holder(kind, secret).await? else {
        return Ok(None);
    };
    let is_idle = kind == LoginKind::Browser
        && api.last_use.ends(login.id, login.created_at) <= api.clock.now();
    if is_idle {
        api.store.end_idle_login(&account.name, login.id).await?;
        return Ok(None);
    }
    Ok(Some((account, login)))
}

/// Whether a page made this call by itself.
pub(crate) fn is_background(headers: &HeaderMap) -> bool {
    headers.contains_key(BACKGROUND)
}

/// RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_a_bearer_token_is_one() {
        for (header, token) in [
            ("Bearer dbt_x", Some("dbt_x")),
            ("bearer  dbt_x ", Some("dbt_x")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic dbt_x", None),
            ("dbt_x", None),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(header))]);
            let found = bearer(&headers);
            assert_eq!(found.as_ref().map(|t| t.expose_secret()), token, "{header}");
        }
        assert!(bearer(&HeaderMap::new()).is_none());
    }
}

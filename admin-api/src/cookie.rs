//! The cookie that a browser's login is, and whether a call that brings it was made
//! by our own pages.
//!
//! The name's prefix makes browsers take it from this host alone, over TLS, and for
//! all of its paths (RFC 6265bis, 4.1.3.2). No script can read it.

use std::time::Duration;

use axum::http::header::{COOKIE, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use secrecy::{ExposeSecret, SecretString};

use crate::problem::ApiError;

const NAME: &str = "__Host-drawbridge";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// Where a call comes from, in the browser's words (W3C Fetch Metadata). No script
/// can set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The login in a call's cookies.
pub(crate) fn read(headers: &HeaderMap) -> Option<SecretString> {
    let cookies = headers.get_all(COOKIE).iter();
    let pairs = cookies.filter_map(|line| line.to_str().ok());
    let mut ours = pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == NAME && !value.is_empty());
    let (_, value) = ours.next()?;
    // Two of them can't both be ours.
    ours.next().is_none().then(|| value.into())
}

/// Has the browser keep a login.
///
/// # Errors
/// When the token is no text for a header, which ours are.
pub(crate) fn set(token: &SecretString, lifetime: Duration) -> Result<HeaderValue, ApiError> {
    let (token, seconds) = (token.expose_secret(), lifetime.as_secs());
    let mut cookie =
        HeaderValue::from_str(&format!("{NAME}={token}; {ATTRIBUTES}; Max-Age={seconds}"))
            .map_err(ApiError::fault)?;
    cookie.set_sensitive(true);
    Ok(cookie)
}

/// Has the browser forget it.
pub(crate) fn cleared() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-drawbridge=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
    )
}

/// What tells where a call was made.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}

impl Call<'_> {
    /// Lets pass what our own pages call. Another site's page can make a browser
    /// bring the cookie in some ways, so what changes anything, and what opens a
    /// line both ways, must come from here.
    ///
    /// # Errors
    /// 403 for what another site's page calls, or may.
    pub(crate) fn is_from_here(&self) -> Result<(), ApiError> {
        let reads = matches!(*self.method, Method::GET | Method::HEAD)
            && !self.headers.contains_key(UPGRADE);
        self.is_ours(reads)
    }

    /// Lets pass what our own pages call, and no address that somebody was sent.
    ///
    /// # Errors
    /// 403 for all else.
    pub(crate) fn is_from_our_page(&self) -> Result<(), ApiError> {
        self.is_ours(false)
    }

    fn is_ours(&self, reads: bool) -> Result<(), ApiError> {
        let from_here = match self.text(&SEC_FETCH_SITE) {
            Some("same-origin") => true,
            // Typed, taken from a bookmark or from a message.
            Some("none") => reads,
            Some(_) => false,
            None => reads || self.is_same_origin(),
        };
        if from_here { Ok(()) } else { Err(cross_site()) }
    }

    /// For browsers that do not say where a call was made.
    fn is_same_origin(&self) -> bool {
        let host = match self.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => self.text(&HOST),
        };
        let origin = self.text(&ORIGIN).and_then(|o| o.strip_prefix("https://"));
        matches!((origin, host), (Some(origin), Some(host)) if origin == host)
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn cross_site() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::FORBIDDEN,
        "cross_site",
        "This was called from another site's page with your login here, so nothing was done. Use \
         Drawbridge's own pages; if you did not mean to call it, close that other page.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_among_others_and_never_guessed() {
        for (lines, found) in [
            (&["__Host-drawbridge=dbt_x"][..], Some("dbt_x")),
            (&["a=b; __Host-drawbridge=dbt_x;c=d"], Some("dbt_x")),
            (&["a=b", "__Host-drawbridge=dbt_x"], Some("dbt_x")),
            (&["drawbridge=dbt_x"], None),
            (&["__host-drawbridge=dbt_x"], None),
            (&["__Host-drawbridge="], None),
            (&["__Host-drawbridge=a; __Host-drawbridge=b"], None),
            (&["__Host-drawbridge=a", "__Host-drawbridge=b"], None),
            (&[], None),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            let cookie = read(&headers(&lines));
            assert_eq!(
                cookie.as_ref().map(|c| c.expose_secret()),
                found,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        type Lines = &'static [(&'static str, &'static str)];
        let same: Lines = &[("sec-fetch-site", "same-origin")];
        let typed: Lines = &[("sec-fetch-site", "none")];
        let sibling: Lines = &[("sec-fetch-site", "same-site")];
        let other: Lines = &[("sec-fetch-site", "cross-site")];
        let old: Lines = &[("host", "here:8443"), ("origin", "https://here:8443")];
        let old_other: Lines = &[("host", "here:8443"), ("origin", "https://there")];
        let null: Lines = &[("host", "here:8443"), ("origin", "null")];
        let lies: Lines = &[
            ("host", "here:8443"),
            ("origin", "https://here:8443"),
            ("sec-fetch-site", "cross-site"),
        ];
        let silent: Lines = &[("host", "here:8443")];
        for (lines, reads, changes) in [
            (same, true, true),
            (typed, true, false),
            (sibling, false, false),
            (other, false, false),
            (old, true, true),
            (old_other, true, false),
            (null, true, false),
            (lies, false, false),
            (silent, true, false),
        ] {
            let uri = Uri::from_static("/api/v1/me");
            let asked = |method: Method, upgrade: bool| {
                let mut headers = headers(lines);
                if upgrade {
                    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                }
                let call = Call {
                    method: &method,
                    uri: &uri,
                    headers: &headers,
                };
                call.is_from_here().is_ok()
            };
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(asked(method, false), reads, "{lines:?}");
            }
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                assert_eq!(asked(method, false), changes, "{lines:?}");
            }
            assert_eq!(asked(Method::GET, true), changes, "{lines:?}, upgraded");
        }
    }

    #[test]
    fn no_script_reads_the_cookie_and_no_other_site_sends_it() {
        let set = set(&"dbt_x".into(), Duration::from_secs(60)).unwrap();
        let all = "__Host-drawbridge=dbt_x; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60";
        assert_eq!(set, all);
        assert!(set.is_sensitive() && !format!("{set:?}").contains("dbt_x"));
        let cleared = cleared();
        let cleared = cleared.to_str().unwrap();
        assert!(cleared.contains(ATTRIBUTES) && cleared.starts_with("__Host-drawbridge=;"));
    }
}

//! The desks: pages that are built from `web` and taken into the program. They are
//! for anyone, since nothing of the plant is in them: all that they show they ask
//! the API for.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::app::Api;
use crate::problem::ApiError;

/// One built file.
struct File {
    /// From the root of the site.
    path: &'static str,
    plain: &'static [u8],
    /// Compressed; empty if that is of no use.
    gzip: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Where nothing but programs' addresses are.
const NO_PAGES: [&str; 3] = ["/api", "/log", "/metrics"];

/// In the first page, where this answer's nonce goes.
const NONCE: &str = "__NONCE__";

/// What is not a route: a built file, a page of a desk, or nothing.
pub(crate) async fn serve(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_no_page = NO_PAGES.iter().any(|base| {
        path.strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !reads || is_no_page {
        return Err(no_such_path());
    }
    if let Some(file) = FILES.iter().find(|file| file.path == path) {
        return Ok(built(file, request.headers()));
    }
    if wants_page(request.headers()) {
        return Ok(first_page(&api));
    }
    Err(no_such_path())
}

/// Which page of a desk an address means, the first page's script finds out.
fn first_page(api: &Api) -> Response {
    let mut nonce = [0; 16];
    api.random.fill(&mut nonce);
    let nonce = BASE64_STANDARD.encode(nonce);
    let policy = [
        "default-src 'none'",
        // The player of recordings is WebAssembly.
        "script-src 'self' 'wasm-unsafe-eval'",
        &format!("style-src 'self' 'nonce-{nonce}'"),
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    .join("; ");
    let page = INDEX.unwrap_or(NOT_BUILT).replace(NONCE, &nonce);
    let status = if INDEX.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    let mut response = (status, Html(page)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The program was built without its pages.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <title>Drawbridge</title><p>This build of Drawbridge has no pages: run <code>make web</code> \
    where the program is built, and build it again. The API is there all the same.</p></html>";

fn built(file: &'static File, headers: &HeaderMap) -> Response {
    let takes = |coding| accepts(headers, &ACCEPT_ENCODING, coding);
    let (body, coding) = if !file.brotli.is_empty() && takes("br") {
        (file.brotli, Some("br"))
    } else if !file.gzip.is_empty() && takes("gzip") {
        (file.gzip, Some("gzip"))
    } else {
        (file.plain, None)
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(file.path)));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if file.path.starts_with("/assets/") {
        // Its name has the hash of what is in it.
        let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(CACHE_CONTROL, for_ever);
    }
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn wants_page(headers: &HeaderMap) -> bool {
    accepts(headers, &ACCEPT, "text/html")
}

/// Whether a list has a word that is not ruled out by a weight of nothing.
fn accepts(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).iter();
    let items = lines.filter_map(|line| line.to_str().ok());
    let mut items = items.flat_map(|line| line.split(','));
    items.any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|it| it.eq_ignore_ascii_case(word));
        is_it && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn no_such_path() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_path",
        "Nothing is at this address. /api/openapi.json describes what there is.",
    )
}

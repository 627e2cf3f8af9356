//! What is around every request: its id and its line in the log, time and size
//! limits, the headers of every answer, and an answer even after a panic.

use std::any::Any;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, stream};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, field::Empty, info, info_span};
use uuid::Uuid;

use crate::app::Api;
use crate::caller::Source;
use crate::problem::{ApiError, ProblemCode};

/// The largest body, where a route does not say otherwise, in bytes. The largest
/// that is of use is a credential of 64 KiB, escaped as JSON.
const LARGEST_BODY: usize = 256 * 1024;

/// How long the rest of a body is waited for once its request is refused.
const PATIENCE: Duration = Duration::from_secs(3);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What answers carry that do not say otherwise.
const HEADERS: [(HeaderName, &str); 9] = [
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
    ),
];

pub(crate) fn around(router: Router, api: Api) -> Router {
    router
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(api, frame))
}

async fn frame(State(api): State<Api>, request: Request, next: Next) -> Response {
    let id = request_id(&api);
    let source = Source::of(request.extensions()).map(|source| source.0);
    let span = info_span!(
        "http",
        request.id = %id,
        http.method = %request.method(),
        http.route = Empty,
        source = source.ok().map(tracing::field::display),
        account = Empty,
    );
    let started = api.clock.monotonic();
    let limit = api.settings.request_timeout;
    let (request, rest) = lend_body(request);
    let answer = async {
        let answer = tokio::time::timeout(limit, next.run(request)).await;
        let answer = answer.unwrap_or_else(|_| too_slow(limit).into_response());
        if let Some(rest) = rest.filter(|_| !answer.status().is_success()) {
            drain(&rest).await;
        }
        answer
    };
    let mut response = answer.instrument(span.clone()).await;
    let ms = api.clock.monotonic().saturating_sub(started).as_millis();
    let code = response.extensions().get::<ProblemCode>();
    span.in_scope(|| {
        let status = response.status().as_u16();
        let code = code.map(|ProblemCode(code)| code.as_str());
        info!(http.status = status, problem = code, ms, "http.answered");
    });
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// What of a body nobody has read yet.
type Rest = Mutex<BodyDataStream>;

/// A refusal that leaves a body unread ends an HTTP/2 stream with a reset, which
/// clients such as curl 7.88 report in place of the refusal: so such a body is
/// lent out, and what is left of it can be read before the answer goes. On HTTP/1
/// the server sees to that by itself.
fn lend_body(request: Request) -> (Request, Option<Arc<Rest>>) {
    if request.version() != Version::HTTP_2 || request.body().is_end_stream() {
        return (request, None);
    }
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(body.into_data_stream()));
    let lent = Arc::clone(&rest);
    let lent = stream::poll_fn(move |cx| lock(&lent).poll_next_unpin(cx));
    let request = Request::from_parts(parts, Body::from_stream(lent));
    (request, Some(rest))
}

/// Reads on to the end of a body, of which as much is borne as of any.
async fn drain(rest: &Rest) {
    let mut left = LARGEST_BODY;
    let to_its_end = async {
        while let Some(Ok(chunk)) = poll_fn(|cx| lock(rest).poll_next_unpin(cx)).await {
            match left.checked_sub(chunk.len()) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, to_its_end).await;
}

fn lock(rest: &Rest) -> MutexGuard<'_, BodyDataStream> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Made here and never taken from a header, so that nobody writes into the log
/// as another request.
fn request_id(api: &Api) -> Uuid {
    let mut tail = [0; 10];
    api.random.fill(&mut tail);
    let now = api.clock.now().as_millis();
    uuid::Builder::from_unix_timestamp_millis(now, &tail).into_uuid()
}

fn too_slow(limit: Duration) -> ApiError {
    let limit = domain::human_duration(limit);
    ApiError::busy(
        "too_slow",
        &format!(
            "There was no answer within {limit}. Look whether it has been done before you try \
             again."
        ),
    )
}

async fn no_such_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "no_such_method",
        "This address does not know the method. /api/openapi.json describes what there is.",
    )
}

// The panic's message may hold anything, and the panic hook has printed it.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::fault("a handler panicked").into_response()
}

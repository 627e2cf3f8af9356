//! What callers send, read strictly, with problems instead of plain text.

use std::str::FromStr;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::{AccountName, ConduitName, CredentialName, GrantId, RequestId, SessionId};
use serde::de::DeserializeOwned;

use crate::problem::ApiError;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = <axum::Json<T> as FromRequest<S>>::from_request(request, state).await;
        body.map(|axum::Json(body)| Self(body)).map_err(bad_json)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let body = <axum::Json<T> as OptionalFromRequest<S>>::from_request(request, state).await;
        body.map(|body| body.map(|axum::Json(body)| Self(body)))
            .map_err(bad_json)
    }
}

fn bad_json(rejection: JsonRejection) -> ApiError {
    let text = rejection.body_text();
    match &rejection {
        JsonRejection::JsonDataError(_) => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_body",
            format!("{text}. Nothing was changed; correct it and send it again."),
        ),
        JsonRejection::JsonSyntaxError(_) => ApiError::new(
            StatusCode::BAD_REQUEST,
            "not_json",
            format!("{text}. Send a JSON object."),
        ),
        JsonRejection::MissingJsonContentType(_) => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "The body has another type than JSON. Send it with the header \
             `Content-Type: application/json`.",
        ),
        JsonRejection::BytesRejection(_) | _ => unread(rejection.status()),
    }
}

/// A body that could not be taken in.
pub(crate) fn unread(status: StatusCode) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(
            status,
            "too_large",
            "The body is larger than this can ever need and was not read. Send less.",
        )
    } else {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "unreadable_body",
            "The body broke off or is not text in UTF-8. Send it again.",
        )
    }
}

/// What stands behind the question mark.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(params) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| {
                let text = rejection.body_text();
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "bad_query",
                    format!("{text}. The parameters are in the API's description."),
                )
            })?;
        Ok(Self(params))
    }
}

/// The id or name of the one thing that a path is about.
pub(crate) struct At<T>(pub(crate) T);

/// A thing that a path can be about.
pub(crate) trait Kind: FromStr {
    /// The word for it in subjects: `request/0190…`.
    const KIND: &'static str;
}

macro_rules! kinds {
    ($($id:ty = $kind:literal),+ $(,)?) => {
        $(impl Kind for $id { const KIND: &'static str = $kind; })+
    };
}
kinds!(
    AccountName = "account",
    ConduitName = "conduit",
    CredentialName = "credential",
    GrantId = "grant",
    RequestId = "request",
    SessionId = "session",
);

impl<S: Send + Sync, T: Kind> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    /// What is no id at all is as little there as an id of nothing.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let missing = || ApiError::not_found(format!("such {}", T::KIND));
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| missing())?;
        text.parse().map(Self).map_err(|_| missing())
    }
}

/// A field's or parameter's text as the thing that it stands for.
///
/// # Errors
/// 422 that names `key`.
pub(crate) fn field<T: FromStr>(key: &str, text: &str) -> Result<T, ApiError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| ApiError::invalid(key, error.to_string()))
}

/// As [`field`], for one that may be absent.
///
/// # Errors
/// 422 that names `key`.
pub(crate) fn optional<T: FromStr>(key: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| field(key, text)).transpose()
}

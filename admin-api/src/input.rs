//! What callers send, read strictly, with problems instead of plain text.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::{
    AccountName, ConduitName, CredentialName, GrantId, HoldId, RequestId, SessionId, ShareId,
    TokenId, ZoneName,
};
use ledger::TilePath;
use serde::de::DeserializeOwned;

use crate::app::Api;
use crate::caller::Caller;
use crate::problem::ApiError;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let caller = request.extensions().get::<Caller>().cloned();
        let body = <axum::Json<T> as FromRequest<Api>>::from_request(request, api).await;
        let axum::Json(body) = body.map_err(bad_json)?;
        still_in(api, caller).await?;
        Ok(Self(body))
    }
}

/// A body comes as slowly as its sender likes: a token that was revoked while it
/// was held back must not get anything done any more.
///
/// # Errors
/// 401 once the caller's token is void. Where anyone may come there is none.
pub(crate) async fn still_in(api: &Api, caller: Option<Caller>) -> Result<(), ApiError> {
    let Some(caller) = caller else { return Ok(()) };
    match caller.again(api).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::token_over()),
    }
}

impl<T: DeserializeOwned + Send> OptionalFromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Option<Self>, ApiError> {
        // axum takes any body for none where the header is missing, and a
        // narrower window would be lost unseen.
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(request, api).await;
        let bytes = bytes.map_err(|rejection| unread(rejection.status()))?;
        if bytes.is_empty() {
            still_in(api, parts.extensions.get::<Caller>().cloned()).await?;
            return Ok(None);
        }
        let request = Request::from_parts(parts, bytes.into());
        <Self as FromRequest<Api>>::from_request(request, api)
            .await
            .map(Some)
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
    HoldId = "hold",
    RequestId = "request",
    SessionId = "session",
    ShareId = "share",
    TilePath = "tile",
    TokenId = "login",
    ZoneName = "zone",
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

//! The one way from an error to HTTP (RFC 9457). Each problem says what
//! happened, why, and what to do next.

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::plant::file::PlantErrors;
use store::{LiveGrant, StoreError};

use crate::dto::{self, Problem};

/// Why a request was not answered as it was asked.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Problem>);

/// A problem's code, left in the answer for the log.
#[derive(Clone, Debug)]
pub(crate) struct ProblemCode(pub(crate) String);

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl AsRef<str>) -> Self {
        Self(Box::new(Problem {
            kind: format!("urn:problem-type:drawbridge:{code}"),
            title: title(status).to_owned(),
            status: status.as_u16(),
            detail: sentence(detail.as_ref()),
            code: code.to_owned(),
            errors: Vec::new(),
            grants: Vec::new(),
        }))
    }

    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    pub(crate) fn not_logged_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_logged_in",
            "This needs a login and none was sent. Log in with `drawbridge login`, or send the \
             token in the header `Authorization: Bearer …`.",
        )
    }

    pub(crate) fn token_over() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token_over",
            "The token that was sent does not hold: it is wrong, over, or was revoked. Log in \
             again with `drawbridge login`.",
        )
    }

    pub(crate) fn not_allowed(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", detail)
    }

    /// The same for what does not exist and for what the caller may not see.
    pub(crate) fn not_found(what: impl AsRef<str>) -> Self {
        let what = what.as_ref();
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!(
                "There is no {what}, or it is not one that you may see. Check its name or id \
                 against the list."
            ),
        )
    }

    /// What is asked for was there, and its retention has ended.
    pub(crate) fn purged() -> Self {
        Self::new(
            StatusCode::GONE,
            "recording_purged",
            "The recording was purged when its retention had ended. Its seal is still in the log, \
             and the audit log says when it went.",
        )
    }

    pub(crate) fn invalid(key: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_value",
            format!("{key} is not acceptable and nothing was changed: {message}"),
        );
        problem.0.errors.push(dto::FieldError {
            line: None,
            key: key.to_owned(),
            message,
        });
        problem
    }

    pub(crate) fn busy(code: &str, detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    /// A fault of this program: told to the log, not to the caller.
    pub(crate) fn fault(what: impl std::fmt::Display) -> Self {
        tracing::error!(error = %what, "http.fault");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "Something failed inside Drawbridge. Try again; if it happens twice, tell an admin \
             of the plant the time and the header x-request-id of this answer, by which the log \
             can be searched.",
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::Refused(refusal) => {
                Self::new(refusal_status(refusal.code), refusal.code, refusal.text)
            }
            StoreError::LiveGrants(grants) => Self::live_grants(&grants),
            StoreError::BadCursor => {
                Self::new(StatusCode::BAD_REQUEST, "bad_cursor", error.to_string())
            }
            StoreError::Busy => Self::busy("busy", &error.to_string()),
            StoreError::Full => {
                tracing::error!(%error, "http.store_full");
                Self::busy("disk_full", &error.to_string())
            }
            StoreError::Row { .. }
            | StoreError::Sql(_)
            | StoreError::Migration(_)
            | StoreError::File { .. }
            | StoreError::Vault(_)
            | StoreError::Log(_)
            | StoreError::LogNote(_) => Self::fault(error),
        }
    }
}

impl From<PlantErrors> for ApiError {
    fn from(PlantErrors(errors): PlantErrors) -> Self {
        let count = errors.len();
        let detail = match errors.first() {
            Some(first) if count == 1 => format!(
                "The plant file has an error and nothing was applied. {first}. Correct it and \
                 apply the file again."
            ),
            _ => format!(
                "The plant file has {count} errors and nothing was applied. Correct them and \
                 apply the file again."
            ),
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "plant_file", detail);
        problem.0.errors = errors
            .into_iter()
            .map(|error| dto::FieldError {
                line: Some(error.line),
                key: error.key,
                message: error.message,
            })
            .collect();
        problem
    }
}

impl ApiError {
    fn live_grants(grants: &[LiveGrant]) -> Self {
        let mut problem = Self::new(
            StatusCode::CONFLICT,
            "live_grants",
            "Nothing was applied, because live grants need what this plant no longer has. Wait \
             for their end, or revoke them with the same command by adding --revoke.",
        );
        problem.0.grants = grants
            .iter()
            .map(|grant| dto::LiveGrant {
                grant: grant.grant.to_string(),
                account: grant.account.to_string(),
                asset: grant.asset.to_string(),
                end: grant.end,
                why: grant.why.clone(),
            })
            .collect();
        problem
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&*self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(ProblemCode(self.0.code));
        response
    }
}

/// A rule's no: about who asks, about a value in what is asked, or (the rest)
/// about how things stand.
fn refusal_status(code: &str) -> StatusCode {
    match code {
        "not_allowed" | "approved_before" | "own_request" | "not_an_approver" | "not_yours"
        | "not_a_vendor" => StatusCode::FORBIDDEN,
        "bad_text" | "bad_credential" | "bad_lifetime" | "empty_window" | "host_account"
        | "no_such_asset" | "too_far_ahead" | "widens" | "window_passed" | "window_too_long" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::CONFLICT,
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request can't be read",
        StatusCode::UNAUTHORIZED => "Not logged in",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::METHOD_NOT_ALLOWED => "No such method here",
        StatusCode::CONFLICT => "Not as things stand",
        StatusCode::GONE => "Gone",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "Not a media type for this",
        StatusCode::UNPROCESSABLE_ENTITY => "Not an acceptable value",
        StatusCode::TOO_MANY_REQUESTS => "Too many at once",
        StatusCode::SERVICE_UNAVAILABLE => "Not available just now",
        _ => "A fault of Drawbridge",
    }
}

/// The domain's refusals are clauses, so that they can stand inside others.
fn sentence(clause: &str) -> String {
    let mut chars = clause.chars();
    let mut text: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(chars)
        .collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_sentences() {
        for (clause, text) in [
            (
                "the window has passed; ask again",
                "The window has passed; ask again.",
            ),
            ("Your window opens at 14:00.", "Your window opens at 14:00."),
            ("ærlig", "Ærlig."),
        ] {
            assert_eq!(sentence(clause), text);
        }
    }

    #[test]
    fn a_broken_database_is_not_described_to_callers() {
        let error = StoreError::Row {
            table: "grants",
            column: "zone",
            row: "0190".to_owned(),
            why: "secret detail".to_owned(),
        };
        let ApiError(problem) = error.into();
        assert_eq!((problem.status, problem.code.as_str()), (500, "fault"));
        assert!(!problem.detail.contains("secret"), "{}", problem.detail);
    }
}

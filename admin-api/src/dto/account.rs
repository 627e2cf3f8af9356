//! People and their logins.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Secret;

/// Name and password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// What the person calls the program, to know its login by: one line of up to 60
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A login that succeeded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LoggedIn {
    /// To be sent as `Authorization: Bearer …`.
    pub token: Secret,
    /// When the token ends, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Who is logged in.
    pub account: Account,
    /// Where; absent before a plant file was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

/// What everybody accepts before they log in, and where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Banner {
    /// The terms of use.
    pub text: String,
    /// The site; absent before a plant file was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

/// Name and password of one who comes by a browser.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrowserLogin {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// Whether the person has read and accepts the terms of use.
    pub banner_accepted: bool,
}

/// A browser's login that succeeded. The login itself is a cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrowserLoggedIn {
    /// When it ends at the latest, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// After so many seconds without use it ends.
    pub idle_seconds: u64,
    /// Who is logged in.
    pub account: Account,
    /// Where; absent before a plant file was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

/// The login that a call is made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnLogin {
    /// Its id.
    pub id: String,
    /// `browser` or `bearer`.
    pub kind: String,
    /// When it ends at the latest, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When a browser's ends if nobody uses it, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub idle_at: Option<Timestamp>,
}

/// One of one's own logins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoginEntry {
    /// Its id.
    pub id: String,
    /// `browser` or `bearer`.
    pub kind: String,
    /// When it began, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When a browser's was last used, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// When it ends at the latest, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// The network address that it was made from.
    pub source: String,
    /// What a browser says of itself, or what the person calls the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether it is the one that this call was made with.
    pub current: bool,
}

/// All of one's own logins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnLogins {
    /// The logins, newest first.
    pub items: Vec<LoginEntry>,
}

/// Who is logged in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The account.
    pub account: Account,
    /// The site; absent before a plant file was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// The login that this is asked with.
    pub login: OwnLogin,
}

/// A plant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its IANA time zone.
    #[schema(example = "Europe/Oslo")]
    pub time_zone: String,
}

/// A named person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The person's name.
    pub full_name: String,
    /// The employer.
    pub company: String,
    /// Where they are told by e-mail, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `vendor`, `approver`, `operator`, `auditor` or `admin`.
    pub role: String,
    /// The zones that an approver or operator answers for.
    pub zones: Vec<String>,
    /// The assets that a vendor may ask for.
    pub assets: Vec<String>,
    /// `active` or `disabled`.
    pub state: String,
    /// Since when and why it is disabled, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// When it was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last switched on, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub enabled_at: Timestamp,
    /// The last full login or session, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
    /// Whether a password was ever set.
    pub has_password: bool,
}

/// Since when and why an account is disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Disabled {
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A password that an admin sets for somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The new password: 12 to 1024 characters.
    pub password: Secret,
}

/// A password that somebody sets for themselves.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub current: Secret,
    /// The new password: 12 to 1024 characters.
    pub password: Secret,
}

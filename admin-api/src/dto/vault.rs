//! Secrets that the broker signs in to assets with. They go in and never out.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Secret;

/// A secret for the vault.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCredential {
    /// `password` or `private_key`.
    pub kind: String,
    /// The password, or the private key in OpenSSH's PEM format without a
    /// passphrase.
    pub secret: Secret,
}

/// What may be told about a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// `password` or `private_key`.
    pub kind: String,
    /// When it was last set, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
}

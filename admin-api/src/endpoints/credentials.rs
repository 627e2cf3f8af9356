//! The vault. Secrets go in here and never come out here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::CredentialName;
use domain::policy::Action;
use store::{Credential, CredentialInfo};
use utoipa_axum::routes;

use super::by_name;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery, SetCredential};
use crate::input::{At, Body, Params};
use crate::problem::ApiError;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group("vault")
        .allow(Action::ManageCredentials, routes!(list_credentials))
        .allow(Action::ManageCredentials, routes!(set_credential))
        .allow(Action::ManageCredentials, routes!(remove_credential))
}

/// What is in the vault, without the secrets.
#[utoipa::path(
    get,
    path = "/v1/credentials",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Credential>)),
)]
async fn list_credentials(
    State(api): State<Api>,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Credential>>, ApiError> {
    let credentials = api.store.credentials().await?;
    let shown = credentials.into_iter().map(credential);
    Ok(Json(by_name(shown, query, |credential| &credential.name)?))
}

fn credential(info: CredentialInfo) -> dto::Credential {
    dto::Credential {
        name: info.name.to_string(),
        kind: info.kind,
        set_at: info.set_at,
    }
}

/// Put a secret into the vault, or another one in its place.
#[utoipa::path(
    put,
    path = "/v1/credentials/{name}",
    params(("name" = String, Path, description = "The credential's name, as the plant file has it")),
    request_body = SetCredential,
    responses((status = 204, description = "Stored")),
)]
async fn set_credential(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<CredentialName>,
    Body(SetCredential { kind, secret }): Body<SetCredential>,
) -> Result<StatusCode, ApiError> {
    let secret = secret.into_inner();
    let credential = match kind.as_str() {
        "password" => Credential::Password(secret),
        "private_key" => Credential::PrivateKey(secret),
        _ => return Err(ApiError::invalid("kind", "write password or private_key")),
    };
    let actor = caller.actor();
    api.store.set_credential(&actor, &name, credential).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a secret out of the vault.
#[utoipa::path(
    delete,
    path = "/v1/credentials/{name}",
    params(("name" = String, Path, description = "The credential")),
    responses((status = 204, description = "It is gone")),
)]
async fn remove_credential(
    State(api): State<Api>,
    caller: Caller,
    At(name): At<CredentialName>,
) -> Result<StatusCode, ApiError> {
    api.store.remove_credential(&caller.actor(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

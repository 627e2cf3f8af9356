//! The API's own description.

use std::sync::LazyLock;

use axum::Json;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

use crate::routes::Routes;

/// Made once: anyone may ask for it, as often as they like.
static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(crate::openapi);

pub(super) fn routes() -> Routes {
    Routes::group("health").anyone(routes!(get_description))
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
async fn get_description() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}

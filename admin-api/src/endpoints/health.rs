//! Whether the API answers.

use axum::Json;
use axum::extract::State;
use utoipa_axum::routes;

use crate::app::Api;
use crate::dto::Health;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group("health").anyone(routes!(get_health))
}

/// Whether the API answers and can read its state.
#[utoipa::path(get, path = "/v1/health", responses((status = 200, description = "It answers", body = Health)))]
async fn get_health(State(api): State<Api>) -> Json<Health> {
    let readable = api.store.site().await;
    if let Err(error) = &readable {
        tracing::error!(%error, "health.state_unreadable");
    }
    Json(Health {
        ok: readable.is_ok(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: api.clock.now(),
    })
}

//! Whether the API answers, and how its disk and its log are.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use utoipa_axum::routes;

use crate::app::Api;
use crate::dto::{Health, RecorderState};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group("health")
        .anyone(routes!(get_health))
        .allow(Action::ReadRecorder, routes!(get_recorder))
}

/// Whether the API answers and can read its state.
#[utoipa::path(get, path = "/v1/health", responses((status = 200, description = "It answers", body = Health)))]
async fn get_health(State(api): State<Api>) -> Json<Health> {
    let readable = api.store.site().await;
    if let Err(error) = &readable {
        tracing::error!(%error, "health.state_unreadable");
    }
    let recorder = api.recorder.health();
    let recordings = match recorder.trouble {
        Some(_) => "trouble",
        None => recorder.space.as_str(),
    };
    let settings = &api.settings;
    let log = if settings.signing.failing().is_some() {
        "not_signed"
    } else if settings.anchors.any_fails() {
        "anchor_fails"
    } else {
        "signed"
    };
    Json(Health {
        ok: readable.is_ok(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: api.clock.now(),
        recordings: recordings.to_owned(),
        log: log.to_owned(),
    })
}

/// How the disk for recordings is, and whether sessions can be recorded.
#[utoipa::path(get, path = "/v1/recorder", responses((status = 200, description = "How it is", body = RecorderState)))]
async fn get_recorder(State(api): State<Api>) -> Json<RecorderState> {
    let health = api.recorder.health();
    Json(RecorderState {
        space: health.space.as_str().to_owned(),
        free_bytes: health.room.map(|room| room.free),
        total_bytes: health.room.map(|room| room.total),
        least_free_bytes: health.least_free,
        trouble: health.trouble,
        open_recordings: health.open,
        waiting_segments: health.waiting_segments,
    })
}

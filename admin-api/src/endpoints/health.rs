//! Whether the API answers, and how its disk is.

use std::fmt::Write;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use recorder::Space;
use utoipa_axum::routes;

use crate::app::Api;
use crate::dto::{Health, RecorderState};
use crate::problem::ApiError;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group("health")
        .anyone(routes!(get_health))
        .allow(Action::ReadRecorder, routes!(get_recorder))
}

pub(super) fn metrics() -> Routes {
    Routes::group_at_root("health").allow(Action::ReadRecorder, routes!(get_metrics))
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
    Json(Health {
        ok: readable.is_ok(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: api.clock.now(),
        recordings: recordings.to_owned(),
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

/// The same for Prometheus, with the state of the log.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "Prometheus' text format 0.0.4", body = String, content_type = "text/plain")),
)]
async fn get_metrics(State(api): State<Api>) -> Result<Response, ApiError> {
    let health = api.recorder.health();
    let log = api.store.latest_checkpoint().await?;
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: Option<u64>| {
        if let Some(value) = value {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP drawbridge_{name} {help}\n# TYPE drawbridge_{name} gauge\n\
                 drawbridge_{name} {value}\n"
            );
        }
    };
    let room = health.room;
    gauge(
        "recorder_free_bytes",
        "Free bytes on the disk for recordings.",
        room.map(|room| room.free),
    );
    gauge(
        "recorder_total_bytes",
        "All bytes of that disk.",
        room.map(|room| room.total),
    );
    gauge(
        "recorder_least_free_bytes",
        "Below so many free bytes no session begins.",
        Some(health.least_free),
    );
    gauge(
        "recorder_space",
        "0 ample, 1 low (no session begins), 2 critical (all end).",
        Some(match health.space {
            Space::Ample => 0,
            Space::Low => 1,
            Space::Critical => 2,
        }),
    );
    gauge(
        "recorder_trouble",
        "1 while recordings can't begin for another reason.",
        Some(u64::from(health.trouble.is_some())),
    );
    gauge(
        "recorder_open_recordings",
        "Recordings that are not sealed yet.",
        u64::try_from(health.open).ok(),
    );
    gauge(
        "recorder_waiting_segments",
        "Segments of the write-ahead log that are full and still needed.",
        u64::try_from(health.waiting_segments).ok(),
    );
    gauge(
        "log_signed_events",
        "Events that the newest checkpoint of the log covers.",
        log.as_ref().map(|log| log.size),
    );
    gauge(
        "log_signed_seconds",
        "When that was signed, in seconds since 1970.",
        log.and_then(|log| u64::try_from(log.at.as_micros() / 1_000_000).ok()),
    );
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

//! How the disk and the log are, for Prometheus.

use std::fmt::Write;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use domain::policy::Action;
use recorder::Space;
use store::LogCheckpoint;
use utoipa_axum::routes;

use crate::app::Api;
use crate::dto::Anchor;
use crate::problem::ApiError;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::group_at_root("health").allow(Action::ReadRecorder, routes!(get_metrics))
}

/// The state of the recordings' disk, of the log and of its anchors, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "Prometheus' text format 0.0.4", body = String, content_type = "text/plain")),
)]
async fn get_metrics(State(api): State<Api>) -> Result<Response, ApiError> {
    let newest = api.store.latest_checkpoint().await?;
    let signed = newest.as_ref().map(|newest| newest.size);
    let mut gauges = Gauges::default();
    of_recorder(&mut gauges, &api.recorder.health());
    of_log(
        &mut gauges,
        newest,
        api.settings.signing.failing().is_some(),
    );
    of_anchors(&mut gauges, &api.settings.anchors.all(signed));
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], gauges.0).into_response())
}

/// What was put together so far.
#[derive(Default)]
struct Gauges(String);

impl Gauges {
    /// One without labels; left out where there is nothing to tell.
    fn one(&mut self, name: &str, help: &str, value: Option<u64>) {
        self.family(name, help, value.map(|value| (String::new(), value)));
    }

    /// One with a value for each anchor of which there is something to tell.
    fn each(
        &mut self,
        name: &str,
        help: &str,
        anchors: &[Anchor],
        value: impl Fn(&Anchor) -> Option<u64>,
    ) {
        let of = |anchor: &Anchor| Some((labels(anchor), value(anchor)?));
        self.family(name, help, anchors.iter().filter_map(of));
    }

    fn family(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (String, u64)>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        // Writing to a string does not fail.
        let _ = write!(
            self.0,
            "# HELP drawbridge_{name} {help}\n# TYPE drawbridge_{name} gauge\n"
        );
        for (labels, value) in values {
            let _ = writeln!(self.0, "drawbridge_{name}{labels} {value}");
        }
    }
}

fn labels(anchor: &Anchor) -> String {
    let name = anchor.name.replace('\\', "\\\\");
    let name = name.replace('"', "\\\"").replace('\n', "\\n");
    format!("{{anchor=\"{name}\"}}")
}

fn seconds(at: Timestamp) -> Option<u64> {
    u64::try_from(at.as_micros() / 1_000_000).ok()
}

fn of_recorder(gauges: &mut Gauges, health: &recorder::Health) {
    let room = health.room;
    gauges.one(
        "recorder_free_bytes",
        "Free bytes on the disk for recordings.",
        room.map(|room| room.free),
    );
    gauges.one(
        "recorder_total_bytes",
        "All bytes of that disk.",
        room.map(|room| room.total),
    );
    gauges.one(
        "recorder_least_free_bytes",
        "Below so many free bytes no session begins.",
        Some(health.least_free),
    );
    gauges.one(
        "recorder_space",
        "0 ample, 1 low (no session begins), 2 critical (all end).",
        Some(match health.space {
            Space::Ample => 0,
            Space::Low => 1,
            Space::Critical => 2,
        }),
    );
    gauges.one(
        "recorder_trouble",
        "1 while recordings can't begin for another reason.",
        Some(u64::from(health.trouble.is_some())),
    );
    gauges.one(
        "recorder_open_recordings",
        "Recordings that are not sealed yet.",
        u64::try_from(health.open).ok(),
    );
    gauges.one(
        "recorder_waiting_segments",
        "Segments of the write-ahead log that are full and still needed.",
        u64::try_from(health.waiting_segments).ok(),
    );
}

fn of_log(gauges: &mut Gauges, newest: Option<LogCheckpoint>, fails: bool) {
    gauges.one(
        "log_signed_events",
        "Events that the newest checkpoint of the log covers.",
        newest.as_ref().map(|newest| newest.size),
    );
    gauges.one(
        "log_signed_seconds",
        "When that was signed, in seconds since 1970.",
        newest.and_then(|newest| seconds(newest.at)),
    );
    gauges.one(
        "log_signing_fails",
        "1 while the log can't be signed.",
        Some(u64::from(fails)),
    );
}

fn of_anchors(gauges: &mut Gauges, anchors: &[Anchor]) {
    gauges.each(
        "log_anchor_events",
        "Events of the log in the checkpoint that the anchor has.",
        anchors,
        |anchor| anchor.size,
    );
    gauges.each(
        "log_anchor_seconds",
        "When the anchor was given that, in seconds since 1970.",
        anchors,
        |anchor| anchor.anchored_at.and_then(seconds),
    );
    gauges.each(
        "log_anchor_behind_events",
        "Events of the log that are signed, and that the anchor does not have.",
        anchors,
        |anchor| anchor.behind,
    );
    gauges.each(
        "log_anchor_fails",
        "1 while the anchor takes no checkpoint.",
        anchors,
        |anchor| Some(u64::from(anchor.failing_since.is_some())),
    );
}

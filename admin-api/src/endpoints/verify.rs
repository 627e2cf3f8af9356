//! A recording is verified in front of whoever reads it: the same checks as of an
//! exported bundle, on the files where they lie. Who does not trust this program
//! exports the bundle and verifies that.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::Event;
use domain::policy::Action;
use domain::{Draft, Role, SessionId};
use futures::{Stream, stream};
use recorder::archive::Track;
use recorder::bundle::{Contents, InPlace};
use recorder::verify::{Outcome, Report, Trust, verify_bundle};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use utoipa_axum::routes;

use super::bundle::papers;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::VerifyQuery;
use crate::evidence;
use crate::input::{At, Params};
use crate::problem::ApiError;
use crate::pulse::pulse;
use crate::routes::Routes;

/// Events that may wait for a slow reader, who then slows the checking down.
const WAITING: usize = 64;

pub(super) fn routes() -> Routes {
    Routes::group("recordings").allow(Action::ReadRecording, routes!(verify_recording))
}

/// Verify the recording of one channel as a bundle of it would be verified. Events,
/// with JSON as their data: `progress` {done, of} for each chunk that is read, `step`
/// {name, state, detail} for each finding, where `state` is `proven`, `noted`,
/// `undecided` or `contradicted`, and `result` {verdict, summary} as the last. It is
/// noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/verify",
    params(("id" = String, Path, description = "The session"), VerifyQuery),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
)]
async fn verify_recording(
    State(api): State<Api>,
    caller: Caller,
    At(session): At<SessionId>,
    Params(query): Params<VerifyQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let channel = query.channel.unwrap_or(0);
    evidence::seen(&api, &caller.scope(), session, channel).await?;
    let place = api.replays.take(caller.account.name.clone());
    let place = place.ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_replays",
            "You are opening too many recordings at once. Wait for one to end, then try again.",
        )
    })?;
    let papers = papers(&api, session, channel).await?;
    // What was typed is checked for those who may read it.
    let tracks = match caller.account.role {
        Role::Auditor => Track::ALL.to_vec(),
        Role::Vendor | Role::Approver | Role::Operator | Role::Admin => vec![Track::Output],
    };
    let verified =
        Draft::new("recording.verified", "session", session).after(json!({ "channel": channel }));
    api.store.alarm(&caller.actor(), verified).await?;
    let contents = evidence::archived(&api, session, channel, move |recording| {
        Ok(Contents {
            recording,
            tracks,
            papers,
            replay: None,
        })
    })
    .await?;
    let trust = Trust {
        keys: api.settings.log_keys.clone(),
        last_seen: None,
        max_age: None,
        now: api.clock.now(),
        identities: Vec::new(),
    };
    let (send, events) = mpsc::channel(WAITING);
    spawn_blocking(move || {
        check(&contents, &trust, &send);
        // Until the work is done, however soon its reader has left.
        drop(place);
    });
    let events = stream::unfold(events, |mut events| async move {
        let event = events.recv().await?;
        Some((Ok(event), events))
    });
    Ok(Sse::new(events).keep_alive(pulse()))
}

/// Blocks, and ends when nobody listens any more.
fn check(contents: &Contents, trust: &Trust, send: &mpsc::Sender<Event>) {
    let (mut done, mut of) = (0_u64, 0);
    let report = {
        let seen = || {
            done += 1;
            tell(send, "progress", &json!({ "done": done }));
            !send.is_closed()
        };
        InPlace::new(contents, seen)
            .map_err(|error| error.to_string())
            .and_then(|mut files| {
                of = files.chunks();
                tell(send, "progress", &json!({ "done": 0, "of": of }));
                let names = files.names();
                verify_bundle(&mut files, &names, trust).map_err(|error| error.to_string())
            })
    };
    match report {
        Ok(report) => {
            for finding in &report.findings {
                let step = json!({
                    "name": finding.check,
                    "state": finding.outcome.as_str(),
                    "detail": finding.text,
                });
                tell(send, "step", &step);
            }
            let verdict = report.verdict();
            let result = json!({ "verdict": verdict.as_str(), "summary": summary(&report) });
            tell(send, "result", &result);
        }
        Err(_) if send.is_closed() => {}
        Err(why) => {
            tracing::error!(why, "recording.not_verified");
            let undecided = Outcome::Undecided.as_str();
            let summary = "It could not be read to its end, so nothing is proven. Export the \
                           bundle and verify that: it says what is left and what is not.";
            let result = json!({ "verdict": undecided, "summary": summary });
            tell(send, "result", &result);
        }
    }
}

fn summary(report: &Report) -> &'static str {
    match report.verdict() {
        Outcome::Proven | Outcome::Noted => {
            "The recording is what was sealed when its session ended, and its seal is in the log \
             that this broker has signed."
        }
        Outcome::Undecided => "Not all of it is proven, and nothing contradicts.",
        Outcome::Contradicted => {
            "This recording contradicts itself or the log: do not rely on it. Tell whoever runs \
             the broker's machine, and have its files kept as they are."
        }
    }
}

fn tell(send: &mpsc::Sender<Event>, name: &str, data: &Value) {
    if let Ok(event) = Event::default().event(name).json_data(data) {
        let _ = send.blocking_send(event);
    }
}

//! That an event stream is still there. A page's script sees no comments, and a dead
//! connection says nothing: without this it would show for ever what was.

use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};

/// So often a stream says so that has nothing else to say.
const EVERY: Duration = Duration::from_secs(10);

/// The event `here`.
pub(crate) fn pulse() -> KeepAlive {
    // A script is told of no event without data (HTML, 9.2.6).
    let here = Event::default().event("here").data("{}");
    KeepAlive::new().interval(EVERY).event(here)
}

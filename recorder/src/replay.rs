//! A recording to jump about in: an index of segments, each with what stood on
//! the terminal when it begins, so that whoever looks at an hour in the middle
//! needs a few kilobytes and not all that came before.
//!
//! The JSON is that of the segmented driver of asciinema-player 3.18.0. That
//! driver leaves pauses as they are, so the timeline is made shorter here.

mod index;
mod marker;
mod page;
mod seek;
mod segment;
#[cfg(test)]
mod tests;

pub use index::{Index, Settings};
pub use marker::Marker;
pub use page::{BadTemplate, Facts, page};
pub use seek::screen_at;

/// Milliseconds as the seconds of JSON: the same number wherever it is written.
#[expect(clippy::cast_precision_loss)] // A recording is shorter than 285,000 years.
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

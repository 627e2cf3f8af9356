//! Shows a recording on this terminal, in its own time.

mod filter;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};
use std::time::Duration;

use domain::Clock;
use recorder::Patience;
use recorder::cast::{Event, ReadError, Reader, Timed};
use recorder::play::{Pace, timeline};
use recorder::replay::screen_at;

use self::filter::Filter;
use super::failure::Failure;
use crate::clock::SystemClock;
use crate::output;

/// Undoes what a full-screen program may have left: attributes, the alternate
/// screen, a hidden cursor, margins, keypad and character set.
const IN_ORDER: &[u8] = b"\x1b[0m\x1b[?1049l\x1b[!p\x1b[?25h\x1b(B\x1b>\r\n";
/// An empty terminal, on which a screen is drawn anew.
const EMPTY: &[u8] = b"\x1b[0m\x1b[r\x1b[2J\x1b[H";
/// How long may be looked for a screen in the middle of a recording.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Remarks of the recording that are repeated at its end.
const MOST_REMARKS: usize = 20;

/// Plays it from a time on, or else from the start, until its end or Ctrl-C.
pub(super) async fn play(cast: &[u8], pace: Pace, from: Option<Duration>) -> Result<(), Failure> {
    let terminal = io::stdout().is_terminal();
    let (clock, mut end) = (SystemClock::new(), End::default());
    let pace = terminal.then_some(pace);
    let played = tokio::select! {
        played = show(cast, pace, from, &clock, output::raw, &mut end) => played,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    if terminal {
        output::raw(IN_ORDER)?;
    }
    for remark in &end.remarks {
        output::remark(&output::clean(remark));
    }
    if let Some(status) = end.exit {
        output::remark(&format!("exit status {status}"));
    }
    played
}

/// What is told after the last of the output.
#[derive(Default)]
struct End {
    remarks: Vec<String>,
    exit: Option<u32>,
}

/// Without a pace, all at once.
async fn show(
    cast: &[u8],
    pace: Option<Pace>,
    from: Option<Duration>,
    clock: &dyn Clock,
    mut screen: impl FnMut(&[u8]) -> io::Result<()>,
    end: &mut End,
) -> Result<(), Failure> {
    let broken = |error: ReadError| {
        Failure::failed(format!(
            "The recording can't be read any further ({error}). What came before was shown."
        ))
    };
    let reader = Reader::new(cast).map_err(broken)?;
    if let (Some(_), Some(title)) = (pace, &reader.header().title) {
        output::remark(&output::clean(title));
    }
    let mut filter = Filter::default();
    if let (Some(_), Some(from)) = (pace, from) {
        let before = look(cast, from, clock)?;
        screen(EMPTY)?;
        screen(filter.pass(&before).as_bytes())?;
    }
    let mut due = clock.monotonic();
    let any = Pace {
        speed: 1.0,
        idle_limit: None,
    };
    let events = since(reader, from.unwrap_or_default());
    for step in timeline(events, pace.unwrap_or(any)) {
        let step = step.map_err(broken)?;
        if pace.is_some() && step.wait > Duration::ZERO {
            // Counted from the start, so that a slow terminal does not add up.
            due = due.saturating_add(step.wait);
            clock.wait_until(due).await;
        }
        // The other kinds of events are not for the eye.
        if let Event::Output(text) = &step.event {
            screen(filter.pass(text).as_bytes())?;
        } else if let Event::Marker(text) = &step.event {
            if end.remarks.len() < MOST_REMARKS {
                end.remarks.push(text.to_string());
            }
        } else if let Event::Exit(status) = &step.event {
            end.exit = Some(*status);
        }
    }
    Ok(())
}

/// The events from a time on, as if the recording had begun then.
fn since<'a>(
    events: impl Iterator<Item = Result<Timed<'a>, ReadError>>,
    from: Duration,
) -> impl Iterator<Item = Result<Timed<'a>, ReadError>> {
    events.filter_map(move |timed| match timed {
        Ok(timed) => {
            let at = timed.at.checked_sub(from)?;
            Some(Ok(Timed { at, ..timed }))
        }
        Err(error) => Some(Err(error)),
    })
}

/// What stood on the screen at a time.
fn look(cast: &[u8], at: Duration, clock: &dyn Clock) -> Result<String, Failure> {
    let end = clock.monotonic().saturating_add(LONGEST_LOOK);
    let mut may_go_on = || clock.monotonic() < end;
    screen_at(cast, at, &mut Patience::new(&mut may_go_on)).map_err(|error| {
        Failure::failed(format!(
            "The screen at that time can't be drawn: {error}. Play the recording from its start."
        ))
    })
}

//! Shows a recording on this terminal, in its own time.

mod filter;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};
use std::time::Duration;

use domain::Clock;
use recorder::cast::{Event, Reader};
use recorder::play::{Pace, timeline};

use self::filter::Filter;
use super::failure::Failure;
use crate::clock::SystemClock;
use crate::output;

/// Undoes what a full-screen program may have left: attributes, the alternate
/// screen, a hidden cursor, margins, keypad and character set.
const IN_ORDER: &[u8] = b"\x1b[0m\x1b[?1049l\x1b[!p\x1b[?25h\x1b(B\x1b>\r\n";
/// Remarks of the recording that are repeated at its end.
const MOST_REMARKS: usize = 20;

/// Plays it, until its end or Ctrl-C.
pub(super) async fn play(cast: &[u8], pace: Pace) -> Result<(), Failure> {
    let terminal = io::stdout().is_terminal();
    let (clock, mut end) = (SystemClock::new(), End::default());
    let pace = terminal.then_some(pace);
    let played = tokio::select! {
        played = show(cast, pace, &clock, output::raw, &mut end) => played,
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
    clock: &dyn Clock,
    mut screen: impl FnMut(&[u8]) -> io::Result<()>,
    end: &mut End,
) -> Result<(), Failure> {
    let broken = |error: recorder::cast::ReadError| {
        Failure::failed(format!(
            "The recording can't be read any further ({error}). What came before was shown."
        ))
    };
    let reader = Reader::new(cast).map_err(broken)?;
    if let (Some(_), Some(title)) = (pace, &reader.header().title) {
        output::remark(&output::clean(title));
    }
    let mut due = clock.monotonic();
    let mut filter = Filter::default();
    let any = Pace {
        speed: 1.0,
        idle_limit: None,
    };
    for step in timeline(reader, pace.unwrap_or(any)) {
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

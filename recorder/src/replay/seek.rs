//! Jumping into a recording that is played on a terminal.

use std::io::{self, Read};
use std::time::Duration;

use crate::cast::{Event, Events, Timed};
use crate::screen::{Patience, Screen};

/// What makes an empty terminal look as this one did just before `at`.
///
/// # Errors
/// `InvalidData` if the recording has no header, `TimedOut` when `patience` is
/// over, or what the reader says.
pub fn screen_at(cast: impl Read, at: Duration, patience: &mut Patience<'_>) -> io::Result<String> {
    let (header, mut events) = Events::open(cast)?;
    let mut screen = Screen::new(&header);
    while let Some((_, Timed { at: time, event })) = events.next_event()? {
        if time >= at {
            break;
        }
        if let Event::Output(text) = &event {
            screen.output(text, patience, &mut (), |_, ()| {})?;
        } else if let Event::Resize { cols, rows } = event {
            screen.resize(cols, rows, patience, &mut ())?;
        }
    }
    Ok(screen.terminal().dump())
}

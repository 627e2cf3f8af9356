//! What a command printed that had no terminal: lines as they are, without the
//! sequences that would have acted on one.

use std::io::{self, Read};
use std::time::Duration;

use super::{Kept, Limits, Line, Transcript};
use crate::cast::{Event, Events, Timed};
use crate::screen::{Patience, is_hidden};

/// One in so many characters may be unreadable before a line is binary data.
const READABLE: usize = 4;

pub(super) struct Plain {
    kept: Kept<Line>,
    text: String,
    count: usize,
    unreadable: usize,
    state: State,
    started: Duration,
}

/// Where in a control sequence (ECMA-48) we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Escape,
    Control,
    /// Inside of what ends with BEL or ESC \: titles and the like.
    Words,
}

impl Plain {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            kept: Kept::new(limits),
            text: String::new(),
            count: 0,
            unreadable: 0,
            state: State::Text,
            started: Duration::ZERO,
        }
    }

    pub(super) fn all(
        mut self,
        mut events: Events<impl Read>,
        patience: &mut Patience<'_>,
    ) -> io::Result<Transcript<Line>> {
        while let Some((_, Timed { at, event })) = events.next_event()? {
            if self.kept.cut {
                break;
            }
            if let Event::Output(text) = &event {
                patience.check()?;
                for c in text.chars() {
                    self.take(c, at);
                }
            }
        }
        self.end();
        Ok(self.kept.finish())
    }

    fn take(&mut self, c: char, at: Duration) {
        self.state = match (self.state, c) {
            (_, '\n') => {
                self.end();
                State::Text
            }
            (_, '\u{1b}') => State::Escape,
            (State::Text, _) => {
                self.keep(c, at);
                State::Text
            }
            (State::Escape, '[') => State::Control,
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Words,
            (State::Escape, _)
            | (State::Control, '\u{40}'..='\u{7e}')
            | (State::Words, '\u{7}') => State::Text,
            (State::Control, _) => State::Control,
            (State::Words, _) => State::Words,
        };
    }

    fn keep(&mut self, c: char, at: Duration) {
        // A tab parts words; a return draws a progress bar anew.
        let c = if matches!(c, '\t' | '\r') { ' ' } else { c };
        if is_hidden(c) || self.count >= self.kept.limits.chars {
            return;
        }
        if self.count == 0 {
            self.started = at;
        }
        self.count += 1;
        self.unreadable += usize::from(c == '\u{fffd}');
        self.text.push(c);
    }

    fn end(&mut self) {
        let text = self.text.trim_end();
        if !text.trim_start().is_empty() && self.unreadable * READABLE <= self.count {
            let at_ms = u64::try_from(self.started.as_millis()).unwrap_or(u64::MAX);
            let line = Line {
                at_ms,
                text: text.to_owned(),
            };
            let bytes = line.text.len();
            self.kept.push(line, bytes);
        }
        self.text.clear();
        self.count = 0;
        self.unreadable = 0;
    }
}

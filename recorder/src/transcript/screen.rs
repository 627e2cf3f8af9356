//! What stood on the screen: lines that scrolled away, and the screen as it was
//! once a second, since a full-screen program lets nothing scroll.

use std::collections::HashSet;
use std::io::{self, Read};
use std::mem::take;
use std::time::Duration;

use avt::parser::Function;
use avt::{Line as Row, Observation, Observer, Operation, Terminal};

use super::plain::Plain;
use super::{Kept, Limits, Line, Transcript};
use crate::cast::{Event, Events, Timed};
use crate::screen::{Lines, Patience, Screen, is_hidden};

/// How often the screen is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The text that was shown. A line that stays is there once, when it came.
///
/// # Errors
/// `InvalidData` if the recording has no header, `TimedOut` when `patience` is
/// over, or what the reader says.
pub fn shown(
    cast: impl Read,
    limits: Limits,
    patience: &mut Patience<'_>,
) -> io::Result<Transcript<Line>> {
    let (header, events) = Events::open(cast)?;
    let screen = Screen::new(&header);
    match screen.lines() {
        Lines::Terminal => Looking::new(screen, limits).all(events, patience),
        Lines::Plain => Plain::new(limits).all(events, patience),
    }
}

struct Looking {
    screen: Screen,
    kept: Kept<Line>,
    scrolled: Scrolled,
    /// What the last look found, and what has scrolled away since.
    known: HashSet<String>,
    /// Of the last output.
    at: Duration,
    next_look: Duration,
    changed: bool,
}

impl Looking {
    fn new(screen: Screen, limits: Limits) -> Self {
        Self {
            screen,
            kept: Kept::new(limits),
            scrolled: Scrolled {
                most: limits.chars,
                ..Scrolled::default()
            },
            known: HashSet::new(),
            at: Duration::ZERO,
            next_look: EVERY,
            changed: false,
        }
    }

    fn all(
        mut self,
        mut events: Events<impl Read>,
        patience: &mut Patience<'_>,
    ) -> io::Result<Transcript<Line>> {
        while let Some((_, Timed { at, event })) = events.next_event()? {
            if self.kept.cut {
                break;
            }
            if at >= self.next_look {
                self.look();
                self.next_look = at.saturating_add(EVERY);
            }
            if let Event::Output(text) = &event {
                self.at = at;
                self.changed = true;
                self.output(text, patience)?;
            } else if let Event::Resize { cols, rows } = event {
                self.changed = true;
                let lines = self
                    .screen
                    .resize(cols, rows, patience, &mut self.scrolled)?;
                self.scroll(lines);
            }
        }
        self.look();
        Ok(self.kept.finish())
    }

    fn output(&mut self, text: &str, patience: &mut Patience<'_>) -> io::Result<()> {
        let (kept, known, at) = (&mut self.kept, &mut self.known, self.at);
        let scroll = |_: &Terminal, lines: Vec<String>| keep_new(kept, known, at, lines);
        self.screen
            .output(text, patience, &mut self.scrolled, scroll)
    }

    fn scroll(&mut self, lines: Vec<String>) {
        keep_new(&mut self.kept, &mut self.known, self.at, lines);
    }

    /// Keeps what was not there at the last look.
    fn look(&mut self) {
        if !take(&mut self.changed) {
            return;
        }
        let mut lines = Vec::new();
        let mut joined = Joined::new(self.kept.limits.chars);
        for row in self.screen.terminal().screen().visible_lines() {
            lines.extend(joined.row(row));
        }
        lines.extend(joined.end());
        let now: HashSet<String> = lines.iter().cloned().collect();
        self.scroll(lines);
        self.known = now;
    }
}

fn keep_new(kept: &mut Kept<Line>, known: &mut HashSet<String>, at: Duration, lines: Vec<String>) {
    for text in lines {
        if text.is_empty() || kept.cut || known.contains(&text) {
            continue;
        }
        known.insert(text.clone());
        let bytes = text.len();
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        kept.push(Line { at_ms, text }, bytes);
    }
}

/// Rows that a narrow terminal made of one line, put together again.
#[derive(Debug, Default)]
struct Joined {
    most: usize,
    count: usize,
    text: String,
}

impl Joined {
    const fn new(most: usize) -> Self {
        Self {
            most,
            count: 0,
            text: String::new(),
        }
    }

    fn row(&mut self, row: &Row) -> Option<String> {
        for c in row.chars() {
            if self.count >= self.most {
                break;
            }
            if !is_hidden(c) {
                self.text.push(c);
                self.count += 1;
            }
        }
        if row.is_wrapped() { None } else { self.end() }
    }

    fn end(&mut self) -> Option<String> {
        self.count = 0;
        let mut text = take(&mut self.text);
        text.truncate(text.trim_end().len());
        (!text.trim_start().is_empty()).then_some(text)
    }
}

/// Gathers what leaves the screen at its top, or is wiped off.
#[derive(Debug, Default)]
struct Scrolled {
    most: usize,
    joined: Joined,
    lines: Vec<String>,
}

impl Scrolled {
    fn push(&mut self, row: &Row) {
        self.joined.most = self.most;
        let line = self.joined.row(row);
        self.lines.extend(line);
    }
}

impl Observer for Scrolled {
    type Output = Vec<String>;

    fn before(&mut self, seen: &mut Observation<'_>, operation: &Operation) {
        if matches!(operation, Operation::Function(Function::Ris)) {
            for row in seen.terminal().primary_screen().visible_lines() {
                self.push(row);
            }
        }
    }

    fn evicted(&mut self, _: &mut Observation<'_>, row: &Row) {
        self.push(row);
    }

    fn end(&mut self, _: &mut Observation<'_>) -> Self::Output {
        take(&mut self.lines)
    }
}

//! A recording's terminal, for whoever needs to know what stood on it. Bounded:
//! its size, its feed and the time that it takes are an asset's and a vendor's to
//! choose, and neither is to be trusted.

use std::borrow::Cow;
use std::io;

use avt::{Observer, Terminal};

use crate::cast::CastHeader;

/// The widest terminal that is drawn, in columns.
pub(crate) const MOST_COLS: u16 = 1000;
/// The highest terminal that is drawn, in rows.
pub(crate) const MOST_ROWS: u16 = 500;

/// How many bytes are fed before it is asked whether to go on: a hostile few can
/// keep a terminal busy for long.
const PIECE: usize = 4 << 10;

/// Asked again and again, during work whose length others decide, whether it may
/// go on.
pub struct Patience<'a>(&'a mut dyn FnMut() -> bool);

impl<'a> Patience<'a> {
    /// Until `may_go_on` says no.
    pub fn new(may_go_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self(may_go_on)
    }

    /// # Errors
    /// `TimedOut` once it is over.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        if (self.0)() {
            Ok(())
        } else {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the recording takes too long to look through",
            ))
        }
    }
}

impl std::fmt::Debug for Patience<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Patience")
    }
}

/// The terminal, and how output is put on it.
pub(crate) struct Screen {
    terminal: Terminal,
    lines: Lines,
}

/// What ends a line of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// What a terminal's driver made of it: it says itself when to return.
    Terminal,
    /// A line feed alone, since there was no terminal.
    Plain,
}

impl Lines {
    pub(crate) fn of(header: &CastHeader) -> Self {
        if header.term.kind.is_some() {
            Self::Terminal
        } else {
            Self::Plain
        }
    }

    /// Output as a terminal must get it.
    pub(crate) fn for_terminal(self, text: &str) -> Cow<'_, str> {
        if self == Self::Plain && text.contains('\n') {
            text.replace('\n', "\r\n").into()
        } else {
            text.into()
        }
    }
}

impl Screen {
    pub(crate) fn new(header: &CastHeader) -> Self {
        let (cols, rows) = bounded(header.term.cols, header.term.rows);
        let mut terminal = smallest();
        terminal.resize(cols.into(), rows.into());
        Self {
            terminal,
            lines: Lines::of(header),
        }
    }

    pub(crate) fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    pub(crate) const fn lines(&self) -> Lines {
        self.lines
    }

    /// Puts output on it, and hands `each` what the observer makes of a piece.
    pub(crate) fn output<O: Observer>(
        &mut self,
        text: &str,
        patience: &mut Patience<'_>,
        observer: &mut O,
        mut each: impl FnMut(&Terminal, O::Output),
    ) -> io::Result<()> {
        let text = self.lines.for_terminal(text);
        let mut rest: &str = &text;
        while !rest.is_empty() {
            patience.check()?;
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
            let seen = self.terminal.feed_with(piece, &mut *observer);
            each(&self.terminal, seen);
            rest = after;
        }
        Ok(())
    }

    pub(crate) fn resize<O: Observer>(
        &mut self,
        cols: u16,
        rows: u16,
        patience: &mut Patience<'_>,
        observer: &mut O,
    ) -> io::Result<O::Output> {
        patience.check()?;
        let (cols, rows) = bounded(cols, rows);
        let resized = self
            .terminal
            .resize_with(cols.into(), rows.into(), &mut *observer);
        Ok(resized)
    }
}

/// A size that is drawn in place of any.
pub(crate) fn bounded(cols: u16, rows: u16) -> (u16, u16) {
    (cols.clamp(1, MOST_COLS), rows.clamp(1, MOST_ROWS))
}

/// Text in one line, without what acts on a terminal or hides in it, and at most
/// `most` characters of it.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let seen = text.chars().filter(|c| !is_hidden(*c));
    let mut line: String = seen.clone().take(most).collect();
    if seen.count() > most {
        line.pop();
        line.push('…');
    }
    line
}

/// Control characters, and those that turn the direction of writing around.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[expect(clippy::expect_used)] // Neither number is zero, which is all that is refused.
fn smallest() -> Terminal {
    Terminal::new(1, 1).expect("a size above zero")
}

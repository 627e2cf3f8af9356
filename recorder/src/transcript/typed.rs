//! What was typed, as lines: the keys that edit a line are followed as a plain
//! shell follows them. It is a reading of the keystrokes and no more: what
//! completion or history put there, only the screen shows.

use std::io::{self, Read};
use std::mem::take;
use std::time::Duration;

use super::{Kept, Limits, Transcript, Words};
use crate::frame::{FrameReader, Kind};
use crate::screen::is_hidden;

/// One line of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// When its first key was pressed, in milliseconds since the start of the
    /// recording.
    pub at_ms: u64,
    /// The line as it was sent off, with what was erased gone.
    pub text: String,
    /// All that was typed, where that is something else.
    pub all: Option<String>,
}

/// The lines of an input log. It is held in memory a frame at a time.
///
/// # Errors
/// What the reader says.
pub fn typed(input: impl Read, limits: Limits) -> io::Result<Transcript<Typed>> {
    let mut frames = FrameReader::new(input);
    let mut keys = Keys::new(limits);
    while let Some(frame) = frames.next_frame()? {
        if keys.kept.cut {
            break;
        }
        if frame.kind == Kind::Data {
            keys.bytes(frame.payload, frame.at);
        }
    }
    keys.enter();
    Ok(keys.kept.finish())
}

/// Those of an input log's lines that have all of the words, erased ones too.
///
/// # Errors
/// What the reader says.
pub fn find_typed(
    input: impl Read,
    words: &Words,
    limits: Limits,
) -> io::Result<Transcript<Typed>> {
    let mut found = typed(input, limits)?;
    found.lines.retain(|line| {
        words.all_in(&line.text) || line.all.as_deref().is_some_and(|all| words.all_in(all))
    });
    Ok(found)
}

struct Keys {
    kept: Kept<Typed>,
    /// Bytes of a character that is not whole yet.
    part: Vec<u8>,
    state: State,
    line: Vec<char>,
    all: String,
    all_count: usize,
    edited: bool,
    started: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Escape,
    Control,
}

impl Keys {
    const fn new(limits: Limits) -> Self {
        Self {
            kept: Kept::new(limits),
            part: Vec::new(),
            state: State::Text,
            line: Vec::new(),
            all: String::new(),
            all_count: 0,
            edited: false,
            started: None,
        }
    }

    fn bytes(&mut self, bytes: &[u8], at: Duration) {
        let mut joined = take(&mut self.part);
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        while !rest.is_empty() {
            match str::from_utf8(rest) {
                Ok(text) => {
                    text.chars().for_each(|c| self.key(c, at));
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    let good = str::from_utf8(good).unwrap_or_default();
                    good.chars().for_each(|c| self.key(c, at));
                    let Some(length) = error.error_len() else {
                        self.part = bad.to_vec();
                        return;
                    };
                    self.key('\u{fffd}', at);
                    rest = bad.get(length..).unwrap_or_default();
                }
            }
        }
    }

    fn key(&mut self, c: char, at: Duration) {
        match (self.state, c) {
            (State::Text, _) => self.text(c, at),
            (State::Escape, '[' | 'O') => self.state = State::Control,
            (State::Control, '0'..='9' | ';' | '?' | '<' | '=' | '>') => {}
            (State::Escape | State::Control, _) => self.state = State::Text,
        }
    }

    fn text(&mut self, c: char, at: Duration) {
        match c {
            '\r' | '\n' => self.enter(),
            // Ctrl-C and Ctrl-D: whatever stands there is not carried out.
            '\u{3}' | '\u{4}' => {
                self.edited |= !self.line.is_empty();
                self.line.clear();
                self.enter();
            }
            '\u{8}' | '\u{7f}' => self.edit(|line| {
                line.pop();
            }),
            '\u{15}' => self.edit(Vec::clear),
            '\u{17}' => self.edit(erase_word),
            '\u{1b}' => {
                self.state = State::Escape;
                self.edited |= !self.line.is_empty();
            }
            '\t' => self.edited |= !self.line.is_empty(),
            c if is_hidden(c) => {}
            c => self.printable(c, at),
        }
    }

    fn printable(&mut self, c: char, at: Duration) {
        self.started.get_or_insert(at);
        if self.line.len() < self.kept.limits.chars {
            self.line.push(c);
        }
        if self.all_count < self.kept.limits.chars {
            self.all_count += 1;
            self.all.push(c);
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Vec<char>)) {
        self.edited |= !self.line.is_empty();
        change(&mut self.line);
    }

    fn enter(&mut self) {
        let text: String = take(&mut self.line).into_iter().collect();
        let all = take(&mut self.all);
        self.all_count = 0;
        let edited = take(&mut self.edited) && all != text;
        let Some(at) = self.started.take() else {
            return;
        };
        let bytes = text.len() + if edited { all.len() } else { 0 };
        let typed = Typed {
            at_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            text,
            all: edited.then_some(all),
        };
        self.kept.push(typed, bytes);
    }
}

/// Ctrl-W: the blanks at the end, and the word before them.
fn erase_word(line: &mut Vec<char>) {
    while line.pop_if(|c| c.is_whitespace()).is_some() {}
    while line.pop_if(|c| !c.is_whitespace()).is_some() {}
}

//! What a replay points out on its timeline.

use avt::observer::ShellEvent;

use crate::cast::Event;
use crate::screen::{bounded, one_line};

/// How many are kept: a hostile asset could make millions.
pub(super) const MOST: usize = 5000;
/// The longest label, in characters.
const LONGEST: usize = 200;
/// Sizes within this time are one change: a window is drawn larger step by step.
const ONE_RESIZE_MS: u64 = 1000;

/// A moment that is pointed out: a remark of the broker, a new size, a command,
/// the exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Where on the replay's timeline, in milliseconds.
    pub at_ms: u64,
    /// When it really was, in milliseconds since the start of the recording.
    pub real_ms: u64,
    /// What.
    pub label: String,
    is_size: bool,
}

/// Markers in the making, in the order of time.
#[derive(Debug, Default)]
pub(super) struct Markers(Vec<Marker>);

impl Markers {
    /// Notes what an event says by itself.
    pub(super) fn event(&mut self, at_ms: u64, real_ms: u64, event: &Event<'_>) {
        if let Event::Marker(text) = event {
            self.push(at_ms, real_ms, text, false);
        } else if let Event::Exit(status) = event {
            self.push(at_ms, real_ms, &format!("exit status {status}"), false);
        } else if let Event::Resize { cols, rows } = event {
            self.resize(at_ms, real_ms, *cols, *rows);
        }
    }

    /// Notes a command that the shell has announced (OSC 133).
    pub(super) fn shell(&mut self, at_ms: u64, real_ms: u64, event: &ShellEvent) {
        if let ShellEvent::CommandSubmitted(command) = event {
            let text = command.text.as_deref().map(str::trim).unwrap_or_default();
            if !text.is_empty() {
                self.push(at_ms, real_ms, &format!("$ {text}"), false);
            }
        }
    }

    pub(super) fn into_vec(self) -> Vec<Marker> {
        self.0
    }

    fn resize(&mut self, at_ms: u64, real_ms: u64, cols: u16, rows: u16) {
        let (cols, rows) = bounded(cols, rows);
        let label = format!("{cols}x{rows}");
        match self.0.last_mut() {
            Some(last) if last.is_size && at_ms - last.at_ms < ONE_RESIZE_MS => last.label = label,
            _ => self.push(at_ms, real_ms, &label, true),
        }
    }

    fn push(&mut self, at_ms: u64, real_ms: u64, text: &str, is_size: bool) {
        let label = match self.0.len() + 1 {
            MOST => "further markers are left out".to_owned(),
            count if count > MOST => return,
            _ => one_line(text, LONGEST),
        };
        self.0.push(Marker {
            at_ms,
            real_ms,
            label,
            is_size,
        });
    }
}

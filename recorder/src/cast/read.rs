//! Lines to events. Bounded and pure: it reads what an attacker may have written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use thiserror::Error;

use super::{Ending, MAX_LINE};

/// The longest interval that is believed: a year.
const MAX_INTERVAL_SECONDS: f64 = 31_557_600.0;

/// The first line of a recording. Keys that are not listed are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CastHeader {
    /// Always 3.
    pub version: u8,
    /// The terminal at the start.
    pub term: Term,
    /// When it was begun, in seconds since 1970.
    pub timestamp: Option<u64>,
    /// The command of an exec channel.
    pub command: Option<String>,
    /// One line for people.
    pub title: Option<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// A terminal's size and kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Term {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The value of `TERM`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// What happened at one moment of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// `o`: shown on the terminal.
    Output(Cow<'a, str>),
    /// `i`: typed by the vendor.
    Input(Cow<'a, str>),
    /// `r`: the terminal's new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// `m`: a remark.
    Marker(Cow<'a, str>),
    /// `x`: the command's exit status.
    Exit(u32),
    /// `b`: the true bytes of the output or input just before.
    Raw(Vec<u8>),
    /// `e`: the output that follows came from standard error.
    FromStderr,
    /// `z`: nothing follows.
    Closed {
        /// How the recording ended.
        ending: Ending,
        /// The length of its input log, in bytes.
        input_len: u64,
    },
    /// A code that is not known here.
    Other(Cow<'a, str>, Cow<'a, str>),
}

/// An event and its time since the start of the recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed<'a> {
    /// Since the start; never less than that of the event before.
    pub at: Duration,
    /// What happened.
    pub event: Event<'a>,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadLine {
    /// It is not UTF-8 text.
    #[error("not UTF-8")]
    NotText,
    /// It is longer than [`MAX_LINE`].
    #[error("longer than 4 MiB")]
    TooLong,
    /// It does not end: the file was cut off here.
    #[error("cut off")]
    CutOff,
    /// It is the first one, and no header of asciicast v3.
    #[error("not a header of asciicast v3")]
    Header,
    /// It is no `[interval, code, data]`.
    #[error("not an event")]
    Event,
    /// Its interval is negative, or longer than a year.
    #[error("its interval is out of range")]
    Interval,
    /// Its data is not what its code asks for.
    #[error("its data does not fit its code")]
    Data,
}

/// A recording that can't be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the recording: {what}")]
pub struct ReadError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: BadLine,
}

/// Reads a whole recording in memory. Ends at the first bad line, with its error.
#[derive(Debug)]
pub struct Reader<'a> {
    header: CastHeader,
    rest: &'a [u8],
    line: usize,
    at: Duration,
}

impl<'a> Reader<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When the first line is not one.
    pub fn new(cast: &'a [u8]) -> Result<Self, ReadError> {
        let mut rest = cast;
        let header = next_line(&mut rest)
            .and_then(|line| parse_header(line.ok_or(BadLine::CutOff)?))
            .map_err(|what| ReadError { line: 1, what })?;
        Ok(Self {
            header,
            rest,
            line: 1,
            at: Duration::ZERO,
        })
    }

    /// What the recording says about itself.
    #[must_use]
    pub const fn header(&self) -> &CastHeader {
        &self.header
    }

    fn read(&mut self) -> Result<Option<Timed<'a>>, BadLine> {
        loop {
            self.line += 1;
            let Some(line) = next_line(&mut self.rest)? else {
                return Ok(None);
            };
            if let Some((interval, event)) = parse_event(line)? {
                self.at = self.at.saturating_add(interval);
                return Ok(Some(Timed { at: self.at, event }));
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Timed<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if read.is_err() {
            self.rest = &[];
        }
        read.map_err(|what| ReadError {
            line: self.line,
            what,
        })
        .transpose()
    }
}

fn next_line<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, BadLine> {
    if rest.is_empty() {
        return Ok(None);
    }
    let window = rest.get(..MAX_LINE).unwrap_or(rest);
    let Some(end) = window.iter().position(|&byte| byte == b'\n') else {
        return Err(if rest.len() > MAX_LINE {
            BadLine::TooLong
        } else {
            BadLine::CutOff
        });
    };
    let (line, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    Ok(Some(line))
}

/// Reads a header line, without its line feed.
pub(super) fn parse_header(line: &[u8]) -> Result<CastHeader, BadLine> {
    let header: CastHeader = serde_json::from_slice(line).map_err(|_| BadLine::Header)?;
    if header.version == 3 {
        Ok(header)
    } else {
        Err(BadLine::Header)
    }
}

/// Reads any other line, without its line feed: its interval and event;
/// nothing for an empty line or a comment.
pub(super) fn parse_event(line: &[u8]) -> Result<Option<(Duration, Event<'_>)>, BadLine> {
    let text = simdutf8::basic::from_utf8(line).map_err(|_| BadLine::NotText)?;
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    if !text.starts_with('[') {
        return Err(BadLine::Event);
    }
    let Line(seconds, code, data) = serde_json::from_str(text).map_err(|_| BadLine::Event)?;
    if !(0.0..=MAX_INTERVAL_SECONDS).contains(&seconds) {
        return Err(BadLine::Interval);
    }
    let event = match &*code {
        "o" => Event::Output(data),
        "i" => Event::Input(data),
        "m" => Event::Marker(data),
        "r" => parse_size(&data)?,
        "x" => Event::Exit(
            data.parse::<i32>()
                .map_err(|_| BadLine::Data)?
                .cast_unsigned(),
        ),
        "b" => Event::Raw(STANDARD.decode(&*data).map_err(|_| BadLine::Data)?),
        "e" => Event::FromStderr,
        "z" => parse_closed(&data)?,
        "" => return Err(BadLine::Event),
        _ => Event::Other(code, data),
    };
    Ok(Some((Duration::from_micros(micros(seconds)), event)))
}

/// What follows the interval of an event's line that [`parse_event`] has read.
pub(super) fn after_interval(line: &[u8]) -> &[u8] {
    let comma = line
        .iter()
        .position(|&byte| byte == b',')
        .unwrap_or(line.len());
    line.get(comma..).unwrap_or_default()
}

fn parse_size(data: &str) -> Result<Event<'static>, BadLine> {
    let (cols, rows) = data.split_once('x').ok_or(BadLine::Data)?;
    match (cols.parse(), rows.parse()) {
        (Ok(cols), Ok(rows)) => Ok(Event::Resize { cols, rows }),
        _ => Err(BadLine::Data),
    }
}

fn parse_closed(data: &str) -> Result<Event<'static>, BadLine> {
    let (ending, input_len) = data.split_once(' ').ok_or(BadLine::Data)?;
    let ending = [Ending::Finished, Ending::Interrupted]
        .into_iter()
        .find(|known| known.as_str() == ending);
    match (ending, input_len.parse()) {
        (Some(ending), Ok(input_len)) => Ok(Event::Closed { ending, input_len }),
        _ => Err(BadLine::Data),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The caller has checked the range.
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

#[derive(Deserialize)]
struct Line<'a>(
    f64,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
);

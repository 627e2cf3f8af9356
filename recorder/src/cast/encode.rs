//! Bytes and happenings to lines. Pure: times come in, bytes go out.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use thiserror::Error;

use super::escape::{escape_into, escape_lossy_into};
use super::text::{Carry, Piece};
use super::{Ending, MAX_LINE, MAX_PIECE, Stream};
use crate::header::Header;

/// The longest label of a marker, in bytes; what is longer is cut.
const MAX_LABEL: usize = 16 << 10;

/// A header that would not fit a line of [`MAX_LINE`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the command, title and environment are too long to be recorded ({0} bytes encoded; at most 4 MiB)"
)]
pub struct HeaderTooLong(pub usize);

/// Writes one recording's lines in order.
///
/// Times are since the start of the recording. A time before the last one is
/// taken as the last one: a recording never runs backwards.
#[derive(Debug, Default)]
pub struct Encoder {
    /// Milliseconds that the intervals written so far add up to.
    written_ms: u64,
    lines: u64,
    out: Carry,
    err: Carry,
    input: Carry,
}

impl Encoder {
    /// For a recording that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a recording whose events so far end at `at`.
    #[must_use]
    pub fn resumed(at: Duration) -> Self {
        Self {
            written_ms: millis(at),
            ..Self::default()
        }
    }

    /// How many lines it has written.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether no part of a character waits for the rest of it.
    #[must_use]
    pub fn is_between_characters(&self) -> bool {
        [&self.out, &self.err].into_iter().all(Carry::is_empty)
    }

    /// Appends output, as text where it is text. Up to three bytes of a
    /// character that is not yet complete wait for the next call.
    pub fn output(&mut self, at: Duration, stream: Stream, bytes: &[u8], out: &mut Vec<u8>) {
        for bytes in bytes.chunks(MAX_PIECE) {
            let carry = match stream {
                Stream::Out => &mut self.out,
                Stream::Err => &mut self.err,
            };
            let piece = carry.take(bytes);
            if stream == Stream::Err && piece != Piece::Nothing {
                self.event(at, b'e', "", out);
            }
            self.piece(at, b'o', piece, out);
        }
    }

    /// Appends input as `i` events: only for a view that an auditor asked for.
    pub fn input(&mut self, at: Duration, bytes: &[u8], out: &mut Vec<u8>) {
        for bytes in bytes.chunks(MAX_PIECE) {
            let piece = self.input.take(bytes);
            self.piece(at, b'i', piece, out);
        }
    }

    /// Appends the terminal's new size.
    pub fn resize(&mut self, at: Duration, cols: u16, rows: u16, out: &mut Vec<u8>) {
        self.event(at, b'r', &format!("{cols}x{rows}"), out);
    }

    /// Appends a remark; at most 16 KiB of it.
    pub fn marker(&mut self, at: Duration, label: &str, out: &mut Vec<u8>) {
        let (label, _) = label.split_at(label.floor_char_boundary(MAX_LABEL));
        self.event(at, b'm', label, out);
    }

    /// Appends the exit status. Players read a signed 32-bit number, so a
    /// status above 2³¹ is written as the negative one with the same bits.
    pub fn exit(&mut self, at: Duration, status: u32, out: &mut Vec<u8>) {
        self.event(at, b'x', &status.cast_signed().to_string(), out);
    }

    /// Appends the unfinished characters that still wait: the end of the streams.
    pub fn flush(&mut self, at: Duration, out: &mut Vec<u8>) {
        if let Some(raw) = self.out.flush() {
            self.piece(at, b'o', Piece::Raw(raw), out);
        }
        if let Some(raw) = self.err.flush() {
            self.event(at, b'e', "", out);
            self.piece(at, b'o', Piece::Raw(raw), out);
        }
        if let Some(raw) = self.input.flush() {
            self.piece(at, b'i', Piece::Raw(raw), out);
        }
    }

    /// Appends the last line, at the time of the one before.
    pub fn close(&mut self, ending: Ending, input_len: u64, out: &mut Vec<u8>) {
        self.event(
            Duration::ZERO,
            b'z',
            &format!("{} {input_len}", ending.as_str()),
            out,
        );
    }

    /// Appends a line of another recording, `rest` being what follows its interval.
    pub(crate) fn retimed(&mut self, at: Duration, rest: &[u8], out: &mut Vec<u8>) {
        self.interval(at, out);
        out.extend_from_slice(rest);
    }

    fn piece(&mut self, at: Duration, code: u8, piece: Piece<'_>, out: &mut Vec<u8>) {
        match piece {
            Piece::Nothing => {}
            Piece::Text(joined, text) => {
                self.begin(at, code, out);
                escape_into(joined.as_str(), out);
                escape_into(text, out);
                end(out);
            }
            Piece::Raw(raw) => {
                self.begin(at, code, out);
                escape_lossy_into(&raw, out);
                end(out);
                // Nothing in base64 needs an escape.
                self.begin(at, b'b', out);
                base64_into(&raw, out);
                end(out);
            }
        }
    }

    fn event(&mut self, at: Duration, code: u8, data: &str, out: &mut Vec<u8>) {
        self.begin(at, code, out);
        escape_into(data, out);
        end(out);
    }

    fn begin(&mut self, at: Duration, code: u8, out: &mut Vec<u8>) {
        self.interval(at, out);
        out.extend_from_slice(&[b',', b' ', b'"', code, b'"', b',', b' ', b'"']);
    }

    fn interval(&mut self, at: Duration, out: &mut Vec<u8>) {
        let now = millis(at).max(self.written_ms);
        let interval = now - self.written_ms;
        self.written_ms = now;
        self.lines += 1;
        let (seconds, millis) = (interval / 1000, interval % 1000);
        if seconds == 0 {
            out.extend_from_slice(b"[0.");
        } else {
            // Writing to a Vec can't fail.
            let _ = write!(out, "[{seconds}.");
        }
        out.extend_from_slice(&[millis / 100, millis / 10 % 10, millis % 10].map(digit));
    }
}

fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"]\n");
}

fn base64_into(raw: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + raw.len().div_ceil(3) * 4, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    // The room is as long as the code.
    let written = STANDARD.encode_slice(raw, room).unwrap_or_default();
    out.truncate(start + written);
}

#[expect(clippy::cast_possible_truncation)] // The caller has taken the remainder by ten.
const fn digit(value: u64) -> u8 {
    b'0' + value as u8
}

fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Serialize)]
struct HeaderLine<'a> {
    version: u8,
    term: TermLine<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    title: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct TermLine<'a> {
    cols: u16,
    rows: u16,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    /// A key of our own, which players pass over.
    #[serde(skip_serializing_if = "str::is_empty")]
    modes: &'a str,
}

/// The size that a recording without a terminal gives to its player.
const NO_TERMINAL: TermLine<'_> = TermLine {
    cols: 80,
    rows: 24,
    kind: None,
    modes: "",
};

/// The first line of a recording.
pub(crate) fn header_line(header: &Header) -> Result<Vec<u8>, HeaderTooLong> {
    let term = header
        .terminal
        .as_ref()
        .map_or(NO_TERMINAL, |terminal| TermLine {
            cols: terminal.cols,
            rows: terminal.rows,
            kind: Some(&terminal.kind),
            modes: &terminal.modes,
        });
    line(&HeaderLine {
        version: 3,
        term,
        timestamp: Some(header.started.as_micros() / 1_000_000),
        command: header.command.as_deref(),
        title: &header.title,
        env: &header.env,
    })
}

/// The first line for a recording whose own was lost before anything was recorded.
pub(crate) fn lost_header_line() -> Result<Vec<u8>, HeaderTooLong> {
    line(&HeaderLine {
        version: 3,
        term: NO_TERMINAL,
        timestamp: None,
        command: None,
        title: "recording interrupted before it began",
        env: &BTreeMap::new(),
    })
}

fn line(header: &HeaderLine<'_>) -> Result<Vec<u8>, HeaderTooLong> {
    // Strings and numbers always serialise; an empty line would be refused by every reader.
    let mut line = serde_json::to_vec(header).unwrap_or_default();
    line.push(b'\n');
    if line.len() > MAX_LINE {
        Err(HeaderTooLong(line.len()))
    } else {
        Ok(line)
    }
}

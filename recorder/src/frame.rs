//! The input log's format: what the vendor sent, in binary frames, in a file of
//! its own because passwords are in it.
//!
//! | offset | bytes | content (integers little-endian) |
//! |---|---|---|
//! | 0 | 4 | magic `DBi1` |
//! | 4 | 1 | kind: 1 open, 2 data, 3 end |
//! | 5 | 3 | zero |
//! | 8 | 4 | payload length, at most 65,536 |
//! | 12 | 8 | µs since the start of the recording |
//! | 20 | 4 | CRC32C of the 20 bytes before and the payload |
//! | 24 | … | payload |
//!
//! *Open* is first: session UUID (16 bytes), channel (4), start in µs since 1970
//! (8). *Data* is what the vendor sent; *end* its end of file, without payload.
//! How a recording ended is said in its `.cast` file: whatever is in this one, a
//! vendor may have sent.
//!
//! A file that is still written ends with zeros, because overwriting zeros is
//! cheaper to make durable than growing a file. Nothing but zeros is ever
//! overwritten, so whatever is no valid frame is the end.

use std::io::{self, Read};
use std::time::Duration;

use domain::{SessionId, Timestamp};

/// The most payload of one frame, in bytes.
pub const MAX_PAYLOAD: usize = 64 << 10;

/// Bytes of a frame before its payload.
pub const HEADER_LEN: usize = 24;

/// Bytes of the payload of the first frame.
pub(crate) const OPEN_LEN: usize = 28;

const MAGIC: [u8; 4] = *b"DBi1";

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Which recording this is.
    Open,
    /// Bytes from the vendor.
    Data,
    /// The vendor's end of file.
    End,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Data => 2,
            Self::End => 3,
        }
    }

    const fn of(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Open),
            2 => Some(Self::Data),
            3 => Some(Self::End),
            _ => None,
        }
    }
}

/// Appends one frame. `payload` must not exceed [`MAX_PAYLOAD`].
pub(crate) fn append(kind: Kind, at: Duration, payload: &[u8], out: &mut Vec<u8>) {
    let mut header = [0; HEADER_LEN - 4];
    let length = u32::try_from(payload.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    let at = u64::try_from(at.as_micros())
        .unwrap_or(u64::MAX)
        .to_le_bytes();
    let fields = MAGIC
        .into_iter()
        .chain([kind.code(), 0, 0, 0])
        .chain(length)
        .chain(at);
    for (slot, byte) in header.iter_mut().zip(fields) {
        *slot = byte;
    }
    out.extend_from_slice(&header);
    out.extend_from_slice(&checksum(&header, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// Appends the first frame.
pub(crate) fn append_open(session: SessionId, channel: u32, started: Timestamp, out: &mut Vec<u8>) {
    let mut payload = session.uuid().as_bytes().to_vec();
    payload.extend_from_slice(&channel.to_le_bytes());
    payload.extend_from_slice(&started.as_micros().to_le_bytes());
    append(Kind::Open, Duration::ZERO, &payload, out);
}

fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), payload)
}

/// The fields of a frame's header, not yet checked against its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHeader {
    pub(crate) kind: Kind,
    pub(crate) at: Duration,
    pub(crate) length: usize,
    crc: u32,
    checked: u32,
}

impl FrameHeader {
    pub(crate) fn parse(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (at, crc) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if *magic != MAGIC || length > MAX_PAYLOAD {
            return None;
        }
        let [kind, 0, 0, 0] = *kind else {
            return None;
        };
        Some(Self {
            kind: Kind::of(kind)?,
            at: Duration::from_micros(u64::from_le_bytes(*at)),
            length,
            crc: u32::from_le_bytes(*crc.first_chunk()?),
            checked: crc32c::crc32c(bytes.get(..HEADER_LEN - 4)?),
        })
    }

    pub(crate) fn fits(&self, payload: &[u8]) -> bool {
        payload.len() == self.length && crc32c::crc32c_append(self.checked, payload) == self.crc
    }
}

/// Reads an input log frame by frame, with one frame in memory.
#[derive(Debug)]
pub struct FrameReader<R> {
    from: R,
    payload: Vec<u8>,
    valid: u64,
    ended: bool,
}

/// One frame of an input log.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Since the start of the recording.
    pub at: Duration,
    /// Its content.
    pub payload: &'a [u8],
}

impl<R: Read> FrameReader<R> {
    /// Starts at the beginning of the file. `from` should be buffered.
    #[must_use]
    pub const fn new(from: R) -> Self {
        Self {
            from,
            payload: Vec::new(),
            valid: 0,
            ended: false,
        }
    }

    /// The next frame; `None` for good where no valid one follows.
    ///
    /// # Errors
    /// What the reader says; a slice never fails.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        if self.ended {
            return Ok(None);
        }
        self.ended = true;
        let mut header = [0; HEADER_LEN];
        if !fill(&mut self.from, &mut header)? {
            return Ok(None);
        }
        let Some(header) = FrameHeader::parse(&header) else {
            return Ok(None);
        };
        self.payload.resize(header.length, 0);
        if !fill(&mut self.from, &mut self.payload)? || !header.fits(&self.payload) {
            return Ok(None);
        }
        self.ended = false;
        self.valid += (HEADER_LEN + header.length) as u64;
        Ok(Some(Frame {
            kind: header.kind,
            at: header.at,
            payload: &self.payload,
        }))
    }

    /// Bytes of all valid frames read so far.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.valid
    }
}

/// `false` if there is less than `buf` left.
fn fill(from: &mut impl Read, buf: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buf) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;

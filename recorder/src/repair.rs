//! Mending what a broker left that did not stop in order.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use domain::SessionId;

use crate::cast::{CheckedLines, Encoder, lost_header_line};
use crate::error::RecorderError;
use crate::frame::{self, CLOSE_LEN, Close, Ending, FrameReader, HEADER_LEN, Kind, parse_close};
use crate::recorder::{cast_path, input_path, session_dir};

/// A recording that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Its session.
    pub session: SessionId,
    /// Its channel.
    pub channel: u32,
    /// How many bytes of torn lines and frames were cut off.
    pub cut_bytes: u64,
}

/// Mends every recording under `root` that was not finished: cuts off a torn
/// end, marks it "recording interrupted" and closes it. To be called before
/// [`crate::Recorder::start`], never beside a running recorder.
///
/// A recording that can't be mended is logged and left as it is; what is served
/// of it is valid nevertheless.
///
/// # Errors
/// When the directory can't be listed. A root that does not exist holds nothing.
pub fn repair_all(root: &Path) -> Result<Vec<Repaired>, RecorderError> {
    let sessions = match names(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names.map_err(RecorderError::disk("listing", root))?,
    };
    let mut repaired = Vec::new();
    for session in sessions
        .iter()
        .filter_map(|name| name.parse::<SessionId>().ok())
    {
        let dir = session_dir(root, session);
        let files = names(&dir).map_err(RecorderError::disk("listing", &dir))?;
        let channels: BTreeSet<u32> = files.iter().filter_map(|name| channel_of(name)).collect();
        for channel in channels {
            match repair(root, session, channel) {
                Ok(None) => {}
                Ok(Some(cut_bytes)) => {
                    tracing::warn!(%session, channel, cut_bytes, "recording.repaired");
                    repaired.push(Repaired {
                        session,
                        channel,
                        cut_bytes,
                    });
                }
                Err(error) => tracing::error!(%session, channel, %error, "recording.repair_failed"),
            }
        }
    }
    Ok(repaired)
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
    names.filter_map(Result::transpose).collect()
}

fn channel_of(name: &str) -> Option<u32> {
    name.strip_suffix(".cast")
        .or_else(|| name.strip_suffix(".input"))?
        .parse()
        .ok()
}

/// Mends one recording; nothing if it needs no mending.
fn repair(root: &Path, session: SessionId, channel: u32) -> io::Result<Option<u64>> {
    let mut input = open(&input_path(root, session, channel))?;
    let mut cast = open(&cast_path(root, session, channel))?;
    let cast_len = cast.metadata()?.len();
    if last_frame(&mut input)?.is_some_and(|close| close.cast_len == cast_len) {
        return Ok(None);
    }
    let found = look_through(&mut input)?;
    if found.close.is_some_and(|close| close.cast_len == cast_len) {
        // Only its preallocated zeros were still to be cut.
        input.set_len(found.valid)?;
        input.sync_all()?;
        return Ok(None);
    }
    let mended = mend_cast(&mut cast, found.last_at)?;
    let close = Close {
        ending: Ending::Interrupted,
        cast_len: mended.len,
        bytes_in: found.bytes_in,
        bytes_out: found.close.map_or(0, |close| close.bytes_out),
    };
    let mut bytes = Vec::new();
    frame::append_close(found.last_at, &close, &mut bytes);
    input.set_len(found.valid)?;
    input.seek(SeekFrom::Start(found.valid))?;
    input.write_all(&bytes)?;
    input.sync_all()?;
    File::open(session_dir(root, session))?.sync_all()?;
    Ok(Some(mended.cut + found.torn))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// The close frame at the very end, so that a long archive is quickly passed over.
fn last_frame(input: &mut File) -> io::Result<Option<Close>> {
    let Some(start) = input.metadata()?.len().checked_sub(CLOSE_LEN as u64) else {
        return Ok(None);
    };
    input.seek(SeekFrom::Start(start))?;
    let mut frames = FrameReader::new(input);
    let frame = frames.next_frame()?;
    Ok(frame
        .filter(|frame| frame.kind == Kind::Close)
        .and_then(|frame| parse_close(frame.payload)))
}

/// What an input log holds.
struct Found {
    /// Bytes of its valid frames.
    valid: u64,
    /// Bytes after those, up to the last that isn't zero.
    torn: u64,
    last_at: Duration,
    bytes_in: u64,
    /// Its last frame, if that closes it.
    close: Option<Close>,
}

fn look_through(input: &mut File) -> io::Result<Found> {
    input.rewind()?;
    let mut frames = FrameReader::new(BufReader::with_capacity(256 << 10, &*input));
    let mut found = Found {
        valid: 0,
        torn: 0,
        last_at: Duration::ZERO,
        bytes_in: 0,
        close: None,
    };
    while let Some(frame) = frames.next_frame()? {
        found.last_at = frame.at;
        found.close = None;
        match frame.kind {
            Kind::Data => found.bytes_in += frame.payload.len() as u64,
            Kind::Close => found.close = parse_close(frame.payload),
            Kind::Open | Kind::End => {}
        }
    }
    found.valid = frames.valid();
    found.torn = torn(input, found.valid)?;
    Ok(found)
}

/// How far after `valid` the last byte is that isn't zero.
fn torn(input: &mut File, valid: u64) -> io::Result<u64> {
    input.seek(SeekFrom::Start(valid))?;
    let mut rest = BufReader::with_capacity(256 << 10, input);
    let mut buf = [0; HEADER_LEN];
    let (mut seen, mut torn) = (0, 0);
    loop {
        let read = rest.read(&mut buf)?;
        if read == 0 {
            return Ok(torn);
        }
        let last = buf.iter().take(read).rposition(|&byte| byte != 0);
        torn = last.map_or(torn, |last| seen + last as u64 + 1);
        seen += read as u64;
    }
}

struct Mended {
    len: u64,
    cut: u64,
}

/// Cuts the torn end of a `.cast` off and says so in it. `input_at` is when the
/// vendor last sent something.
fn mend_cast(cast: &mut File, input_at: Duration) -> io::Result<Mended> {
    let len = cast.metadata()?.len();
    cast.rewind()?;
    let mut lines = CheckedLines::new(&*cast)?;
    while lines.advance()? {}
    let (valid, at) = (lines.valid(), lines.at());
    cast.set_len(valid)?;
    let mut end = if valid == 0 {
        lost_header_line().map_err(io::Error::other)?
    } else {
        Vec::new()
    };
    let mut encoder = Encoder::resumed(at);
    encoder.marker(at.max(input_at), "recording interrupted", &mut end);
    cast.seek(SeekFrom::Start(valid))?;
    cast.write_all(&end)?;
    cast.sync_all()?;
    Ok(Mended {
        len: valid + end.len() as u64,
        cut: len - valid,
    })
}

//! Mending what a broker left that did not stop in order.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use domain::SessionId;

use crate::cast::{CheckedLines, Encoder, Ending, Event, last_line, lost_header_line};
use crate::error::RecorderError;
use crate::frame::FrameReader;
use crate::recorder::{cast_path, input_path, session_dir};

/// More than the longest last line, its line feed and the one before it.
const LAST_LINE: u64 = 128;

const BUFFER: usize = 256 << 10;

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
    let closed = closed(&mut cast)?;
    if closed == Some(input.metadata()?.len()) {
        return Ok(None);
    }
    let found = look_through(&mut input)?;
    input.set_len(found.valid)?;
    input.sync_all()?;
    if closed == Some(found.valid) && found.torn == 0 {
        // Only its preallocated zeros were still to be cut.
        return Ok(None);
    }
    let cut = mend_cast(&mut cast, &found)?;
    File::open(session_dir(root, session))?.sync_all()?;
    Ok(Some(cut + found.torn))
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

/// What the last line of a `.cast` says of the input log's length, so that a
/// long archive is quickly passed over.
fn closed(cast: &mut File) -> io::Result<Option<u64>> {
    let start = cast.metadata()?.len().saturating_sub(LAST_LINE);
    cast.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    cast.take(LAST_LINE).read_to_end(&mut end)?;
    let Some(Event::Closed { input_len, .. }) = last_line(&end) else {
        return Ok(None);
    };
    Ok(Some(input_len))
}

/// What an input log holds.
struct Found {
    /// Bytes of its valid frames.
    valid: u64,
    /// Bytes after those, up to the last that isn't zero.
    torn: u64,
    last_at: Duration,
}

fn look_through(input: &mut File) -> io::Result<Found> {
    input.rewind()?;
    let mut frames = FrameReader::new(BufReader::with_capacity(BUFFER, &*input));
    let mut last_at = Duration::ZERO;
    while let Some(frame) = frames.next_frame()? {
        last_at = frame.at;
    }
    let valid = frames.valid();
    Ok(Found {
        valid,
        torn: torn(input, valid)?,
        last_at,
    })
}

/// How far after `valid` the last byte is that isn't zero.
fn torn(input: &mut File, valid: u64) -> io::Result<u64> {
    input.seek(SeekFrom::Start(valid))?;
    let mut rest = BufReader::with_capacity(BUFFER, input);
    let (mut seen, mut torn) = (0, 0);
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() {
            return Ok(torn);
        }
        if let Some(last) = bytes.iter().rposition(|&byte| byte != 0) {
            torn = seen + last as u64 + 1;
        }
        let length = bytes.len();
        seen += length as u64;
        rest.consume(length);
    }
}

/// Cuts the torn end of a `.cast` off and says so in it; how many bytes that was.
fn mend_cast(cast: &mut File, input: &Found) -> io::Result<u64> {
    let len = cast.metadata()?.len();
    cast.rewind()?;
    let mut lines = CheckedLines::new(&*cast)?;
    while lines.advance()? {}
    let (valid, at) = (lines.valid(), lines.at());
    let mut end = if valid == 0 {
        lost_header_line().map_err(io::Error::other)?
    } else {
        Vec::new()
    };
    let mut encoder = Encoder::resumed(at);
    encoder.marker(at.max(input.last_at), "recording interrupted", &mut end);
    encoder.close(Ending::Interrupted, input.valid, &mut end);
    cast.set_len(valid)?;
    cast.seek(SeekFrom::Start(valid))?;
    cast.write_all(&end)?;
    cast.sync_all()?;
    Ok(len - valid)
}

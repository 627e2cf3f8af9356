//! A manifest as it is read: up to the last line that follows from those before.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::wire::{self, Line};
use super::write::opening_line;
use super::{ChunkLine, Closing, MAX_LINE, MAX_MANIFEST, ManifestWriter, Opening, Seal, Track};

/// No manifest at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadManifest {
    /// The first line is not whole.
    #[error("the manifest has no whole first line")]
    Empty,
    /// The first line is whole, but says nothing that can be understood.
    #[error("the first line of the manifest is not that of a recording")]
    Opening,
    /// Longer than [`MAX_MANIFEST`].
    #[error("the manifest is longer than {MAX_MANIFEST} bytes")]
    TooLong,
}

/// Why a line does not follow from those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Why {
    /// It has no line feed: a crash while it was written, or a cut.
    #[error("it is not whole")]
    Torn,
    /// It is neither that of a chunk nor the last one, as Drawbridge writes them.
    #[error("it is not written as the line of a chunk or of the end is")]
    Unknown,
    /// Its `prev` is not the hash of the line before.
    #[error("its \"prev\" is not the hash of the line before")]
    Prev,
    /// Its number is not the next one.
    #[error("its chunk is not the next one")]
    Number,
    /// Its count is not that of the chunks before it.
    #[error("it counts other chunks than there are")]
    Count,
    /// The line before is the last one of a recording.
    #[error("it comes after the end")]
    AfterEnd,
}

/// Where a manifest stops to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the manifest: {why}")]
pub struct Fault {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What a manifest says, up to the last line that follows from those before. A
/// torn end is no error here: a crash leaves one.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The first line.
    pub opening: Opening,
    /// The chunks, in order.
    pub chunks: Vec<ChunkLine>,
    /// The last line, if the recording has ended.
    pub closing: Option<Closing>,
    /// How many bytes at the start are lines that follow from each other.
    pub valid: u64,
    /// What comes after them, if anything does.
    pub fault: Option<Fault>,
    end: ManifestWriter,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`BadManifest`], if not even the first line can be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadManifest> {
        if bytes.len() as u64 > MAX_MANIFEST {
            return Err(BadManifest::TooLong);
        }
        let (first, mut rest) = next_line(bytes).ok_or(BadManifest::Empty)?;
        let opening = wire::opening(first)
            .filter(|opening| opening_line(opening).as_bytes() == first)
            .ok_or(BadManifest::Opening)?;
        let mut end = ManifestWriter::before_all();
        end.follow(first, false);
        let mut manifest = Self {
            opening,
            chunks: Vec::new(),
            closing: None,
            valid: 0,
            fault: None,
            end,
        };
        while !rest.is_empty() {
            match manifest.take(rest) {
                Ok(after) => rest = after,
                Err(why) => {
                    let line = manifest.end.seal().lines + 1;
                    manifest.fault = Some(Fault { line, why });
                    break;
                }
            }
        }
        manifest.valid = (bytes.len() - rest.len()) as u64;
        Ok(manifest)
    }

    /// Takes the next line in, and gives what follows it.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Why> {
        let (line, rest) = next_line(bytes).ok_or(Why::Torn)?;
        if self.closing.is_some() {
            return Err(Why::AfterEnd);
        }
        let (line_read, prev) = wire::following(line).ok_or(Why::Unknown)?;
        if prev != self.end.last() {
            return Err(Why::Prev);
        }
        // There is one way to write a line, so that no two readers understand
        // one differently.
        let (is_chunk, as_written) = match &line_read {
            Line::Chunk(read) if read.number != self.end.next_chunk() => return Err(Why::Number),
            Line::Chunk(read) => (true, self.end.chunk_line(&read.chunk)),
            Line::Closing { chunks, .. } if *chunks != self.end.next_chunk() => {
                return Err(Why::Count);
            }
            Line::Closing { closing, .. } => (false, self.end.closing_line(closing)),
        };
        if as_written.as_bytes() != line {
            return Err(Why::Unknown);
        }
        match line_read {
            Line::Chunk(read) => self.chunks.push(read),
            Line::Closing { closing, .. } => self.closing = Some(closing),
        }
        self.end.follow(line, is_chunk);
        Ok(rest)
    }

    /// What commits to the lines that follow from each other.
    #[must_use]
    pub fn seal(&self) -> Seal {
        self.end.seal()
    }

    /// What commits to the first so many lines, for each of `lines` that there is. One
    /// pass, since there is one way to write a line.
    #[must_use]
    pub fn seals_after(&self, lines: &BTreeSet<u64>) -> BTreeMap<u64, Seal> {
        let mut found = BTreeMap::new();
        let mut keep = |writer: &ManifestWriter| {
            if lines.contains(&writer.lines()) {
                found.insert(writer.lines(), writer.seal());
            }
        };
        let (mut writer, _) = ManifestWriter::open(&self.opening);
        keep(&writer);
        for line in &self.chunks {
            let _ = writer.chunk(&line.chunk);
            keep(&writer);
        }
        if self.closing.is_some() {
            keep(&self.end);
        }
        found
    }

    /// Goes on after the last line that follows from those before; `None` if the
    /// recording has ended. Whatever comes after [`Self::valid`] must be cut off first.
    #[must_use]
    pub fn writer(&self) -> Option<ManifestWriter> {
        self.closing.is_none().then(|| self.end.clone())
    }

    /// The chunks of one track, in order.
    pub fn of(&self, track: Track) -> impl Iterator<Item = &ChunkLine> {
        self.chunks
            .iter()
            .filter(move |line| line.chunk.track == track)
    }
}

/// The first line without its line feed, and what follows; `None` if it is not
/// whole, or longer than any line is.
fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let within = bytes.get(..=MAX_LINE).unwrap_or(bytes);
    let end = within.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

//! The lines of a manifest as they are written: the same facts always make the
//! same bytes.

use std::fmt::{self, Display};

use ledger::{Frontier, Hash, leaf_hash};

use super::{Chunk, Closing, Opening, TrackOpening};

/// What commits to a whole manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// How many lines it has.
    pub lines: u64,
    /// The Merkle tree hash (RFC 6962) over its lines.
    pub root: [u8; 32],
}

/// Makes the lines of a manifest, one after another, each with its line feed.
/// A line that could not be stored ends the recording: the next one would
/// follow one that nobody has.
#[derive(Clone, Debug)]
pub struct ManifestWriter {
    tree: Frontier,
    /// The hash of the line before.
    last: Hash,
    chunks: u64,
}

impl ManifestWriter {
    /// The first line.
    #[must_use]
    pub fn open(opening: &Opening) -> (Self, Vec<u8>) {
        let mut writer = Self::before_all();
        let line = opening_line(opening);
        writer.follow(line.as_bytes(), false);
        (writer, ended(line))
    }

    /// The number that the next chunk gets.
    #[must_use]
    pub const fn next_chunk(&self) -> u64 {
        self.chunks
    }

    /// The line of the next chunk.
    #[must_use]
    pub fn chunk(&mut self, chunk: &Chunk) -> Vec<u8> {
        let line = self.chunk_line(chunk);
        self.follow(line.as_bytes(), true);
        ended(line)
    }

    /// The last line, and what commits to all of them.
    #[must_use]
    pub fn close(mut self, closing: &Closing) -> (Vec<u8>, Seal) {
        let line = self.closing_line(closing);
        self.follow(line.as_bytes(), false);
        (ended(line), self.seal())
    }

    /// How many lines there are so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.tree.size()
    }

    /// What commits to the lines so far.
    #[must_use]
    pub fn seal(&self) -> Seal {
        Seal {
            lines: self.tree.size(),
            root: self.tree.root().0,
        }
    }

    pub(super) fn before_all() -> Self {
        Self {
            tree: Frontier::default(),
            last: Hash::of_nothing(),
            chunks: 0,
        }
    }

    /// The line of a chunk, if it comes next; without its line feed.
    pub(super) fn chunk_line(&self, chunk: &Chunk) -> String {
        format!(
            r#"{{"chunk":{},"track":"{}","from_ms":{},"to_ms":{},"events":{},"through":{},"bytes":{},"stored":{},"sha256":"{}","prev":"{}"}}"#,
            self.chunks,
            chunk.track,
            chunk.from_ms,
            chunk.to_ms,
            chunk.events,
            chunk.through,
            chunk.bytes,
            chunk.stored,
            Hash(chunk.sha256).to_hex(),
            self.last.to_hex(),
        )
    }

    /// The last line, if it comes next; without its line feed.
    pub(super) fn closing_line(&self, closing: &Closing) -> String {
        let exit = closing
            .exit
            .map_or_else(|| "null".to_owned(), |status| status.to_string());
        format!(
            r#"{{"end":"{}","chunks":{},"bytes_in":{},"bytes_out":{},"exit":{exit},"prev":"{}"}}"#,
            closing.end.as_str(),
            self.chunks,
            closing.bytes_in,
            closing.bytes_out,
            self.last.to_hex(),
        )
    }

    pub(super) const fn last(&self) -> Hash {
        self.last
    }

    /// Takes a line in, without its line feed.
    pub(super) fn follow(&mut self, line: &[u8], is_chunk: bool) {
        self.tree.append(leaf_hash(line), |_, _| {});
        self.last = Hash::of(line);
        self.chunks += u64::from(is_chunk);
    }
}

/// The first line without its line feed.
pub(super) fn opening_line(opening: &Opening) -> String {
    format!(
        r#"{{"drawbridge":"recording/1","session":"{}","channel":{},"started":"{}","output":{},"input":{}}}"#,
        opening.session,
        opening.channel,
        opening.started,
        Written(&opening.output),
        Written(&opening.input),
    )
}

fn ended(mut line: String) -> Vec<u8> {
    line.push('\n');
    line.into_bytes()
}

struct Written<'a>(&'a TrackOpening);

impl Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encryption = self.0.encryption.as_str();
        write!(f, r#"{{"encryption":"{encryption}","recipients":["#)?;
        for (place, recipient) in self.0.recipients.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, r#"{comma}"{recipient}""#)?;
        }
        f.write_str("]}")
    }
}

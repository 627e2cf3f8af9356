//! Chunks as they are stored: a zstd frame each, and an age file around it
//! where the track is encrypted.

use std::io::{self, Read, Write};

use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use ledger::Hash;
use thiserror::Error;
use zstd::bulk::Compressor;

use super::manifest::{Chunk, ChunkLine, Track, TrackOpening};

/// The most bytes of a chunk, decompressed. A chunk is closed at 256 KiB, but
/// its last event may be a line of [`crate::cast::MAX_LINE`].
pub const MAX_PLAIN: usize = 8 << 20;

/// The most bytes of a chunk as it is stored: what can't be compressed, and an
/// age file's header and tags.
pub const MAX_STORED: usize = MAX_PLAIN + (64 << 10);

/// The longest header of an age file that is read, in bytes: room for more than
/// a hundred recipients.
const MAX_HEADER: usize = 16 << 10;

/// Makes chunks; keeps its memory from one to the next.
pub struct Packer {
    compressor: Compressor<'static>,
    packed: Vec<u8>,
}

impl Packer {
    /// Compresses at `level`: zstd's, below zero faster than 1.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new(level: i32) -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            packed: Vec::new(),
        })
    }

    /// A chunk as it is stored, encrypted to `recipients` if there are any.
    ///
    /// # Errors
    /// If there is no memory for it, or `plain` is longer than [`MAX_PLAIN`].
    pub fn pack(&mut self, plain: &[u8], recipients: &[Recipient]) -> io::Result<Vec<u8>> {
        if plain.len() > MAX_PLAIN {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "longer than a chunk can be",
            ));
        }
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.compressor
            .compress_to_buffer(plain, &mut self.packed)?;
        if recipients.is_empty() {
            Ok(self.packed.clone())
        } else {
            encrypt(&self.packed, recipients)
        }
    }
}

/// An age file of `plain`.
pub(super) fn encrypt(plain: &[u8], recipients: &[Recipient]) -> io::Result<Vec<u8>> {
    let to = recipients.iter().map(|one| one as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(to).map_err(io::Error::other)?;
    let mut stored = Vec::with_capacity(plain.len() + (1 << 10));
    let mut writer = encryptor.wrap_output(&mut stored)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(stored)
}

/// Why a chunk can't be read. Its hash was right, or nobody has looked.
#[derive(Debug, Error)]
pub enum BadChunk {
    /// Encrypted to others.
    #[error("it is encrypted to other keys")]
    Locked,
    /// Not a whole age file.
    #[error("it is no whole age file: {0}")]
    Age(DecryptError),
    /// Not a whole zstd frame, or more in it than there may be.
    #[error("it is no zstd frame of the length that was said: {0}")]
    Zstd(io::Error),
    /// Longer, or shorter, than was said of it.
    #[error("it has another length than was said")]
    Length,
}

/// What is in a chunk, `bytes` long; with one of `identities` if it is encrypted.
///
/// # Errors
/// [`BadChunk`]. Never more than [`MAX_PLAIN`] bytes are made of it.
pub fn unpack(
    stored: &[u8],
    bytes: u64,
    encrypted: bool,
    identities: &[Identity],
) -> Result<Vec<u8>, BadChunk> {
    let length = usize::try_from(bytes)
        .ok()
        .filter(|length| *length <= MAX_PLAIN && stored.len() <= MAX_STORED)
        .ok_or(BadChunk::Length)?;
    let opened;
    let packed = if encrypted {
        opened = decrypt(stored, identities)?;
        &opened
    } else {
        stored
    };
    let plain = zstd::bulk::decompress(packed, length).map_err(BadChunk::Zstd)?;
    if plain.len() == length {
        Ok(plain)
    } else {
        Err(BadChunk::Length)
    }
}

/// What is in an age file.
pub(super) fn decrypt(stored: &[u8], identities: &[Identity]) -> Result<Vec<u8>, BadChunk> {
    // age looks at a header again from its start for each line of it.
    let header = stored.get(..MAX_HEADER).unwrap_or(stored);
    if !header.windows(5).any(|window| window == b"\n--- ") {
        return Err(BadChunk::Age(DecryptError::InvalidHeader));
    }
    let keys = identities.iter().map(|one| one as &dyn age::Identity);
    let locked = |error| {
        if matches!(error, DecryptError::NoMatchingKeys) {
            BadChunk::Locked
        } else {
            BadChunk::Age(error)
        }
    };
    let mut reader = Decryptor::new_buffered(stored)
        .and_then(|file| file.decrypt(keys))
        .map_err(locked)?;
    let mut plain = Vec::with_capacity(stored.len());
    reader
        .read_to_end(&mut plain)
        .map_err(|error| BadChunk::Age(DecryptError::Io(error)))?;
    Ok(plain)
}

impl ChunkLine {
    /// The name of its file.
    #[must_use]
    pub fn file_name(&self, opening: &TrackOpening) -> String {
        file_name(self.number, self.chunk.track, opening)
    }
}

/// The name of a chunk's file.
#[must_use]
pub fn file_name(number: u64, track: Track, opening: &TrackOpening) -> String {
    let what = match track {
        Track::Output => "output.cast",
        Track::Input => "input.frames",
    };
    let age = if opening.recipients.is_empty() {
        ""
    } else {
        ".age"
    };
    format!("{number:06}.{what}.zst{age}")
}

impl Chunk {
    /// Whether `stored` is this chunk, byte for byte.
    #[must_use]
    pub fn is(&self, stored: &[u8]) -> bool {
        stored.len() as u64 == self.stored && hash(stored) == self.sha256
    }
}

/// The hash of a chunk as it is stored.
#[must_use]
pub fn hash(stored: &[u8]) -> [u8; 32] {
    Hash::of(stored).0
}

#[cfg(test)]
mod tests;

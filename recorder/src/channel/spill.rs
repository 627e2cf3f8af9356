//! What an asset is slow to take, out of memory: in a file without a name,
//! encrypted under a key that is nowhere else. It is no evidence, that is in the
//! log already; it is gone with the channel.

use std::io;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use bytes::Bytes;

use crate::disk::{Disk, DiskFile, read_exact_at, write_all_at};

/// Bytes of a record before its content: the length.
const LENGTH: usize = 4;
const TAG: usize = 16;

/// The most content of one record.
const RECORD: usize = 256 << 10;

/// The file. One thread writes, one reads; each keeps its own place in it.
pub(super) struct Spill {
    file: Box<dyn DiskFile>,
    key: LessSafeKey,
}

/// A place in it: the offset, and how many records are before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    offset: u64,
    records: u64,
}

impl Place {
    pub(super) const START: Self = Self {
        offset: 0,
        records: 0,
    };
}

impl Spill {
    /// Makes the file in `dir`.
    pub(super) fn new(disk: &dyn Disk, dir: &Path, name: &str) -> io::Result<Self> {
        let path = dir.join(format!("{name}.spill"));
        disk.remove(&path)?;
        let file = disk.create(&path)?;
        disk.remove(&path)?;
        let mut key = [0; 32];
        let refused = |_| io::Error::other("no key for what waits for the asset");
        SystemRandom::new().fill(&mut key).map_err(refused)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(refused)?;
        Ok(Self {
            file,
            key: LessSafeKey::new(key),
        })
    }

    /// Writes pieces after `place`; the place after them.
    pub(super) fn write(
        &self,
        mut place: Place,
        pieces: impl Iterator<Item = Bytes>,
    ) -> io::Result<Place> {
        let mut record = Vec::with_capacity(LENGTH + RECORD + TAG);
        for piece in pieces {
            if record.len() + piece.len() > LENGTH + RECORD {
                self.record(&mut place, &mut record)?;
            }
            if record.is_empty() {
                record.extend_from_slice(&[0; LENGTH]);
            }
            record.extend_from_slice(&piece);
        }
        self.record(&mut place, &mut record)?;
        Ok(place)
    }

    /// Writes a record that has room for its length at its beginning, and empties it.
    fn record(&self, place: &mut Place, record: &mut Vec<u8>) -> io::Result<()> {
        let Some((prefix, content)) = record.split_first_chunk_mut::<LENGTH>() else {
            return Ok(());
        };
        *prefix = u32::try_from(content.len())
            .map_err(io::Error::other)?
            .to_le_bytes();
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(place.records), Aad::from(*prefix), content)
            .map_err(|_| io::Error::other("what waits for the asset can't be encrypted"))?;
        record.extend_from_slice(tag.as_ref());
        write_all_at(self.file.as_ref(), place.offset, record)?;
        place.offset += record.len() as u64;
        place.records += 1;
        record.clear();
        Ok(())
    }

    /// The record at `place`, and the place after it.
    pub(super) fn read(&self, place: Place) -> io::Result<(Bytes, Place)> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a record is damaged");
        let mut prefix = [0; LENGTH];
        read_exact_at(self.file.as_ref(), place.offset, &mut prefix)?;
        let length = usize::try_from(u32::from_le_bytes(prefix)).map_err(io::Error::other)?;
        if length > RECORD.max(crate::frame::MAX_PAYLOAD) {
            return Err(damaged());
        }
        let mut record = vec![0; length + TAG];
        read_exact_at(
            self.file.as_ref(),
            place.offset + LENGTH as u64,
            &mut record,
        )?;
        self.key
            .open_in_place(nonce(place.records), Aad::from(prefix), &mut record)
            .map_err(|_| damaged())?;
        record.truncate(length);
        let next = Place {
            offset: place.offset + (LENGTH + length + TAG) as u64,
            records: place.records + 1,
        };
        Ok((Bytes::from(record), next))
    }
}

fn nonce(record: u64) -> Nonce {
    let [a, b, c, d, e, f, g, h] = record.to_le_bytes();
    Nonce::assume_unique_for_key([a, b, c, d, e, f, g, h, 0, 0, 0, 0])
}

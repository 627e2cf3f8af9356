//! A segment of the write-ahead log: a file of a fixed length, whose key is in its
//! first page, wrapped. Overwriting the page destroys the key, and with it the rest.
//!
//! | offset | bytes | content (integers little-endian) |
//! |---|---|---|
//! | 0 | 8 | magic `DBwal/1`, line feed |
//! | 8 | 8 | number of the segment |
//! | 16 | 12 | nonce |
//! | 28 | 48 | the segment's key, AES-256-GCM under the log's key |
//! | 76 | … | zero, up to 4,096 |

use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use domain::Random;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};

use super::frame::SegmentKey;

/// Where frames begin.
pub(crate) const PAGE: usize = 4096;

const MAGIC: [u8; 8] = *b"DBwal/1\n";
const KEY: usize = 32;
const NONCE: usize = 12;
const WRAPPED: usize = KEY + 16;

/// What the keys of segments are wrapped with: 256 bits, kept apart from the log.
pub struct WalKey(SecretBox<[u8; KEY]>);

impl WalKey {
    /// From 32 unpredictable bytes.
    #[must_use]
    pub fn new(bytes: Box<[u8; KEY]>) -> Self {
        Self(SecretBox::new(bytes))
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.expose_secret()).ok()?;
        Some(LessSafeKey::new(key))
    }

    /// A new key for a segment, and the page that holds it.
    pub(crate) fn make(&self, number: u64, random: &dyn Random) -> Option<(SegmentKey, Vec<u8>)> {
        let mut key = SecretBox::new(Box::new([0; KEY]));
        random.fill(key.expose_secret_mut());
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let mut wrapped = key.expose_secret().to_vec();
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(number.to_le_bytes()),
                &mut wrapped,
            )
            .ok()?;
        let mut page = Vec::with_capacity(PAGE);
        page.extend_from_slice(&MAGIC);
        page.extend_from_slice(&number.to_le_bytes());
        page.extend_from_slice(&nonce);
        page.extend_from_slice(&wrapped);
        page.resize(PAGE, 0);
        Some((SegmentKey::new(key.expose_secret())?, page))
    }

    /// The number and the key in a page; `None` if it holds none that this key opens.
    pub(crate) fn open(&self, page: &[u8]) -> Option<(u64, SegmentKey)> {
        let (magic, rest) = page.split_first_chunk::<8>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (wrapped, _) = rest.split_first_chunk::<WRAPPED>()?;
        if *magic != MAGIC {
            return None;
        }
        let mut wrapped = *wrapped;
        let key = self
            .cipher()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(*number),
                &mut wrapped,
            )
            .ok()?;
        let key = SegmentKey::new((&*key).try_into().ok()?)?;
        Some((u64::from_le_bytes(*number), key))
    }
}

/// The file of a segment.
pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.wal"))
}

/// The number in a file's name.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".wal")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, buf: &mut [u8]) {
            for (at, byte) in (1..).zip(buf) {
                *byte = at;
            }
        }
    }

    fn wal_key(byte: u8) -> WalKey {
        WalKey::new(Box::new([byte; 32]))
    }

    #[test]
    fn a_page_opens_with_its_key_alone() {
        let (_, page) = wal_key(1).make(42, &Counting).unwrap();
        assert_eq!(page.len(), PAGE);
        assert_eq!(wal_key(1).open(&page).unwrap().0, 42);
        assert!(wal_key(2).open(&page).is_none());
        for at in 0..28 + WRAPPED {
            let mut changed = page.clone();
            changed[at] ^= 1;
            assert!(wal_key(1).open(&changed).is_none(), "byte {at}");
            assert!(wal_key(1).open(&page[..at]).is_none());
        }
    }

    #[test]
    fn names() {
        let name = path(Path::new("wal"), 42);
        assert_eq!(name.file_name().unwrap(), "0000000042.wal");
        assert_eq!(number_of("0000000042.wal"), Some(42));
        assert_eq!(number_of("lock"), None);
    }
}

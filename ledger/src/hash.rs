//! SHA-256 as RFC 6962, section 2.1, uses it.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

/// So that a leaf can't be passed off as a node, nor a node as a leaf.
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// A text or bytes that are not a SHA-256 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a SHA-256 hash, which has 32 bytes")]
pub struct BadHash;

impl Hash {
    /// The SHA-256 of `bytes`, as `sha256sum` has it: of no leaf and no node.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        sha256(&[bytes])
    }

    /// The root of a tree without leaves: the hash of nothing.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self::of(&[])
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In base64, 44 characters, as checkpoints and proofs have it.
    #[must_use]
    pub fn to_base64(self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// In lower-case hexadecimal, 64 characters, as manifests have it.
    #[must_use]
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// From base64, in the one spelling that it has.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_base64(text: &str) -> Result<Self, BadHash> {
        if text.len() != 44 {
            return Err(BadHash);
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| BadHash)?;
        Self::try_from(bytes.as_slice())
    }

    /// From lower-case hexadecimal.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_hex(text: &str) -> Result<Self, BadHash> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(BadHash);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

const fn digit(character: u8) -> Result<u8, BadHash> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        _ => Err(BadHash),
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = BadHash;

    fn try_from(bytes: &[u8]) -> Result<Self, BadHash> {
        bytes.try_into().map(Self).map_err(|_| BadHash)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// In base64.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The hash of a leaf (RFC 6962, 2.1).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256(&[&LEAF, leaf])
}

/// The hash of a node from those of its two children (RFC 6962, 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&NODE, &left.0, &right.0])
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        for (hash, hex) in [
            // What every client of the web's certificate logs starts from.
            (
                Hash::of_nothing(),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                leaf_hash(b""),
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                leaf_hash(b"L123456"),
                "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
            ),
        ] {
            assert_eq!(hash.to_hex(), hex);
            assert_eq!(Hash::from_hex(hex), Ok(hash));
            assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        }
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hex = Hash::of(b"x").to_hex();
        let base64 = Hash::of(b"x").to_base64();
        for bad in [
            "",
            "e3",
            hex.to_uppercase().as_str(),
            &hex[..62],
            &format!("{hex}00"),
            &format!(" {}", &hex[1..]),
            &"ø".repeat(32),
        ] {
            assert_eq!(Hash::from_hex(bad), Err(BadHash), "{bad:?}");
        }
        for bad in ["", "AAAA", &base64[..43], &format!("{base64}="), "…", &hex] {
            assert_eq!(Hash::from_base64(bad), Err(BadHash), "{bad:?}");
        }
        // The last two bits of 43 characters say nothing, so they must be zero.
        let zeros = Hash([0; 32]).to_base64();
        assert_eq!(zeros, format!("{}=", "A".repeat(43)));
        for last in ["B=", "C=", "D="] {
            let other = format!("{}{last}", &zeros[..42]);
            assert_eq!(Hash::from_base64(&other), Err(BadHash), "{other}");
        }
    }
}

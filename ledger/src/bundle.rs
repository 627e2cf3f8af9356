//! Entry bundles (c2sp.org/tlog-tiles): leaves, each after its length in two
//! bytes, big-endian.

use thiserror::Error;

use crate::tile::WIDTH;

/// The longest leaf that a bundle can have, in bytes.
pub const LONGEST_ENTRY: usize = 65_535;

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadBundle {
    /// A leaf is longer than can be written.
    #[error("an entry of the log is longer than {LONGEST_ENTRY} bytes")]
    TooLong,
    /// It ends within a leaf.
    #[error("the bundle of entries is cut off")]
    CutOff,
    /// It has more leaves than a bundle can.
    #[error("the bundle has more than {WIDTH} entries")]
    TooMany,
}

/// A bundle of leaves.
///
/// # Errors
/// When one is too long.
pub fn write<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, BadBundle> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BadBundle::TooLong)?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The leaves in a bundle.
///
/// # Errors
/// When it is cut off, or has too many.
pub fn read(bundle: &[u8]) -> Result<Vec<&[u8]>, BadBundle> {
    let mut rest = bundle;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        if entries.len() == usize::from(WIDTH) {
            return Err(BadBundle::TooMany);
        }
        let (length, after) = rest.split_first_chunk().ok_or(BadBundle::CutOff)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(BadBundle::CutOff)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_stand_before_entries() {
        let bundle = write(["ab".as_bytes(), b"", b"c"]).expect("a bundle");
        assert_eq!(bundle, b"\x00\x02ab\x00\x00\x00\x01c");
        assert_eq!(read(&bundle), Ok(vec!["ab".as_bytes(), b"", b"c"]));
        assert_eq!(read(&[]), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_bundle_says_why() {
        assert_eq!(write([[0; 65_536]]), Err(BadBundle::TooLong));
        assert!(write([[0; 65_535]]).is_ok());
        assert_eq!(read(&[0]), Err(BadBundle::CutOff));
        assert_eq!(read(&[0, 2, 7]), Err(BadBundle::CutOff));
        assert_eq!(read(&[0; 2 * 256]).map(|entries| entries.len()), Ok(256));
        assert_eq!(read(&[0; 2 * 257]), Err(BadBundle::TooMany));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_bundle_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(entries) = read(&bytes) {
                prop_assert_eq!(write(entries), Ok(bytes.clone()));
            }
        }
    }
}

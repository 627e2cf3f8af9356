//! A frame of the write-ahead log, encrypted and authenticated. Pure.
//!
//! | offset | bytes | content (integers little-endian) |
//! |---|---|---|
//! | 0 | 4 | magic `DBw1` |
//! | 4 | 4 | payload length *n*, at most 4 MiB |
//! | 8 | 8 | sequence, one more than the frame before |
//! | 16 | 8 | the number of the recording |
//! | 24 | 8 | µs since the start of the recording |
//! | 32 | 1 | kind |
//! | 33 | 7 | zero |
//! | 40 | *n* | payload, AES-256-GCM under the segment's key |
//! | 40 + *n* | 16 | tag |
//!
//! The nonce is the sequence, the header is authenticated with the payload. So a
//! frame that opens is whole, is in its place, and is of this segment: what a
//! checksum and a chain would say, and what was left by the file's former life is
//! not taken for a frame.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes before the payload.
pub(crate) const HEADER: usize = 40;

/// Bytes after it.
pub(crate) const TAG: usize = 16;

/// The most payload of one frame: the header of a recording may take a line of
/// asciicast.
pub(crate) const MOST: usize = 5 << 20;

const MAGIC: [u8; 4] = *b"DBw1";

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A recording that is under way; the first frame of each, and at the
    /// beginning of every later segment.
    Open,
    /// What the vendor sent.
    Input,
    /// The vendor's end of file.
    InputEnd,
    /// What the asset sent, as far as it is kept.
    Output,
    /// The same on standard error.
    Error,
    /// Columns and rows, two bytes each.
    Resize,
    /// A remark.
    Marker,
    /// Four bytes of exit status.
    Exit,
    /// The end: nothing more comes.
    Finish,
}

const KINDS: [(Kind, u8); 9] = [
    (Kind::Open, 1),
    (Kind::Input, 2),
    (Kind::InputEnd, 3),
    (Kind::Output, 4),
    (Kind::Error, 5),
    (Kind::Resize, 6),
    (Kind::Marker, 7),
    (Kind::Exit, 8),
    (Kind::Finish, 9),
];

impl Kind {
    fn code(self) -> u8 {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or(0, |(_, code)| *code)
    }

    fn of(code: u8) -> Option<Self> {
        KINDS
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(kind, _)| *kind)
    }
}

/// The fields of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) sequence: u64,
    pub(crate) recording: u64,
    pub(crate) at: Duration,
}

impl Head {
    fn encode(&self, length: usize) -> [u8; HEADER] {
        let micros = u64::try_from(self.at.as_micros()).unwrap_or(u64::MAX);
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut header = [0; HEADER];
        let fields = MAGIC
            .into_iter()
            .chain(length.to_le_bytes())
            .chain(self.sequence.to_le_bytes())
            .chain(self.recording.to_le_bytes())
            .chain(micros.to_le_bytes())
            .chain([self.kind.code()]);
        for (slot, byte) in header.iter_mut().zip(fields) {
            *slot = byte;
        }
        header
    }

    /// The fields, and the length of the payload.
    fn parse(header: &[u8; HEADER]) -> Option<(Self, usize)> {
        let (magic, rest) = header.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (recording, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (kind, zeros) = rest.split_first()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if *magic != MAGIC || length > MOST || zeros.iter().any(|&byte| byte != 0) {
            return None;
        }
        let head = Self {
            kind: Kind::of(*kind)?,
            sequence: u64::from_le_bytes(*sequence),
            recording: u64::from_le_bytes(*recording),
            at: Duration::from_micros(u64::from_le_bytes(*at)),
        };
        Some((head, length))
    }

    fn nonce(&self) -> Nonce {
        let [a, b, c, d, e, f, g, h] = self.sequence.to_le_bytes();
        Nonce::assume_unique_for_key([a, b, c, d, e, f, g, h, 0, 0, 0, 0])
    }
}

/// The key of one segment. A sequence is used once under it.
pub(crate) struct SegmentKey(LessSafeKey);

/// A payload that can't be a frame, or a cipher that refuses.
#[derive(Debug, thiserror::Error)]
#[error("a frame of {0} bytes can't be encrypted")]
pub(crate) struct CannotSeal(usize);

impl SegmentKey {
    pub(crate) fn new(key: &[u8; 32]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Appends a frame to `out`; on an error nothing is appended.
    pub(crate) fn append(
        &self,
        head: &Head,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CannotSeal> {
        let wrong = CannotSeal(payload.len());
        if payload.len() > MOST {
            return Err(wrong);
        }
        let header = head.encode(payload.len());
        let start = out.len();
        out.reserve(HEADER + payload.len() + TAG);
        out.extend_from_slice(&header);
        out.extend_from_slice(payload);
        let sealed = out.get_mut(start + HEADER..).map(|body| {
            self.0
                .seal_in_place_separate_tag(head.nonce(), Aad::from(header), body)
        });
        if let Some(Ok(tag)) = sealed {
            out.extend_from_slice(tag.as_ref());
            Ok(())
        } else {
            out.truncate(start);
            Err(wrong)
        }
    }

    /// The first frame in `bytes`, decrypted in place, and what follows it.
    /// `None` where there is none: that is the end of the log.
    pub(crate) fn read<'a>(
        &self,
        bytes: &'a mut [u8],
    ) -> Option<(Head, &'a mut [u8], &'a mut [u8])> {
        let header: [u8; HEADER] = *bytes.first_chunk()?;
        let (head, length) = Head::parse(&header)?;
        let (frame, rest) = bytes.split_at_mut_checked(HEADER + length + TAG)?;
        let body = frame.get_mut(HEADER..)?;
        let payload = self
            .0
            .open_in_place(head.nonce(), Aad::from(header), body)
            .ok()?;
        Some((head, payload, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64) -> Head {
        Head {
            kind: Kind::Input,
            sequence,
            recording: 7,
            at: Duration::from_micros(1_234_567),
        }
    }

    fn key(byte: u8) -> SegmentKey {
        SegmentKey::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn each_kind_has_its_code() {
        for (kind, code) in KINDS {
            assert_eq!((Kind::of(kind.code()), kind.code()), (Some(kind), code));
        }
        assert_eq!((Kind::of(0), Kind::of(10)), (None, None));
    }

    #[test]
    fn frames_come_back_in_order() {
        let mut log = Vec::new();
        key(1).append(&head(1), b"typed", &mut log).unwrap();
        key(1).append(&head(2), b"", &mut log).unwrap();
        let (first, payload, rest) = key(1).read(&mut log).unwrap();
        assert_eq!((first, &*payload), (head(1), b"typed".as_slice()));
        let (second, payload, rest) = key(1).read(rest).unwrap();
        assert_eq!((second, &*payload), (head(2), b"".as_slice()));
        assert!(key(1).read(rest).is_none());
    }

    #[test]
    fn any_flipped_bit_and_any_other_key_ends_the_log() {
        let mut log = Vec::new();
        key(1).append(&head(1), b"typed", &mut log).unwrap();
        assert!(key(2).read(&mut log.clone()).is_none());
        for bit in 0..log.len() * 8 {
            let mut changed = log.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key(1).read(&mut changed).is_none(), "bit {bit}");
        }
        for cut in 0..log.len() {
            assert!(key(1).read(&mut log[..cut].to_vec()).is_none());
        }
        assert!(log.windows(5).all(|bytes| bytes != b"typed"));
    }
}

//! What happens on a channel, on its way to the disk.

use std::time::Duration;

use bytes::Bytes;

use crate::cast::Stream;
use crate::wal::Kind;

/// What a packet costs in memory besides its bytes. Without it a flood of
/// one-byte packets would be a hundred times its allowance.
pub(super) const PACKET_COST: usize = 256;

/// Something that happened, and when.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Since the start of the recording.
    pub(crate) at: Duration,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The recording begins.
    Open,
    Input(Bytes),
    InputEnd,
    Output(Stream, Bytes),
    Resize(u16, u16),
    Marker(Box<str>),
    Exit(u32),
    Finish,
}

impl What {
    /// Whether it comes from the vendor, who waits at other limits than the asset.
    pub(crate) const fn is_vendors(&self) -> bool {
        match self {
            Self::Input(_) | Self::InputEnd => true,
            Self::Open
            | Self::Output(..)
            | Self::Resize(..)
            | Self::Marker(_)
            | Self::Exit(_)
            | Self::Finish => false,
        }
    }

    pub(crate) fn cost(&self) -> usize {
        PACKET_COST
            + match self {
                Self::Input(bytes) | Self::Output(_, bytes) => bytes.len(),
                Self::Marker(label) => label.len(),
                Self::Open | Self::InputEnd | Self::Resize(..) | Self::Exit(_) | Self::Finish => 0,
            }
    }

    /// Its kind of frame, and the frame's payload; small ones are put into `small`.
    pub(crate) fn frame<'a>(
        &'a self,
        opening: &'a [u8],
        small: &'a mut [u8; 4],
    ) -> (Kind, &'a [u8]) {
        match self {
            Self::Open => (Kind::Open, opening),
            Self::Input(bytes) => (Kind::Input, bytes),
            Self::InputEnd => (Kind::InputEnd, &[]),
            Self::Output(Stream::Out, bytes) => (Kind::Output, bytes),
            Self::Output(Stream::Err, bytes) => (Kind::Error, bytes),
            Self::Resize(cols, rows) => {
                let ([a, b], [c, d]) = (cols.to_le_bytes(), rows.to_le_bytes());
                *small = [a, b, c, d];
                (Kind::Resize, small)
            }
            Self::Marker(label) => (Kind::Marker, label.as_bytes()),
            Self::Exit(status) => {
                *small = status.to_le_bytes();
                (Kind::Exit, small)
            }
            Self::Finish => (Kind::Finish, &[]),
        }
    }

    /// The reverse; `None` if the payload is none of that kind.
    pub(crate) fn of(kind: Kind, payload: &[u8]) -> Option<Self> {
        let bytes = || Bytes::copy_from_slice(payload);
        Some(match kind {
            Kind::Open => Self::Open,
            Kind::Input => Self::Input(bytes()),
            Kind::InputEnd => Self::InputEnd,
            Kind::Output => Self::Output(Stream::Out, bytes()),
            Kind::Error => Self::Output(Stream::Err, bytes()),
            Kind::Resize => {
                let [a, b, c, d] = *payload.first_chunk()?;
                Self::Resize(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
            }
            Kind::Marker => Self::Marker(str::from_utf8(payload).ok()?.into()),
            Kind::Exit => Self::Exit(u32::from_le_bytes(*payload.first_chunk()?)),
            Kind::Finish => Self::Finish,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_back_from_its_frame() {
        let all = [
            What::Open,
            What::Input(Bytes::from_static(b"\xff\r")),
            What::InputEnd,
            What::Output(Stream::Out, Bytes::from_static(b"shown")),
            What::Output(Stream::Err, Bytes::new()),
            What::Resize(300, 7),
            What::Marker("five minutes left".into()),
            What::Exit(4_000_000_000),
            What::Finish,
        ];
        for what in all {
            let mut small = [0; 4];
            let (kind, payload) = what.frame(b"{}", &mut small);
            assert_eq!(What::of(kind, payload), Some(what.clone()));
        }
        assert_eq!(What::of(Kind::Exit, b"123"), None);
        assert_eq!(What::of(Kind::Marker, b"\xff"), None);
    }
}

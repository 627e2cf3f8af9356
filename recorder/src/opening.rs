//! What a frame says that opens a recording in a segment of the log: enough to make
//! it again, and what was counted in segments that may be gone by then.

use domain::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::builder::Facts;
use crate::channel::What;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    pub(crate) started: Timestamp,
    /// The first line of the asciicast, with its line feed.
    pub(crate) header: Vec<u8>,
}

/// What a recording has carried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Bytes from the vendor.
    pub(crate) bytes_in: u64,
    /// Bytes from the asset, as far as they were kept or somebody has counted.
    pub(crate) bytes_out: u64,
    /// The exit status, once there is one.
    pub(crate) exit: Option<u32>,
}

impl Counts {
    /// Takes in what happened.
    pub(crate) fn take(&mut self, what: &What) {
        match what {
            What::Input(bytes) => self.bytes_in += bytes.len() as u64,
            What::Output(_, bytes) => self.bytes_out += bytes.len() as u64,
            What::Exit(status) => self.exit = Some(*status),
            What::Open | What::InputEnd | What::Resize(..) | What::Marker(_) | What::Finish => {}
        }
    }

    /// The opening of a recording that goes on in another segment: a line for what
    /// it is, one for what came before.
    pub(crate) fn after(&self, opening: &[u8]) -> Vec<u8> {
        let counts = serde_json::to_vec(self).unwrap_or_default();
        [opening, b"\n", &counts].concat()
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    session: SessionId,
    channel: u32,
    started_us: i64,
    header: String,
}

impl Opening {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            session: self.session,
            channel: self.channel,
            started_us: self.started.as_micros(),
            header: String::from_utf8_lossy(&self.header).into_owned(),
        };
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// What it is, and what came before the segment.
    pub(crate) fn decode(payload: &[u8]) -> Option<(Self, Counts)> {
        let mut lines = payload.splitn(2, |byte| *byte == b'\n');
        let wire: Wire = serde_json::from_slice(lines.next()?).ok()?;
        let counts = match lines.next() {
            Some(line) => serde_json::from_slice(line).ok()?,
            None => Counts::default(),
        };
        let opening = Self {
            session: wire.session,
            channel: wire.channel,
            started: Timestamp::from_micros(wire.started_us),
            header: wire.header.into_bytes(),
        };
        Some((opening, counts))
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            session: self.session,
            channel: self.channel,
            started: self.started,
            header: self.header.clone(),
        }
    }
}

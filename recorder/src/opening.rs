//! What the first frame of a recording says: enough to make it again.

use domain::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::builder::Facts;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    pub(crate) started: Timestamp,
    /// The first line of the asciicast, with its line feed.
    pub(crate) header: Vec<u8>,
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

    pub(crate) fn decode(payload: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(payload).ok()?;
        Some(Self {
            session: wire.session,
            channel: wire.channel,
            started: Timestamp::from_micros(wire.started_us),
            header: wire.header.into_bytes(),
        })
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

//! The lines of a manifest as they are parsed: nothing missing, nothing twice,
//! nothing that this version does not know.

use age::x25519::Recipient;
use domain::{SessionId, Timestamp};
use ledger::Hash;
use serde::Deserialize;

use super::{Chunk, ChunkLine, Closing, End, Opening, Track, TrackOpening};
use crate::archive::keys::Protection;

/// A line other than the first.
pub(super) enum Line {
    Chunk(ChunkLine),
    Closing { closing: Closing, chunks: u64 },
}

pub(super) fn opening(line: &[u8]) -> Option<Opening> {
    serde_json::from_slice::<OpeningWire>(line).ok()?.read()
}

/// The line, and the hash it gives of the one before.
pub(super) fn following(line: &[u8]) -> Option<(Line, Hash)> {
    if let Ok(wire) = serde_json::from_slice::<ChunkWire>(line) {
        let prev = Hash::from_hex(&wire.prev).ok()?;
        return Some((Line::Chunk(wire.read()?), prev));
    }
    let wire = serde_json::from_slice::<ClosingWire>(line).ok()?;
    let prev = Hash::from_hex(&wire.prev).ok()?;
    Some((wire.read(), prev))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningWire {
    drawbridge: String,
    session: SessionId,
    channel: u32,
    started: Timestamp,
    output: TrackWire,
    input: TrackWire,
}

impl OpeningWire {
    fn read(self) -> Option<Opening> {
        (self.drawbridge == "recording/1").then_some(())?;
        Some(Opening {
            session: self.session,
            channel: self.channel,
            started: self.started,
            output: self.output.read()?,
            input: self.input.read()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrackWire {
    encryption: EncryptionWire,
    recipients: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EncryptionWire {
    Off,
    AtRest,
    Sealed,
}

impl TrackWire {
    fn read(self) -> Option<TrackOpening> {
        let encryption = match self.encryption {
            EncryptionWire::Off => Protection::Off,
            EncryptionWire::AtRest => Protection::AtRest,
            EncryptionWire::Sealed => Protection::Sealed,
        };
        let recipients = self
            .recipients
            .iter()
            .map(|text| text.parse().ok())
            .collect::<Option<Vec<Recipient>>>()?;
        // Whether a chunk is encrypted must be clear from either alone.
        (recipients.is_empty() == (encryption == Protection::Off)).then_some(TrackOpening {
            encryption,
            recipients,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TrackName {
    Output,
    Input,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChunkWire {
    chunk: u64,
    track: TrackName,
    from_ms: u64,
    to_ms: u64,
    events: u64,
    through: u64,
    bytes: u64,
    stored: u64,
    sha256: String,
    prev: String,
}

impl ChunkWire {
    fn read(self) -> Option<ChunkLine> {
        Some(ChunkLine {
            number: self.chunk,
            chunk: Chunk {
                track: match self.track {
                    TrackName::Output => Track::Output,
                    TrackName::Input => Track::Input,
                },
                from_ms: self.from_ms,
                to_ms: self.to_ms,
                events: self.events,
                through: self.through,
                bytes: self.bytes,
                stored: self.stored,
                sha256: Hash::from_hex(&self.sha256).ok()?.0,
            },
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EndWire {
    Complete,
    Interrupted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosingWire {
    end: EndWire,
    chunks: u64,
    bytes_in: u64,
    bytes_out: u64,
    // Present even where it is null.
    #[serde(deserialize_with = "Option::deserialize")]
    exit: Option<u32>,
    prev: String,
}

impl ClosingWire {
    fn read(self) -> Line {
        Line::Closing {
            chunks: self.chunks,
            closing: Closing {
                end: match self.end {
                    EndWire::Complete => End::Complete,
                    EndWire::Interrupted => End::Interrupted,
                },
                bytes_in: self.bytes_in,
                bytes_out: self.bytes_out,
                exit: self.exit,
            },
        }
    }
}

//! The lines of a manifest as they are parsed: nothing missing, nothing twice,
//! nothing that this version does not know.

use age::x25519::Recipient;
use domain::{SessionId, Timestamp};
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
pub(super) fn following(line: &[u8]) -> Option<(Line, [u8; 32])> {
    if let Ok(wire) = serde_json::from_slice::<ChunkWire>(line) {
        let prev = hash(&wire.prev)?;
        return Some((Line::Chunk(wire.read()?), prev));
    }
    let wire = serde_json::from_slice::<ClosingWire>(line).ok()?;
    let prev = hash(&wire.prev)?;
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
                sha256: hash(&self.sha256)?,
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

/// 32 bytes in lower-case hexadecimal.
fn hash(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    (pairs.len() == 32 && rest.is_empty()).then_some(())?;
    let mut hash = [0; 32];
    for (slot, [high, low]) in hash.iter_mut().zip(pairs) {
        *slot = digit(high)? << 4 | digit(low)?;
    }
    Some(hash)
}

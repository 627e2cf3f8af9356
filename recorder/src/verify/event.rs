//! What events of the log say about recordings.

use domain::SessionId;
use ledger::Hash;
use serde::Deserialize;

/// An event, as far as it is of interest here.
#[derive(Deserialize)]
struct Event {
    seq: u64,
    action: String,
    subject: String,
    after: Option<After>,
}

#[derive(Deserialize)]
struct After {
    channel: Option<u32>,
    state: Option<String>,
    lines: Option<u64>,
    root: Option<String>,
    bytes_in: Option<u64>,
    bytes_out: Option<u64>,
    exit: Option<u32>,
}

/// Which recording: the channel of a session.
pub(super) type Place = (SessionId, u32);

/// What an event says about a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is sealed.
    Sealed(Place, Sealed),
    /// Its chunks were deleted, as the rules of the zone say.
    Purged(Place),
    /// Nothing.
    Other,
}

/// How a recording ended, by its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) state: String,
    pub(super) lines: u64,
    pub(super) root: Hash,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) exit: Option<u32>,
}

/// A leaf's number, and what it says; `None` if it is no event, or says a seal
/// that can't be understood.
pub(super) fn read(leaf: &[u8]) -> Option<(u64, Said)> {
    // The number is read by itself first: what is in `after` of other events
    // has other forms.
    #[derive(Deserialize)]
    struct Outline {
        seq: u64,
        action: String,
    }
    let outline: Outline = serde_json::from_slice(leaf).ok()?;
    if outline.action != "recording.sealed" && outline.action != "recording.purged" {
        return Some((outline.seq, Said::Other));
    }
    let event: Event = serde_json::from_slice(leaf).ok()?;
    let session = event.subject.strip_prefix("session/")?.parse().ok()?;
    let after = event.after?;
    let place = (session, after.channel?);
    let said = if event.action == "recording.purged" {
        Said::Purged(place)
    } else {
        Said::Sealed(
            place,
            Sealed {
                state: after.state?,
                lines: after.lines?,
                root: Hash::from_hex(&after.root?).ok()?,
                bytes_in: after.bytes_in?,
                bytes_out: after.bytes_out?,
                exit: after.exit,
            },
        )
    };
    Some((event.seq, said))
}

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
    /// It is committed to as far as it is.
    Progress(Place, Progress),
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

/// What a recording under way had come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number of the event.
    pub(super) event: u64,
    pub(super) lines: u64,
    pub(super) root: Hash,
}

/// A leaf's number, and what it says; `None` if it is no event, or says of a
/// recording what can't be understood.
pub(super) fn read(leaf: &[u8]) -> Option<(u64, Said)> {
    // The number is read by itself first: what is in `after` of other events
    // has other forms.
    #[derive(Deserialize)]
    struct Outline {
        seq: u64,
        action: String,
    }
    let outline: Outline = serde_json::from_slice(leaf).ok()?;
    let known = ["recording.sealed", "recording.progress", "recording.purged"];
    if !known.contains(&outline.action.as_str()) {
        return Some((outline.seq, Said::Other));
    }
    let event: Event = serde_json::from_slice(leaf).ok()?;
    let session = event.subject.strip_prefix("session/")?.parse().ok()?;
    let after = event.after?;
    let place = (session, after.channel?);
    let said = match event.action.as_str() {
        "recording.purged" => Said::Purged(place),
        "recording.progress" => Said::Progress(
            place,
            Progress {
                event: event.seq,
                lines: after.lines?,
                root: Hash::from_hex(&after.root?).ok()?,
            },
        ),
        _ => Said::Sealed(
            place,
            Sealed {
                state: after.state?,
                lines: after.lines?,
                root: Hash::from_hex(&after.root?).ok()?,
                bytes_in: after.bytes_in?,
                bytes_out: after.bytes_out?,
                exit: after.exit,
            },
        ),
    };
    Some((event.seq, said))
}

//! Whether a checkpoint is the log's, when it was signed and who else saw it.

use ledger::checkpoint::Opened;
use ledger::handover::{open_all, open_with, tenures};
use ledger::{
    BadCheckpoint, BadHandover, Checkpoint, Handover, KeyKind, Note, Tenure, VerifierKey,
};

use super::recording::capital;
use super::{Report, Trust, count, instant};

/// The most keys of a list that are looked at.
const MAX_KEYS: usize = 64;

/// A clock may be ahead of ours by so many seconds.
const AHEAD: u64 = 300;

/// What came with the evidence, and is therefore not trusted.
#[derive(Default)]
pub(super) struct Along {
    /// The content of `log.vkeys`.
    pub(super) vkeys: Option<Vec<u8>>,
    /// The content of `log.handovers`.
    pub(super) handovers: Option<Vec<u8>>,
}

/// What was found out about who signed.
struct Keys {
    /// Keys that came with the evidence.
    along: Vec<VerifierKey>,
    handovers: Vec<Handover>,
}

/// Checks the signatures on a checkpoint, its age, and, where `same` can tell
/// it, that it continues the one that was seen before. Gives what the checkpoint
/// says, whoever signed it.
pub(super) fn check(
    report: &mut Report,
    note: &[u8],
    along: &Along,
    trust: &Trust,
) -> Option<(Checkpoint, Option<Checkpoint>)> {
    let parsed = Note::parse(note).map_err(|error| error.to_string());
    let parsed =
        parsed.and_then(|note| Checkpoint::parse(note.text()).map_err(|error| error.to_string()));
    let checkpoint = match parsed {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            report.contradicted("checkpoint", capital(&error));
            return None;
        }
    };
    let keys = keys(report, along);
    let opened = signature(report, note, &checkpoint, &keys, trust);
    match &opened {
        Some(opened) => age(report, opened, trust),
        None if trust.max_age.is_some() => {
            report.undecided(
                "age",
                "Nobody that you trust says how old the checkpoint is.",
            );
        }
        None => {}
    }
    let before = trust
        .last_seen
        .as_deref()
        .and_then(|seen| last_seen(report, seen, &checkpoint, &keys, trust));
    Some((checkpoint, before))
}

fn keys(report: &mut Report, along: &Along) -> Keys {
    let mut keys = Keys {
        along: Vec::new(),
        handovers: Vec::new(),
    };
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap_or_default());
    match text(&along.vkeys).map(|text| parse_keys(&text)) {
        Ok(Some(parsed)) => keys.along = parsed,
        Ok(None) | Err(_) => {
            report.contradicted("keys", "A line of log.vkeys is not a public key.");
        }
    }
    let opened = text(&along.handovers).map_err(|_| BadHandover::Form);
    match opened.and_then(|notes| open_all(&notes)) {
        Ok(handovers) => keys.handovers = handovers,
        Err(error) => {
            report.contradicted("keys", format!("log.handovers can't be followed: {error}."))
        }
    }
    keys
}

/// Public keys, a line each.
fn parse_keys(text: &str) -> Option<Vec<VerifierKey>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys = lines.take(MAX_KEYS).map(|line| line.parse().ok());
    keys.collect()
}

fn signature(
    report: &mut Report,
    note: &[u8],
    checkpoint: &Checkpoint,
    keys: &Keys,
    trust: &Trust,
) -> Option<Opened> {
    let trusted: Vec<&VerifierKey> = trust.of_kind(KeyKind::Note).collect();
    if trusted.is_empty() {
        untrusted(report, note, checkpoint, keys);
        return None;
    }
    let mut witnesses: Vec<VerifierKey> = trust.of_kind(KeyKind::Timestamped).cloned().collect();
    let named = witnesses.len();
    witnesses.extend(
        keys.along
            .iter()
            .filter(|key| key.kind() == KeyKind::Timestamped)
            .cloned(),
    );
    match open_by_any(note, &trusted, &keys.handovers, &witnesses) {
        Ok((opened, key, by_handover)) => {
            let how = if by_handover {
                ", to whom a hand-over leads from the key that you gave"
            } else {
                ", whose key you gave"
            };
            let when = opened
                .signed_at
                .map(|at| format!(" at {}", instant(at)))
                .unwrap_or_default();
            report.proven(
                "signature",
                format!(
                    "The checkpoint, of {}, is signed{when} by the log {}{how}.",
                    count(checkpoint.size, "event"),
                    key.name()
                ),
            );
            tell_witnesses(report, &opened, trust, named > 0);
            Some(opened)
        }
        Err(error) => {
            report.contradicted(
                "signature",
                format!(
                    "The checkpoint is not signed with the key that you gave, nor with one that \
                     a hand-over leads to: {error}."
                ),
            );
            None
        }
    }
}

/// With no key from outside it can only be seen whether the evidence agrees with
/// the keys in it.
fn untrusted(report: &mut Report, note: &[u8], checkpoint: &Checkpoint, keys: &Keys) {
    let own: Vec<&VerifierKey> = keys
        .along
        .iter()
        .filter(|key| key.kind() == KeyKind::Note && key.name() == checkpoint.origin)
        .collect();
    let witnesses: Vec<VerifierKey> = keys
        .along
        .iter()
        .filter(|key| key.kind() == KeyKind::Timestamped)
        .cloned()
        .collect();
    if own.is_empty() {
        report.undecided(
            "signature",
            format!(
                "You gave no public key, so nobody vouches for the checkpoint of the log {}. Get \
                 its key from somebody you trust, and pass it as --key.",
                checkpoint.origin
            ),
        );
        return;
    }
    match open_by_any(note, &own, &keys.handovers, &witnesses) {
        Ok((_, key, _)) => report.undecided(
            "signature",
            format!(
                "The checkpoint is signed with a key that came with the evidence, which whoever \
                 forged the one could have forged too: {key}. If that is the log's key, as \
                 somebody you trust says, pass it as --key."
            ),
        ),
        Err(error) => report.contradicted(
            "signature",
            format!("The checkpoint is not signed with the key that came with it: {error}."),
        ),
    }
}

/// The first of `keys` that the checkpoint leads back to, and whether by
/// hand-overs.
fn open_by_any(
    note: &[u8],
    keys: &[&VerifierKey],
    handovers: &[Handover],
    witnesses: &[VerifierKey],
) -> Result<(Opened, VerifierKey, bool), String> {
    let mut why = BadCheckpoint::NotByLog.to_string();
    for key in keys {
        let followed: Vec<Tenure> = match tenures(key, handovers) {
            Ok(followed) => followed,
            Err(error) => {
                why = error.to_string();
                continue;
            }
        };
        match open_with(note, &followed, witnesses) {
            Ok(opened) => {
                let itself = ledger::checkpoint::open(note, key, &[]).is_ok();
                return Ok((opened, (*key).clone(), !itself));
            }
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

fn tell_witnesses(report: &mut Report, opened: &Opened, trust: &Trust, named: bool) {
    let mut trusted = 0;
    for (witness, at) in &opened.witnesses {
        let when = instant(*at);
        if trust.keys.contains(witness) {
            trusted += 1;
            report.proven(
                "witness",
                format!("The witness {} signed it at {when}.", witness.name()),
            );
        } else {
            report.noted(
                "witness",
                format!(
                    "A witness {} signed it at {when}; its key came with the evidence, so that \
                     proves nothing unless you pass it as --key.",
                    witness.name()
                ),
            );
        }
    }
    if named && trusted == 0 {
        report.undecided(
            "witness",
            "None of the witnesses whose keys you gave has signed the checkpoint.",
        );
    }
}

/// Best a witness's word for the time, since the log's own clock is the log's.
fn age(report: &mut Report, opened: &Opened, trust: &Trust) {
    let Some(most) = trust.max_age else { return };
    let witnessed = opened
        .witnesses
        .iter()
        .filter(|(key, _)| trust.keys.contains(key))
        .map(|(key, at)| (*at, key.name()))
        .max();
    let own = opened.signed_at.map(|at| (at, "the log itself"));
    let Some((at, who)) = witnessed.or(own) else {
        report.undecided(
            "age",
            "No signature on the checkpoint says when it was made.",
        );
        return;
    };
    let now = trust.now.as_millis() / 1000;
    let when = instant(at);
    if at > now.saturating_add(AHEAD) {
        report.undecided(
            "age",
            format!("By the word of {who}, the checkpoint is of {when}, which is still to come."),
        );
    } else if now.saturating_sub(at) > most.as_secs() {
        report.undecided(
            "age",
            format!(
                "By the word of {who}, the checkpoint is of {when}: older than you allow. What \
                 happened since is not in it."
            ),
        );
    } else {
        report.proven(
            "age",
            format!("By the word of {who}, the checkpoint is of {when}: not older than you allow."),
        );
    }
}

/// The checkpoint that was seen before, if it is one of this log.
fn last_seen(
    report: &mut Report,
    seen: &[u8],
    checkpoint: &Checkpoint,
    keys: &Keys,
    trust: &Trust,
) -> Option<Checkpoint> {
    let parsed = Note::parse(seen)
        .ok()
        .and_then(|note| Checkpoint::parse(note.text()).ok());
    let Some(before) = parsed else {
        report.undecided(
            "last-seen",
            "What you gave as the checkpoint seen before is no checkpoint.",
        );
        return None;
    };
    if before.origin != checkpoint.origin {
        report.undecided(
            "last-seen",
            format!(
                "The checkpoint that you saw before is of another log, {}.",
                before.origin
            ),
        );
        return None;
    }
    let trusted: Vec<&VerifierKey> = trust.of_kind(KeyKind::Note).collect();
    if !trusted.is_empty()
        && let Err(error) = open_by_any(seen, &trusted, &keys.handovers, &[])
    {
        report.undecided(
            "last-seen",
            format!("The checkpoint that you saw before is not the log's: {error}."),
        );
        return None;
    }
    Some(before)
}

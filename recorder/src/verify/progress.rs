//! What the log committed to while a recording was under way: it must be how the
//! recording begins.

use std::collections::BTreeSet;
use std::io;

use ledger::proof::verify_inclusion;
use ledger::{Checkpoint, TlogProof, leaf_hash};

use super::event::{self, Progress, Said};
use super::recording::some;
use super::{Report, count};
use crate::archive::{Files, Manifest};
use crate::bundle::{MAX_LEAF, MAX_PAPER, MAX_PROGRESS, progress_names};

/// Where a manifest is not what was committed to, in words; `None` if it begins so.
pub(super) fn contradiction(manifest: &Manifest, progress: &[Progress]) -> Option<String> {
    let wanted: BTreeSet<u64> = progress.iter().map(|one| one.lines).collect();
    let is = manifest.seals_after(&wanted);
    let differs = progress.iter().find(|one| {
        let seal = is.get(&one.lines);
        seal.is_none_or(|seal| seal.root != one.root.0)
    })?;
    let Progress { event, lines, .. } = differs;
    let lines_then = count(*lines, "line");
    Some(if is.contains_key(lines) {
        format!(
            "its first {lines_then} are not those that event {event} committed to while it ran, \
             so it was altered after that"
        )
    } else {
        format!(
            "event {event} committed to its first {lines_then} while it ran, and it has only {}, \
             so something was dropped after that",
            manifest.seal().lines
        )
    })
}

/// Checks what a bundle has of it, under the checkpoint of the seal. Gives how many
/// there are.
pub(super) fn check(
    report: &mut Report,
    files: &mut impl Files,
    manifest: Option<&Manifest>,
    under: Option<&(String, Checkpoint)>,
) -> io::Result<usize> {
    let (mut there, mut progress, mut wrong) = (0, Vec::new(), Vec::new());
    for number in 1..=MAX_PROGRESS {
        let [leaf_name, proof_name] = progress_names(number);
        let leaf = files.read(&leaf_name, MAX_LEAF)?;
        let proof = files.read(&proof_name, MAX_PAPER)?;
        let (Some(leaf), Some(proof)) = (&leaf, &proof) else {
            if leaf.is_some() || proof.is_some() {
                there = number;
                let missing = if leaf.is_none() {
                    leaf_name
                } else {
                    proof_name
                };
                report.undecided("progress", format!("{missing} is missing."));
            }
            break;
        };
        there = number;
        match read(leaf, proof, manifest, under) {
            Ok(one) => progress.push(one),
            Err(why) => wrong.push(format!("{leaf_name}: {why}")),
        }
    }
    if !wrong.is_empty() {
        report.contradicted("progress", format!("{}.", some(&wrong)));
    }
    let (Some(manifest), [.., last]) = (manifest, progress.as_slice()) else {
        return Ok(there);
    };
    match contradiction(manifest, &progress) {
        Some(why) => report.contradicted(
            "progress",
            format!("The recording contradicts the log: {why}."),
        ),
        None if under.is_none() => report.undecided(
            "progress",
            "What was committed to while it ran is not proven to be in the log.",
        ),
        None => report.proven(
            "progress",
            format!(
                "While it ran, the log committed to it {}, at last to its first {}: it begins so.",
                count(progress.len() as u64, "time"),
                count(last.lines, "line")
            ),
        ),
    }
    Ok(there)
}

/// What a leaf with its proof says of this recording, or why it says nothing.
fn read(
    leaf: &[u8],
    proof: &[u8],
    manifest: Option<&Manifest>,
    under: Option<&(String, Checkpoint)>,
) -> Result<Progress, String> {
    let Some((_, Said::Progress(place, progress))) = event::read(leaf) else {
        return Err("it is no progress of a recording".to_owned());
    };
    let of = manifest.map(|manifest| (manifest.opening.session, manifest.opening.channel));
    if of.is_some_and(|of| of != place) {
        return Err("it is of another recording".to_owned());
    }
    let proof = TlogProof::parse(proof).map_err(|error| error.to_string())?;
    let Some((note, checkpoint)) = under else {
        return Ok(progress);
    };
    if proof.checkpoint != *note {
        return Err("its proof has another checkpoint than the seal's".to_owned());
    }
    let (index, size) = (proof.index, checkpoint.size);
    verify_inclusion(leaf_hash(leaf), index, size, &proof.proof, &checkpoint.root)
        .map_err(|error| format!("it is not in the log: {error}"))?;
    if Some(progress.event) == index.checked_add(1) {
        Ok(progress)
    } else {
        Err("it has another number than its place in the log gives it".to_owned())
    }
}

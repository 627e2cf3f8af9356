//! A bundle: one recording, its seal, and the proof that the seal is in the log.

use std::collections::BTreeSet;
use std::io;

use ledger::proof::verify_inclusion;
use ledger::{Checkpoint, TlogProof, leaf_hash};
use secrecy::SecretString;

use super::checkpoint::{self, Along};
use super::event::{self, Said};
use super::recording::{There, capital, chunks, content, differs, manifest, some, what};
use super::{Report, Trust, count, progress};
use crate::archive::keys::parse_identity;
use crate::archive::manifest::MAX_MANIFEST;
use crate::archive::{Files, MANIFEST, Manifest, Track};
use crate::bundle::{
    HANDOVERS, MAX_LEAF, MAX_PAPER, PROOF, README, RECORDING, REPLAY, SEAL, VKEYS, key_name,
    progress_names,
};

/// The longest key file that is read, in bytes.
const MAX_KEY: u64 = 4 << 10;

/// The files of the recording in a bundle.
struct Inside<'a, F>(&'a mut F);

impl<F: Files> Files for Inside<'_, F> {
    fn read(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        self.0.read(&format!("{RECORDING}/{name}"), limit)
    }

    fn has(&mut self, name: &str) -> io::Result<bool> {
        self.0.has(&format!("{RECORDING}/{name}"))
    }
}

/// Checks a bundle of these files; `names` are all there are.
///
/// # Errors
/// What the reader says. Files of another length than they may have are
/// findings.
pub fn verify_bundle(
    files: &mut impl Files,
    names: &[String],
    trust: &Trust,
) -> io::Result<Report> {
    let mut report = Report::default();
    let bytes = Inside(files).read(MANIFEST, MAX_MANIFEST)?;
    let Some(bytes) = bytes else {
        report.undecided("manifest", "The bundle has no manifest.");
        return Ok(report);
    };
    let manifest = manifest(&mut report, &bytes);
    if let Some(manifest) = &manifest {
        recording(&mut report, files, manifest, trust)?;
    }
    let leaf = files.read(SEAL, MAX_LEAF)?;
    seal(&mut report, leaf.as_deref(), manifest.as_ref());
    let under = log(&mut report, files, leaf.as_deref(), trust)?;
    let times = progress::check(&mut report, files, manifest.as_ref(), under.as_ref())?;
    if let Some(manifest) = &manifest {
        strangers(&mut report, names, manifest, times);
    }
    Ok(report)
}

fn recording(
    report: &mut Report,
    files: &mut impl Files,
    manifest: &Manifest,
    trust: &Trust,
) -> io::Result<()> {
    let opening = &manifest.opening;
    report.noted(
        "recording",
        format!(
            "Session {}, channel {}, begun {}.",
            opening.session, opening.channel, opening.started
        ),
    );
    for track in Track::ALL {
        let there = chunks(report, &mut Inside(files), manifest, track)?;
        let number = manifest.of(track).count() as u64;
        let many = count(number, "chunk");
        let what = what(track);
        match (there, track) {
            (There::All, _) => {
                report.proven(
                    "chunks",
                    format!("{}: {many}, each as it was recorded.", capital_of(what)),
                );
                let own = own_key(report, files, track)?;
                content(
                    report,
                    &mut Inside(files),
                    manifest,
                    track,
                    own,
                    &trust.identities,
                )?;
            }
            (There::None, Track::Input) => report.noted(
                "chunks",
                format!(
                    "{}: not in this bundle, which names {many}.",
                    capital_of(what)
                ),
            ),
            (There::None, Track::Output) => report.contradicted(
                "chunks",
                format!("Missing, though the manifest names them: all {many} of {what}."),
            ),
            (There::Wrong, _) => {}
        }
    }
    Ok(())
}

fn own_key(
    report: &mut Report,
    files: &mut impl Files,
    track: Track,
) -> io::Result<Option<age::x25519::Identity>> {
    let name = key_name(track);
    let Some(bytes) = files.read(name, MAX_KEY)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map(SecretString::from);
    let key = text.ok().and_then(|text| parse_identity(&text));
    if key.is_none() {
        report.contradicted("content", format!("{name} has no key in it."));
    }
    Ok(key)
}

/// Compares the seal with the manifest.
fn seal(report: &mut Report, leaf: Option<&[u8]>, manifest: Option<&Manifest>) {
    let Some(leaf) = leaf else {
        report.undecided(
            "seal",
            "There is no seal: the recording was not sealed yet, or the seal was left out.",
        );
        return;
    };
    let Some((_, Said::Sealed(place, sealed))) = event::read(leaf) else {
        report.contradicted("seal", format!("{SEAL} is not the seal of a recording."));
        return;
    };
    let Some(manifest) = manifest else { return };
    match differs(manifest, place, &sealed) {
        Some(why) => report.contradicted("seal", format!("The seal does not fit: {why}.")),
        None => report.proven(
            "seal",
            format!(
                "The seal is of this recording, as it is: {}, {} in, {} out.",
                sealed.state,
                count(sealed.bytes_in, "byte"),
                count(sealed.bytes_out, "byte")
            ),
        ),
    }
}

/// Gives the checkpoint, as it stands there and as it was understood.
fn log(
    report: &mut Report,
    files: &mut impl Files,
    leaf: Option<&[u8]>,
    trust: &Trust,
) -> io::Result<Option<(String, Checkpoint)>> {
    let Some(proof) = files.read(PROOF, MAX_PAPER)? else {
        report.undecided(
            "proof",
            "There is no proof that the seal is in the log: no checkpoint was signed since, or \
             it was left out.",
        );
        return Ok(None);
    };
    let proof = match TlogProof::parse(&proof) {
        Ok(proof) => proof,
        Err(error) => {
            report.contradicted("proof", capital(&error.to_string()));
            return Ok(None);
        }
    };
    let along = Along {
        vkeys: files.read(VKEYS, MAX_PAPER)?,
        handovers: files.read(HANDOVERS, MAX_PAPER)?,
    };
    let note = proof.checkpoint.as_bytes();
    let Some((checkpoint, before)) = checkpoint::check(report, note, &along, trust) else {
        return Ok(None);
    };
    if let Some(leaf) = leaf {
        included(report, leaf, &proof, &checkpoint);
    }
    if let Some(before) = before {
        compare(report, &before, &checkpoint);
    }
    Ok(Some((proof.checkpoint, checkpoint)))
}

fn included(report: &mut Report, leaf: &[u8], proof: &TlogProof, checkpoint: &Checkpoint) {
    let (index, size) = (proof.index, checkpoint.size);
    let hash = leaf_hash(leaf);
    if let Err(error) = verify_inclusion(hash, index, size, &proof.proof, &checkpoint.root) {
        report.contradicted("proof", format!("The seal is not in the log: {error}."));
        return;
    }
    let number = event::read(leaf).map(|(number, _)| number);
    if number == index.checked_add(1) {
        report.proven(
            "proof",
            format!("The seal is event {} of the log's {size}.", index + 1),
        );
    } else {
        report.contradicted(
            "proof",
            format!("The seal has another number than its place in the log, {index}, gives it."),
        );
    }
}

fn compare(report: &mut Report, before: &Checkpoint, now: &Checkpoint) {
    if before.size == now.size {
        if before.root == now.root {
            report.proven("last-seen", "It is the checkpoint that you saw before.");
        } else {
            report.contradicted(
                "last-seen",
                format!(
                    "The log has shown you another history of the same {}: one of the two \
                     checkpoints is of a forged log.",
                    count(now.size, "event")
                ),
            );
        }
        return;
    }
    let than = if now.size < before.size {
        "smaller"
    } else {
        "larger"
    };
    report.undecided(
        "last-seen",
        format!(
            "The checkpoint here is of {} and that which you saw before of {}: one that is {than} \
             can't be compared with it without the log. Check an exported log: drawbridge audit \
             export.",
            now.size, before.size
        ),
    );
}

/// What is in a bundle and is vouched for by nothing.
fn strangers(report: &mut Report, names: &[String], manifest: &Manifest, progress: usize) {
    let progress: BTreeSet<String> = (1..=progress).flat_map(progress_names).collect();
    let known = |name: &str| {
        let papers = [README, SEAL, PROOF, VKEYS, HANDOVERS, REPLAY];
        let of_recording = |rest: &str| {
            rest == MANIFEST
                || rest.split('.').next().is_some_and(|number| {
                    number.parse().is_ok_and(|number: usize| {
                        manifest.chunks.get(number).is_some_and(|line| {
                            line.file_name(manifest.opening.track(line.chunk.track)) == rest
                        })
                    })
                })
        };
        papers.contains(&name)
            || progress.contains(name)
            || Track::ALL.iter().any(|track| key_name(*track) == name)
            || name
                .strip_prefix(RECORDING)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(of_recording)
    };
    let unknown: Vec<String> = names.iter().filter(|name| !known(name)).cloned().collect();
    if !unknown.is_empty() {
        report.noted(
            "files",
            format!("Nothing vouches for these files: {}.", some(&unknown)),
        );
    }
    if names.iter().any(|name| name == REPLAY) {
        report.noted(
            "files",
            format!("{REPLAY} is for looking only: nothing vouches for it."),
        );
    }
}

fn capital_of(what: &str) -> String {
    capital(what).trim_end_matches('.').to_owned()
}

//! The recordings beside a log, each held against its seal.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use age::x25519::Identity;
use domain::SessionId;

use super::{Place, Progress, Sealed, Told};
use crate::archive::chunk::MAX_STORED;
use crate::archive::keys::{key_file_name, own_key};
use crate::archive::manifest::MAX_MANIFEST;
use crate::archive::{DirFiles, Files, MANIFEST, Manifest, Opening, Track, recording_dir};
use crate::verify::progress::contradiction;
use crate::verify::recording::{There, chunks, content, differs, manifest, some};
use crate::verify::{Finding, Outcome, Report, Trust, count};

/// The longest file with a recording's own key, in bytes.
const MAX_KEY: u64 = 1 << 20;
/// The most directories that are looked at.
const MAX_DIRS: usize = 1_000_000;

/// What was found, summed up.
#[derive(Default)]
struct Sum {
    good: u64,
    /// Those among them that were committed to while they ran.
    under_way: u64,
    purged: u64,
    closed: u64,
    missing: Vec<String>,
}

pub(super) fn check(
    report: &mut Report,
    root: &Path,
    told: &Told,
    trust: &Trust,
) -> io::Result<()> {
    let mut sum = Sum::default();
    for (place, sealed) in &told.sealed {
        let mut of_it = Report::default();
        one(&mut of_it, root, *place, sealed, told, trust, &mut sum)?;
        let named = format!("{}/{}", place.0, place.1);
        for Finding {
            check,
            outcome,
            text,
        } in of_it.findings
        {
            if outcome > Outcome::Noted {
                report.add(check, outcome, format!("Recording {named}: {text}"));
            }
        }
    }
    if !sum.missing.is_empty() {
        report.contradicted(
            "recordings",
            format!(
                "Sealed, and not here, and no event says that they were purged: {}.",
                some(&sum.missing)
            ),
        );
    }
    if sum.good > 0 {
        report.proven(
            "recordings",
            format!(
                "{}: each as it was sealed, chunk by chunk.",
                count(sum.good, "recording")
            ),
        );
    }
    if sum.under_way > 0 {
        report.proven(
            "progress",
            format!(
                "The log committed to {} while they ran: each begins so.",
                count(sum.under_way, "recording")
            ),
        );
    }
    if sum.purged > 0 {
        report.noted(
            "recordings",
            format!(
                "{} purged, as the log says; what committed to them still holds.",
                count(sum.purged, "recording")
            ),
        );
    }
    if sum.closed > 0 {
        report.noted(
            "content",
            format!(
                "Of {} not everything was looked into: it is encrypted, and there is no key here. \
                 The hashes are checked all the same.",
                count(sum.closed, "recording")
            ),
        );
    }
    unsealed(report, root, told)
}

fn one(
    report: &mut Report,
    root: &Path,
    place: Place,
    sealed: &Sealed,
    told: &Told,
    trust: &Trust,
    sum: &mut Sum,
) -> io::Result<()> {
    let purged = told.purged.contains(&place);
    let progress = told.progress_of(&place);
    let mut files = DirFiles::new(&recording_dir(root, place.0, place.1));
    let Some(bytes) = files.read(MANIFEST, MAX_MANIFEST)? else {
        if purged {
            sum.purged += 1;
        } else {
            sum.missing.push(format!("{}/{}", place.0, place.1));
        }
        return Ok(());
    };
    let Some(manifest) = manifest(report, &bytes) else {
        return Ok(());
    };
    if let Some(why) = differs(&manifest, place, sealed) {
        report.contradicted("recordings", format!("it does not fit its seal: {why}."));
        return Ok(());
    }
    if let Some(why) = contradiction(&manifest, progress) {
        report.contradicted("progress", format!("it contradicts the log: {why}."));
    }
    let mut there = Vec::new();
    for track in Track::ALL {
        let found = chunks(report, &mut files, &manifest, track)?;
        if found == There::None && !purged {
            report.contradicted(
                "recordings",
                format!(
                    "all chunks of its {track} are missing, and no event says that it was purged."
                ),
            );
        }
        if found == There::All {
            let keys = keys(&mut files, track, &trust.identities)?;
            content(report, &mut files, &manifest, track, None, &keys)?;
        }
        there.push(found);
    }
    if there.contains(&There::None) && purged {
        sum.purged += 1;
    } else if report.verdict() == Outcome::Proven {
        sum.good += 1;
        sum.under_way += u64::from(!progress.is_empty());
        let locked = |finding: &Finding| {
            finding.check == "content"
                && finding.outcome == Outcome::Noted
                && finding.text.starts_with("Nobody")
        };
        sum.closed += u64::from(report.findings.iter().any(locked));
    }
    Ok(())
}

/// The keys of whoever checks, and the recording's own where they open that.
fn keys(files: &mut impl Files, track: Track, given: &[Identity]) -> io::Result<Vec<Identity>> {
    let mut keys = given.to_vec();
    if !given.is_empty()
        && let Some(file) = files.read(key_file_name(track), MAX_KEY)?
    {
        keys.extend(own_key(&file, given));
    }
    Ok(keys)
}

/// Recordings that no seal is about.
fn unsealed(report: &mut Report, root: &Path, told: &Told) -> io::Result<()> {
    let (mut running, mut ended) = (Vec::new(), Vec::new());
    let (mut begun, mut gone) = (Vec::new(), Vec::new());
    let mut all: BTreeSet<Place> = places(root)?.into_iter().collect();
    all.extend(told.progress.keys());
    for place in all {
        if told.sealed.contains_key(&place) || told.purged.contains(&place) {
            continue;
        }
        let (session, channel) = place;
        let mut files = DirFiles::new(&recording_dir(root, session, channel));
        let bytes = files.read(MANIFEST, MAX_MANIFEST)?;
        let named = format!("{session}/{channel}");
        let manifest = bytes.and_then(|bytes| Manifest::parse(&bytes).ok());
        let progress = told.progress_of(&place);
        match manifest {
            None if !progress.is_empty() => gone.push(named),
            Some(manifest) if !progress.is_empty() => {
                match contradiction(&manifest, progress) {
                    Some(why) => report.contradicted(
                        "progress",
                        format!("Recording {named}: it contradicts the log: {why}."),
                    ),
                    None => begun.push(named),
                }
                committed_chunks(report, &mut files, &manifest, progress)?;
            }
            Some(manifest) if manifest.closing.is_some() => ended.push(named),
            Some(_) | None => running.push(named),
        }
    }
    if !gone.is_empty() {
        report.contradicted(
            "progress",
            format!(
                "Committed to while they ran, and not here: {}.",
                some(&gone)
            ),
        );
    }
    for (names, why) in [
        (running, "Nothing vouches for these, which are not ended"),
        (
            ended,
            "Nothing vouches for these, which are ended, but not in this log",
        ),
        (
            begun,
            "These are not sealed in this log; they begin as it committed to while they ran, and \
             nothing vouches for what came after",
        ),
    ] {
        if !names.is_empty() {
            report.undecided("recordings", format!("{why}: {}.", some(&names)));
        }
    }
    Ok(())
}

/// Holds the chunks that were committed to against the manifest.
fn committed_chunks(
    report: &mut Report,
    files: &mut DirFiles,
    manifest: &Manifest,
    progress: &[Progress],
) -> io::Result<()> {
    let lines = progress.iter().map(|one| one.lines).max().unwrap_or(0);
    let mut wrong = Vec::new();
    for line in manifest
        .chunks
        .iter()
        .filter(|line| line.number + 1 < lines)
    {
        let name = line.file_name(manifest.opening.track(line.chunk.track));
        let stored = match files.read(&name, MAX_STORED as u64) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => None,
            other => other?,
        };
        if !stored.is_some_and(|stored| line.chunk.is(&stored)) {
            let Opening {
                session, channel, ..
            } = &manifest.opening;
            wrong.push(format!("{session}/{channel}/{name}"));
        }
    }
    if !wrong.is_empty() {
        report.contradicted(
            "chunks",
            format!(
                "Committed to while they ran, and changed or dropped since: {}.",
                some(&wrong)
            ),
        );
    }
    Ok(())
}

fn places(root: &Path) -> io::Result<Vec<Place>> {
    let mut places = Vec::new();
    for session in fs::read_dir(root)? {
        let session = session?;
        let Ok(id) = session.file_name().to_string_lossy().parse::<SessionId>() else {
            continue;
        };
        if !session.path().is_dir() {
            continue;
        }
        for channel in fs::read_dir(session.path())? {
            let channel = channel?;
            let number = channel.file_name().to_string_lossy().parse();
            if let (Ok(number), true) = (number, channel.path().is_dir()) {
                places.push((id, number));
            }
            if places.len() > MAX_DIRS {
                return Ok(places);
            }
        }
    }
    places.sort_unstable();
    Ok(places)
}

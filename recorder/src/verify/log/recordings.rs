//! The recordings beside a log, each held against its seal.

use std::fs;
use std::io;
use std::path::Path;

use domain::SessionId;

use super::{Place, Sealed, Told};
use crate::archive::manifest::MAX_MANIFEST;
use crate::archive::{DirFiles, Files, MANIFEST, Manifest, Track, recording_dir};
use crate::verify::recording::{There, chunks, content, differs, manifest, some};
use crate::verify::{Finding, Outcome, Report, Trust, count};

/// The most directories that are looked at.
const MAX_DIRS: usize = 1_000_000;

/// What was found, summed up.
#[derive(Default)]
struct Sum {
    good: u64,
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
        let purged = told.purged.contains(place);
        one(&mut of_it, root, *place, sealed, purged, trust, &mut sum)?;
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
    purged: bool,
    trust: &Trust,
    sum: &mut Sum,
) -> io::Result<()> {
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
            content(
                report,
                &mut files,
                &manifest,
                track,
                None,
                &trust.identities,
            )?;
        }
        there.push(found);
    }
    if there.contains(&There::None) && purged {
        sum.purged += 1;
    } else if report.verdict() == Outcome::Proven {
        sum.good += 1;
        let locked = |finding: &Finding| {
            finding.check == "content"
                && finding.outcome == Outcome::Noted
                && finding.text.starts_with("Nobody")
        };
        sum.closed += u64::from(report.findings.iter().any(locked));
    }
    Ok(())
}

/// Recordings that no seal is about.
fn unsealed(report: &mut Report, root: &Path, told: &Told) -> io::Result<()> {
    let (mut running, mut ended) = (Vec::new(), Vec::new());
    for (session, channel) in places(root)? {
        if told.sealed.contains_key(&(session, channel)) {
            continue;
        }
        let mut files = DirFiles::new(&recording_dir(root, session, channel));
        let bytes = files.read(MANIFEST, MAX_MANIFEST)?;
        let named = format!("{session}/{channel}");
        let manifest = bytes.and_then(|bytes| Manifest::parse(&bytes).ok());
        match manifest {
            Some(manifest) if manifest.closing.is_some() => ended.push(named),
            Some(_) | None => running.push(named),
        }
    }
    for (names, why) in [
        (running, "not ended"),
        (ended, "ended, but not in this log"),
    ] {
        if !names.is_empty() {
            report.undecided(
                "recordings",
                format!(
                    "Nothing vouches for these, which are {why}: {}.",
                    some(&names)
                ),
            );
        }
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

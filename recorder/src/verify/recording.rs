//! A recording by itself: its manifest, its chunks, and what is in them.

use std::io::{self, BufReader};

use age::x25519::Identity;

use super::event::{Place, Sealed};
use super::{Outcome, Report, count};
use crate::archive::chunk::MAX_STORED;
use crate::archive::{
    BadChunk, ChunkLine, ChunkReader, Files, Manifest, Protection, Track, unpack,
};
use crate::cast::CheckedLines;
use crate::frame::{FrameReader, Kind};

/// So many names are told of, and the others are counted.
const TOLD: usize = 3;

/// What is there of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Each chunk, and as the manifest says.
    All,
    /// No chunk, though there were some.
    None,
    /// Something is missing or wrong; it has been told.
    Wrong,
}

/// Reads the manifest; what is wrong with it is told.
pub(super) fn manifest(report: &mut Report, bytes: &[u8]) -> Option<Manifest> {
    let manifest = match Manifest::parse(bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.contradicted("manifest", capital(&error.to_string()));
            return None;
        }
    };
    match (&manifest.fault, &manifest.closing) {
        (Some(fault), _) => report.contradicted("manifest", capital(&fault.to_string())),
        (None, None) => report.undecided(
            "manifest",
            "The manifest has no last line: the recording had not ended, or its end was cut off.",
        ),
        (None, Some(_)) => report.proven(
            "manifest",
            format!(
                "Each of the {} of the manifest follows from the one before.",
                count(manifest.seal().lines, "line")
            ),
        ),
    }
    Some(manifest)
}

/// Holds the chunks of a track against the manifest. Wrong and missing ones are
/// told of, but not that all are missing.
pub(super) fn chunks(
    report: &mut Report,
    files: &mut impl Files,
    manifest: &Manifest,
    track: Track,
) -> io::Result<There> {
    let opening = manifest.opening.track(track);
    let (mut good, mut missing, mut wrong) = (0, Vec::new(), Vec::new());
    for line in manifest.of(track) {
        let name = line.file_name(opening);
        match files.read(&name, MAX_STORED as u64) {
            Ok(Some(stored)) if line.chunk.is(&stored) => good += 1,
            Ok(Some(_)) => wrong.push(name),
            Ok(None) => missing.push(name),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => wrong.push(name),
            Err(error) => return Err(error),
        }
    }
    if good == 0 && wrong.is_empty() && !missing.is_empty() {
        return Ok(There::None);
    }
    if !wrong.is_empty() {
        report.contradicted(
            "chunks",
            format!(
                "Changed since they were recorded, by their hashes: {}.",
                some(&wrong)
            ),
        );
    }
    if !missing.is_empty() {
        report.contradicted(
            "chunks",
            format!(
                "Missing, though the manifest names them: {}.",
                some(&missing)
            ),
        );
    }
    Ok(if wrong.is_empty() && missing.is_empty() {
        There::All
    } else {
        There::Wrong
    })
}

/// Compares a manifest with the seal. Says what differs.
pub(super) fn differs(manifest: &Manifest, place: Place, sealed: &Sealed) -> Option<&'static str> {
    let seal = manifest.seal();
    let opening = &manifest.opening;
    if (opening.session, opening.channel) != place {
        return Some("it is the seal of another recording");
    }
    if seal.lines != sealed.lines {
        return Some("it was sealed with another number of lines");
    }
    if seal.root != sealed.root.0 {
        return Some("it was sealed with another root, so a line was changed");
    }
    let Some(closing) = manifest.closing else {
        return Some("it was sealed, and has no end");
    };
    let same = closing.end.as_str() == sealed.state
        && closing.bytes_in == sealed.bytes_in
        && closing.bytes_out == sealed.bytes_out
        && closing.exit == sealed.exit;
    (!same).then_some("the end in it is not the one in the seal")
}

/// Decrypts and decompresses a track, and looks whether it is what it should
/// be. `own` is the recording's own key, `identities` are those of whoever checks.
pub(super) fn content(
    report: &mut Report,
    files: &mut impl Files,
    manifest: &Manifest,
    track: Track,
    own: Option<Identity>,
    identities: &[Identity],
) -> io::Result<()> {
    let what = what(track);
    let Some(first) = manifest.of(track).next() else {
        report.noted("content", format!("There is nothing of {what}."));
        return Ok(());
    };
    let (has_own, has_any) = (own.is_some(), own.is_some() || !identities.is_empty());
    let keys: Vec<Identity> = own.into_iter().chain(identities.iter().cloned()).collect();
    if locked(files, manifest, first, &keys)? {
        let (outcome, text) = if has_own {
            (
                Outcome::Contradicted,
                format!("The key in the bundle does not open {what}."),
            )
        } else if has_any {
            (
                Outcome::Undecided,
                format!("The key that you gave does not open {what}, so nobody looked into it."),
            )
        } else {
            (
                Outcome::Noted,
                format!(
                    "Nobody looked into {what}: it is encrypted, and there is no key here. Its \
                     hashes are checked all the same."
                ),
            )
        };
        report.add("content", outcome, text);
        return Ok(());
    }
    let reader = ChunkReader::new(files, manifest, track, keys);
    let length = manifest.of(track).map(|line| line.chunk.bytes).sum();
    let read = match track {
        Track::Output => cast(reader, length),
        Track::Input => frames(reader, length, manifest),
    };
    match read {
        Ok(Ok(text)) => report.proven("content", text),
        Ok(Err(why)) => report.contradicted("content", why),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            report.contradicted(
                "content",
                format!("{} can't be read: {error}.", capital(what)),
            );
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn locked(
    files: &mut impl Files,
    manifest: &Manifest,
    first: &ChunkLine,
    keys: &[Identity],
) -> io::Result<bool> {
    let opening = manifest.opening.track(first.chunk.track);
    let stored = files.read(&first.file_name(opening), MAX_STORED as u64)?;
    let encrypted = opening.encryption != Protection::Off;
    let opened = unpack(
        &stored.unwrap_or_default(),
        first.chunk.bytes,
        encrypted,
        keys,
    );
    Ok(matches!(opened, Err(BadChunk::Locked)))
}

type Read = Result<String, &'static str>;

fn cast(reader: impl io::Read, length: u64) -> io::Result<Read> {
    let mut lines = CheckedLines::new(reader)?;
    let mut events = 0;
    while lines.advance()? {
        events += 1;
    }
    if lines.valid() != length {
        return Ok(Err("What the asset showed is no whole asciicast file."));
    }
    Ok(Ok(format!(
        "What the asset showed is an asciicast file of {}.",
        count(events, "event")
    )))
}

fn frames(reader: impl io::Read, length: u64, manifest: &Manifest) -> io::Result<Read> {
    let mut frames = FrameReader::new(BufReader::with_capacity(64 << 10, reader));
    let opening = &manifest.opening;
    let mut whose = opening.session.uuid().as_bytes().to_vec();
    whose.extend(opening.channel.to_le_bytes());
    let mut number = 0_u64;
    while let Some(frame) = frames.next_frame()? {
        let is_first = number == 0;
        if is_first != (frame.kind == Kind::Open)
            || (is_first && !frame.payload.starts_with(&whose))
        {
            return Ok(Err(
                "What the vendor sent does not begin as this recording would.",
            ));
        }
        number += 1;
    }
    if frames.valid() != length {
        return Ok(Err("What the vendor sent is not made of whole frames."));
    }
    Ok(Ok(format!(
        "What the vendor sent is {}.",
        count(number, "whole frame")
    )))
}

/// A track, as it is called.
pub(super) const fn what(track: Track) -> &'static str {
    match track {
        Track::Output => "what the asset showed",
        Track::Input => "what the vendor sent",
    }
}

/// Some names, and how many others there are.
pub(super) fn some(names: &[String]) -> String {
    let told: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
    let told = told.join(", ");
    match names.len().saturating_sub(TOLD) {
        0 => told,
        others => format!("{told} and {others} more"),
    }
}

/// As the beginning of a sentence, with its end.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

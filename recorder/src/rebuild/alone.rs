//! A recording that the log does not know: it was over but for its seal, or it had
//! not quite begun.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Recording, Site, Unsealed};
use crate::archive::keys::key_file_name;
use crate::archive::manifest::BadManifest;
use crate::archive::{Archive, MANIFEST, Manifest, Track, recording_dir};
use crate::builder::{Builder, Facts};
use crate::cast::{Event, Events, lost_header_line};
use crate::frame::{HEADER_LEN, OPEN_LEN};
use crate::opening::Counts;
use crate::serve;

/// What is there of it, to be closed.
pub(super) fn resume(site: &Site<'_>, unsealed: &Unsealed) -> io::Result<Recording> {
    let Unsealed {
        session,
        channel,
        started,
        committed,
    } = *unsealed;
    let dir = recording_dir(site.root, session, channel);
    let read = match fs::read(dir.join(MANIFEST)) {
        Ok(bytes) => match Manifest::parse(&bytes) {
            Ok(read) => Some(read),
            Err(BadManifest::Empty) => None,
            Err(bad) => return Err(io::Error::other(bad)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let facts = Facts {
        session,
        channel,
        started: read.as_ref().map_or(started, |read| read.opening.started),
        header: lost_header_line().map_err(io::Error::other)?,
    };
    if let Some(read) = read {
        let counts = counted(site, unsealed, &read);
        return Recording::resume(site, &facts, &read, counts);
    }
    nothing_recorded(&dir, committed)?;
    tracing::warn!(%session, channel, "recording.never_begun");
    site.disk.remove(&dir.join(MANIFEST))?;
    let disk = Arc::clone(site.disk);
    let builder = Builder::begin(disk, site.root, site.keyring, &facts)?;
    Ok(Recording::at_work(&facts, builder, None))
}

/// The directory has no more in it than a beginning leaves. Whatever else is there
/// had a manifest once: keys that are made anew would not open it.
fn nothing_recorded(dir: &Path, committed: u64) -> io::Result<()> {
    if committed > 0 {
        return Err(gone("the log commits to what was in it"));
    }
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let of_a_beginning =
            name == MANIFEST || Track::ALL.iter().any(|track| name == key_file_name(*track));
        if !of_a_beginning {
            return Err(gone(&format!("{} is still there", name.display())));
        }
    }
    Ok(())
}

fn gone(and: &str) -> io::Error {
    io::Error::other(format!(
        "its manifest is gone, and {and}; put the recording back from a copy, and restart the broker"
    ))
}

/// What its chunks carry: of the input the manifest says it, of the output only the
/// chunks themselves do, if the broker can read them.
fn counted(site: &Site<'_>, unsealed: &Unsealed, read: &Manifest) -> Counts {
    let Unsealed {
        session, channel, ..
    } = *unsealed;
    let mut counts = Counts {
        bytes_in: typed(read),
        ..Counts::default()
    };
    let archive = Archive::new(site.root, site.keyring.clone());
    let shown = archive
        .open(session, channel)
        .and_then(|recording| serve::cast(&recording))
        .map_err(io::Error::other)
        .and_then(|cast| shown(cast, &mut counts));
    if let Err(error) = shown {
        tracing::warn!(%session, channel, %error, "recording.output_not_counted");
    }
    counts
}

/// Bytes from the vendor in the chunks of the input.
fn typed(read: &Manifest) -> u64 {
    let headers = HEADER_LEN as u64;
    let payloads = read.of(Track::Input).map(|line| {
        let headers = line.chunk.events.saturating_mul(headers);
        line.chunk.bytes.saturating_sub(headers)
    });
    payloads.sum::<u64>().saturating_sub(OPEN_LEN as u64)
}

fn shown(cast: impl io::Read, counts: &mut Counts) -> io::Result<()> {
    let (_, mut events) = Events::open(cast)?;
    let mut told = 0;
    while let Some((_, timed)) = events.next_event()? {
        match timed.event {
            Event::Output(text) => {
                told = text.len() as u64;
                counts.bytes_out += told;
            }
            // The true bytes of what was told just before.
            Event::Raw(bytes) => {
                counts.bytes_out = counts.bytes_out.saturating_sub(told) + bytes.len() as u64;
                told = 0;
            }
            Event::Exit(status) => counts.exit = Some(status),
            Event::Input(_)
            | Event::Resize { .. }
            | Event::Marker(_)
            | Event::FromStderr
            | Event::Closed { .. }
            | Event::Other(..) => {}
        }
    }
    Ok(())
}

//! An exported log: every event is hashed again, and the recordings beside it are
//! held against their seals.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use ledger::tile::{Content, TilePath, WIDTH};
use ledger::{Checkpoint, Frontier, Hash, leaf_hash};

use super::checkpoint::{self, Along};
use super::event::{self, Place, Progress, Said, Sealed};
use super::recording::some;
use super::{Report, Trust, count};
use crate::archive::{DirFiles, Files};
use crate::bundle::{HANDOVERS, MAX_PAPER, VKEYS};

mod recordings;

/// The signed checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// The longest bundle of entries, in bytes.
const MAX_ENTRIES: u64 = WIDTH as u64 * (65_535 + 2);
/// A tile of hashes has so many bytes.
const MAX_TILE: u64 = WIDTH as u64 * 32;
/// So many faults are told of.
const TOLD: usize = 5;

/// A directory with an exported log, and that with recordings, if there is one.
#[derive(Clone, Debug)]
pub struct LogDir {
    files: DirFiles,
    recordings: Option<PathBuf>,
}

impl LogDir {
    /// The log at `path`, if there is one; recordings may be in it, or beside it.
    #[must_use]
    pub fn find(path: &Path) -> Option<Self> {
        path.join(CHECKPOINT).is_file().then_some(())?;
        let places = [Some(path), path.parent()];
        let mut places = places.into_iter().flatten().map(|at| at.join("recordings"));
        Some(Self {
            files: DirFiles::new(path),
            recordings: places.find(|at| at.is_dir()),
        })
    }
}

/// What the events say about recordings.
#[derive(Default)]
struct Told {
    sealed: BTreeMap<Place, Sealed>,
    /// What was committed to while they ran, in order.
    progress: BTreeMap<Place, Vec<Progress>>,
    purged: BTreeSet<Place>,
    /// Sealed twice, and otherwise.
    twice: Vec<String>,
}

impl Told {
    /// All recordings that are committed to.
    fn places(&self) -> BTreeSet<Place> {
        self.sealed
            .keys()
            .chain(self.progress.keys())
            .copied()
            .collect()
    }

    /// What was committed to while that recording ran.
    fn progress_of(&self, place: &Place) -> &[Progress] {
        self.progress.get(place).map_or(&[], Vec::as_slice)
    }
}

/// Checks an exported log.
///
/// # Errors
/// What the system says. Files of another length than they may have are
/// findings.
pub fn verify_log(dir: &LogDir, trust: &Trust) -> io::Result<Report> {
    let mut report = Report::default();
    let mut files = dir.files.clone();
    let Some(note) = files.read(CHECKPOINT, MAX_PAPER)? else {
        report.undecided("checkpoint", "There is no checkpoint.");
        return Ok(report);
    };
    let along = Along {
        vkeys: files.read(VKEYS, MAX_PAPER)?,
        handovers: files.read(HANDOVERS, MAX_PAPER)?,
    };
    let Some((checkpoint, before)) = checkpoint::check(&mut report, &note, &along, trust) else {
        return Ok(report);
    };
    let mut walk = Walk {
        files,
        frontier: Frontier::default(),
        tiles: Vec::new(),
        before: before.as_ref().map(|before| before.size),
        root_before: None,
        told: Told::default(),
        faults: Vec::new(),
        missing: Vec::new(),
        wrong: Vec::new(),
    };
    walk.remember();
    let whole = walk.entries(&mut report, checkpoint.size)?;
    let root = walk.frontier.root();
    if whole {
        tell_entries(&mut report, &walk, &checkpoint, root);
    }
    if let Some(before) = before {
        compare(&mut report, &before, &checkpoint, walk.root_before);
    }
    match &dir.recordings {
        Some(root) => recordings::check(&mut report, root, &walk.told, trust)?,
        None if walk.told.places().is_empty() => {}
        None => report.noted(
            "recordings",
            format!(
                "The log commits to {}, which are not here and were not looked at.",
                count(walk.told.places().len() as u64, "recording")
            ),
        ),
    }
    Ok(report)
}

/// One pass over all entries.
struct Walk {
    files: DirFiles,
    frontier: Frontier,
    /// Of each level of tiles the hashes of the one that is not full yet.
    tiles: Vec<(u64, Vec<Hash>)>,
    before: Option<u64>,
    root_before: Option<Hash>,
    told: Told,
    /// Events that are no events, or have another number.
    faults: Vec<String>,
    /// Tiles.
    missing: Vec<String>,
    wrong: Vec<String>,
}

impl Walk {
    /// `false` if not all entries are there; that has been told.
    fn entries(&mut self, report: &mut Report, size: u64) -> io::Result<bool> {
        let all = TilePath::all(size).filter(|tile| tile.content == Content::Entries);
        for tile in all {
            let Some(bundle) = self.bundle(tile)? else {
                report.contradicted(
                    "entries",
                    format!(
                        "The checkpoint is of {}, and tile/{tile} is missing: events were dropped.",
                        count(size, "event")
                    ),
                );
                return Ok(false);
            };
            let entries = ledger::bundle::read(&bundle).unwrap_or_default();
            let Some(entries) = entries.get(..usize::from(tile.width)) else {
                report.contradicted(
                    "entries",
                    format!("tile/{tile} has fewer events than it must, or is cut off."),
                );
                return Ok(false);
            };
            for entry in entries {
                self.entry(entry)?;
            }
        }
        for (level, (index, hashes)) in std::mem::take(&mut self.tiles).into_iter().enumerate() {
            self.tile(level, index, &hashes)?;
        }
        Ok(true)
    }

    /// The entries of a tile; a whole one stands for its beginning.
    fn bundle(&mut self, tile: TilePath) -> io::Result<Option<Vec<u8>>> {
        let whole = TilePath {
            width: WIDTH,
            ..tile
        };
        for path in [tile, whole] {
            match self.files.read(&format!("tile/{path}"), MAX_ENTRIES) {
                Ok(Some(bundle)) => return Ok(Some(bundle)),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Ok(Some(Vec::new()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn entry(&mut self, leaf: &[u8]) -> io::Result<()> {
        let number = self.frontier.size() + 1;
        match event::read(leaf) {
            Some((seq, said)) if seq == number => self.said(said),
            Some((seq, _)) => self.fault(format!("event {number} says that it is {seq}")),
            None => self.fault(format!("event {number} can't be understood")),
        }
        let mut made = Vec::new();
        self.frontier
            .append(leaf_hash(leaf), |node, hash| made.push((node, hash)));
        for (node, hash) in made {
            if node.level % 8 == 0 {
                self.hash(usize::from(node.level / 8), hash)?;
            }
        }
        self.remember();
        Ok(())
    }

    fn said(&mut self, said: Said) {
        match said {
            Said::Sealed(place, sealed) => {
                let former = self.told.sealed.insert(place, sealed.clone());
                if former.is_some_and(|former| former != sealed) {
                    self.told.twice.push(format!("{}/{}", place.0, place.1));
                }
            }
            Said::Progress(place, progress) => {
                self.told.progress.entry(place).or_default().push(progress);
            }
            Said::Purged(place) => {
                self.told.purged.insert(place);
            }
            Said::Other => {}
        }
    }

    fn fault(&mut self, text: String) {
        if self.faults.len() < TOLD {
            self.faults.push(text);
        }
    }

    fn remember(&mut self) {
        if self.before == Some(self.frontier.size()) {
            self.root_before = Some(self.frontier.root());
        }
    }

    /// One more hash of a level of tiles.
    fn hash(&mut self, level: usize, hash: Hash) -> io::Result<()> {
        while self.tiles.len() <= level {
            self.tiles.push((0, Vec::new()));
        }
        let Some((index, hashes)) = self.tiles.get_mut(level) else {
            return Ok(());
        };
        hashes.push(hash);
        if hashes.len() < usize::from(WIDTH) {
            return Ok(());
        }
        let (at, full) = (*index, std::mem::take(hashes));
        *index += 1;
        self.tile(level, at, &full)
    }

    /// Compares a tile of hashes.
    fn tile(&mut self, level: usize, index: u64, hashes: &[Hash]) -> io::Result<()> {
        let (Ok(level), Ok(width)) = (u8::try_from(level), u16::try_from(hashes.len())) else {
            return Ok(());
        };
        if width == 0 {
            return Ok(());
        }
        let content = Content::Hashes(level);
        let tile = TilePath {
            content,
            index,
            width,
        };
        let whole = TilePath {
            width: WIDTH,
            ..tile
        };
        let is: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        for path in [tile, whole] {
            let name = format!("tile/{path}");
            let right = match self.files.read(&name, MAX_TILE) {
                Ok(None) => continue,
                Ok(Some(found)) => found.get(..is.len()) == Some(&is),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => false,
                Err(error) => return Err(error),
            };
            if !right {
                self.wrong.push(name);
            }
            return Ok(());
        }
        self.missing.push(format!("tile/{tile}"));
        Ok(())
    }
}

fn tell_entries(report: &mut Report, walk: &Walk, checkpoint: &Checkpoint, root: Hash) {
    let many = count(checkpoint.size, "event");
    if root == checkpoint.root {
        report.proven(
            "entries",
            format!("All {many} are those that the checkpoint is of, in their order."),
        );
    } else {
        report.contradicted(
            "entries",
            format!(
                "The {many} here are not those that the checkpoint is of: one was changed, \
                 dropped, added or moved."
            ),
        );
    }
    for fault in &walk.faults {
        report.contradicted("entries", super::recording::capital(fault));
    }
    if !walk.told.twice.is_empty() {
        report.contradicted(
            "entries",
            format!("Sealed twice, and not alike: {}.", some(&walk.told.twice)),
        );
    }
    if !walk.wrong.is_empty() {
        report.contradicted(
            "tiles",
            format!("Not what the events give: {}.", some(&walk.wrong)),
        );
    }
    if !walk.missing.is_empty() {
        report.undecided("tiles", format!("Not here: {}.", some(&walk.missing)));
    }
    if walk.wrong.is_empty() && walk.missing.is_empty() {
        report.proven("tiles", "All tiles are what the events give.");
    }
}

fn compare(report: &mut Report, before: &Checkpoint, now: &Checkpoint, root: Option<Hash>) {
    let size = before.size;
    if now.size < size {
        report.contradicted(
            "last-seen",
            format!(
                "You saw a log of {}, and this one has {}: events were dropped, or this is an \
                 export from before.",
                count(size, "event"),
                now.size
            ),
        );
    } else if root == Some(before.root) {
        report.proven(
            "last-seen",
            format!(
                "The log continues the one that you saw: its first {} are the same.",
                count(size, "event")
            ),
        );
    } else if root.is_some() {
        report.contradicted(
            "last-seen",
            format!(
                "The log does not continue the one that you saw: its first {} are not the same.",
                count(size, "event")
            ),
        );
    } else {
        report.undecided(
            "last-seen",
            "Events are missing, so nobody can tell whether the log continues the one that you \
             saw.",
        );
    }
}

//! The same in Chromium, with the player that the pages use.

use std::fs;
use std::path::Path;
use std::process::Command;

use recorder::replay::Index;
use serde::Deserialize;

/// Milliseconds of each jump.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) first: f64,
    later: Vec<f64>,
}

impl Found {
    /// The later ones, in order of length, so many per cent from the first.
    pub(super) fn later(&self, percent: usize) -> f64 {
        let mut later = self.later.clone();
        later.sort_by(f64::total_cmp);
        let last = later.len().saturating_sub(1);
        later.get(last * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

pub(super) fn measure(index: &Index, cast: &[u8]) -> Result<Found, String> {
    let replay = harness::tools::workspace().join("web/replay");
    if !replay.join("node_modules/playwright-core").exists() {
        return Err("`make web` comes first".to_owned());
    }
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    write(index, cast, directory.path());
    let node = Command::new("node")
        .arg(replay.join("browser/seek.js"))
        .arg(directory.path())
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if !node.status.success() {
        return Err(String::from_utf8_lossy(&node.stderr).trim().to_owned());
    }
    serde_json::from_slice(&node.stdout).map_err(|error| error.to_string())
}

fn write(index: &Index, cast: &[u8], directory: &Path) {
    let json = index.to_json(|n| format!("{n}.json"));
    fs::write(directory.join("index.json"), json).expect("room for it");
    for n in 0..index.segments() {
        let offset = usize::try_from(index.offset(n).expect("a segment")).expect("in memory");
        let segment = index.segment(n, &cast[offset..]).expect("read");
        fs::write(
            directory.join(format!("{n}.json")),
            segment.expect("a segment"),
        )
        .expect("room for it");
    }
}

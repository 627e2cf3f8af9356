//! A scenario that no `mod` names is never run, and nobody notices.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness::tools::workspace;

#[test]
fn no_scenario_is_forgotten() {
    forgotten_in("tests/scenarios", "main.rs");
}

#[test]
fn no_part_of_the_harness_is_forgotten() {
    forgotten_in("tests/harness", "lib.rs");
}

/// Compares the files below `directory` with those that `root` reaches by `mod`.
fn forgotten_in(directory: &str, root: &str) {
    let directory = workspace().join(directory);
    let root = directory.join(root);
    let mut reached = BTreeSet::from([root.clone()]);
    follow(&root, &directory, &mut reached);
    let mut there = BTreeSet::new();
    list(&directory, &mut there);
    assert!(there.len() > 3, "the walk found next to nothing: {there:?}");
    let forgotten: Vec<_> = there.difference(&reached).collect();
    assert!(forgotten.is_empty(), "no `mod` names these: {forgotten:#?}");
}

fn follow(file: &Path, modules: &Path, reached: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(file).expect("a source file");
    for line in text.lines() {
        let declaration = line.trim().trim_start_matches("pub ");
        let Some(name) = declaration
            .strip_prefix("mod ")
            .and_then(|m| m.strip_suffix(';'))
        else {
            continue;
        };
        let path = modules.join(name).with_extension("rs");
        if path.is_file() && reached.insert(path.clone()) {
            follow(&path, &modules.join(name), reached);
        }
    }
}

fn list(directory: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
}

//! Each command that a text of ours tells people to type is one that is taken.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};

use super::Cli;

/// Where people read, or copy, commands of ours.
const ROOMS: &[&str] = &[
    "admin-api/src",
    "broker/src",
    "deploy",
    "docs",
    "domain/src",
    "drawbridge/src",
    "recorder/src",
    "store/src",
    "web/replay/src",
];

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in the workspace")
        .to_owned()
}

fn files(at: &Path, found: &mut Vec<PathBuf>) {
    if at.is_dir() {
        for entry in fs::read_dir(at).expect("a directory") {
            files(&entry.expect("an entry").path(), found);
        }
    } else if at.ends_with("named.rs") {
        // What is here is wrong on purpose.
    } else {
        found.push(at.to_owned());
    }
}

/// The commands in a text, each as it goes on to the end of its line or of its quotes.
/// A line that a backslash continues is one.
fn commands(text: &str) -> Vec<String> {
    let mut whole = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.to_owned();
        while line.ends_with('\\') {
            line.pop();
            line.push_str(lines.next().unwrap_or_default().trim_start());
        }
        whole.push_str(&line.replace("\\n", "\n"));
        whole.push('\n');
    }
    let mut found = Vec::new();
    for line in whole.lines() {
        for (start, _) in line.match_indices("drawbridge ") {
            let before = line[..start].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || "-_{".contains(before)) {
                continue;
            }
            let rest = &line[start + "drawbridge ".len()..];
            let quote = before.filter(|before| "`\"'".contains(*before));
            let end = rest.find(|c| Some(c) == quote || "`;|>#".contains(c));
            found.push(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    found
}

/// What is wrong with a command: that there is none, or no such flag. A word that no
/// command has is prose, unless it follows one that needs another.
fn wrong(root: &Command, typed: &str) -> Option<String> {
    let mut at = root;
    let mut words = typed.split_whitespace().map(bare).peekable();
    while let Some(next) = words.peek().and_then(|word| at.find_subcommand(word)) {
        at = next;
        words.next();
    }
    if std::ptr::eq(at, root) {
        return None;
    }
    let name = at.get_name();
    if at.has_subcommands()
        && let Some(word) = words.peek()
        && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && !word.is_empty()
    {
        return Some(format!("`{name}` has no `{word}`"));
    }
    let globals = root.get_arguments().filter(|one| one.is_global_set());
    let known: Vec<_> = at.get_arguments().chain(globals).collect();
    for word in words.take_while(|word| *word != "--") {
        let Some(flag) = word.strip_prefix("--") else {
            continue;
        };
        let flag = flag.split('=').next().unwrap_or_default();
        let usual = ["help", "version"].contains(&flag);
        if !usual && !known.iter().any(|one| one.get_long() == Some(flag)) {
            return Some(format!("`{name}` has no `--{flag}`"));
        }
    }
    None
}

/// A word without what punctuates it.
fn bare(word: &str) -> &str {
    word.trim_end_matches(['.', ',', ':', ')', ']', '"', '\''])
        .trim_start_matches(['[', '('])
}

#[test]
fn each_command_that_is_named_is_taken() {
    let root = Cli::command();
    let house = house();
    let mut texts = Vec::new();
    for room in ROOMS {
        files(&house.join(room), &mut texts);
    }
    for entry in fs::read_dir(&house).expect("the house") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            texts.push(path);
        }
    }
    let (mut named, mut bad) = (0, Vec::new());
    for path in texts {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for typed in commands(&text) {
            named += 1;
            if let Some(why) = wrong(&root, &typed) {
                bad.push(format!("{}: drawbridge {typed}: {why}", path.display()));
            }
        }
    }
    assert!(named > 100, "only {named} commands were found");
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn what_is_not_taken_is_found() {
    let root = Cli::command();
    for (text, why) in [
        (
            "why: drawbridge audit \\\n     list --action recorder.",
            "`audit` has no `list`",
        ),
        (
            "`drawbridge audit tail --kind x` and",
            "`tail` has no `--kind`",
        ),
        (
            "\"drawbridge recording export ID --bundel\"",
            "`export` has no `--bundel`",
        ),
    ] {
        let found: Vec<_> = commands(text)
            .iter()
            .filter_map(|typed| wrong(&root, typed))
            .collect();
        assert_eq!(found, [why], "{text}");
    }
    for text in [
        "`drawbridge audit`, which --nothing",
        "drawbridge can't be reached",
        "drawbridge grant connect --exec -- ls --all",
        "drawbridge session end ID --reason 'x' --output json",
    ] {
        let found = commands(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(wrong(&root, &found[0]), None, "{text}");
    }
}

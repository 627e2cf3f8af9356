//! `drawbridge audit export`: the transparency log as files, laid out as it is
//! served, so that it can be checked with no server.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ledger::tile::Content;
use ledger::{Checkpoint, Frontier, Note, TilePath, bundle, leaf_hash};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::private;

/// Where to.
#[derive(Args, Debug)]
#[command(after_help = "\
The directory gets the files of c2sp.org/tlog-tiles (checkpoint, tile/...), the public
keys (log.vkeys) and the notes by which keys were changed (log.handovers). What is in
the events is in it: keep it as you keep the audit log.")]
pub struct Export {
    /// A directory that is empty or not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Shows the public key of the log.
pub(super) async fn key(context: &Context) -> Result<(), Failure> {
    let keys = text(context.client.fetch("/log/vkeys").await?)?;
    let key = keys.lines().next().ok_or_else(|| {
        Failure::failed("The broker tells no key of its log. Is it as new as this program?")
    })?;
    context.done(&json!({ "key": key }), key, key)
}

pub(super) async fn run(context: &Context, args: Export) -> Result<(), Failure> {
    let out = args.out;
    make_empty(&out)?;
    let client = &context.client;
    for (file, path) in [
        ("log.vkeys", "/log/vkeys"),
        ("log.handovers", "/log/handovers"),
    ] {
        write(&out.join(file), &client.fetch(path).await?)?;
    }
    let served = client.fetch("/log/checkpoint").await?;
    let checkpoint = read(&served)?;
    let mut found = Frontier::default();
    for path in TilePath::all(checkpoint.size) {
        let path_text = path.to_string();
        let bytes = client.fetch(&format!("/log/tile/{path_text}")).await?;
        if path.content == Content::Entries {
            let leaves = bundle::read(&bytes).map_err(|error| not_a_log(&error))?;
            for leaf in leaves {
                found.append(leaf_hash(leaf), |_, _| {});
            }
        }
        write(&out.join("tile").join(path_text), &bytes)?;
    }
    // Last: where there is a checkpoint, the rest is there.
    write(&out.join("checkpoint"), &served)?;
    let Checkpoint {
        origin, size, root, ..
    } = checkpoint;
    if (found.size(), found.root()) != (size, root) {
        return Err(Failure::failed(format!(
            "The log was written to {}, but its entries are not those that its checkpoint of \
             {size} entries has signed: they were changed. Keep this directory, and look into it.",
            out.display()
        )));
    }
    let shown = out.display();
    let done =
        json!({ "log": origin, "size": size, "root": root.to_hex(), "out": shown.to_string() });
    let text = format!("The log {origin} is in {shown}: {size} entries, which fit its checkpoint.");
    context.done(&done, &shown.to_string(), &text)
}

fn read(served: &[u8]) -> Result<Checkpoint, Failure> {
    let note = Note::parse(served).map_err(|error| not_a_log(&error))?;
    Checkpoint::parse(note.text()).map_err(|error| not_a_log(&error))
}

fn not_a_log(error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("The broker's log can't be read: {error}."))
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| not_a_log(&error))
}

fn make_empty(out: &Path) -> Result<(), Failure> {
    let failed = || format!("{} can't be used", out.display());
    private::make_dir(out).with_context(failed)?;
    let mut inside = fs::read_dir(out).with_context(failed)?;
    if inside.next().is_some() {
        return Err(Failure::usage(format!(
            "{} is not empty. Name another directory, so that nothing is overwritten.",
            out.display()
        )));
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        if let Some(parent) = path.parent() {
            private::make_dir(parent)?;
        }
        private::write(path, bytes)
    };
    Ok(write().with_context(|| format!("{} can't be written", path.display()))?)
}

//! The key that the transparency log is signed with: a file of its own, so that
//! whoever has the database alone can't sign what they made of it.
//!
//! A new key waits in a file beside it until the database has the hand-over. A
//! crash in between is made good at the next start: the database says which of
//! the two the log's key is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::{Actor, Random};
use ledger::{KeyKind, SigningKey, VerifierKey};
use store::Store;

use super::files::DataDir;
use super::{Parts, open_store};
use crate::config::Config;
use crate::note_key::{self, save};
use crate::private;

/// How the log is signed from now on.
#[derive(Debug)]
pub(crate) struct Rotated {
    /// The key until now.
    pub(crate) old: VerifierKey,
    /// The key from now on.
    pub(crate) new: VerifierKey,
    /// The file that holds it.
    pub(crate) file: PathBuf,
}

/// The key files of a data directory.
struct Files {
    key: PathBuf,
    next: PathBuf,
}

impl Files {
    fn of(data: &DataDir) -> anyhow::Result<Self> {
        let directory = data.path("keys");
        private::make_dir(&directory)
            .with_context(|| format!("{} can't be made", directory.display()))?;
        Ok(Self {
            key: directory.join("log.key"),
            next: directory.join("log.key.next"),
        })
    }

    /// Puts what a rotation left into order.
    fn settle(&self, current: Option<&VerifierKey>) -> anyhow::Result<()> {
        match load(&self.next)? {
            Some(next) if Some(next.verifier()) == current => self.take_next(),
            Some(_) => fs::remove_file(&self.next)
                .with_context(|| format!("{} can't be removed", self.next.display())),
            None => Ok(()),
        }
    }

    fn take_next(&self) -> anyhow::Result<()> {
        fs::rename(&self.next, &self.key)
            .and_then(|()| private::sync_parent(&self.key))
            .with_context(|| format!("{} can't be put in its place", self.next.display()))
    }
}

/// The log's key, made at the first start.
///
/// `host` is what people reach the broker by; the log is named after it once and
/// for all.
pub(super) async fn open(
    data: &DataDir,
    store: &Store,
    host: &str,
    random: &dyn Random,
) -> anyhow::Result<SigningKey> {
    let files = Files::of(data)?;
    let current = store.log_key().await?;
    files.settle(current.as_ref())?;
    let shown = files.key.display();
    match (load(&files.key)?, current) {
        (Some(key), Some(current)) if *key.verifier() == current => Ok(key),
        (Some(key), Some(current)) => bail!(
            "{shown} is not the key that the log is signed with, which is {current}, but {}. \
             Put the right file back; if it is lost, a new key can be made with the server \
             stopped: drawbridge audit rotate-key --lost",
            key.verifier()
        ),
        (None, Some(current)) => bail!(
            "the log's key, {shown}, is missing; its public half is {current}. Put the file back \
             from a backup; if it is lost, a new key can be made with the server stopped: \
             drawbridge audit rotate-key --lost"
        ),
        (Some(key), None) => {
            store.begin_log(&Actor::system(), key.verifier()).await?;
            Ok(key)
        }
        (None, None) => {
            let key = make(&format!("{host}/log/{}", note_key::tail(random)), random)?;
            save(&files.key, &key)?;
            store.begin_log(&Actor::system(), key.verifier()).await?;
            tracing::info!(key = %key.verifier(), "log.key_made");
            Ok(key)
        }
    }
}

/// Gives the log a new key, with the server stopped. The old one signs which key
/// follows it, unless it is `lost`.
pub(crate) async fn rotate(config: &Config, parts: &Parts, lost: bool) -> anyhow::Result<Rotated> {
    let data = DataDir::open(&config.data)?;
    let _lock = data.lock()?;
    let store = open_store(&data, &parts.clock, &parts.random).await?;
    let rotated = rotate_in(&data, &store, parts, lost).await;
    store.close().await;
    rotated
}

async fn rotate_in(
    data: &DataDir,
    store: &Store,
    parts: &Parts,
    lost: bool,
) -> anyhow::Result<Rotated> {
    let files = Files::of(data)?;
    let Some(current) = store.log_key().await? else {
        bail!("the log has no key yet: the server makes it at its first start");
    };
    files.settle(Some(&current))?;
    let new = make(current.name(), parts.random.as_ref())?;
    let old = load(&files.key)?;
    let host = Actor::host();
    match old.filter(|old| *old.verifier() == current) {
        Some(_) if lost => bail!(
            "the log's key is not lost: it is {}. Leave --lost out, so that it can hand over",
            files.key.display()
        ),
        Some(old) => {
            save(&files.next, &new)?;
            store.hand_over_log(&host, &old, new.verifier()).await?;
        }
        None if lost => {
            save(&files.next, &new)?;
            store.replace_lost_log_key(&host, new.verifier()).await?;
        }
        None => bail!(
            "{} is not the key that the log is signed with, which is {current}, or is missing. \
             Put the right file back; if it is lost, add --lost",
            files.key.display()
        ),
    }
    files.take_next()?;
    store.sign_checkpoint(&new).await?;
    Ok(Rotated {
        old: current,
        new: new.verifier().clone(),
        file: files.key,
    })
}

fn make(name: &str, random: &dyn Random) -> anyhow::Result<SigningKey> {
    note_key::make(name, KeyKind::Note, random)
}

fn load(path: &Path) -> anyhow::Result<Option<SigningKey>> {
    note_key::load(path, KeyKind::Note)
}

#[cfg(test)]
mod tests;

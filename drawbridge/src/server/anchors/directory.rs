//! A directory, such as one that a data diode or another machine takes from.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use ledger::Note;
use store::LogCheckpoint;
use tokio::sync::Mutex;

use super::{Publishing, Target};
use crate::private::sync_parent;

/// `checkpoint` is the newest one; `checkpoints/SIZE` are all of them.
pub(super) struct Directory {
    path: PathBuf,
    /// Held while it is written: a share that hangs must not take thread after
    /// thread.
    busy: Arc<Mutex<()>>,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            busy: Arc::default(),
        }
    }
}

impl Target for Directory {
    fn publish<'a>(&'a self, checkpoint: &'a LogCheckpoint) -> Publishing<'a> {
        Box::pin(async move {
            let busy = Arc::clone(&self.busy).try_lock_owned();
            let busy = busy.map_err(|_| anyhow!("it still hangs in the attempt before"))?;
            let (path, checkpoint) = (self.path.clone(), checkpoint.clone());
            let write = move || {
                let _busy = busy;
                write(&path, &checkpoint)
            };
            tokio::task::spawn_blocking(write).await?
        })
    }
}

fn write(directory: &Path, checkpoint: &LogCheckpoint) -> anyhow::Result<()> {
    let all = directory.join("checkpoints");
    // Not made with those above it: where a disk is not mounted, nothing is written.
    match fs::create_dir(&all) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => open_to_others(&all, 0o755).and_then(|()| sync_parent(&all)),
    }
    .with_context(|| format!("{} can't be made", all.display()))?;
    let kept = all.join(checkpoint.size.to_string());
    refuse_another(&kept, checkpoint)?;
    for path in [kept, directory.join("checkpoint")] {
        replace(&path, checkpoint.note.as_bytes())
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(())
}

/// What was written of another history is the evidence of it, and stays.
fn refuse_another(kept: &Path, checkpoint: &LogCheckpoint) -> anyhow::Result<()> {
    let shown = kept.display();
    let former = match fs::read(kept) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        former => former.with_context(|| format!("{shown} can't be read"))?,
    };
    let former = Note::parse(&former).with_context(|| format!("{shown} is no checkpoint"))?;
    let new = Note::parse(checkpoint.note.as_bytes())?;
    if former.text() != new.text() {
        bail!(
            "{shown} is another checkpoint than the log has of that size now: either the log \
             was changed, or another log has written there. It was left as it is"
        );
    }
    Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    open_to_others(&beside, 0o644)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_parent(path)
}

/// Others shall take it from there; the service's umask is closed to them.
fn open_to_others(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

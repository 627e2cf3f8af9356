//! What a witness remembers: of each log the newest checkpoint that it has signed,
//! in a file. The file is durable before the signature leaves, or a crash could
//! make the witness sign a second history.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use domain::{Clock, Random};
use ledger::witness::{AddCheckpoint, BadRequest, Refused, Seen, decide, log_of};
use ledger::{Checkpoint, Hash, KeyKind, Note, Signature, SigningKey, VerifierKey};

use super::key;
use crate::private;

/// The witness's key, its logs, and the directory that it remembers in.
pub(super) struct Memory {
    directory: PathBuf,
    key: SigningKey,
    logs: Vec<VerifierKey>,
    clock: Arc<dyn Clock>,
    /// Held while it is looked at what was signed and the new is written.
    turn: Mutex<()>,
    _lock: File,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSigned {
    /// The request can't be read.
    #[error(transparent)]
    Bad(#[from] BadRequest),
    /// The witness does not sign that.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not remember that it did.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl Memory {
    /// Opens the directory, and makes what is missing in it.
    pub(super) fn open(
        state: &Path,
        logs: Vec<VerifierKey>,
        name: Option<&str>,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> anyhow::Result<Self> {
        let directory = state.join("logs");
        private::make_dir(&directory)
            .and_then(|()| private::sync_parent(&directory))
            .with_context(|| format!("the directory {} can't be made", directory.display()))?;
        let lock = lock(&state.join("lock"))?;
        let memory = Self {
            directory,
            key: key::open(&key::file(state), name, random)?,
            logs,
            clock,
            turn: Mutex::new(()),
            _lock: lock,
        };
        for log in &memory.logs {
            // Better told at the start than to a log's first request.
            memory.seen(log.name())?;
        }
        Ok(memory)
    }

    /// What its signatures are checked with.
    pub(super) const fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The witness's signature on the checkpoint in the request, once it is durable
    /// that it gave it.
    pub(super) fn sign(&self, request: &[u8]) -> Result<String, NotSigned> {
        let request = AddCheckpoint::parse(request)?;
        let origin = log_of(&request)?.origin;
        // A panic elsewhere has left the file whole: it is replaced at once.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // The name of an unknown log must not be looked for on the disk.
        let known = self.logs.iter().any(|key| key.name() == origin);
        let seen = if known {
            self.seen(&origin).map_err(NotSigned::Failed)?
        } else {
            Seen::nothing()
        };
        let accepted = decide(&request, &self.logs, &seen).inspect_err(|why| {
            if matches!(why, Refused::Unproven(_)) {
                // Signed by the log, it proves what the log did.
                let note = request.note.to_string();
                tracing::error!(log = origin, signed = seen.size, %why, note, "witness.not_continued");
            }
        })?;
        let at = self.clock.now().as_millis() / 1000;
        if at == 0 {
            let text = "the clock is not set, and a signature without a time is none";
            return Err(NotSigned::Failed(anyhow::anyhow!(text)));
        }
        let answer = accepted.answer(&self.key, at);
        let note = self.remembered(&request.note, &answer)?;
        private::write(&self.file(&origin), note.to_string().as_bytes())
            .with_context(|| format!("what was signed of {origin} can't be written down"))
            .map_err(NotSigned::Failed)?;
        let size = accepted.checkpoint.size;
        tracing::info!(log = origin, size, "witness.signed");
        Ok(answer)
    }

    /// The checkpoint with the signatures of its log and of this witness, and no
    /// others: whoever asks may have added any.
    fn remembered(&self, note: &Note, answer: &str) -> Result<Note, NotSigned> {
        let keys: Vec<_> = self
            .logs
            .iter()
            .map(|key| key.of_kind(KeyKind::Note))
            .collect();
        let mine = answer.strip_suffix('\n').and_then(Signature::parse_line);
        let by_log = note
            .signatures()
            .iter()
            .filter(|signature| keys.iter().any(|key| key.is_named_by(signature)));
        let kept = Note::new(note.text()).map_err(BadRequest::Note)?;
        let kept = by_log.cloned().chain(mine).fold(kept, Note::with);
        // What could not be read again must not be signed.
        let kept = Note::parse(kept.to_string().as_bytes()).map_err(BadRequest::Note)?;
        Ok(kept)
    }

    /// What was signed last of the log with that name.
    fn seen(&self, origin: &str) -> anyhow::Result<Seen> {
        let path = self.file(origin);
        let shown = path.display();
        let note = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Seen::nothing()),
            note => note.with_context(|| format!("{shown} can't be read"))?,
        };
        let why = || {
            format!(
                "{shown} is not what this witness signed last of {origin}: put it back from a \
                 backup, or begin anew with another directory and another key"
            )
        };
        let note = Note::parse(&note).with_context(why)?;
        note.verify([self.key()]).with_context(why)?;
        let checkpoint = Checkpoint::parse(note.text()).with_context(why)?;
        if checkpoint.origin != origin {
            bail!(why());
        }
        Ok(Seen {
            size: checkpoint.size,
            root: checkpoint.root,
        })
    }

    /// A log's name may have any characters, and a file's may not.
    fn file(&self, origin: &str) -> PathBuf {
        self.directory.join(Hash::of(origin.as_bytes()).to_hex())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory of {} in {:?}", self.key(), self.directory)
    }
}

/// Keeps a second witness out: each would not know what the other signs.
fn lock(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} can't be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another witness has {}; stop it first, or name another directory",
            path.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", path.display()))
        }
    }
}

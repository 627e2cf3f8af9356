//! Checkpoints: what the log has signed about itself, and what witnesses have
//! signed beside it. Signing changes nothing that an event would tell of, so it
//! is the one thing that is committed without one.

use std::time::Duration;

use domain::Timestamp;
use ledger::{Checkpoint, Hash, Note, Signature, SigningKey};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use tokio::sync::watch;

use super::{LogFault, int, keys, tree};
use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;
use crate::tx::begin;

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCheckpoint {
    /// How many leaves the log had.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// When the log signed it, or signed it again.
    pub at: Timestamp,
    /// The signed note: by the log, and by the witnesses that have answered.
    pub note: String,
}

macro_rules! checkpoints {
    ($rest:literal) => {
        concat!("SELECT size, root, at, note FROM log_checkpoints ", $rest)
    };
}

impl Store {
    /// Counts up after every checkpoint that is signed.
    #[must_use]
    pub fn checkpoints_signed(&self) -> watch::Receiver<u64> {
        self.inner.signed.subscribe()
    }

    /// Signs what the log is now. Of the same size as before, the checkpoint gets a
    /// newer time.
    ///
    /// # Errors
    /// When the log does not continue what it signed before, which only somebody
    /// who changed the database brings about; when its key is another one; or when
    /// the database fails.
    pub async fn sign_checkpoint(&self, key: &SigningKey) -> Result<LogCheckpoint, StoreError> {
        let mut tx = begin(&self.inner).await?;
        keys::refuse_another(&mut tx, key.verifier()).await?;
        let head = tree::head(&mut tx).await?;
        if let Some(former) = newest(&mut tx).await? {
            continues(&mut tx, head.size, &former).await?;
        }
        // Not from before: the database was waited for.
        let at = self.now();
        let checkpoint = Checkpoint {
            origin: key.name().to_owned(),
            size: head.size,
            root: head.root,
            extensions: Vec::new(),
        };
        let note = checkpoint
            .sign(key, at.as_millis() / 1000)
            .map_err(StoreError::log_note)?;
        sqlx::query(concat!(
            "INSERT INTO log_checkpoints (size, root, at, note) VALUES ($1, $2, $3, $4)",
            " ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note",
        ))
        .bind(int(head.size))
        .bind(head.root.as_bytes().as_slice())
        .bind(at.as_micros())
        .bind(note.to_string())
        .execute(&mut *tx)
        .await?;
        let signed = LogCheckpoint {
            size: head.size,
            root: head.root,
            at,
            note: note.to_string(),
        };
        let signed = cosigned(&mut tx, signed).await?;
        tx.commit().await?;
        self.inner
            .signed
            .send_modify(|count| *count = count.wrapping_add(1));
        Ok(signed)
    }

    /// The newest checkpoint, with the signatures of witnesses that it has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_checkpoint(&self) -> Result<Option<LogCheckpoint>, StoreError> {
        let mut tx = self.read().await?;
        match newest(&mut tx).await? {
            Some(checkpoint) => cosigned(&mut tx, checkpoint).await.map(Some),
            None => Ok(None),
        }
    }

    /// The checkpoint of that size, if there is one, with the signatures of
    /// witnesses that it has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint_of(&self, size: u64) -> Result<Option<LogCheckpoint>, StoreError> {
        let mut tx = self.read().await?;
        let row = sqlx::query(checkpoints!("WHERE size = $1"))
            .bind(int(size))
            .fetch_optional(&mut *tx)
            .await?;
        match row {
            Some(row) => cosigned(&mut tx, checkpoint(&row)?).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether a recording was sealed since the newest checkpoint was signed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seal_to_be_signed(&self) -> Result<bool, StoreError> {
        let sql = concat!(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE action = 'recording.sealed'",
            " AND seq > (SELECT coalesce(max(size), 0) FROM log_checkpoints))",
        );
        Ok(sqlx::query_scalar(sql)
            .fetch_one(&self.inner.readers)
            .await?)
    }

    /// Adds signatures of witnesses to the checkpoint of that size. Whether they
    /// hold, the caller has found out.
    ///
    /// # Errors
    /// When there is no such checkpoint, or the database fails.
    pub async fn add_cosignatures(
        &self,
        size: u64,
        signatures: &[Signature],
    ) -> Result<(), StoreError> {
        let mut tx = begin(&self.inner).await?;
        let there = sqlx::query("SELECT 1 FROM log_checkpoints WHERE size = $1")
            .bind(int(size))
            .fetch_optional(&mut *tx)
            .await?;
        there.ok_or_else(|| StoreError::missing("checkpoint", size))?;
        for signature in signatures {
            sqlx::query(concat!(
                "INSERT INTO log_cosignatures (size, name, key_id, line, at)",
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (size, name, key_id)",
                " DO UPDATE SET line = excluded.line, at = excluded.at",
            ))
            .bind(int(size))
            .bind(&signature.name)
            .bind(signature.id.as_slice())
            .bind(signature.to_string())
            .bind(self.now().as_micros())
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The newest checkpoint as the log signed it.
pub(super) async fn newest(
    conn: &mut SqliteConnection,
) -> Result<Option<LogCheckpoint>, StoreError> {
    let row = sqlx::query(checkpoints!("ORDER BY size DESC LIMIT 1"))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(checkpoint).transpose()
}

/// The newest checkpoint that covers leaf `index`; rather one that a witness has
/// signed, if it is at most `older` older.
pub(super) async fn covering(
    conn: &mut SqliteConnection,
    index: u64,
    older: Duration,
) -> Result<Option<LogCheckpoint>, StoreError> {
    let Some(newest) = newest(conn).await?.filter(|newest| newest.size > index) else {
        return Ok(None);
    };
    let witnessed = sqlx::query(checkpoints!(
        "WHERE size = (SELECT max(size) FROM log_cosignatures WHERE size > $1)"
    ))
    .bind(int(index))
    .fetch_optional(&mut *conn)
    .await?;
    let witnessed = witnessed.as_ref().map(checkpoint).transpose()?;
    let recent = witnessed.filter(|one| newest.at.since(one.at) <= older);
    cosigned(conn, recent.unwrap_or(newest)).await.map(Some)
}

/// Whether the tree of `leaves` continues what was signed.
pub(super) async fn continues(
    conn: &mut SqliteConnection,
    leaves: u64,
    signed: &LogCheckpoint,
) -> Result<(), StoreError> {
    let size = signed.size;
    if size > leaves {
        let signed = size;
        return Err(LogFault::RolledBack { signed, leaves }.into());
    }
    if tree::root(conn, size).await? == signed.root {
        Ok(())
    } else {
        Err(LogFault::NotAsSigned { size }.into())
    }
}

fn checkpoint(row: &SqliteRow) -> Result<LogCheckpoint, StoreError> {
    let fields = Fields::new(row, "log_checkpoints", "note")?;
    Ok(LogCheckpoint {
        size: fields.count("size")?,
        root: tree::hash(row, "root")?,
        at: fields.time("at")?,
        note: fields.get("note")?,
    })
}

async fn cosigned(
    conn: &mut SqliteConnection,
    checkpoint: LogCheckpoint,
) -> Result<LogCheckpoint, StoreError> {
    let rows =
        sqlx::query("SELECT line FROM log_cosignatures WHERE size = $1 ORDER BY name, key_id")
            .bind(int(checkpoint.size))
            .fetch_all(conn)
            .await?;
    let mut note = Note::parse(checkpoint.note.as_bytes()).map_err(StoreError::log_note)?;
    for row in &rows {
        let line: &str = row.try_get("line")?;
        note = note.with(Signature::parse_line(line).ok_or_else(|| StoreError::Row {
            table: "log_cosignatures",
            column: "line",
            row: checkpoint.size.to_string(),
            why: "it is no signature of a note".to_owned(),
        })?);
    }
    Ok(LogCheckpoint {
        note: note.to_string(),
        ..checkpoint
    })
}

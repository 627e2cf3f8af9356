//! The log's keys, one after another: only their public halves are kept here.

use domain::{Actor, Draft};
use ledger::{Handover, SigningKey, VerifierKey};
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::{checkpoints, int, tree};
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;

impl Store {
    /// The key that the log signs with; none before its first one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_key(&self) -> Result<Option<VerifierKey>, StoreError> {
        let mut tx = self.read().await?;
        current(&mut tx).await
    }

    /// The log has its first key.
    ///
    /// # Errors
    /// When it has one already, or the database fails.
    pub async fn begin_log(&self, actor: &Actor, key: &VerifierKey) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if let Some(former) = current(tx.conn()).await? {
            return Err(another(&former).into());
        }
        let size = tree::size(tx.conn()).await?;
        add(&mut tx, key, size, None).await?;
        let draft = Draft::new("log.key_made", "log", key.name())
            .after(json!({ "key": key.to_string(), "size": size }));
        tx.commit(actor, draft).await
    }

    /// Hands the log over to a new key, by a note that the old one signs.
    ///
    /// # Errors
    /// When the old key is not the log's, the new one is of another log or was in
    /// use before, or the database fails.
    pub async fn hand_over_log(
        &self,
        actor: &Actor,
        old: &SigningKey,
        new: &VerifierKey,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let former = current(tx.conn()).await?;
        match &former {
            Some(former) if former == old.verifier() => {}
            Some(former) => return Err(another(former).into()),
            None => return Err(StoreError::missing("key of log", old.name())),
        }
        let head = tree::head(tx.conn()).await?;
        if let Some(signed) = checkpoints::newest(tx.conn()).await? {
            checkpoints::continues(tx.conn(), head.size, &signed).await?;
        }
        let note = Handover::sign(old, new, head.size)
            .map_err(|error| Refusal::new("bad_handover", error.to_string()))?;
        add(&mut tx, new, head.size, Some(note.to_string())).await?;
        let draft = Draft::new("log.key_changed", "log", new.name())
            .before(json!({ "key": old.verifier().to_string() }))
            .after(json!({ "key": new.to_string(), "size": head.size }));
        tx.commit(actor, draft).await
    }

    /// Gives the log a new key without a hand-over, because the old one is lost.
    /// Whoever trusts the old one does not trust this one by itself.
    ///
    /// # Errors
    /// When the log has no key, the new one is of another log or was in use before,
    /// or the database fails.
    pub async fn replace_lost_log_key(
        &self,
        actor: &Actor,
        new: &VerifierKey,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let former = current(tx.conn()).await?;
        let former = former.ok_or_else(|| StoreError::missing("key of log", new.name()))?;
        if former.name() != new.name() {
            return Err(another(&former).into());
        }
        let size = tree::size(tx.conn()).await?;
        add(&mut tx, new, size, None).await?;
        let draft = Draft::new("log.key_lost", "log", new.name())
            .before(json!({ "key": former.to_string() }))
            .after(json!({ "key": new.to_string(), "size": size }));
        tx.commit(actor, draft).await
    }

    /// The notes by which keys were handed over, one after another; empty if the
    /// key was never changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_handovers(&self) -> Result<String, StoreError> {
        let sql = "SELECT handover FROM log_keys WHERE handover IS NOT NULL ORDER BY number";
        let notes: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(notes.concat())
    }
}

async fn current(conn: &mut SqliteConnection) -> Result<Option<VerifierKey>, StoreError> {
    let row = sqlx::query("SELECT key FROM log_keys ORDER BY number DESC LIMIT 1")
        .fetch_optional(conn)
        .await?;
    let key = |row| Fields::new(row, "log_keys", "key")?.parse("key");
    row.as_ref().map(key).transpose()
}

/// Refuses a key that is not the log's. One that has none yet has no other.
pub(super) async fn refuse_another(
    conn: &mut SqliteConnection,
    key: &VerifierKey,
) -> Result<(), StoreError> {
    match current(conn).await? {
        Some(current) if current != *key => Err(another(&current).into()),
        Some(_) | None => Ok(()),
    }
}

async fn add(
    tx: &mut WriteTx,
    key: &VerifierKey,
    size: u64,
    handover: Option<String>,
) -> Result<(), StoreError> {
    let used = sqlx::query("SELECT 1 FROM log_keys WHERE key = $1")
        .bind(key.to_string())
        .fetch_optional(tx.conn())
        .await?;
    if used.is_some() {
        let text = "this key was the log's before, and a key never comes back; make a new one";
        return Err(Refusal::new("key_used_before", text).into());
    }
    sqlx::query("INSERT INTO log_keys (key, size, handover, at) VALUES ($1, $2, $3, $4)")
        .bind(key.to_string())
        .bind(int(size))
        .bind(handover)
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

fn another(key: &VerifierKey) -> Refusal {
    let text = format!("the log's key is another one, {key}");
    Refusal::new("other_key", text)
}

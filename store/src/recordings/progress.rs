//! What the log commits to of a recording before its seal. The events themselves are
//! the only record of it: they can't be changed.

use domain::{Actor, Draft, SessionId, Timestamp};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;

use super::{RecordingSeal, hex};
use crate::error::StoreError;
use crate::log::{Commits, Leaf, about};
use crate::row::Fields;
use crate::store::Store;

/// A recording that is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsealedRecording {
    /// Its session.
    pub session: SessionId,
    /// Its channel.
    pub channel: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// So many lines of its manifest the log commits to already.
    pub committed: u64,
}

/// A manifest without a chunk has its first line.
const NO_CHUNKS: u64 = 1;

impl Store {
    /// Commits to the recording of a channel as far as it is: `so_far` is all of its
    /// manifest, durably kept. `false` if there is nothing new to commit to, or it is
    /// sealed.
    ///
    /// # Errors
    /// When there is no such recording, or the database fails.
    pub async fn commit_progress(
        &self,
        session: SessionId,
        channel: u32,
        so_far: RecordingSeal,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let sealed: Option<Option<String>> = sqlx::query_scalar(
            "SELECT root FROM recordings WHERE session_id = $1 AND channel = $2",
        )
        .bind(session.to_string())
        .bind(i64::from(channel))
        .fetch_optional(tx.conn())
        .await?;
        let sealed = sealed
            .ok_or_else(|| StoreError::missing("recording", format!("{session}/{channel}")))?;
        let former = committed(tx.conn(), session, channel).await?;
        let lines = former.last().map_or(NO_CHUNKS, |former| former.lines);
        if sealed.is_some() || so_far.lines <= lines {
            return Ok(false);
        }
        let draft = Draft::new("recording.progress", "session", session).after(json!({
            "channel": channel,
            "lines": so_far.lines,
            "root": hex(&so_far.root),
        }));
        tx.commit(&Actor::system(), draft).await?;
        Ok(true)
    }

    /// What the log commits to of the recording of a channel, beside its seal, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn progress_of(
        &self,
        session: SessionId,
        channel: u32,
    ) -> Result<Vec<RecordingSeal>, StoreError> {
        committed(&mut *self.read().await?, session, channel).await
    }

    /// Recordings that are not sealed. Before anybody is let in, those are the ones
    /// that a former run left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unsealed_recordings(&self) -> Result<Vec<UnsealedRecording>, StoreError> {
        let mut tx = self.read().await?;
        let rows = sqlx::query(concat!(
            "SELECT session_id, channel, started_at FROM recordings WHERE root IS NULL",
            " ORDER BY session_id",
        ))
        .fetch_all(&mut *tx)
        .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let fields = Fields::new(row, "recordings", "session_id")?;
            let (session, channel) = (fields.parse("session_id")?, fields.count("channel")?);
            let former = committed(&mut tx, session, channel).await?;
            all.push(UnsealedRecording {
                session,
                channel,
                started_at: fields.time("started_at")?,
                committed: former.last().map_or(0, |former| former.lines),
            });
        }
        Ok(all)
    }
}

async fn committed(
    conn: &mut SqliteConnection,
    session: SessionId,
    channel: u32,
) -> Result<Vec<RecordingSeal>, StoreError> {
    let rows = about(conn, Commits::Progress, session, channel).await?;
    rows.iter()
        .map(|row| {
            let read = Leaf::of(row)?.after.and_then(read);
            let bad = || Ok(Fields::new(row, "audit", "id")?.bad("after", "no such progress"));
            read.map_or_else(|| bad().and_then(Err), Ok)
        })
        .collect()
}

fn read(after: &str) -> Option<RecordingSeal> {
    let after: Value = serde_json::from_str(after).ok()?;
    let root = ledger::Hash::from_hex(after.get("root")?.as_str()?).ok()?;
    Some(RecordingSeal {
        lines: after.get("lines")?.as_u64()?,
        root: root.0,
    })
}

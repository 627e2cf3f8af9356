//! The transaction of the index. It is the one that commits without an event, so
//! it has no statement but those that are listed here.

use domain::SessionId;
use sqlx::sqlite::Sqlite;
use sqlx::{QueryBuilder, Row, Transaction};

use super::fill::{IndexState, Line};
use crate::error::StoreError;
use crate::store::Store;

/// Row ids of lines are the recording's number in the index times this.
pub(super) const LINES_EACH: i64 = 1 << 24;

/// A change to the index that is not yet made.
pub(super) struct IndexTx {
    tx: Transaction<'static, Sqlite>,
}

impl IndexTx {
    pub(super) async fn begin(store: &Store) -> Result<Self, StoreError> {
        let tx = store.inner.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Self { tx })
    }

    /// Notes how far the index of a recording is, and gives its number in it.
    pub(super) async fn state(
        &mut self,
        session: SessionId,
        channel: u32,
        state: IndexState,
        lines: i64,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(concat!(
            "INSERT INTO screen_index (session_id, channel, state, lines) VALUES ($1, $2, $3, $4)",
            " ON CONFLICT (session_id, channel) DO UPDATE",
            " SET state = excluded.state, lines = excluded.lines RETURNING id",
        ))
        .bind(session.to_string())
        .bind(i64::from(channel))
        .bind(state.as_str())
        .bind(lines)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Takes away some of a recording's lines; `false` once there are none.
    pub(super) async fn delete_some(&mut self, index: i64, most: i64) -> Result<bool, StoreError> {
        let deleted = sqlx::query(concat!(
            "DELETE FROM screen_lines WHERE rowid IN (SELECT rowid FROM screen_lines",
            " WHERE rowid >= $1 AND rowid < $2 LIMIT $3)",
        ))
        .bind(index.saturating_mul(LINES_EACH))
        .bind(index.saturating_add(1).saturating_mul(LINES_EACH))
        .bind(most)
        .execute(&mut *self.tx)
        .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Adds lines, of which `number` is the place of the first among the recording's;
    /// one statement, since each goes to another thread and back.
    pub(super) async fn insert(
        &mut self,
        index: i64,
        number: i64,
        lines: &[Line<'_>],
    ) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let first = index.saturating_mul(LINES_EACH).saturating_add(number);
        let mut insert = QueryBuilder::new("INSERT INTO screen_lines (rowid, text, at_ms) ");
        insert.push_values((first..).zip(lines), |mut row, (id, line)| {
            row.push_bind(id)
                .push_bind(line.text)
                .push_bind(i64::try_from(line.at_ms).unwrap_or(i64::MAX));
        });
        insert.build().execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Those that could not be read are to be tried again.
    pub(super) async fn forget_failures(&mut self) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM screen_index WHERE state = 'failed'")
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

//! The transaction of the outbox. It commits without an event, so it has no
//! statement but those that are listed here.

use std::time::Duration;

use domain::{Notice, NoticeId, Timestamp};
use sqlx::Transaction;
use sqlx::sqlite::Sqlite;

use super::NoticeChannel;
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::begin;

/// A change to the outbox that is not yet made.
pub(super) struct NoticeTx {
    tx: Transaction<'static, Sqlite>,
    now: Timestamp,
}

impl NoticeTx {
    pub(super) async fn begin(store: &Store) -> Result<Self, StoreError> {
        let tx = begin(&store.inner).await?;
        Ok(Self {
            tx,
            now: store.now(),
        })
    }

    /// Puts a notice into the outbox; `false` if it is there already.
    pub(super) async fn insert(
        &mut self,
        store: &Store,
        event: i64,
        notice: &Notice,
        channel: &NoticeChannel,
    ) -> Result<bool, StoreError> {
        let id = NoticeId::new(self.now, store.inner.random.as_ref());
        let inserted = sqlx::query(concat!(
            "INSERT INTO notices (id, event, kind, account, channel, webhook, subject, body, path,",
            " created_at, next_try_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
            " ON CONFLICT (event, kind, account, channel, webhook) DO NOTHING",
        ))
        .bind(id.to_string())
        .bind(event)
        .bind(notice.kind.as_str())
        .bind(notice.to.as_str())
        .bind(channel.as_str())
        .bind(channel.webhook())
        .bind(&notice.subject)
        .bind(&notice.body)
        .bind(&notice.path)
        .bind(self.now.as_micros())
        .execute(&mut *self.tx)
        .await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// Notes the last event that was looked at.
    pub(super) async fn looked_at(&mut self, event: i64) -> Result<(), StoreError> {
        sqlx::query(concat!(
            "INSERT INTO notice_cursor (id, event) VALUES (1, $1)",
            " ON CONFLICT (id) DO UPDATE SET event = excluded.event",
        ))
        .bind(event)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    pub(super) async fn sent(&mut self, id: NoticeId) -> Result<(), StoreError> {
        sqlx::query("UPDATE notices SET sent_at = $2, last_error = NULL WHERE id = $1")
            .bind(id.to_string())
            .bind(self.now.as_micros())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    pub(super) async fn again(
        &mut self,
        id: NoticeId,
        wait: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(concat!(
            "UPDATE notices SET tries = tries + 1, next_try_at = $2, last_error = $3",
            " WHERE id = $1",
        ))
        .bind(id.to_string())
        .bind(self.now.plus(wait).as_micros())
        .bind(why)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Takes away what was settled and is older.
    pub(super) async fn purge(&mut self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query(concat!(
            "DELETE FROM notices WHERE created_at < $1",
            " AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)",
        ))
        .bind(before.as_micros())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

//! The write transaction. It can only be committed together with an audit
//! event: no change without its event, by construction.

use std::sync::Arc;

use domain::{Actor, Draft, EventId, Random, Timestamp};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{SqlitePool, Transaction};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::store::Inner;

/// One state change that is not yet made. Dropped, nothing was.
pub(crate) struct WriteTx {
    tx: Transaction<'static, Sqlite>,
    now: Timestamp,
    random: Arc<dyn Random>,
    changed: watch::Sender<u64>,
}

impl WriteTx {
    /// Waits for its turn, a bounded time; then the database is its own.
    pub(crate) async fn begin(inner: &Inner) -> Result<Self, StoreError> {
        let tx = begin(inner).await?;
        Ok(Self {
            tx,
            now: inner.clock.now(),
            random: Arc::clone(&inner.random),
            changed: inner.changed.clone(),
        })
    }

    /// The transaction's time: read once the database was its own, so that
    /// events are as ordered as the clock is.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.random.as_ref()
    }

    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    /// An event beside the one that the commit writes: for each further thing
    /// that the same act changes.
    pub(crate) async fn also(&mut self, actor: &Actor, draft: Draft) -> Result<(), StoreError> {
        let id = EventId::new(self.now, self.random.as_ref());
        crate::audit::insert(&mut self.tx, id, self.now, actor, draft).await
    }

    /// Makes the change, with its event.
    pub(crate) async fn commit(mut self, actor: &Actor, draft: Draft) -> Result<(), StoreError> {
        self.also(actor, draft).await?;
        let Self { tx, changed, .. } = self;
        // A task of its own: a caller that is dropped meanwhile must not take
        // the news of a change with it that was made.
        let committed = tokio::spawn(async move {
            tx.commit().await?;
            changed.send_modify(|count| *count = count.wrapping_add(1));
            Ok(())
        });
        committed
            .await
            .unwrap_or(Err(sqlx::Error::WorkerCrashed))
            .map_err(StoreError::from)
    }
}

/// A transaction that has the database to itself. Only what no event tells of,
/// the log's signatures, is written with it as it is.
pub(crate) async fn begin(inner: &Inner) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    match begin_immediate(&inner.writer).await {
        // A statement that failed for want of room takes its transaction with
        // it, and the connection has lost count: take a fresh one.
        Err(sqlx::Error::InvalidSavePointStatement | sqlx::Error::BeginFailed) => {
            inner.writer.acquire().await?.close().await?;
            begin_immediate(&inner.writer).await
        }
        other => other,
    }
}

async fn begin_immediate(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    pool.begin_with("BEGIN IMMEDIATE").await
}

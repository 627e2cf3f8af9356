//! Filling the index, and taking out of it.

use std::future::Future;

use domain::SessionId;

use super::tx::{IndexTx, LINES_EACH};
use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;

/// Lines of one transaction, some milliseconds. Whoever waits for the writer
/// comes between two of them.
const BATCH: usize = 500;
/// The same for deleting, which takes longer.
const BATCH_DELETED: i64 = 200;

/// A line that was on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// When it came, in milliseconds since the start of the recording.
    pub at_ms: u64,
    /// The line.
    pub text: &'a str,
}

/// What the index has of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexState {
    /// Not all yet.
    Partial,
    /// All.
    Indexed,
    /// Its beginning: the rest was too much.
    Cut,
    /// Nothing: it could not be read.
    Failed,
    /// Nothing, on purpose: it is sealed, or was purged.
    LeftOut,
}

impl IndexState {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Indexed => "indexed",
            Self::Cut => "cut",
            Self::Failed => "failed",
            Self::LeftOut => "left_out",
        }
    }
}

impl Store {
    /// Puts a recording's lines into the index, in place of what was there. With
    /// `cut` they are only the first of them. It is done in small steps, and `rest`
    /// comes between two of them, so that what people do does not wait for it.
    /// Stopped half-way, the recording is again
    /// one of [`Store::next_unindexed`].
    ///
    /// # Errors
    /// When there is no such recording, or the database fails.
    pub async fn index_recording<R: Future<Output = ()>>(
        &self,
        session: SessionId,
        channel: u32,
        lines: &[Line<'_>],
        cut: bool,
        mut rest: impl FnMut() -> R,
    ) -> Result<(), StoreError> {
        let index = self.empty_index(session, channel).await?;
        let most = usize::try_from(LINES_EACH).unwrap_or(usize::MAX);
        let cut = cut || lines.len() > most;
        let lines = lines.get(..most).unwrap_or(lines);
        let mut number = 0_i64;
        for batch in lines.chunks(BATCH) {
            let mut tx = IndexTx::begin(self).await?;
            tx.insert(index, number, batch).await?;
            tx.commit().await?;
            rest().await;
            number = number.saturating_add(i64::try_from(batch.len()).unwrap_or(i64::MAX));
        }
        let state = if cut {
            IndexState::Cut
        } else {
            IndexState::Indexed
        };
        self.note_index(session, channel, state, number).await
    }

    /// Takes a recording out of the index, and leaves it out from now on.
    ///
    /// # Errors
    /// When there is no such recording, or the database fails.
    pub async fn unindex(&self, session: SessionId, channel: u32) -> Result<(), StoreError> {
        self.empty_index(session, channel).await?;
        self.note_index(session, channel, IndexState::LeftOut, 0)
            .await
    }

    /// Notes that a recording could not be read. It is tried again after
    /// [`Store::retry_index`].
    ///
    /// # Errors
    /// When there is no such recording, or the database fails.
    pub async fn index_failed(&self, session: SessionId, channel: u32) -> Result<(), StoreError> {
        self.empty_index(session, channel).await?;
        self.note_index(session, channel, IndexState::Failed, 0)
            .await
    }

    /// Recordings that could not be read are due again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_index(&self) -> Result<(), StoreError> {
        let mut tx = IndexTx::begin(self).await?;
        tx.forget_failures().await?;
        tx.commit().await
    }

    /// The recording that has ended longest ago and is not in the index.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_unindexed(&self) -> Result<Option<(SessionId, u32)>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT recordings.session_id, recordings.channel FROM recordings",
            " LEFT JOIN screen_index ON screen_index.session_id = recordings.session_id",
            " AND screen_index.channel = recordings.channel",
            " WHERE recordings.state IN ('complete', 'interrupted', 'failed')",
            " AND recordings.purged_at IS NULL",
            " AND (screen_index.id IS NULL OR screen_index.state = 'partial')",
            " ORDER BY recordings.ended_at, recordings.session_id, recordings.channel LIMIT 1",
        ))
        .fetch_optional(&self.inner.readers)
        .await?;
        row.map(|row| {
            let fields = Fields::new(&row, "recordings", "session_id")?;
            Ok((fields.parse("session_id")?, fields.count("channel")?))
        })
        .transpose()
    }

    async fn empty_index(&self, session: SessionId, channel: u32) -> Result<i64, StoreError> {
        let mut tx = IndexTx::begin(self).await?;
        let index = tx.state(session, channel, IndexState::Partial, 0).await?;
        tx.commit().await?;
        loop {
            let mut tx = IndexTx::begin(self).await?;
            let more = tx.delete_some(index, BATCH_DELETED).await?;
            tx.commit().await?;
            if !more {
                return Ok(index);
            }
        }
    }

    async fn note_index(
        &self,
        session: SessionId,
        channel: u32,
        state: IndexState,
        lines: i64,
    ) -> Result<(), StoreError> {
        let mut tx = IndexTx::begin(self).await?;
        tx.state(session, channel, state, lines).await?;
        tx.commit().await
    }
}

//! From the outbox to people: what is due, and what came of it.

use std::time::Duration;

use domain::{AccountName, Actor, Draft, EmailAddress, NoticeId, NoticeKind, Timestamp};
use serde_json::json;
use sqlx::sqlite::SqliteRow;

use super::NoticeChannel;
use super::tx::NoticeTx;
use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;

/// How long it is kept what was told to whom.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// What waits for longer has no way out any more: its webhook, or the mail server,
/// was taken out of the configuration.
const STRANDED: Duration = Duration::from_secs(24 * 3600);

/// A notice that is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueNotice {
    /// Its id: the same at each try.
    pub id: NoticeId,
    /// The event of the audit log that it tells of.
    pub event: i64,
    /// What it tells.
    pub kind: NoticeKind,
    /// Whom.
    pub account: AccountName,
    /// Their address, as it is now.
    pub email: Option<EmailAddress>,
    /// In one line.
    pub subject: String,
    /// In full, but for the link.
    pub body: String,
    /// The page that it leads to.
    pub path: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was tried in vain.
    pub tries: u32,
    /// Whether the account still is active: nobody else is told anything.
    pub active: bool,
}

impl Store {
    /// What is to be sent that way now, the longest due first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_notices(
        &self,
        channel: &NoticeChannel,
        most: u32,
    ) -> Result<Vec<DueNotice>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT notices.id, event, kind, account, email, subject, body, path,",
            " notices.created_at, tries, accounts.disabled_at IS NULL AS active FROM notices JOIN accounts ON accounts.name = account",
            " WHERE channel = $1 AND webhook = $2 AND sent_at IS NULL AND failed_at IS NULL",
            " AND next_try_at <= $3 ORDER BY next_try_at, notices.id LIMIT $4",
        ))
        .bind(channel.as_str())
        .bind(channel.webhook())
        .bind(self.now().as_micros())
        .bind(i64::from(most))
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(due).collect()
    }

    /// When the next one is to be sent that way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_notice(
        &self,
        channel: &NoticeChannel,
    ) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(concat!(
            "SELECT min(next_try_at) FROM notices WHERE channel = $1 AND webhook = $2",
            " AND sent_at IS NULL AND failed_at IS NULL",
        ))
        .bind(channel.as_str())
        .bind(channel.webhook())
        .fetch_one(&self.inner.readers)
        .await?;
        Ok(next.map(Timestamp::from_micros))
    }

    /// The other side has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_sent(&self, id: NoticeId) -> Result<(), StoreError> {
        let mut tx = NoticeTx::begin(self).await?;
        tx.sent(id).await?;
        tx.commit().await
    }

    /// It did not get through, and is tried again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_again(
        &self,
        id: NoticeId,
        wait: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        let mut tx = NoticeTx::begin(self).await?;
        tx.again(id, wait, why).await?;
        tx.commit().await
    }

    /// It did not get through and is given up. The audit log says so.
    ///
    /// # Errors
    /// When there is no such notice that waits, or the database fails.
    pub async fn notice_failed(&self, id: NoticeId, why: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let row = sqlx::query(concat!(
            "UPDATE notices SET tries = tries + 1, failed_at = $2, last_error = $3",
            " WHERE id = $1 AND sent_at IS NULL AND failed_at IS NULL",
            " RETURNING id, event, kind, account, channel, webhook, tries",
        ))
        .bind(id.to_string())
        .bind(tx.now().as_micros())
        .bind(why)
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(|| StoreError::missing("notice", id))?;
        let fields = Fields::new(&row, "notices", "id")?;
        let draft = Draft::new("notice.failed", "notice", id)
            .after(json!({
                "account": fields.get::<&str>("account")?,
                "kind": fields.get::<&str>("kind")?,
                "channel": fields.get::<&str>("channel")?,
                "webhook": fields.get::<&str>("webhook")?,
                "event": fields.get::<i64>("event")?,
                "tries": fields.get::<i64>("tries")?,
            }))
            .reason(why);
        tx.commit(&Actor::system(), draft).await
    }

    /// The job: gives up what has no way out any more, and forgets what is old. Says
    /// how many were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_notices(&self) -> Result<usize, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT id FROM notices WHERE sent_at IS NULL AND failed_at IS NULL",
            " AND created_at < $1",
        ))
        .bind(self.now().minus(STRANDED).as_micros())
        .fetch_all(&self.inner.readers)
        .await?;
        let stranded = rows
            .iter()
            .map(|row| Fields::new(row, "notices", "id")?.parse("id"))
            .collect::<Result<Vec<NoticeId>, StoreError>>()?;
        for id in &stranded {
            self.notice_failed(*id, "nothing sends it any more").await?;
        }
        let mut tx = NoticeTx::begin(self).await?;
        tx.purge(self.now().minus(KEPT)).await?;
        tx.commit().await?;
        Ok(stranded.len())
    }
}

fn due(row: &SqliteRow) -> Result<DueNotice, StoreError> {
    let fields = Fields::new(row, "notices", "id")?;
    Ok(DueNotice {
        id: fields.parse("id")?,
        event: fields.get("event")?,
        kind: fields.parse("kind")?,
        account: fields.parse("account")?,
        email: fields.parse_opt("email")?,
        subject: fields.get("subject")?,
        body: fields.get("body")?,
        path: fields.get("path")?,
        created_at: fields.time("created_at")?,
        tries: fields.count("tries")?,
        active: fields.get("active")?,
    })
}

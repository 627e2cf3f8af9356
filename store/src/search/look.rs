//! Looking things up in the index.

use domain::{AccountName, AssetName, SessionId, Timestamp, ZoneName};
use sqlx::sqlite::SqliteRow;

use super::query::{Phrase, fts5};
use crate::companies::of_company;
use crate::error::{Refusal, StoreError};
use crate::page::{Page, Paged};
use crate::recordings::{self, Recording};
use crate::row::Fields;
use crate::scope::{Scope, scoped};
use crate::store::Store;

/// Among which recordings is looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// On what.
    pub asset: Option<AssetName>,
    /// Whose.
    pub account: Option<AccountName>,
    /// Into which zone.
    pub zone: Option<ZoneName>,
    /// Shown at this time or later.
    pub since: Option<Timestamp>,
    /// Shown before this time.
    pub until: Option<Timestamp>,
    /// Only those of accounts whose company has this in its name.
    pub company: Option<String>,
}

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The session.
    pub session: SessionId,
    /// The channel in it.
    pub channel: u32,
    /// Whose session.
    pub account: AccountName,
    /// On what.
    pub asset: AssetName,
    /// In which zone.
    pub zone: ZoneName,
    /// When the recording began.
    pub started_at: Timestamp,
    /// When the line came, in milliseconds since then.
    pub at_ms: u64,
    /// The line, or the part of it that was found.
    pub text: String,
}

/// A hit with its row's number, which is the cursor.
struct Found {
    row: i64,
    hit: Hit,
}

impl Store {
    /// Lines that have all of the phrases, of recordings that the scope sees;
    /// those of the recording that was indexed last come first, and of each its
    /// last line.
    ///
    /// # Errors
    /// When there is nothing to look for, the cursor is not one of these pages',
    /// or the database fails.
    pub async fn search(
        &self,
        scope: &Scope,
        phrases: &[Phrase<'_>],
        filter: &SearchFilter,
        page: &Page,
    ) -> Result<Paged<Hit>, StoreError> {
        let query = fts5(phrases).ok_or_else(|| {
            Refusal::new(
                "nothing_to_look_for",
                "There is no word in what is to be looked for: signs alone are not in the index. \
                 Write a word.",
            )
        })?;
        let rows = sqlx::query(scoped!(
            concat!(
                "SELECT screen_lines.rowid AS line, screen_lines.at_ms,",
                " snippet(screen_lines, 0, '', '', '…', 40) AS found, recordings.session_id,",
                " recordings.channel, recordings.started_at, sessions.account, sessions.asset,",
                " sessions.zone FROM screen_lines",
                " JOIN screen_index ON screen_index.id = screen_lines.rowid >> 24",
                " JOIN recordings ON recordings.session_id = screen_index.session_id",
                " AND recordings.channel = screen_index.channel",
                " JOIN sessions ON sessions.id = recordings.session_id",
            ),
            "sessions",
            concat!(
                " AND screen_lines MATCH $3 AND recordings.purged_at IS NULL
                  AND ($4 IS NULL OR sessions.asset = $4)
                  AND ($5 IS NULL OR sessions.account = $5) AND ($6 IS NULL OR sessions.zone = $6)
                  AND ($7 IS NULL OR recordings.started_at + screen_lines.at_ms * 1000 >= $7)
                  AND ($8 IS NULL OR recordings.started_at + screen_lines.at_ms * 1000 < $8)",
                of_company!("sessions.account", "$9"),
                " AND ($10 IS NULL OR screen_lines.rowid < $10)
                  ORDER BY screen_lines.rowid DESC LIMIT $11"
            )
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(query)
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.since.map(Timestamp::as_micros))
        .bind(filter.until.map(Timestamp::as_micros))
        .bind(self.working_for(filter.company.as_deref()).await?)
        .bind(page.cursor::<i64>()?)
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let found = rows.iter().map(found).collect::<Result<_, _>>()?;
        let found = Paged::cut(found, page, |found: &Found| found.row.to_string());
        Ok(Paged {
            items: found.items.into_iter().map(|found| found.hit).collect(),
            next: found.next,
        })
    }

    /// Recordings in which something typed is looked for, newest first: those that
    /// were under way between the filter's times, after the session and channel
    /// that were looked through last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recordings_between(
        &self,
        scope: &Scope,
        filter: &SearchFilter,
        after: Option<(SessionId, u32)>,
        most: u32,
    ) -> Result<Vec<Recording>, StoreError> {
        let rows = sqlx::query(scoped!(
            recordings::columns!(),
            "sessions",
            concat!(
                " AND purged_at IS NULL
                  AND ($3 IS NULL OR sessions.asset = $3)
                  AND ($4 IS NULL OR sessions.account = $4)
                  AND ($5 IS NULL OR sessions.zone = $5)
                  AND ($6 IS NULL OR ended_at IS NULL OR ended_at >= $6)
                  AND ($7 IS NULL OR started_at < $7)",
                of_company!("sessions.account", "$8"),
                " AND ($9 IS NULL OR session_id < $9 OR (session_id = $9 AND channel > $10))
                  ORDER BY session_id DESC, channel LIMIT $11"
            )
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.since.map(Timestamp::as_micros))
        .bind(filter.until.map(Timestamp::as_micros))
        .bind(self.working_for(filter.company.as_deref()).await?)
        .bind(after.map(|(session, _)| session.to_string()))
        .bind(after.map(|(_, channel)| i64::from(channel)))
        .bind(i64::from(most))
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(recordings::from_row).collect()
    }
}

fn found(row: &SqliteRow) -> Result<Found, StoreError> {
    let fields = Fields::new(row, "recordings", "session_id")?;
    Ok(Found {
        row: fields.get("line")?,
        hit: Hit {
            session: fields.parse("session_id")?,
            channel: fields.count("channel")?,
            account: fields.parse("account")?,
            asset: fields.parse("asset")?,
            zone: fields.parse("zone")?,
            started_at: fields.time("started_at")?,
            at_ms: fields.count("at_ms")?,
            text: fields.get("found")?,
        },
    })
}

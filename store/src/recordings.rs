//! Which recordings there are. The evidence itself is the recorder's.

mod progress;

use std::borrow::Cow;

use domain::{AccountName, Actor, AssetName, Draft, SessionId, Timestamp, ZoneName};
use serde_json::json;
use sqlx::sqlite::SqliteRow;

use crate::companies::of_company;
use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::purging;
use crate::row::Fields;
use crate::scope::{Scope, scoped};
use crate::store::Store;
use crate::tx::WriteTx;

pub use progress::UnsealedRecording;

/// How much of a command is kept here, in characters.
const MOST_OF_A_COMMAND: usize = 500;

/// The recording of one channel of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The session.
    pub session: SessionId,
    /// The channel in it, from 0.
    pub channel: u32,
    /// Whose session.
    pub account: AccountName,
    /// To what.
    pub asset: AssetName,
    /// Into which zone.
    pub zone: ZoneName,
    /// `shell` or `exec`.
    pub kind: String,
    /// The command of an exec, or the first 500 characters of it.
    pub command: Option<String>,
    /// Whether there was a terminal.
    pub has_terminal: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, once it has.
    pub ended_at: Option<Timestamp>,
    /// The exit status, if there was one.
    pub exit: Option<u32>,
    /// Bytes towards the asset.
    pub bytes_in: u64,
    /// Bytes from the asset.
    pub bytes_out: u64,
    /// `recording`, `complete`, `interrupted` or `failed`; `purged` once nothing but
    /// its manifest is kept.
    pub state: String,
}

/// How a recording ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingEnd<'a> {
    /// The exit status, if there was one.
    pub exit: Option<u32>,
    /// Bytes towards the asset.
    pub bytes_in: u64,
    /// Bytes from the asset.
    pub bytes_out: u64,
    /// `complete`, `interrupted` or `failed`.
    pub state: &'a str,
    /// What its manifest comes to; nothing if it could not be closed yet.
    pub seal: Option<RecordingSeal>,
}

/// What commits to all of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingSeal {
    /// How many lines its manifest has.
    pub lines: u64,
    /// The Merkle tree hash over them.
    pub root: [u8; 32],
}

/// Which recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Of which session.
    pub session: Option<SessionId>,
    /// Whose.
    pub account: Option<AccountName>,
    /// To what.
    pub asset: Option<AssetName>,
    /// Into which zone.
    pub zone: Option<ZoneName>,
    /// Only those of accounts whose company has this in its name.
    pub company: Option<String>,
    /// Only those that ran at this time or later.
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    pub until: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT recordings.session_id, channel, sessions.account, sessions.asset,",
            " sessions.zone, kind, command, has_terminal, started_at, ended_at, exit_status,",
            " bytes_in, bytes_out,",
            " CASE WHEN purged_at IS NULL THEN state ELSE 'purged' END AS state",
            " FROM recordings JOIN sessions ON sessions.id = recordings.session_id",
        )
    };
}
pub(crate) use columns;

/// A cursor: the session's id and the channel, `0190…/0`.
struct Place {
    session: SessionId,
    channel: u32,
}

impl std::str::FromStr for Place {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (session, channel) = text.split_once('/').ok_or(StoreError::BadCursor)?;
        Ok(Self {
            session: session.parse().map_err(|_| StoreError::BadCursor)?,
            channel: channel.parse().map_err(|_| StoreError::BadCursor)?,
        })
    }
}

impl Store {
    /// A channel of a session is being recorded from now on.
    ///
    /// # Errors
    /// When the session is unknown, the channel is there already, or the database
    /// fails.
    pub async fn add_recording(
        &self,
        session: SessionId,
        channel: u32,
        kind: &str,
        command: Option<&str>,
        has_terminal: bool,
    ) -> Result<(), StoreError> {
        // A command can be 64 KiB long. The recording has the whole of it; lists
        // and a log that is kept for ever have enough to know it by.
        let command = command.map(clip);
        let mut tx = self.write().await?;
        let promise = purging::promise(&mut tx, session).await?;
        sqlx::query(concat!(
            "INSERT INTO recordings (session_id, channel, kind, command, has_terminal, started_at,",
            " retention_seconds, state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'recording')",
        ))
        .bind(session.to_string())
        .bind(i64::from(channel))
        .bind(kind)
        .bind(command.as_deref())
        .bind(has_terminal)
        .bind(tx.now().as_micros())
        .bind(promise)
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("recording.started", "session", session).after(json!({
            "state": "recording", "channel": channel, "kind": kind, "command": command,
            "terminal": has_terminal,
        }));
        tx.commit(&Actor::system(), draft).await
    }

    /// A channel's recording has ended: sealed, if it could be closed. One that has
    /// failed may be sealed later; one that is sealed stays as it is.
    ///
    /// # Errors
    /// When there is no such recording, it is sealed as something else, or the
    /// database fails.
    pub async fn finish_recording(
        &self,
        session: SessionId,
        channel: u32,
        end: &RecordingEnd<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let what = || format!("{session}/{channel}");
        let row = sqlx::query(
            "SELECT session_id, state, root FROM recordings WHERE session_id = $1 AND channel = $2",
        )
        .bind(session.to_string())
        .bind(i64::from(channel))
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(|| StoreError::missing("recording", what()))?;
        let fields = Fields::new(&row, "recordings", "session_id")?;
        let (before, sealed): (String, Option<String>) =
            (fields.get("state")?, fields.get("root")?);
        let root = end.seal.map(|seal| hex(&seal.root));
        if let Some(sealed) = sealed {
            return if root.is_none_or(|root| root == sealed) {
                Ok(())
            } else {
                Err(fields.bad("root", format!("{} is sealed as {sealed} already", what())))
            };
        }
        // What has failed has failed, even if what is left of it is sealed.
        let state = if before == "failed" {
            "failed"
        } else {
            end.state
        };
        let lines = end.seal.map(|seal| seal.lines);
        sqlx::query(concat!(
            "UPDATE recordings SET ended_at = coalesce(ended_at, $3), exit_status = $4,",
            " bytes_in = $5, bytes_out = $6, state = $7, lines = $8, root = $9",
            " WHERE session_id = $1 AND channel = $2",
        ))
        .bind(session.to_string())
        .bind(i64::from(channel))
        .bind(tx.now().as_micros())
        .bind(end.exit.map(i64::from))
        .bind(i64::try_from(end.bytes_in).unwrap_or(i64::MAX))
        .bind(i64::try_from(end.bytes_out).unwrap_or(i64::MAX))
        .bind(state)
        .bind(lines.map(|lines| i64::try_from(lines).unwrap_or(i64::MAX)))
        .bind(&root)
        .execute(tx.conn())
        .await?;
        let action = if root.is_some() {
            "recording.sealed"
        } else {
            "recording.failed"
        };
        let draft = Draft::new(action, "session", session)
            .before(json!({ "state": before, "channel": channel }))
            .after(json!({
                "channel": channel,
                "state": end.state,
                "lines": lines,
                "root": root,
                "bytes_in": end.bytes_in,
                "bytes_out": end.bytes_out,
                "exit": end.exit,
            }));
        tx.commit(&Actor::system(), draft).await
    }

    /// One session's recordings, by channel, if the scope sees the session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recordings_of(
        &self,
        scope: &Scope,
        session: SessionId,
    ) -> Result<Vec<Recording>, StoreError> {
        let filter = RecordingFilter {
            session: Some(session),
            ..RecordingFilter::default()
        };
        let mut page = Page {
            after: None,
            limit: Page::MOST,
        };
        let mut all = Vec::new();
        loop {
            let paged = self.recordings(scope, &filter, &page).await?;
            all.extend(paged.items);
            match paged.next {
                Some(next) => page.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Recordings, by session, newest first.
    ///
    /// # Errors
    /// When the cursor is not one of these pages', or the database fails.
    pub async fn recordings(
        &self,
        scope: &Scope,
        filter: &RecordingFilter,
        page: &Page,
    ) -> Result<Paged<Recording>, StoreError> {
        let after = page.cursor::<Place>()?;
        let rows = sqlx::query(scoped!(
            columns!(),
            "sessions",
            concat!(
                " AND ($3 IS NULL OR session_id = $3)
                  AND ($4 IS NULL OR sessions.account = $4)
                  AND ($5 IS NULL OR sessions.asset = $5) AND ($6 IS NULL OR sessions.zone = $6)
                  AND ($7 IS NULL OR ended_at IS NULL OR ended_at >= $7)
                  AND ($8 IS NULL OR started_at < $8)",
                of_company!("sessions.account", "$9"),
                " AND ($10 IS NULL OR session_id < $10 OR (session_id = $10 AND channel > $11))
                  ORDER BY session_id DESC, channel LIMIT $12"
            )
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(filter.session.map(|id| id.to_string()))
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.since.map(Timestamp::as_micros))
        .bind(filter.until.map(Timestamp::as_micros))
        .bind(self.working_for(filter.company.as_deref()).await?)
        .bind(after.as_ref().map(|place| place.session.to_string()))
        .bind(after.as_ref().map(|place| i64::from(place.channel)))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let recordings = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(recordings, page, |r: &Recording| {
            format!("{}/{}", r.session, r.channel)
        }))
    }
}

fn clip(command: &str) -> Cow<'_, str> {
    match command.char_indices().nth(MOST_OF_A_COMMAND) {
        None => command.into(),
        Some((end, _)) => format!("{}…", command.get(..end).unwrap_or_default()).into(),
    }
}

/// A session is over, so nothing of it is being recorded any more.
pub(crate) async fn interrupt(tx: &mut WriteTx, session: SessionId) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "UPDATE recordings SET state = 'interrupted', ended_at = $2",
        " WHERE session_id = $1 AND state = 'recording'",
    ))
    .bind(session.to_string())
    .bind(tx.now().as_micros())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<Recording, StoreError> {
    let fields = Fields::new(row, "recordings", "session_id")?;
    let exit: Option<i64> = fields.get("exit_status")?;
    Ok(Recording {
        session: fields.parse("session_id")?,
        channel: fields.count("channel")?,
        account: fields.parse("account")?,
        asset: fields.parse("asset")?,
        zone: fields.parse("zone")?,
        kind: fields.get("kind")?,
        command: fields.get("command")?,
        has_terminal: fields.get("has_terminal")?,
        started_at: fields.time("started_at")?,
        ended_at: fields.time_opt("ended_at")?,
        exit: exit
            .map(u32::try_from)
            .transpose()
            .map_err(|e| fields.bad("exit_status", e))?,
        bytes_in: fields.count("bytes_in")?,
        bytes_out: fields.count("bytes_out")?,
        state: fields.get("state")?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! What becomes of recordings whose retention has ended. The decision is the
//! domain's ([`domain::retention`]); it is taken again in the transaction that
//! purges, so that a hold that was placed a moment ago wins.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Actor, Draft, Hold, Kept, Purge, SessionId, Timestamp, Why, Zone, ZoneName, may_purge,
};
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{holds, ways};

/// How many recordings are looked at in one read.
const BATCH: i64 = 500;

/// The recording of one channel, and until when retention keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecording {
    /// The session.
    pub session: SessionId,
    /// The channel in it.
    pub channel: u32,
    /// The zone that it was recorded in.
    pub zone: ZoneName,
    /// When it ended.
    pub ended_at: Timestamp,
    /// From when on retention no longer keeps it.
    pub until: Timestamp,
}

/// What is due to be purged now, and what comes next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurgePlan {
    /// Due now, the longest due first.
    pub due: Vec<KeptRecording>,
    /// How many are due now, with those that the list has no room for.
    pub due_count: u64,
    /// Kept by their retention, those that end soonest first.
    pub next: Vec<KeptRecording>,
    /// Whose retention has ended, and that a hold keeps.
    pub held: u64,
    /// Whose retention has ended, and that were never sealed.
    pub not_sealed: u64,
}

impl Store {
    /// Recordings that may be purged now, at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_for_purge(&self, most: usize) -> Result<Vec<KeptRecording>, StoreError> {
        let now = self.now();
        let mut read = self.read().await?;
        let facts = Facts::load(&mut read).await?;
        let mut due = Vec::new();
        let mut after = None;
        while due.len() < most {
            let batch = not_purged(&mut read, after).await?;
            let Some(last) = batch.last() else { break };
            after = Some((last.session, last.channel));
            for recording in batch {
                if recording.verdict(&facts, now) == Purge::Now {
                    due.extend(recording.kept_until(&facts));
                }
            }
        }
        due.truncate(most);
        Ok(due)
    }

    /// What would be purged now and what comes next, at most `most` of each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_plan(&self, most: usize) -> Result<PurgePlan, StoreError> {
        let now = self.now();
        let mut read = self.read().await?;
        let facts = Facts::load(&mut read).await?;
        let mut plan = PurgePlan::default();
        let mut after = None;
        loop {
            let batch = not_purged(&mut read, after).await?;
            let Some(last) = batch.last() else { break };
            after = Some((last.session, last.channel));
            for recording in batch {
                let kept = recording.kept_until(&facts);
                match recording.verdict(&facts, now) {
                    Purge::Now => {
                        plan.due_count += 1;
                        plan.due.extend(kept);
                    }
                    Purge::Keep(Why::Retention(_)) => plan.next.extend(kept),
                    Purge::Keep(Why::Held(_)) => {
                        plan.held += u64::from(kept.is_some_and(|kept| kept.until <= now));
                    }
                    Purge::Keep(Why::NotSealed) => plan.not_sealed += 1,
                    Purge::Keep(Why::Recording) => {}
                }
            }
            for list in [&mut plan.due, &mut plan.next] {
                list.sort_by_key(|kept| (kept.until, kept.session, kept.channel));
                list.truncate(most);
            }
        }
        Ok(plan)
    }

    /// Marks a recording as purged, if nothing keeps it: from then on nobody opens
    /// it, and its files may go. Says what was decided.
    ///
    /// # Errors
    /// When there is no such recording, or the database fails.
    pub async fn mark_purged(&self, session: SessionId, channel: u32) -> Result<Purge, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.now();
        let recording = load(&mut tx, session, channel).await?;
        if recording.purged {
            return Ok(Purge::Now);
        }
        let facts = Facts::load(tx.conn()).await?;
        let verdict = recording.verdict(&facts, now);
        if verdict != Purge::Now {
            return Ok(verdict);
        }
        sqlx::query("UPDATE recordings SET purged_at = $3 WHERE session_id = $1 AND channel = $2")
            .bind(session.to_string())
            .bind(i64::from(channel))
            .bind(now.as_micros())
            .execute(tx.conn())
            .await?;
        let until = recording.kept(&facts).until();
        let draft = Draft::new("recording.purged", "session", session)
            .before(json!({ "channel": channel, "state": recording.state }))
            .after(json!({
                "channel": channel,
                "state": "purged",
                "root": recording.root,
                "lines": recording.lines,
                "kept_until": until,
            }))
            .reason("its retention has ended, and no hold is on it");
        tx.commit(&Actor::system(), draft).await?;
        Ok(verdict)
    }

    /// Recordings that were purged, by session and channel, after the one given;
    /// at most 500.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purged_after(
        &self,
        after: Option<(SessionId, u32)>,
    ) -> Result<Vec<(SessionId, u32)>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT session_id, channel FROM recordings WHERE purged_at IS NOT NULL",
            " AND ($1 IS NULL OR session_id > $1 OR (session_id = $1 AND channel > $2))",
            " ORDER BY session_id, channel LIMIT $3",
        ))
        .bind(after.map(|(session, _)| session.to_string()))
        .bind(after.map(|(_, channel)| i64::from(channel)))
        .bind(BATCH)
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(place).collect()
    }

    /// Purged recordings that the search index may still have something of, at most
    /// 500. [`Store::unindex`] takes them out of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purged_in_index(&self) -> Result<Vec<(SessionId, u32)>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT recordings.session_id, recordings.channel FROM recordings",
            " LEFT JOIN screen_index ON screen_index.session_id = recordings.session_id",
            " AND screen_index.channel = recordings.channel",
            " WHERE purged_at IS NOT NULL",
            " AND (screen_index.id IS NULL OR screen_index.state <> 'left_out')",
            " ORDER BY recordings.session_id, recordings.channel LIMIT $1",
        ))
        .bind(BATCH)
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(place).collect()
    }
}

fn place(row: &SqliteRow) -> Result<(SessionId, u32), StoreError> {
    let fields = Fields::new(row, "recordings", "session_id")?;
    Ok((fields.parse("session_id")?, fields.count("channel")?))
}

/// The retention of the zone that a session went into, in seconds: promised to
/// its recordings when they begin.
pub(crate) async fn promise(
    tx: &mut WriteTx,
    session: SessionId,
) -> Result<Option<i64>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT name, definition FROM zones",
        " WHERE name = (SELECT zone FROM sessions WHERE id = $1)",
    ))
    .bind(session.to_string())
    .fetch_all(tx.conn())
    .await?;
    let zones: Vec<Zone> = ways::definitions(&rows, "zones")?;
    let seconds = zones.first().map(|zone| zone.retention.as_secs());
    Ok(seconds.and_then(|seconds| i64::try_from(seconds).ok()))
}

/// What decides over all recordings alike.
struct Facts {
    retention: BTreeMap<ZoneName, Duration>,
    holds: Vec<Hold>,
}

impl Facts {
    async fn load(conn: &mut SqliteConnection) -> Result<Self, StoreError> {
        let rows = sqlx::query("SELECT name, definition FROM zones")
            .fetch_all(&mut *conn)
            .await?;
        let zones: Vec<Zone> = ways::definitions(&rows, "zones")?;
        Ok(Self {
            retention: zones.into_iter().map(|z| (z.name, z.retention)).collect(),
            holds: holds::in_force(conn).await?,
        })
    }
}

struct Row {
    session: SessionId,
    channel: u32,
    zone: ZoneName,
    ended_at: Option<Timestamp>,
    promised: Option<Duration>,
    state: String,
    /// What was sealed, if it was.
    root: Option<String>,
    lines: Option<i64>,
    purged: bool,
}

impl Row {
    fn verdict(&self, facts: &Facts, now: Timestamp) -> Purge {
        may_purge(&self.kept(facts), &facts.holds, now)
    }

    fn kept(&self, facts: &Facts) -> Kept<'_> {
        Kept {
            session: self.session,
            zone: &self.zone,
            ended_at: self.ended_at,
            sealed: self.root.is_some(),
            promised: self.promised,
            in_plant: facts.retention.get(&self.zone).copied(),
        }
    }

    fn kept_until(&self, facts: &Facts) -> Option<KeptRecording> {
        Some(KeptRecording {
            session: self.session,
            channel: self.channel,
            zone: self.zone.clone(),
            ended_at: self.ended_at?,
            until: self.kept(facts).until()?,
        })
    }
}

macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT session_id, channel, sessions.zone, ended_at, retention_seconds, state, root,",
            " lines, purged_at FROM recordings JOIN sessions ON sessions.id = recordings.session_id",
            " WHERE ",
            $which,
        )
    };
}

async fn not_purged(
    conn: &mut SqliteConnection,
    after: Option<(SessionId, u32)>,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query(rows!(
        "purged_at IS NULL AND ended_at IS NOT NULL
         AND ($1 IS NULL OR session_id > $1 OR (session_id = $1 AND channel > $2))
         ORDER BY session_id, channel LIMIT $3"
    ))
    .bind(after.map(|(session, _)| session.to_string()))
    .bind(after.map(|(_, channel)| i64::from(channel)))
    .bind(BATCH)
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

async fn load(tx: &mut WriteTx, session: SessionId, channel: u32) -> Result<Row, StoreError> {
    let row = sqlx::query(rows!("session_id = $1 AND channel = $2"))
        .bind(session.to_string())
        .bind(i64::from(channel))
        .fetch_optional(tx.conn())
        .await?;
    let missing = || StoreError::missing("recording", format!("{session}/{channel}"));
    from_row(&row.ok_or_else(missing)?)
}

fn from_row(row: &SqliteRow) -> Result<Row, StoreError> {
    let fields = Fields::new(row, "recordings", "session_id")?;
    let promised: Option<i64> = fields.get("retention_seconds")?;
    let promised = promised
        .map(u64::try_from)
        .transpose()
        .map_err(|error| fields.bad("retention_seconds", error))?;
    Ok(Row {
        session: fields.parse("session_id")?,
        channel: fields.count("channel")?,
        zone: fields.parse("zone")?,
        ended_at: fields.time_opt("ended_at")?,
        promised: promised.map(Duration::from_secs),
        state: fields.get("state")?,
        root: fields.get("root")?,
        lines: fields.get("lines")?,
        purged: fields.time_opt("purged_at")?.is_some(),
    })
}

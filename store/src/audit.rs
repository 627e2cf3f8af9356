//! The audit log: appended to by every transaction, read in pages, changed by
//! nobody.

use domain::{Actor, Draft, Event, EventId, Timestamp, Who};
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::log::{self, Leaf};
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::store::Store;

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// About one thing (`account/anna`) or one kind of thing (`account`).
    pub subject: Option<String>,
    /// Actions (`request.approved`) and families of them (`request`); none for all.
    pub actions: Vec<String>,
    /// By whom.
    pub actor: Option<Who>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

macro_rules! list {
    ($order:literal) => {
        concat!(
            "SELECT seq, id, at, actor, source, action, subject, before, after, reason FROM audit",
            " WHERE ($1 IS NULL OR subject = $1 OR substr(subject, 1, length($1) + 1) = $1 || '/')",
            " AND ($2 = '[]' OR EXISTS (SELECT 1 FROM json_each($2) AS wanted WHERE",
            " action = wanted.value",
            " OR substr(action, 1, length(wanted.value) + 1) = wanted.value || '.'))",
            " AND ($3 IS NULL OR actor = $3)",
            " AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR at < $5)",
            $order,
        )
    };
}

const OLDEST_FIRST: &str = list!(" AND ($6 IS NULL OR seq > $6) ORDER BY seq LIMIT $7");
const NEWEST_FIRST: &str = list!(" AND ($6 IS NULL OR seq < $6) ORDER BY seq DESC LIMIT $7");

impl Store {
    /// Events, oldest or newest first; the cursor is the event's number.
    ///
    /// # Errors
    /// When the cursor is not a number, or the database fails.
    pub async fn events(
        &self,
        filter: &EventFilter,
        page: &Page,
        newest_first: bool,
    ) -> Result<Paged<Event>, StoreError> {
        let sql = if newest_first {
            NEWEST_FIRST
        } else {
            OLDEST_FIRST
        };
        let rows = sqlx::query(sql)
            .bind(&filter.subject)
            .bind(json!(filter.actions).to_string())
            .bind(filter.actor.as_ref().map(Who::to_string))
            .bind(filter.since.map(Timestamp::as_micros))
            .bind(filter.until.map(Timestamp::as_micros))
            .bind(page.cursor::<i64>()?)
            .bind(page.rows())
            .fetch_all(&self.inner.readers)
            .await?;
        let events = rows.iter().map(event).collect::<Result<_, _>>()?;
        Ok(Paged::cut(events, page, |e: &Event| e.seq.to_string()))
    }

    /// An event that no change of state comes with: an alarm, a refusal, the
    /// opening of a recording.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alarm(&self, actor: &Actor, draft: Draft) -> Result<(), StoreError> {
        self.write().await?.commit(actor, draft).await
    }
}

pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    id: EventId,
    at: Timestamp,
    actor: &Actor,
    draft: Draft,
) -> Result<(), StoreError> {
    let (id, who) = (id.to_string(), actor.who.to_string());
    let before = draft.before.map(|v| v.to_string());
    let after = draft.after.map(|v| v.to_string());
    let seq = sqlx::query_scalar(concat!(
        "INSERT INTO audit (id, at, actor, source, action, subject, before, after, reason)",
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING seq",
    ))
    .bind(&id)
    .bind(at.as_micros())
    .bind(&who)
    .bind(&actor.source)
    .bind(draft.action)
    .bind(&draft.subject)
    .bind(&before)
    .bind(&after)
    .bind(&draft.reason)
    .fetch_one(&mut *conn)
    .await?;
    let leaf = Leaf {
        seq,
        id: &id,
        at,
        actor: &who,
        source: &actor.source,
        action: draft.action,
        subject: &draft.subject,
        before: before.as_deref(),
        after: after.as_deref(),
        reason: draft.reason.as_deref(),
    };
    log::append(conn, &leaf).await
}

fn event(row: &SqliteRow) -> Result<Event, StoreError> {
    let fields = Fields::new(row, "audit", "id")?;
    Ok(Event {
        seq: fields.get("seq")?,
        id: fields.parse("id")?,
        at: fields.time("at")?,
        actor: fields.get("actor")?,
        source: fields.get("source")?,
        action: fields.get("action")?,
        subject: fields.get("subject")?,
        before: fields.json_opt("before")?,
        after: fields.json_opt("after")?,
        reason: fields.get("reason")?,
    })
}

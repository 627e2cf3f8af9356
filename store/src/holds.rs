//! Legal holds: placed, released, never deleted. What is under one is not purged.

use domain::request::{MAX_TEXT, plain_text};
use domain::{Action, Actor, Draft, Hold, HoldId, HoldOn, SessionId, Signed, ZoneName};
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::{Refusal, StoreError};
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{authority, sessions};

/// Which holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldFilter {
    /// On this session.
    pub session: Option<SessionId>,
    /// On this zone.
    pub zone: Option<ZoneName>,
    /// Only those in force, or only those that were released.
    pub in_force: Option<bool>,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT id, session_id, zone, placed_at, placed_by, reason, released_at, released_by,",
            " release_reason FROM holds",
        )
    };
}

impl Store {
    /// Puts a legal hold on a session's recordings, or on a zone's. A thing can
    /// be under several: each case has its own, and is released by itself.
    ///
    /// # Errors
    /// When the actor may not, there is no such thing, nothing of it is left, the
    /// reason is missing, or the database fails.
    pub async fn place_hold(
        &self,
        actor: &Actor,
        on: &HoldOn,
        reason: &str,
    ) -> Result<Hold, StoreError> {
        let mut tx = self.write().await?;
        authority::require_person(&mut tx, actor, Action::PlaceHold).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        match on {
            HoldOn::Session(session) => require_something_left(&mut tx, *session).await?,
            HoldOn::Zone(zone) => require_zone(&mut tx, zone).await?,
        }
        let hold = Hold {
            id: HoldId::new(tx.now(), tx.random()),
            on: on.clone(),
            placed: Signed {
                at: tx.now(),
                by: actor.who.clone(),
                reason,
            },
            released: None,
        };
        let (session, zone) = match on {
            HoldOn::Session(session) => (Some(session.to_string()), None),
            HoldOn::Zone(zone) => (None, Some(zone.as_str())),
        };
        sqlx::query(concat!(
            "INSERT INTO holds (id, session_id, zone, placed_at, placed_by, reason)",
            " VALUES ($1, $2, $3, $4, $5, $6)",
        ))
        .bind(hold.id.to_string())
        .bind(session)
        .bind(zone)
        .bind(hold.placed.at.as_micros())
        .bind(hold.placed.by.to_string())
        .bind(&hold.placed.reason)
        .execute(tx.conn())
        .await?;
        let draft = draft("hold.placed", on)
            .after(json!({ "hold": hold.id, "state": "in_force" }))
            .reason(&hold.placed.reason);
        tx.commit(actor, draft).await?;
        Ok(hold)
    }

    /// Releases a hold. Others on the same thing stay.
    ///
    /// # Errors
    /// When the actor may not, it is unknown or released already, the reason is
    /// missing, or the database fails.
    pub async fn release_hold(
        &self,
        actor: &Actor,
        id: HoldId,
        reason: &str,
    ) -> Result<Hold, StoreError> {
        let mut tx = self.write().await?;
        authority::require_person(&mut tx, actor, Action::ReleaseHold).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        let mut hold = load(tx.conn(), id).await?;
        if let Some(released) = &hold.released {
            let by = &released.by;
            let text = format!("this hold was released by {by} already; nothing was changed");
            return Err(Refusal::new("already_released", text).into());
        }
        sqlx::query(concat!(
            "UPDATE holds SET released_at = $2, released_by = $3, release_reason = $4",
            " WHERE id = $1",
        ))
        .bind(id.to_string())
        .bind(tx.now().as_micros())
        .bind(actor.who.to_string())
        .bind(&reason)
        .execute(tx.conn())
        .await?;
        let draft = draft("hold.released", &hold.on)
            .before(json!({ "hold": id, "state": "in_force" }))
            .after(json!({ "hold": id, "state": "released" }))
            .reason(&reason);
        hold.released = Some(Signed {
            at: tx.now(),
            by: actor.who.clone(),
            reason,
        });
        tx.commit(actor, draft).await?;
        Ok(hold)
    }

    /// Holds, newest first.
    ///
    /// # Errors
    /// When the cursor is no hold's id, or the database fails.
    pub async fn holds(&self, filter: &HoldFilter, page: &Page) -> Result<Paged<Hold>, StoreError> {
        let rows = sqlx::query(concat!(
            columns!(),
            " WHERE ($1 IS NULL OR session_id = $1) AND ($2 IS NULL OR zone = $2)",
            " AND ($3 IS NULL OR (released_at IS NULL) = $3) AND ($4 IS NULL OR id < $4)",
            " ORDER BY id DESC LIMIT $5",
        ))
        .bind(filter.session.map(|id| id.to_string()))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.in_force)
        .bind(page.cursor::<HoldId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let holds = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(holds, page, |hold: &Hold| hold.id.to_string()))
    }
}

/// Those that keep something.
pub(crate) async fn in_force(conn: &mut SqliteConnection) -> Result<Vec<Hold>, StoreError> {
    let rows = sqlx::query(concat!(columns!(), " WHERE released_at IS NULL"))
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

async fn load(conn: &mut SqliteConnection, id: HoldId) -> Result<Hold, StoreError> {
    let row = sqlx::query(concat!(columns!(), " WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?
        .ok_or_else(|| StoreError::missing("hold", id))?;
    from_row(&row)
}

/// A hold on what is gone would comfort somebody who had better know.
async fn require_something_left(tx: &mut WriteTx, session: SessionId) -> Result<(), StoreError> {
    sessions::load(tx.conn(), session).await?;
    let row = sqlx::query(concat!(
        "SELECT $1 AS session_id, count(*) AS every, count(purged_at) AS purged",
        " FROM recordings WHERE session_id = $1",
    ))
    .bind(session.to_string())
    .fetch_one(tx.conn())
    .await?;
    let fields = Fields::new(&row, "recordings", "session_id")?;
    let (every, purged): (u64, u64) = (fields.count("every")?, fields.count("purged")?);
    if every > 0 && every == purged {
        let text = "all recordings of this session were purged, so there is nothing left to hold; the audit log says when, and their seals can still be verified";
        return Err(Refusal::new("purged", text).into());
    }
    Ok(())
}

/// A zone of the plant, or one that it had.
async fn require_zone(tx: &mut WriteTx, zone: &ZoneName) -> Result<(), StoreError> {
    let known = sqlx::query(concat!(
        "SELECT 1 FROM zones WHERE name = $1",
        " UNION SELECT 1 FROM sessions WHERE zone = $1 LIMIT 1",
    ))
    .bind(zone.as_str())
    .fetch_optional(tx.conn())
    .await?;
    known
        .map(drop)
        .ok_or_else(|| StoreError::missing("zone", zone))
}

fn draft(action: &'static str, on: &HoldOn) -> Draft {
    match on {
        HoldOn::Session(session) => Draft::new(action, "session", session),
        HoldOn::Zone(zone) => Draft::new(action, "zone", zone),
    }
}

fn from_row(row: &SqliteRow) -> Result<Hold, StoreError> {
    let fields = Fields::new(row, "holds", "id")?;
    let on = match fields.parse_opt("session_id")? {
        Some(session) => HoldOn::Session(session),
        None => HoldOn::Zone(fields.parse("zone")?),
    };
    let released = match fields.time_opt("released_at")? {
        None => None,
        Some(at) => Some(Signed {
            at,
            by: fields.parse("released_by")?,
            reason: fields.get("release_reason")?,
        }),
    };
    Ok(Hold {
        id: fields.parse("id")?,
        on,
        placed: Signed {
            at: fields.time("placed_at")?,
            by: fields.parse("placed_by")?,
            reason: fields.get("reason")?,
        },
        released,
    })
}

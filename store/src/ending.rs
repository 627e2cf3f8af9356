//! How sessions end: by a rule, by a person's order, by themselves, or with the
//! broker. The broker closes them; here is what it asks and what it reports.

use domain::policy::{Action, Standing, Steering, standing};
use domain::request::{MAX_TEXT, plain_text};
use domain::{AccountName, Actor, CloseReason, Draft, Role, SessionId, Timestamp, Verdict, Zone};
use serde_json::json;
use sqlx::sqlite::SqliteRow;

use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::sessions::{ZoneRules, load};
use crate::store::Store;
use crate::tx::WriteTx;
use crate::watching::{self, watchers};
use crate::{authority, grants, recordings};

impl Store {
    /// What becomes of each open session as things stand now. One query: the
    /// broker asks after every change and twice a second.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing(&self) -> Result<Vec<(SessionId, Verdict)>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT sessions.id AS session_id, sessions.end_ordered_by,",
            " accounts.disabled_at IS NULL AS account_active,",
            " sessions.conduit_closed_at IS NULL AND conduits.name IS NOT NULL",
            "   AND conduits.closed_at IS NULL AS conduit_open,",
            " sessions.let_in_at IS NOT NULL AS let_in, sessions.paused_at IS NOT NULL AS paused,",
            " zones.definition AS zone_definition, ",
            watchers!(),
            " AS watchers, ",
            grants::grant_columns!(),
            " FROM sessions JOIN accounts ON accounts.name = sessions.account",
            " JOIN grants ON grants.id = sessions.grant_id",
            " LEFT JOIN conduits ON conduits.name = sessions.conduit",
            "   AND conduits.zone = sessions.zone",
            " LEFT JOIN zones ON zones.name = sessions.zone",
            " WHERE sessions.closed_at IS NULL",
        ))
        .fetch_all(&self.inner.watch)
        .await?;
        let now = self.now();
        rows.iter().map(|row| verdict(row, now)).collect()
    }

    /// Orders a session's end; the broker carries it out.
    ///
    /// # Errors
    /// When the actor may not, it is unknown, over, or ordered to end already,
    /// the reason is missing, or the database fails.
    pub async fn end_session(
        &self,
        actor: &Actor,
        id: SessionId,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let person = authority::require_person(&mut tx, actor, Action::EndSession).await?;
        let session = load(tx.conn(), id).await?;
        if person.role != Role::Vendor {
            authority::require_in(&mut tx, actor, Action::EndSession, &session.zone).await?;
        } else if person.name != session.account {
            return Err(StoreError::missing("session", id));
        }
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        if session.closed.is_some() {
            let text = "the session is over already; nothing was changed";
            return Err(Refusal::new("session_closed", text).into());
        }
        if session.end_ordered.is_some() {
            // Without who did: a vendor may read this.
            let text = "the session's end was ordered already; nothing was changed";
            return Err(Refusal::new("end_ordered", text).into());
        }
        let draft = order_end(&mut tx, id, Some(&person.name), &reason).await?;
        tx.commit(actor, draft).await
    }

    /// Settles that a session has ended. The first reason stands: nothing
    /// happens if it is over already.
    ///
    /// # Errors
    /// When it is unknown, or the database fails.
    pub async fn close_session(
        &self,
        id: SessionId,
        reason: CloseReason,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if load(tx.conn(), id).await?.closed.is_some() {
            return Ok(());
        }
        let draft = close(&mut tx, id, &reason, note).await?;
        tx.commit(&Actor::system(), draft).await
    }

    /// At the start: sessions that a former run of the broker left open. It died
    /// with them, so they are closed as interrupted, and nobody watches them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn interrupt_open_sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        let mut tx = self.write().await?;
        let rows = sqlx::query("SELECT id FROM sessions WHERE closed_at IS NULL ORDER BY id")
            .fetch_all(tx.conn())
            .await?;
        let mut left = Vec::with_capacity(rows.len());
        let mut drafts = watching::end_all(&mut tx).await?;
        for row in &rows {
            let id = Fields::new(row, "sessions", "id")?.parse("id")?;
            drafts.push(close(&mut tx, id, &CloseReason::Interrupted, None).await?);
            left.push(id);
        }
        let Some(last) = drafts.pop() else {
            return Ok(left);
        };
        for draft in drafts {
            tx.also(&Actor::system(), draft).await?;
        }
        tx.commit(&Actor::system(), last).await?;
        Ok(left)
    }
}

/// An order for the broker to carry out, and its event. Where no person gives it,
/// the way is closed over the session instead, which ends it as well.
pub(crate) async fn order_end(
    tx: &mut WriteTx,
    id: SessionId,
    by: Option<&AccountName>,
    reason: &str,
) -> Result<Draft, StoreError> {
    let now = tx.now().as_micros();
    match by {
        Some(by) => {
            sqlx::query(concat!(
                "UPDATE sessions SET end_ordered_at = $2, end_ordered_by = $3, end_reason = $4",
                " WHERE id = $1",
            ))
            .bind(id.to_string())
            .bind(now)
            .bind(by.as_str())
            .bind(reason)
            .execute(tx.conn())
            .await?;
        }
        None => {
            sqlx::query("UPDATE sessions SET conduit_closed_at = $2 WHERE id = $1")
                .bind(id.to_string())
                .bind(now)
                .execute(tx.conn())
                .await?;
        }
    }
    Ok(Draft::new("session.end_ordered", "session", id)
        .before(json!({ "state": "open" }))
        .after(json!({ "state": "ending" }))
        .reason(reason))
}

async fn close(
    tx: &mut WriteTx,
    id: SessionId,
    reason: &CloseReason,
    note: Option<&str>,
) -> Result<Draft, StoreError> {
    let by = if let CloseReason::Ended { by } = reason {
        Some(by)
    } else {
        None
    };
    sqlx::query(concat!(
        "UPDATE sessions SET closed_at = $2, close_code = $3, close_by = $4, close_note = $5",
        " WHERE id = $1",
    ))
    .bind(id.to_string())
    .bind(tx.now().as_micros())
    .bind(reason.code())
    .bind(by.map(AccountName::as_str))
    .bind(note)
    .execute(tx.conn())
    .await?;
    recordings::interrupt(tx, id).await?;
    let draft = Draft::new("session.closed", "session", id)
        .before(json!({ "state": "open" }))
        .after(json!({
            "state": "closed",
            "reason": reason.code(),
            "blame": reason.blame().as_str(),
            "by": by,
        }));
    Ok(note.into_iter().fold(draft, Draft::reason))
}

fn verdict(row: &SqliteRow, now: Timestamp) -> Result<(SessionId, Verdict), StoreError> {
    let fields = Fields::new(row, "sessions", "session_id")?;
    let ordered_by: Option<AccountName> = fields.parse_opt("end_ordered_by")?;
    let zone: Option<Zone> = fields.json_opt("zone_definition")?;
    let rules = ZoneRules::of(zone.as_ref());
    let steering = Steering {
        asks_to_let_in: rules.let_in,
        let_in: fields.get("let_in")?,
        paused: fields.get("paused")?,
        supervised: rules.supervised,
        watched: fields.get::<Option<&str>>("watchers")?.is_some(),
    };
    let verdict = standing(&Standing {
        account_active: fields.get("account_active")?,
        conduit_open: fields.get("conduit_open")?,
        grant: &grants::from_row(row)?,
        end_ordered_by: ordered_by.as_ref(),
        steering,
        now,
    });
    Ok((fields.parse("session_id")?, verdict))
}

//! Who watches a session live. Who joins counts as its watcher until they leave;
//! who only looks leaves an event.

use std::str::FromStr;

use domain::policy::Action;
use domain::{AccountName, Actor, Draft, Role, SessionId, Timestamp, WatchId};
use serde_json::json;
use sqlx::sqlite::SqliteRow;

use crate::authority;
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::sessions::load_open;
use crate::store::Store;
use crate::tx::WriteTx;

/// Who watches `sessions.id` and may: one who was disabled, or lost the zone, a
/// moment ago does not count any more. As words of [`Watcher`].
macro_rules! watchers {
    () => {
        concat!(
            "(SELECT string_agg(watches.began_at || ' ' || watches.account, ','",
            "   ORDER BY watches.id) FROM watches JOIN accounts AS watchers",
            "   ON watchers.name = watches.account AND watchers.disabled_at IS NULL",
            "   AND watchers.role IN ('approver', 'operator')",
            "  JOIN account_zones ON account_zones.account = watches.account",
            "   AND account_zones.zone = sessions.zone",
            "  WHERE watches.session_id = sessions.id AND watches.ended_at IS NULL)",
        )
    };
}
pub(crate) use watchers;

/// Somebody who watches a session, and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Who.
    pub account: AccountName,
    /// Since when.
    pub since: Timestamp,
}

impl FromStr for Watcher {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (since, account) = text.split_once(' ')?;
            Some(Self {
                account: AccountName::parse(account).ok()?,
                since: Timestamp::from_micros(since.parse().ok()?),
            })
        };
        parts().ok_or_else(|| format!("{text:?} is no watcher"))
    }
}

impl Store {
    /// Somebody begins to watch a running session. With `join` they count as its
    /// watcher until [`Store::end_watch`]; without, only the event is written.
    ///
    /// # Errors
    /// When the actor may not, the session is unknown or over, or the database
    /// fails.
    pub async fn begin_watch(
        &self,
        actor: &Actor,
        session: SessionId,
        join: bool,
    ) -> Result<WatchId, StoreError> {
        let mut tx = self.write().await?;
        let person = authority::require_person(&mut tx, actor, Action::WatchSession).await?;
        let row = load_open(tx.conn(), session).await?;
        match person.role {
            Role::Auditor if join => {
                let text = "an auditor looks on without counting as a watcher; watch without joining, or ask an operator to join";
                return Err(Refusal::new("not_allowed", text).into());
            }
            Role::Auditor => {}
            Role::Vendor | Role::Approver | Role::Operator | Role::Admin => {
                authority::require_in(&mut tx, actor, Action::WatchSession, &row.zone).await?;
            }
        }
        let watch = WatchId::new(tx.now(), tx.random());
        if join {
            sqlx::query(concat!(
                "INSERT INTO watches (id, session_id, account, source, began_at)",
                " VALUES ($1, $2, $3, $4, $5)",
            ))
            .bind(watch.to_string())
            .bind(session.to_string())
            .bind(person.name.as_str())
            .bind(&actor.source)
            .bind(tx.now().as_micros())
            .execute(tx.conn())
            .await?;
        }
        let draft = Draft::new("session.watched", "session", session)
            .after(json!({ "watch": watch, "join": join }));
        tx.commit(actor, draft).await?;
        Ok(watch)
    }

    /// They watch no more. Nothing happens if that is so already, or if they never
    /// joined.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_watch(&self, watch: WatchId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let row = sqlx::query(concat!(
            "UPDATE watches SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
            " RETURNING id, session_id, account, source",
        ))
        .bind(watch.to_string())
        .bind(tx.now().as_micros())
        .fetch_optional(tx.conn())
        .await?;
        let Some(row) = row else { return Ok(()) };
        let (watcher, draft) = ended(&row)?;
        tx.commit(&watcher, draft).await
    }
}

/// Ends what a former run of the broker left open: nobody watches it any more.
/// Gives back the events.
pub(crate) async fn end_all(tx: &mut WriteTx) -> Result<Vec<Draft>, StoreError> {
    let now = tx.now().as_micros();
    let rows = sqlx::query(concat!(
        "UPDATE watches SET ended_at = $1 WHERE ended_at IS NULL",
        " RETURNING id, session_id, account, source",
    ))
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    let drafts = rows.iter().map(|row| Ok(ended(row)?.1));
    drafts.collect()
}

/// Whose view it was, and the event of its end.
fn ended(row: &SqliteRow) -> Result<(Actor, Draft), StoreError> {
    let fields = Fields::new(row, "watches", "id")?;
    let watch: WatchId = fields.parse("id")?;
    let session: SessionId = fields.parse("session_id")?;
    let account: AccountName = fields.parse("account")?;
    let draft = Draft::new("session.unwatched", "session", session)
        .before(json!({ "watch": watch, "account": account }));
    Ok((
        Actor::account(account, fields.get::<String>("source")?),
        draft,
    ))
}

//! Zones, conduits and assets as they are stored; closing and opening conduits.

use domain::policy::{Action, answers_for};
use domain::request::{MAX_TEXT, Way, plain_text};
use domain::{Actor, Asset, AssetName, Conduit, ConduitName, Draft, Timestamp, Zone, ZoneName};
use serde::de::DeserializeOwned;
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::authority;
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::scope::Scope;
use crate::store::Store;
use crate::tx::WriteTx;

/// Whether a conduit lets anything through just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConduitState {
    /// It does.
    Open,
    /// It does not, until somebody opens it.
    Closed {
        /// Since when.
        at: Timestamp,
        /// Who closed it: `account/olga`, `host`.
        by: String,
        /// Why.
        reason: String,
    },
}

/// An asset, and what the plant says of the way to it.
pub(crate) struct StoredWay {
    pub(crate) asset: Asset,
    pub(crate) zone: Zone,
    /// With whether it is open.
    pub(crate) conduit: Option<(Conduit, bool)>,
}

impl StoredWay {
    pub(crate) fn as_way(&self) -> Way<'_> {
        Way {
            asset: &self.asset,
            zone: &self.zone,
            conduit: self.conduit.as_ref().map(|(conduit, _)| conduit),
        }
    }
}

impl Store {
    /// All zones, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn zones(&self) -> Result<Vec<Zone>, StoreError> {
        let rows = sqlx::query("SELECT name, definition FROM zones ORDER BY name")
            .fetch_all(&self.inner.readers)
            .await?;
        definitions(&rows, "zones")
    }

    /// Assets, by name: those that the scope's vendor may ask for, that stand in
    /// the scope's zones, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assets(&self, scope: &Scope) -> Result<Vec<Asset>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT name, definition FROM assets WHERE $1 = 'all'",
            " OR ($1 = 'own' AND name IN (SELECT asset FROM account_assets WHERE account = $2))",
            " OR ($1 = 'zones' AND zone IN (SELECT zone FROM account_zones WHERE account = $2))",
            " ORDER BY name",
        ))
        .bind(scope.word())
        .bind(scope.who())
        .fetch_all(&self.inner.readers)
        .await?;
        definitions(&rows, "assets")
    }

    /// All conduits, by name, and whether they are open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conduits(&self) -> Result<Vec<(Conduit, ConduitState)>, StoreError> {
        conduits(&mut *self.inner.readers.acquire().await?).await
    }

    /// Closes a conduit: its sessions end, and nobody new gets through.
    ///
    /// # Errors
    /// When the actor may not, it is unknown or closed already, the reason is
    /// missing, or the database fails.
    pub async fn close_conduit(
        &self,
        actor: &Actor,
        name: &ConduitName,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let state = state_of(&mut tx, actor, Action::CloseConduit, name).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        if let ConduitState::Closed { by, .. } = state {
            let text = format!("conduit {name} was closed by {by} already; nothing was changed");
            return Err(Refusal::new("already_closed", text).into());
        }
        let draft = close(&mut tx, actor, name, &reason).await?;
        tx.commit(actor, draft).await
    }

    /// Closes every open conduit that the actor answers for, all at once; gives
    /// their names.
    ///
    /// # Errors
    /// When the actor may not, none is open, the reason is missing, or the database
    /// fails.
    pub async fn close_conduits(
        &self,
        actor: &Actor,
        reason: &str,
    ) -> Result<Vec<ConduitName>, StoreError> {
        let mut tx = self.write().await?;
        let person = authority::require(&mut tx, actor, Action::CloseConduit).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        let theirs = |zone: &ZoneName| {
            person
                .as_ref()
                .is_none_or(|person| answers_for(person, zone))
        };
        let all = conduits(tx.conn()).await?.into_iter();
        let open =
            all.filter(|(conduit, state)| *state == ConduitState::Open && theirs(&conduit.zone));
        let names: Vec<_> = open.map(|(conduit, _)| conduit.name).collect();
        let Some((last, others)) = names.split_last() else {
            let text = "no conduit that you answer for is open; nothing was changed";
            return Err(Refusal::new("already_closed", text).into());
        };
        for name in others {
            let draft = close(&mut tx, actor, name, &reason).await?;
            tx.also(actor, draft).await?;
        }
        let draft = close(&mut tx, actor, last, &reason).await?;
        tx.commit(actor, draft).await?;
        Ok(names)
    }

    /// Opens a closed conduit.
    ///
    /// # Errors
    /// When the actor may not, it is unknown or open already, the reason is
    /// missing, or the database fails.
    pub async fn open_conduit(
        &self,
        actor: &Actor,
        name: &ConduitName,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let state = state_of(&mut tx, actor, Action::OpenConduit, name).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        if state == ConduitState::Open {
            let text = format!("conduit {name} is open already; nothing was changed");
            return Err(Refusal::new("already_open", text).into());
        }
        sqlx::query(concat!(
            "UPDATE conduits SET closed_at = NULL, closed_by = NULL, closed_reason = NULL",
            " WHERE name = $1",
        ))
        .bind(name.as_str())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("conduit.opened", "conduit", name)
            .before(json!({ "state": "closed" }))
            .after(json!({ "state": "open" }))
            .reason(reason);
        tx.commit(actor, draft).await
    }
}

/// Closes one, and ends each session through it. Gives back the event.
async fn close(
    tx: &mut WriteTx,
    actor: &Actor,
    name: &ConduitName,
    reason: &str,
) -> Result<Draft, StoreError> {
    let now = tx.now().as_micros();
    sqlx::query(concat!(
        "UPDATE conduits SET closed_at = $2, closed_by = $3, closed_reason = $4",
        " WHERE name = $1",
    ))
    .bind(name.as_str())
    .bind(now)
    .bind(actor.who.to_string())
    .bind(reason)
    .execute(tx.conn())
    .await?;
    let through = sqlx::query(concat!(
        "UPDATE sessions SET conduit_closed_at = $2",
        " WHERE conduit = $1 AND closed_at IS NULL",
    ))
    .bind(name.as_str())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(Draft::new("conduit.closed", "conduit", name)
        .before(json!({ "state": "open" }))
        .after(json!({ "state": "closed", "sessions": through.rows_affected() }))
        .reason(reason))
}

async fn state_of(
    tx: &mut WriteTx,
    actor: &Actor,
    action: Action,
    name: &ConduitName,
) -> Result<ConduitState, StoreError> {
    let all = conduits(tx.conn()).await?;
    let found = all.into_iter().find(|(conduit, _)| conduit.name == *name);
    let (conduit, state) = found.ok_or_else(|| StoreError::missing("conduit", name))?;
    authority::require_in(tx, actor, action, &conduit.zone).await?;
    Ok(state)
}

/// The way to an asset, if there is such an asset.
pub(crate) async fn load(
    conn: &mut SqliteConnection,
    asset: &AssetName,
) -> Result<Option<StoredWay>, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT assets.name, assets.definition AS asset, zones.definition AS zone,",
        " conduits.definition AS conduit, conduits.closed_at",
        " FROM assets JOIN zones ON zones.name = assets.zone",
        " LEFT JOIN conduits ON conduits.zone = zones.name WHERE assets.name = $1",
    ))
    .bind(asset.as_str())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let fields = Fields::new(&row, "assets", "name")?;
    let open = fields.time_opt("closed_at")?.is_none();
    Ok(Some(StoredWay {
        asset: fields.json("asset")?,
        zone: fields.json("zone")?,
        conduit: fields.json_opt("conduit")?.map(|conduit| (conduit, open)),
    }))
}

pub(crate) async fn conduits(
    conn: &mut SqliteConnection,
) -> Result<Vec<(Conduit, ConduitState)>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT name, definition, closed_at, closed_by, closed_reason FROM conduits",
        " ORDER BY name",
    ))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let fields = Fields::new(row, "conduits", "name")?;
            let state = match fields.time_opt("closed_at")? {
                None => ConduitState::Open,
                Some(at) => ConduitState::Closed {
                    at,
                    by: fields.get("closed_by")?,
                    reason: fields.get("closed_reason")?,
                },
            };
            Ok((fields.json("definition")?, state))
        })
        .collect()
}

pub(crate) fn definitions<T: DeserializeOwned>(
    rows: &[SqliteRow],
    table: &'static str,
) -> Result<Vec<T>, StoreError> {
    rows.iter()
        .map(|row| Fields::new(row, table, "name")?.json("definition"))
        .collect()
}

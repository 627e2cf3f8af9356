//! Writing a plant's definitions and people.

use std::collections::BTreeMap;

use domain::{
    AccountName, Actor, ConduitName, Draft, EmailAddress, PlannedAccount, Plant, Timestamp,
    ZoneName,
};
use serde_json::json;

use crate::error::StoreError;
use crate::row::to_json;
use crate::tx::WriteTx;
use crate::ways::{self, ConduitState};

/// Site, rules, zones, conduits and assets, as a whole: they are few, and so no
/// order of changes can trip over another's key.
pub(super) async fn ways(tx: &mut WriteTx, new: &Plant) -> Result<(), StoreError> {
    let closed = Closed::load(tx).await?;
    for table in [
        "DELETE FROM assets",
        "DELETE FROM conduits",
        "DELETE FROM zones",
    ] {
        sqlx::query(table).execute(tx.conn()).await?;
    }
    sqlx::query(concat!(
        "INSERT INTO plant (id, site, rules, applied_at) VALUES (1, $1, $2, $3)",
        " ON CONFLICT (id) DO UPDATE SET",
        " site = excluded.site, rules = excluded.rules, applied_at = excluded.applied_at",
    ))
    .bind(to_json(&new.site, "plant", 1)?)
    .bind(to_json(&new.rules, "plant", 1)?)
    .bind(tx.now().as_micros())
    .execute(tx.conn())
    .await?;
    for (name, zone) in &new.zones {
        sqlx::query("INSERT INTO zones (name, definition) VALUES ($1, $2)")
            .bind(name.as_str())
            .bind(to_json(zone, "zones", name)?)
            .execute(tx.conn())
            .await?;
    }
    for (name, conduit) in &new.conduits {
        let closed = closed.over(name, &conduit.zone);
        sqlx::query(concat!(
            "INSERT INTO conduits (name, zone, definition, closed_at, closed_by, closed_reason)",
            " VALUES ($1, $2, $3, $4, $5, $6)",
        ))
        .bind(name.as_str())
        .bind(conduit.zone.as_str())
        .bind(to_json(conduit, "conduits", name)?)
        .bind(closed.map(|(at, ..)| at.as_micros()))
        .bind(closed.map(|(_, by, _)| by))
        .bind(closed.map(|(.., reason)| reason))
        .execute(tx.conn())
        .await?;
    }
    for (name, asset) in &new.assets {
        sqlx::query("INSERT INTO assets (name, zone, definition) VALUES ($1, $2, $3)")
            .bind(name.as_str())
            .bind(asset.zone.as_str())
            .bind(to_json(asset, "assets", name)?)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// What was closed before. A conduit of another name into the same zone stays
/// closed as well: a plant file must not open by the way what a person closed.
struct Closed {
    by_name: BTreeMap<ConduitName, (Timestamp, String, String)>,
    by_zone: BTreeMap<ZoneName, ConduitName>,
}

impl Closed {
    async fn load(tx: &mut WriteTx) -> Result<Self, StoreError> {
        let mut closed = Self {
            by_name: BTreeMap::new(),
            by_zone: BTreeMap::new(),
        };
        for (conduit, state) in ways::conduits(tx.conn()).await? {
            if let ConduitState::Closed { at, by, reason } = state {
                closed.by_zone.insert(conduit.zone, conduit.name.clone());
                closed.by_name.insert(conduit.name, (at, by, reason));
            }
        }
        Ok(closed)
    }

    fn over(&self, name: &ConduitName, zone: &ZoneName) -> Option<&(Timestamp, String, String)> {
        let name = self.by_zone.get(zone).unwrap_or(name);
        self.by_name.get(name)
    }
}

/// People who are new, back, or different.
pub(super) async fn people(
    tx: &mut WriteTx,
    actor: &Actor,
    old: Option<&Plant>,
    new: &Plant,
) -> Result<(), StoreError> {
    for (name, person) in &new.accounts {
        let before = old.and_then(|p| p.accounts.get(name));
        if before == Some(person) {
            continue;
        }
        write(tx, person).await?;
        list(tx, name, person).await?;
        let action = if before.is_some() {
            "account.changed"
        } else {
            "account.created"
        };
        let mut draft = Draft::new(action, "account", name).after(facts(person));
        if let Some(before) = before {
            draft = draft.before(facts(before));
        }
        tx.also(actor, draft).await?;
    }
    Ok(())
}

/// One who was removed and is back stays off: an admin switches accounts on, with
/// a reason.
async fn write(tx: &mut WriteTx, person: &PlannedAccount) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "INSERT INTO accounts (name, full_name, company, role, managed, created_at, enabled_at,",
        " email) VALUES ($1, $2, $3, $4, 'plant', $5, $5, $6) ON CONFLICT (name) DO UPDATE SET",
        " full_name = excluded.full_name, company = excluded.company, role = excluded.role,",
        " managed = excluded.managed, email = excluded.email",
    ))
    .bind(person.name.as_str())
    .bind(&person.full_name)
    .bind(&person.company)
    .bind(person.role.as_str())
    .bind(tx.now().as_micros())
    .bind(person.email.as_ref().map(EmailAddress::as_str))
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn list(
    tx: &mut WriteTx,
    name: &AccountName,
    person: &PlannedAccount,
) -> Result<(), StoreError> {
    for list in [
        "DELETE FROM account_zones WHERE account = $1",
        "DELETE FROM account_assets WHERE account = $1",
    ] {
        sqlx::query(list)
            .bind(name.as_str())
            .execute(tx.conn())
            .await?;
    }
    for zone in &person.zones {
        sqlx::query("INSERT INTO account_zones (account, zone) VALUES ($1, $2)")
            .bind(name.as_str())
            .bind(zone.as_str())
            .execute(tx.conn())
            .await?;
    }
    for asset in &person.assets {
        sqlx::query("INSERT INTO account_assets (account, asset) VALUES ($1, $2)")
            .bind(name.as_str())
            .bind(asset.as_str())
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

fn facts(person: &PlannedAccount) -> serde_json::Value {
    json!({
        "full_name": person.full_name,
        "company": person.company,
        "email": person.email,
        "role": person.role,
        "zones": person.zones,
        "assets": person.assets,
    })
}

//! The plant as it is stored, and applying another one.

mod save;

use std::collections::BTreeMap;

use domain::plant::diff::{PlantChange, Verb, admitted_by, changes};
use domain::policy::Action;
use domain::{
    Account, AccountName, Actor, Asset, AssetName, Draft, Grant, GrantEndReason, PlannedAccount,
    Plant, Protocol, Request, Role, Rules, Site, Zone, ZoneName,
};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;

use crate::error::{LiveGrant, Refusal, StoreError};
use crate::row::Fields;
use crate::sessions::{self, SessionRow};
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{accounts, authority, disabling, ending, grants, requests, ways};

/// How a plant is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Apply {
    /// Only say what would change, or why it would be refused.
    pub dry_run: bool,
    /// Take back live grants that the new plant has no ground for, instead of
    /// refusing.
    pub revoke: bool,
}

/// Why an account that is no longer in the file is off.
const REMOVED: &str = "removed from the plant file";

impl Store {
    /// The plant, if one was applied yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plant(&self) -> Result<Option<Plant>, StoreError> {
        load(&mut *self.read().await?).await
    }

    /// The site, if a plant was applied yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn site(&self) -> Result<Option<Site>, StoreError> {
        let settings = settings(&mut *self.inner.readers.acquire().await?).await?;
        Ok(settings.map(|(site, _)| site))
    }

    /// Makes the plant the one given, and says what that changed; nothing, and
    /// no event, if it is that already.
    ///
    /// # Errors
    /// [`StoreError::LiveGrants`] when grants would lose their ground and are not
    /// to be revoked; when the actor may not, or the database fails.
    pub async fn apply_plant(
        &self,
        actor: &Actor,
        new: &Plant,
        how: Apply,
    ) -> Result<Vec<PlantChange>, StoreError> {
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ApplyPlant).await?;
        let old = load(tx.conn()).await?;
        let changes = changes(old.as_ref(), new);
        refuse_host_accounts(&mut tx, new).await?;
        let losing = losing_grants(&mut tx, new).await?;
        if !losing.is_empty() && !how.revoke {
            return Err(StoreError::LiveGrants(losing));
        }
        let ending = ending_sessions(&mut tx, old.as_ref(), new).await?;
        let told = ending.iter().map(Ending::told);
        let changes: Vec<_> = changes.into_iter().chain(told).collect();
        if how.dry_run || changes.is_empty() {
            return Ok(changes);
        }
        save::ways(&mut tx, new).await?;
        save::people(&mut tx, actor, old.as_ref(), new).await?;
        remove_people(&mut tx, actor, old.as_ref(), new).await?;
        end_groundless(&mut tx, actor, new).await?;
        for Ending { session, why, .. } in ending.iter().filter(|e| !e.with_its_grant) {
            let draft = ending::order_end(&mut tx, session.id, actor.name(), why).await?;
            tx.also(actor, draft).await?;
        }
        let draft = Draft::new("plant.applied", "plant", &new.site.name)
            .after(json!({ "changes": changes.iter().map(change).collect::<Vec<_>>() }));
        tx.commit(actor, draft).await?;
        Ok(changes)
    }
}

/// Site-wide rules; the usual ones as long as no plant was applied.
pub(crate) async fn rules(conn: &mut SqliteConnection) -> Result<Rules, StoreError> {
    Ok(settings(conn)
        .await?
        .map(|(_, rules)| rules)
        .unwrap_or_default())
}

pub(crate) async fn settings(
    conn: &mut SqliteConnection,
) -> Result<Option<(Site, Rules)>, StoreError> {
    let row = sqlx::query("SELECT CAST(id AS TEXT) AS id, site, rules FROM plant")
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let fields = Fields::new(&row, "plant", "id")?;
    Ok(Some((fields.json("site")?, fields.json("rules")?)))
}

async fn load(conn: &mut SqliteConnection) -> Result<Option<Plant>, StoreError> {
    let Some((site, rules)) = settings(conn).await? else {
        return Ok(None);
    };
    let zones = sqlx::query("SELECT name, definition FROM zones")
        .fetch_all(&mut *conn)
        .await?;
    let assets = sqlx::query("SELECT name, definition FROM assets")
        .fetch_all(&mut *conn)
        .await?;
    let conduits = ways::conduits(conn).await?;
    let people = sqlx::query(accounts::accounts!(" WHERE managed = 'plant'"))
        .fetch_all(&mut *conn)
        .await?;
    let people: Vec<Account> = people
        .iter()
        .map(accounts::from_row)
        .collect::<Result<_, _>>()?;
    Ok(Some(Plant {
        site,
        rules,
        zones: by_name(ways::definitions(&zones, "zones")?, |z: &Zone| {
            z.name.clone()
        }),
        conduits: by_name(conduits.into_iter().map(|(c, _)| c), |c| c.name.clone()),
        assets: by_name(ways::definitions(&assets, "assets")?, |a: &Asset| {
            a.name.clone()
        }),
        accounts: by_name(people.into_iter().map(planned), |p| p.name.clone()),
    }))
}

fn by_name<K: Ord, V>(
    values: impl IntoIterator<Item = V>,
    name: impl Fn(&V) -> K,
) -> BTreeMap<K, V> {
    values
        .into_iter()
        .map(|value| (name(&value), value))
        .collect()
}

fn planned(account: Account) -> PlannedAccount {
    PlannedAccount {
        name: account.name,
        full_name: account.full_name,
        company: account.company,
        email: account.email,
        role: account.role,
        zones: account.zones,
        assets: account.assets,
    }
}

fn change(change: &PlantChange) -> Value {
    json!({
        "verb": change.verb.as_str(),
        "kind": change.kind,
        "name": change.name,
        "detail": change.detail,
    })
}

/// An account made on the broker's machine is nobody else's to redefine, or a
/// plant file could take the last way in from whoever runs the machine.
async fn refuse_host_accounts(tx: &mut WriteTx, new: &Plant) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT name FROM accounts WHERE managed = 'host'")
        .fetch_all(tx.conn())
        .await?;
    for row in &rows {
        let name: AccountName = Fields::new(row, "accounts", "name")?.parse("name")?;
        if new.accounts.contains_key(&name) {
            let text = format!(
                "account {name} was made on the broker's machine (`drawbridge init`) and can't be in the plant file; leave it out, or give the person another name there"
            );
            return Err(Refusal::new("host_account", text).into());
        }
    }
    Ok(())
}

async fn losing_grants(tx: &mut WriteTx, new: &Plant) -> Result<Vec<LiveGrant>, StoreError> {
    let now = tx.now();
    let live = grants::live(tx.conn(), now).await?;
    let losing = live.into_iter().filter_map(|grant| {
        let why = lost_by_grant(new, &grant)?;
        let end = grant.window.end();
        Some(LiveGrant {
            grant: grant.id,
            account: grant.account,
            asset: grant.asset,
            end,
            why,
        })
    });
    Ok(losing.collect())
}

fn lost_by_grant(plant: &Plant, grant: &Grant) -> Option<String> {
    lost(
        plant,
        &grant.account,
        &grant.asset,
        &grant.zone,
        grant.protocol,
    )
}

fn lost_by_request(plant: &Plant, request: &Request) -> Option<String> {
    lost(
        plant,
        &request.account,
        &request.asset,
        &request.zone,
        request.protocol,
    )
}

/// What somebody's way to an asset needs and the plant does not have.
fn lost(
    plant: &Plant,
    account: &AccountName,
    asset: &AssetName,
    zone: &ZoneName,
    protocol: Protocol,
) -> Option<String> {
    let Some(there) = plant.assets.get(asset) else {
        return Some(format!("asset {asset} is not in the plant any more"));
    };
    if there.zone != *zone {
        return Some(format!("asset {asset} is in zone {} now", there.zone));
    }
    if !there.protocols().contains(&protocol) {
        return Some(format!("asset {asset} is no longer reached by {protocol}"));
    }
    if !plant
        .conduit_into(zone)
        .is_some_and(|c| c.protocols.contains(&protocol))
    {
        return Some(format!(
            "no conduit lets {protocol} into zone {zone} any more"
        ));
    }
    match plant.accounts.get(account) {
        None => Some(format!("account {account} is not in the plant any more")),
        Some(person) if person.role != Role::Vendor || !person.assets.contains(asset) => {
            Some(format!("account {account} may no longer ask for {asset}"))
        }
        Some(_) => None,
    }
}

/// A session that ends with the plant that it was admitted by.
struct Ending {
    session: SessionRow,
    why: String,
    /// Its grant loses its ground as well, and takes the session with it.
    with_its_grant: bool,
}

impl Ending {
    fn told(&self) -> PlantChange {
        let SessionRow { account, asset, .. } = &self.session;
        PlantChange {
            verb: Verb::End,
            kind: "session",
            name: self.session.id.to_string(),
            detail: format!("{account} on {asset}: {}", self.why),
        }
    }
}

/// Open sessions hold what they were admitted by, so that one whose asset or
/// conduit is another now must end: the vendor comes again by the new way.
async fn ending_sessions(
    tx: &mut WriteTx,
    old: Option<&Plant>,
    new: &Plant,
) -> Result<Vec<Ending>, StoreError> {
    let Some(old) = old else {
        return Ok(Vec::new());
    };
    let open = sessions::open(tx.conn()).await?;
    let open = open.into_iter().filter(|s| s.end_ordered.is_none());
    let ending = open.filter_map(|session| {
        let SessionRow { account, asset, .. } = &session;
        let lost = lost(new, account, asset, &session.zone, session.protocol);
        let with_its_grant = lost.is_some();
        let changed = || {
            let what = admitted_by(old, new, asset, &session.conduit)?;
            Some(format!("the plant file changed {what}"))
        };
        let why = lost.or_else(changed)?;
        Some(Ending {
            session,
            why,
            with_its_grant,
        })
    });
    Ok(ending.collect())
}

async fn remove_people(
    tx: &mut WriteTx,
    actor: &Actor,
    old: Option<&Plant>,
    new: &Plant,
) -> Result<(), StoreError> {
    let gone = old.into_iter().flat_map(|p| p.accounts.keys());
    for name in gone.filter(|name| !new.accounts.contains_key(*name)) {
        sqlx::query("UPDATE accounts SET managed = 'removed' WHERE name = $1")
            .bind(name.as_str())
            .execute(tx.conn())
            .await?;
        let account = disabling::existing(tx, name).await?;
        if account.is_active() {
            let draft = disabling::disable(tx, actor, &account, REMOVED).await?;
            tx.also(actor, draft).await?;
        }
    }
    Ok(())
}

/// Ends grants and cancels requests that the plant has no ground for any more.
async fn end_groundless(tx: &mut WriteTx, actor: &Actor, new: &Plant) -> Result<(), StoreError> {
    let now = tx.now();
    for grant in grants::live(tx.conn(), now).await? {
        if let Some(why) = lost_by_grant(new, &grant) {
            let ended = grant.end(GrantEndReason::PlantChanged, actor.name(), &why, now)?;
            grants::save(tx.conn(), &ended).await?;
            tx.also(actor, grants::ended_draft(&ended)).await?;
        }
    }
    for request in requests::waiting(tx.conn()).await? {
        if let Some(why) = lost_by_request(new, &request) {
            let cancelled = request.cancel(&why, now)?;
            requests::save(tx.conn(), &cancelled).await?;
            tx.also(actor, requests::ended_draft(&cancelled)).await?;
        }
    }
    Ok(())
}

//! Grants: stored, listed, taken back, and closed when their window passes.

use domain::{
    AccountName, Action, Actor, AssetName, Draft, Grant, GrantEnd, GrantEndReason, GrantId,
    GrantPhase, Timestamp, ZoneName,
};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::scope::{Scope, scoped};
use crate::store::Store;
use crate::{authority, requests};

/// Which grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantFilter {
    /// Whose.
    pub account: Option<AccountName>,
    /// To what.
    pub asset: Option<AssetName>,
    /// Into which zone.
    pub zone: Option<ZoneName>,
    /// Where in their life they are now.
    pub phase: Option<GrantPhase>,
}

/// The columns that [`from_row`] reads.
macro_rules! grant_columns {
    () => {
        concat!(
            "grants.id, grants.request_id, grants.account, grants.asset, grants.zone,",
            " grants.protocol, grants.window_start, grants.window_end, grants.created_at,",
            " grants.extensions, grants.ended_at, grants.ended_why, grants.ended_by,",
            " grants.ended_reason",
        )
    };
}
pub(crate) use grant_columns;

/// How many things a job settles in one transaction, so that nobody waits long
/// behind it.
const BATCH: u32 = 50;

impl Store {
    /// One grant, if the scope sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn grant(&self, scope: &Scope, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let row = sqlx::query(scoped!(
            concat!("SELECT ", grant_columns!(), " FROM grants"),
            "grants",
            " AND grants.id = $3"
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(id.to_string())
        .fetch_optional(&self.inner.readers)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Grants, newest first.
    ///
    /// # Errors
    /// When the cursor is no grant's id, or the database fails.
    pub async fn grants(
        &self,
        scope: &Scope,
        filter: &GrantFilter,
        page: &Page,
    ) -> Result<Paged<Grant>, StoreError> {
        let rows = sqlx::query(scoped!(
            concat!("SELECT ", grant_columns!(), " FROM grants"),
            "grants",
            " AND ($3 IS NULL OR account = $3) AND ($4 IS NULL OR asset = $4)
              AND ($5 IS NULL OR zone = $5)
              AND ($6 IS NULL
                OR ($6 = 'closed' AND (ended_at IS NOT NULL OR window_end <= $7))
                OR ($6 = 'open' AND ended_at IS NULL AND window_start <= $7 AND window_end > $7)
                OR ($6 = 'scheduled' AND ended_at IS NULL AND window_start > $7))
              AND ($8 IS NULL OR id < $8) ORDER BY id DESC LIMIT $9"
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.phase.map(GrantPhase::as_str))
        .bind(self.now().as_micros())
        .bind(page.cursor::<GrantId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let grants = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(grants, page, |g: &Grant| g.id.to_string()))
    }

    /// Takes a grant back; its sessions end.
    ///
    /// # Errors
    /// When the actor may not, it is unknown or over, the reason is missing, or
    /// the database fails.
    pub async fn revoke(&self, actor: &Actor, id: GrantId, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let grant = load(tx.conn(), id).await?;
        authority::require_in(&mut tx, actor, Action::RevokeGrant, &grant.zone).await?;
        let ended = grant.end(GrantEndReason::Revoked, actor.name(), reason, tx.now())?;
        save(tx.conn(), &ended).await?;
        tx.commit(actor, ended_draft(&ended)).await
    }

    /// The job: lapses requests whose time is over, and closes grants whose
    /// window has passed. Says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lapse_due(&self) -> Result<usize, StoreError> {
        let mut settled = 0;
        while self.anything_due().await? {
            let mut tx = self.write().await?;
            let now = tx.now();
            let mut drafts = Vec::new();
            let due = requests::due(tx.conn(), now, BATCH).await?;
            for lapsed in due.into_iter().filter_map(|r| r.lapse(now)) {
                requests::save(tx.conn(), &lapsed).await?;
                drafts.push(requests::ended_draft(&lapsed));
            }
            let passed = passed(tx.conn(), now, BATCH).await?;
            for expired in passed.into_iter().filter_map(|g| g.expire(now)) {
                save(tx.conn(), &expired).await?;
                drafts.push(ended_draft(&expired));
            }
            let Some(last) = drafts.pop() else { break };
            settled += drafts.len() + 1;
            for draft in drafts {
                tx.also(&Actor::system(), draft).await?;
            }
            tx.commit(&Actor::system(), last).await?;
        }
        Ok(settled)
    }

    /// Asked of a reader, so that an idle job takes no turn from a writer.
    async fn anything_due(&self) -> Result<bool, StoreError> {
        let now = self.now();
        let mut read = self.read().await?;
        Ok(!requests::due(&mut read, now, 1).await?.is_empty()
            || !passed(&mut read, now, 1).await?.is_empty())
    }
}

pub(crate) async fn load(conn: &mut SqliteConnection, id: GrantId) -> Result<Grant, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        grant_columns!(),
        " FROM grants WHERE id = $1"
    ))
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?
    .ok_or_else(|| StoreError::missing("grant", id))?;
    from_row(&row)
}

/// All that are scheduled or open.
pub(crate) async fn live(
    conn: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Vec<Grant>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        grant_columns!(),
        " FROM grants WHERE ended_at IS NULL AND window_end > $1 ORDER BY id"
    ))
    .bind(now.as_micros())
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// One account's that are scheduled or open.
pub(crate) async fn live_of(
    conn: &mut SqliteConnection,
    account: &AccountName,
    now: Timestamp,
) -> Result<Vec<Grant>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        grant_columns!(),
        " FROM grants WHERE ended_at IS NULL AND window_end > $1 AND account = $2 ORDER BY id"
    ))
    .bind(now.as_micros())
    .bind(account.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Those whose window has passed without that having been settled.
async fn passed(
    conn: &mut SqliteConnection,
    now: Timestamp,
    most: u32,
) -> Result<Vec<Grant>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        grant_columns!(),
        " FROM grants WHERE ended_at IS NULL AND window_end <= $1 ORDER BY id LIMIT $2"
    ))
    .bind(now.as_micros())
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

pub(crate) async fn insert(conn: &mut SqliteConnection, grant: &Grant) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "INSERT INTO grants (id, request_id, account, asset, zone, protocol, window_start,",
        " window_end, created_at, extensions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    ))
    .bind(grant.id.to_string())
    .bind(grant.request.to_string())
    .bind(grant.account.as_str())
    .bind(grant.asset.as_str())
    .bind(grant.zone.as_str())
    .bind(grant.protocol.as_str())
    .bind(grant.window.start().as_micros())
    .bind(grant.window.end().as_micros())
    .bind(grant.created_at.as_micros())
    .bind(i64::from(grant.extensions))
    .execute(conn)
    .await?;
    Ok(())
}

/// What may change of a grant: its end.
pub(crate) async fn save(conn: &mut SqliteConnection, grant: &Grant) -> Result<(), StoreError> {
    let ended = grant.ended.as_ref();
    sqlx::query(concat!(
        "UPDATE grants SET window_end = $2, extensions = $3, ended_at = $4, ended_why = $5,",
        " ended_by = $6, ended_reason = $7 WHERE id = $1",
    ))
    .bind(grant.id.to_string())
    .bind(grant.window.end().as_micros())
    .bind(i64::from(grant.extensions))
    .bind(ended.map(|e| e.at.as_micros()))
    .bind(ended.map(|e| e.why.as_str()))
    .bind(ended.and_then(|e| e.by.as_ref()).map(AccountName::as_str))
    .bind(ended.map(|e| &e.reason))
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<Grant, StoreError> {
    let fields = Fields::new(row, "grants", "id")?;
    let ended = match fields.time_opt("ended_at")? {
        None => None,
        Some(at) => Some(GrantEnd {
            at,
            why: fields.parse("ended_why")?,
            by: fields.parse_opt("ended_by")?,
            reason: fields.get("ended_reason")?,
        }),
    };
    Ok(Grant {
        id: fields.parse("id")?,
        request: fields.parse("request_id")?,
        account: fields.parse("account")?,
        asset: fields.parse("asset")?,
        zone: fields.parse("zone")?,
        protocol: fields.parse("protocol")?,
        window: fields.window("window_start", "window_end")?,
        created_at: fields.time("created_at")?,
        ended,
        extensions: fields.count("extensions")?,
    })
}

/// The grant for the audit log.
pub(crate) fn facts(grant: &Grant) -> Value {
    json!({
        "request": grant.request,
        "account": grant.account,
        "asset": grant.asset,
        "zone": grant.zone,
        "protocol": grant.protocol,
        "window": grant.window,
        "extensions": grant.extensions,
    })
}

/// The event of a grant's end.
pub(crate) fn ended_draft(grant: &Grant) -> Draft {
    let why = grant.ended.as_ref().map(|e| e.why);
    let expired = why == Some(GrantEndReason::Expired);
    let action = if expired {
        "grant.expired"
    } else {
        "grant.revoked"
    };
    let draft = Draft::new(action, "grant", grant.id)
        .before(json!({ "window": grant.window }))
        .after(json!({ "ended": why.map(GrantEndReason::as_str) }));
    match &grant.ended {
        Some(end) => draft.reason(&end.reason),
        None => draft,
    }
}

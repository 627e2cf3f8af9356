//! Requests as they are stored, and lists of them. [`crate::deciding`] takes
//! them on their way.

use domain::{
    AccountName, Approval, AssetName, Draft, Request, RequestId, RequestState, Timestamp, ZoneName,
};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::scope::{Scope, scoped};
use crate::store::Store;

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Whose.
    pub account: Option<AccountName>,
    /// For what.
    pub asset: Option<AssetName>,
    /// Into which zone.
    pub zone: Option<ZoneName>,
    /// How far they have come: [`RequestState::as_str`].
    pub state: Option<String>,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT id, account, asset, zone, protocol, purpose, work_order, wanted_start,",
            " wanted_end, created_at, extends, state, state_at, state_by, state_reason, grant_id",
        )
    };
}

impl Store {
    /// One request, if the scope sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_request(
        &self,
        scope: &Scope,
        id: RequestId,
    ) -> Result<Option<Request>, StoreError> {
        let mut read = self.read().await?;
        let row = sqlx::query(scoped!(
            concat!(columns!(), " FROM requests"),
            "requests",
            " AND id = $3"
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(id.to_string())
        .fetch_optional(&mut *read)
        .await?;
        match row {
            Some(row) => from_row(&mut read, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Requests, newest first.
    ///
    /// # Errors
    /// When the cursor is no request's id, or the database fails.
    pub async fn requests(
        &self,
        scope: &Scope,
        filter: &RequestFilter,
        page: &Page,
    ) -> Result<Paged<Request>, StoreError> {
        let mut read = self.read().await?;
        let rows = sqlx::query(scoped!(
            concat!(columns!(), " FROM requests"),
            "requests",
            " AND ($3 IS NULL OR account = $3) AND ($4 IS NULL OR asset = $4)
              AND ($5 IS NULL OR zone = $5) AND ($6 IS NULL OR state = $6)
              AND ($7 IS NULL OR id < $7) ORDER BY id DESC LIMIT $8"
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(&filter.state)
        .bind(page.cursor::<RequestId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&mut *read)
        .await?;
        let requests = from_rows(&mut read, &rows).await?;
        Ok(Paged::cut(requests, page, |r: &Request| r.id.to_string()))
    }
}

pub(crate) async fn load(
    conn: &mut SqliteConnection,
    id: RequestId,
) -> Result<Request, StoreError> {
    let row = sqlx::query(concat!(columns!(), " FROM requests WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or_else(|| StoreError::missing("request", id))?;
    from_row(conn, &row).await
}

pub(crate) async fn waiting(conn: &mut SqliteConnection) -> Result<Vec<Request>, StoreError> {
    let rows = sqlx::query(concat!(
        columns!(),
        " FROM requests WHERE state = 'waiting' ORDER BY id"
    ))
    .fetch_all(&mut *conn)
    .await?;
    from_rows(conn, &rows).await
}

/// Those that wait and whose time is over, as [`Request::lapses_at`] has it: with
/// the grant that they would extend, or with what the last approver, who narrows
/// the window most, has left of it.
pub(crate) async fn due(
    conn: &mut SqliteConnection,
    now: Timestamp,
    most: u32,
) -> Result<Vec<Request>, StoreError> {
    let rows = sqlx::query(concat!(
        columns!(),
        " FROM requests WHERE state = 'waiting' AND CASE WHEN extends IS NOT NULL",
        " THEN wanted_start ELSE coalesce((SELECT min(window_end) FROM approvals",
        " WHERE request_id = requests.id), wanted_end) END <= $1 ORDER BY id LIMIT $2",
    ))
    .bind(now.as_micros())
    .bind(i64::from(most))
    .fetch_all(&mut *conn)
    .await?;
    from_rows(conn, &rows).await
}

pub(crate) async fn waiting_of(
    conn: &mut SqliteConnection,
    account: &AccountName,
) -> Result<Vec<Request>, StoreError> {
    let rows = sqlx::query(concat!(
        columns!(),
        " FROM requests WHERE state = 'waiting' AND account = $1 ORDER BY id"
    ))
    .bind(account.as_str())
    .fetch_all(&mut *conn)
    .await?;
    from_rows(conn, &rows).await
}

pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    request: &Request,
) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "INSERT INTO requests (id, account, asset, zone, protocol, purpose, work_order,",
        " wanted_start, wanted_end, created_at, extends, state)",
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    ))
    .bind(request.id.to_string())
    .bind(request.account.as_str())
    .bind(request.asset.as_str())
    .bind(request.zone.as_str())
    .bind(request.protocol.as_str())
    .bind(&request.purpose)
    .bind(&request.work_order)
    .bind(request.wanted.start().as_micros())
    .bind(request.wanted.end().as_micros())
    .bind(request.created_at.as_micros())
    .bind(request.extends.map(|id| id.to_string()))
    .bind(request.state.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The state of a request that is there already, with its approvals.
pub(crate) async fn save(conn: &mut SqliteConnection, request: &Request) -> Result<(), StoreError> {
    let (at, by, reason, grant) = match &request.state {
        RequestState::Waiting { .. } => (None, None, None, None),
        RequestState::Granted { grant, .. } => (None, None, None, Some(grant)),
        RequestState::Denied { by, at, reason } => (Some(at), Some(by), Some(reason), None),
        RequestState::Withdrawn { at } | RequestState::Lapsed { at } => {
            (Some(at), None, None, None)
        }
        RequestState::Cancelled { at, reason } => (Some(at), None, Some(reason), None),
    };
    sqlx::query(concat!(
        "UPDATE requests SET state = $2, state_at = $3, state_by = $4, state_reason = $5,",
        " grant_id = $6 WHERE id = $1",
    ))
    .bind(request.id.to_string())
    .bind(request.state.as_str())
    .bind(at.copied().map(Timestamp::as_micros))
    .bind(by.map(AccountName::as_str))
    .bind(reason)
    .bind(grant.map(ToString::to_string))
    .execute(&mut *conn)
    .await?;
    for approval in request.approvals() {
        save_approval(conn, request.id, approval).await?;
    }
    Ok(())
}

/// Takes an approval off a request that waits.
pub(crate) async fn remove_approval(
    conn: &mut SqliteConnection,
    request: RequestId,
    approver: &AccountName,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM approvals WHERE request_id = $1 AND approver = $2")
        .bind(request.to_string())
        .bind(approver.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

async fn save_approval(
    conn: &mut SqliteConnection,
    request: RequestId,
    approval: &Approval,
) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "INSERT INTO approvals (request_id, approver, at, window_start, window_end, note)",
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request_id, approver) DO NOTHING",
    ))
    .bind(request.to_string())
    .bind(approval.by.as_str())
    .bind(approval.at.as_micros())
    .bind(approval.window.start().as_micros())
    .bind(approval.window.end().as_micros())
    .bind(&approval.note)
    .execute(conn)
    .await?;
    Ok(())
}

async fn from_rows(
    conn: &mut SqliteConnection,
    rows: &[SqliteRow],
) -> Result<Vec<Request>, StoreError> {
    let mut requests = Vec::with_capacity(rows.len());
    for row in rows {
        requests.push(from_row(conn, row).await?);
    }
    Ok(requests)
}

async fn from_row(conn: &mut SqliteConnection, row: &SqliteRow) -> Result<Request, StoreError> {
    let fields = Fields::new(row, "requests", "id")?;
    let id = fields.parse("id")?;
    let state = match fields.get::<&str>("state")? {
        "waiting" => RequestState::Waiting {
            approvals: approvals(conn, id).await?,
        },
        "granted" => RequestState::Granted {
            grant: fields.parse("grant_id")?,
            approvals: approvals(conn, id).await?,
        },
        "denied" => RequestState::Denied {
            by: fields.parse("state_by")?,
            at: fields.time("state_at")?,
            reason: fields.get("state_reason")?,
        },
        "withdrawn" => RequestState::Withdrawn {
            at: fields.time("state_at")?,
        },
        "lapsed" => RequestState::Lapsed {
            at: fields.time("state_at")?,
        },
        "cancelled" => RequestState::Cancelled {
            at: fields.time("state_at")?,
            reason: fields.get("state_reason")?,
        },
        other => return Err(fields.bad("state", format!("{other:?} is no state of a request"))),
    };
    Ok(Request {
        id,
        account: fields.parse("account")?,
        asset: fields.parse("asset")?,
        zone: fields.parse("zone")?,
        protocol: fields.parse("protocol")?,
        purpose: fields.get("purpose")?,
        work_order: fields.get("work_order")?,
        wanted: fields.window("wanted_start", "wanted_end")?,
        created_at: fields.time("created_at")?,
        extends: fields.parse_opt("extends")?,
        state,
    })
}

/// In the order in which they were given. Each narrows the one before, which
/// tells it better than a clock that may have gone back.
async fn approvals(
    conn: &mut SqliteConnection,
    request: RequestId,
) -> Result<Vec<Approval>, StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT request_id, approver, at, window_start, window_end, note FROM approvals",
        " WHERE request_id = $1 ORDER BY window_start, window_end DESC, at",
    ))
    .bind(request.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let fields = Fields::new(row, "approvals", "request_id")?;
            Ok(Approval {
                by: fields.parse("approver")?,
                at: fields.time("at")?,
                window: fields.window("window_start", "window_end")?,
                note: fields.get("note")?,
            })
        })
        .collect()
}

/// The request for the audit log.
pub(crate) fn facts(request: &Request) -> Value {
    json!({
        "state": request.state.as_str(),
        "account": request.account,
        "asset": request.asset,
        "zone": request.zone,
        "protocol": request.protocol,
        "purpose": request.purpose,
        "work_order": request.work_order,
        "window": request.window(),
        "extends": request.extends,
        "approved_by": request.approvals().iter().map(|a| &a.by).collect::<Vec<_>>(),
    })
}

/// The event of a request that ended without a grant.
pub(crate) fn ended_draft(request: &Request) -> Draft {
    let (action, reason) = match &request.state {
        RequestState::Denied { reason, .. } => ("request.denied", reason.as_str()),
        RequestState::Cancelled { reason, .. } => ("request.cancelled", reason.as_str()),
        RequestState::Lapsed { .. } => ("request.lapsed", "its time passed before enough approved"),
        RequestState::Withdrawn { .. }
        | RequestState::Waiting { .. }
        | RequestState::Granted { .. } => ("request.withdrawn", "its vendor took it back"),
    };
    Draft::new(action, "request", request.id)
        .before(json!({ "state": "waiting" }))
        .after(json!({ "state": request.state.as_str() }))
        .reason(reason)
}

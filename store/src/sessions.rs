//! Sessions as they are stored: begun by a ticket, listed, and ended in
//! [`crate::ending`].

use domain::policy::{Input, Steering, input};
use domain::{
    AccountName, AssetName, CloseReason, ConduitName, Draft, GrantId, Permit, Protocol, SessionId,
    TicketId, Timestamp, Zone, ZoneName,
};
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::companies::of_company;
use crate::error::{Refusal, StoreError};
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::scope::{Scope, scoped};
use crate::store::Store;
use crate::tx::WriteTx;
use crate::watching::{Watcher, watchers};

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The grant that it runs under.
    pub grant: GrantId,
    /// Whose it is.
    pub account: AccountName,
    /// To what.
    pub asset: AssetName,
    /// Into which zone.
    pub zone: ZoneName,
    /// Through which conduit.
    pub conduit: ConduitName,
    /// By which protocol.
    pub protocol: Protocol,
    /// The vendor's network address.
    pub source: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When its grant's window ends, as it is now.
    pub ends_at: Timestamp,
    /// What its zone asks for, as the plant is now.
    pub zone_rules: ZoneRules,
    /// Who let it in, if somebody did.
    pub let_in: Option<LetIn>,
    /// Who has paused its input, if it is paused.
    pub paused: Option<Paused>,
    /// Who watches it, in the order in which they came.
    pub watchers: Vec<Watcher>,
    /// A person's order to end it, if there is one.
    pub end_ordered: Option<EndOrder>,
    /// How it ended, once it has.
    pub closed: Option<SessionEnd>,
}

/// What a zone asks for of a session that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneRules {
    /// That somebody lets it in.
    pub let_in: bool,
    /// That somebody watches while input flows.
    pub supervised: bool,
}

impl ZoneRules {
    /// Those of a zone. One that the plant does not have any more lets nothing pass.
    pub(crate) fn of(zone: Option<&Zone>) -> Self {
        Self {
            let_in: zone.is_none_or(|zone| zone.let_in),
            supervised: zone.is_none_or(|zone| zone.supervised),
        }
    }
}

/// Who let a session in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccountName,
}

/// Who has paused a session's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccountName,
    /// Why, if they said so.
    pub reason: Option<String>,
}

impl SessionRow {
    /// Whether its input flows, as things stand.
    #[must_use]
    pub fn input(&self) -> Input {
        input(Steering {
            asks_to_let_in: self.zone_rules.let_in,
            let_in: self.let_in.is_some(),
            paused: self.paused.is_some(),
            supervised: self.zone_rules.supervised,
            watched: !self.watchers.is_empty(),
        })
    }
}

/// A person's order to end a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndOrder {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccountName,
    /// Why.
    pub reason: String,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: CloseReason,
    /// What the broker adds.
    pub note: Option<String>,
}

/// Which sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Whose.
    pub account: Option<AccountName>,
    /// To what.
    pub asset: Option<AssetName>,
    /// Into which zone.
    pub zone: Option<ZoneName>,
    /// Under which grant.
    pub grant: Option<GrantId>,
    /// Only those that are open, or only those that have ended.
    pub open: Option<bool>,
    /// Only those of accounts whose company has this in its name.
    pub company: Option<String>,
    /// Only those that ran at this time or later.
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    pub until: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT id, grant_id, account, asset, zone, conduit, protocol, source, opened_at,",
            " end_ordered_at, end_ordered_by, end_reason, closed_at, close_code, close_by,",
            " close_note, let_in_at, let_in_by, paused_at, paused_by, paused_reason,",
            " (SELECT window_end FROM grants WHERE grants.id = sessions.grant_id) AS ends_at,",
            " (SELECT definition FROM zones WHERE zones.name = sessions.zone) AS zone_definition,",
            watchers!(),
            " AS watchers",
        )
    };
}

impl Store {
    /// One session, if the scope sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(
        &self,
        scope: &Scope,
        id: SessionId,
    ) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query(scoped!(
            concat!(columns!(), " FROM sessions"),
            "sessions",
            " AND id = $3"
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(id.to_string())
        .fetch_optional(&self.inner.readers)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Sessions, newest first.
    ///
    /// # Errors
    /// When the cursor is no session's id, or the database fails.
    pub async fn sessions(
        &self,
        scope: &Scope,
        filter: &SessionFilter,
        page: &Page,
    ) -> Result<Paged<SessionRow>, StoreError> {
        let rows = sqlx::query(scoped!(
            concat!(columns!(), " FROM sessions"),
            "sessions",
            concat!(
                " AND ($3 IS NULL OR account = $3) AND ($4 IS NULL OR asset = $4)
                  AND ($5 IS NULL OR zone = $5) AND ($6 IS NULL OR grant_id = $6)
                  AND ($7 IS NULL OR (closed_at IS NULL) = $7)
                  AND ($8 IS NULL OR closed_at IS NULL OR closed_at >= $8)
                  AND ($9 IS NULL OR opened_at < $9)",
                of_company!("account", "$10"),
                " AND ($11 IS NULL OR id < $11) ORDER BY id DESC LIMIT $12"
            )
        ))
        .bind(scope.word())
        .bind(scope.who())
        .bind(filter.account.as_ref().map(AccountName::as_str))
        .bind(filter.asset.as_ref().map(AssetName::as_str))
        .bind(filter.zone.as_ref().map(ZoneName::as_str))
        .bind(filter.grant.map(|id| id.to_string()))
        .bind(filter.open)
        .bind(filter.since.map(Timestamp::as_micros))
        .bind(filter.until.map(Timestamp::as_micros))
        .bind(self.working_for(filter.company.as_deref()).await?)
        .bind(page.cursor::<SessionId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let sessions = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(sessions, page, |s: &SessionRow| {
            s.id.to_string()
        }))
    }
}

/// A session begins. Gives back the event for the commit.
pub(crate) async fn begin(
    tx: &mut WriteTx,
    permit: &Permit,
    ticket: TicketId,
    protocol: Protocol,
    source: &str,
) -> Result<Draft, StoreError> {
    sqlx::query(concat!(
        "INSERT INTO sessions (id, grant_id, ticket_id, account, asset, zone, conduit, protocol,",
        " source, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    ))
    .bind(permit.session().to_string())
    .bind(permit.grant().to_string())
    .bind(ticket.to_string())
    .bind(permit.account().as_str())
    .bind(permit.asset().as_str())
    .bind(permit.zone().as_str())
    .bind(permit.conduit().as_str())
    .bind(protocol.as_str())
    .bind(source)
    .bind(tx.now().as_micros())
    .execute(tx.conn())
    .await?;
    Ok(
        Draft::new("session.opened", "session", permit.session()).after(json!({
            "grant": permit.grant(),
            "account": permit.account(),
            "asset": permit.asset(),
            "zone": permit.zone(),
            "conduit": permit.conduit(),
            "protocol": protocol,
            "ticket": ticket,
        })),
    )
}

/// All that are open.
pub(crate) async fn open(conn: &mut SqliteConnection) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sqlx::query(concat!(
        columns!(),
        " FROM sessions WHERE closed_at IS NULL ORDER BY id"
    ))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// How many sessions of a grant are open.
pub(crate) async fn open_under(
    conn: &mut SqliteConnection,
    grant: GrantId,
) -> Result<u32, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT $1 AS grant_id, count(*) AS open FROM sessions",
        " WHERE grant_id = $1 AND closed_at IS NULL",
    ))
    .bind(grant.to_string())
    .fetch_one(conn)
    .await?;
    Fields::new(&row, "sessions", "grant_id")?.count("open")
}

pub(crate) async fn load(
    conn: &mut SqliteConnection,
    id: SessionId,
) -> Result<SessionRow, StoreError> {
    let row = sqlx::query(concat!(columns!(), " FROM sessions WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?
        .ok_or_else(|| StoreError::missing("session", id))?;
    from_row(&row)
}

/// As [`load`], for what is done to one that runs.
pub(crate) async fn load_open(
    conn: &mut SqliteConnection,
    id: SessionId,
) -> Result<SessionRow, StoreError> {
    let session = load(conn, id).await?;
    if session.closed.is_some() {
        let text = "the session is over already; nothing was changed";
        return Err(Refusal::new("session_closed", text).into());
    }
    Ok(session)
}

fn from_row(row: &SqliteRow) -> Result<SessionRow, StoreError> {
    let fields = Fields::new(row, "sessions", "id")?;
    let let_in = match fields.time_opt("let_in_at")? {
        None => None,
        Some(at) => Some(LetIn {
            at,
            by: fields.parse("let_in_by")?,
        }),
    };
    let paused = match fields.time_opt("paused_at")? {
        None => None,
        Some(at) => Some(Paused {
            at,
            by: fields.parse("paused_by")?,
            reason: fields.get("paused_reason")?,
        }),
    };
    let zone: Option<Zone> = fields.json_opt("zone_definition")?;
    let end_ordered = match fields.time_opt("end_ordered_at")? {
        None => None,
        Some(at) => Some(EndOrder {
            at,
            by: fields.parse("end_ordered_by")?,
            reason: fields.get("end_reason")?,
        }),
    };
    let closed = match fields.time_opt("closed_at")? {
        None => None,
        Some(at) => {
            let code: &str = fields.get("close_code")?;
            let reason = CloseReason::from_parts(code, fields.parse_opt("close_by")?);
            let unknown = || fields.bad("close_code", format!("{code:?} is no reason"));
            Some(SessionEnd {
                at,
                reason: reason.ok_or_else(unknown)?,
                note: fields.get("close_note")?,
            })
        }
    };
    Ok(SessionRow {
        id: fields.parse("id")?,
        grant: fields.parse("grant_id")?,
        account: fields.parse("account")?,
        asset: fields.parse("asset")?,
        zone: fields.parse("zone")?,
        conduit: fields.parse("conduit")?,
        protocol: fields.parse("protocol")?,
        source: fields.get("source")?,
        opened_at: fields.time("opened_at")?,
        ends_at: fields.time("ends_at")?,
        zone_rules: ZoneRules::of(zone.as_ref()),
        let_in,
        paused,
        watchers: fields.words("watchers")?,
        end_ordered,
        closed,
    })
}

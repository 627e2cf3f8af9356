//! Tickets: handed out for an open grant, and turned into one session each.

use std::time::Duration;

use domain::policy::{Action, Admission, Input, Steering, admit, input, may_enter};
use domain::request::RequestRefused;
use domain::{
    Account, AccountName, Actor, AssetName, Denied, Draft, Grant, GrantId, Permit, PlantTime,
    Protocol, Revoker, SessionId, TicketId, Timestamp,
};
use secrecy::SecretString;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use crate::disabling::{Idle, apply_idle_rule, existing};
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::ways::{self, StoredWay};
use crate::{accounts, authority, grants, plant, secret, sessions};

/// How long a ticket may be used.
const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long a spent ticket's row is kept; nothing needs it afterwards.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A ticket, told once.
#[derive(Debug)]
pub struct IssuedTicket {
    /// What it is called in the log.
    pub id: TicketId,
    /// The secret; only its hash is kept.
    pub ticket: SecretString,
    /// When it ends, if it is not used before.
    pub expires_at: Timestamp,
}

/// What became of a ticket that somebody came with.
#[derive(Debug)]
pub enum Redeemed {
    /// It is used up, and the session has begun.
    Admitted(Box<Admitted>),
    /// It was right, but something stands against it just now, which may be told.
    /// It is not used up.
    Denied(Denied, PlantTime),
    /// It is wrong, used, too old, or for something else. Nothing may be told.
    Unknown,
}

/// A session that may be made.
#[derive(Debug)]
pub struct Admitted {
    /// What proves it.
    pub permit: Permit,
    /// What ends the proof.
    pub revoker: Revoker,
    /// Whether its input flows, until the broker has looked for itself.
    pub input: Input,
    /// The clock on the plant's wall.
    pub plant_time: PlantTime,
}

impl Store {
    /// A ticket for one's own grant, while its window is open.
    ///
    /// # Errors
    /// When the grant is unknown or another's, when something stands against a
    /// session just now, or when the database fails.
    pub async fn issue_ticket(
        &self,
        actor: &Actor,
        id: GrantId,
    ) -> Result<IssuedTicket, StoreError> {
        let mut tx = self.write().await?;
        let vendor = authority::require_person(&mut tx, actor, Action::TakeTicket).await?;
        let grant = grants::load(tx.conn(), id).await?;
        if grant.account != vendor.name {
            return Err(StoreError::missing("grant", id));
        }
        let now = tx.now();
        let way = ways::load(tx.conn(), &grant.asset).await?;
        let way = way.ok_or_else(|| RequestRefused::NoSuchAsset(grant.asset.clone()))?;
        let session = SessionId::new(now, tx.random());
        let mut ask = admission(&vendor, &way, &grant, grant.protocol, session, now);
        ask.open_sessions = sessions::open_under(tx.conn(), grant.id).await?;
        ask.most_sessions = plant::rules(tx.conn()).await?.sessions_per_grant;
        if let Err(denied) = may_enter(&ask) {
            let time = plant_time(tx.conn()).await?;
            let text = denied.for_vendor(&time, &grant.asset, now);
            return Err(Refusal::new(denied.code(), text).into());
        }
        forget_old_tickets(&mut tx).await?;
        let issued = IssuedTicket {
            id: TicketId::new(now, tx.random()),
            ticket: secret::ticket(tx.random()),
            expires_at: now.plus(LIFETIME),
        };
        sqlx::query(concat!(
            "INSERT INTO tickets (id, hash, grant_id, account, created_at, expires_at)",
            " VALUES ($1, $2, $3, $4, $5, $6)",
        ))
        .bind(issued.id.to_string())
        .bind(secret::hash(&issued.ticket))
        .bind(grant.id.to_string())
        .bind(vendor.name.as_str())
        .bind(now.as_micros())
        .bind(issued.expires_at.as_micros())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("ticket.issued", "grant", grant.id)
            .after(json!({ "ticket": issued.id, "expires_at": issued.expires_at }));
        tx.commit(actor, draft).await?;
        Ok(issued)
    }

    /// The session that a ticket was turned into, if it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_of_ticket(&self, id: TicketId) -> Result<Option<SessionId>, StoreError> {
        let row = sqlx::query("SELECT id FROM sessions WHERE ticket_id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.inner.readers)
            .await?;
        row.map(|row| Fields::new(&row, "sessions", "id")?.parse("id"))
            .transpose()
    }

    /// Turns a ticket into a session: the ticket is used up, the session open, the
    /// account in use, all at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redeem_ticket(
        &self,
        account: &AccountName,
        asset: &AssetName,
        protocol: Protocol,
        ticket: &SecretString,
        source: &str,
    ) -> Result<Redeemed, StoreError> {
        let hash = secret::hash(ticket);
        // A wrong guess must not take a turn from those who write.
        {
            let mut read = self.read().await?;
            if usable(&mut read, &hash, account, self.now())
                .await?
                .is_none()
            {
                return Ok(Redeemed::Unknown);
            }
        }
        let mut tx = self.write().await?;
        let now = tx.now();
        let Some((ticket, grant)) = usable(tx.conn(), &hash, account, now).await? else {
            return Ok(Redeemed::Unknown);
        };
        if grant.asset != *asset || grant.protocol != protocol {
            return Ok(Redeemed::Unknown);
        }
        let time = plant_time(tx.conn()).await?;
        let vendor = existing(&mut tx, account).await?;
        match apply_idle_rule(&mut tx, &vendor).await? {
            Idle::Fine => {}
            Idle::Corrected(draft) => tx.also(&Actor::system(), draft).await?,
            Idle::Disabled(draft) => {
                tx.commit(&Actor::system(), draft).await?;
                return Ok(Redeemed::Denied(Denied::AccountDisabled, time));
            }
        }
        let Some(way) = ways::load(tx.conn(), asset).await? else {
            return Ok(Redeemed::Denied(Denied::NoConduit, time));
        };
        let session = SessionId::new(now, tx.random());
        let mut ask = admission(&vendor, &way, &grant, protocol, session, now);
        ask.open_sessions = sessions::open_under(tx.conn(), grant.id).await?;
        ask.most_sessions = plant::rules(tx.conn()).await?.sessions_per_grant;
        let (permit, revoker) = match admit(&ask) {
            Ok(admitted) => admitted,
            Err(denied) => return Ok(Redeemed::Denied(denied, time)),
        };
        use_up(&mut tx, ticket).await?;
        accounts::mark_used(&mut tx, account).await?;
        let draft = sessions::begin(&mut tx, &permit, ticket, protocol, source).await?;
        tx.commit(&Actor::account(account.clone(), source), draft)
            .await?;
        Ok(Redeemed::Admitted(Box::new(Admitted {
            permit,
            revoker,
            input: input(Steering::at_first(&way.zone)),
            plant_time: time,
        })))
    }
}

/// But for the sessions that are open: none may be, until they are counted.
fn admission<'a>(
    account: &'a Account,
    way: &'a StoredWay,
    grant: &'a Grant,
    protocol: Protocol,
    session: SessionId,
    now: Timestamp,
) -> Admission<'a> {
    Admission {
        account,
        asset: &way.asset,
        zone: &way.zone,
        conduit: way.conduit.as_ref().map(|(conduit, open)| (conduit, *open)),
        grant,
        protocol,
        open_sessions: 0,
        most_sessions: 0,
        session,
        now,
    }
}

/// The ticket of that hash and account and its grant, if it may still be used.
async fn usable(
    conn: &mut SqliteConnection,
    hash: &[u8],
    account: &AccountName,
    now: Timestamp,
) -> Result<Option<(TicketId, Grant)>, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT tickets.id AS ticket_id, ",
        grants::grant_columns!(),
        " FROM tickets JOIN grants ON grants.id = tickets.grant_id",
        " WHERE tickets.hash = $1 AND tickets.account = $2",
        " AND tickets.used_at IS NULL AND tickets.expires_at > $3 AND tickets.created_at <= $4",
    ))
    .bind(hash)
    .bind(account.as_str())
    .bind(now.as_micros())
    .bind(now.plus(secret::CLOCK_SLACK).as_micros())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id = Fields::new(&row, "tickets", "ticket_id")?.parse("ticket_id")?;
    Ok(Some((id, grants::from_row(&row)?)))
}

async fn use_up(tx: &mut WriteTx, ticket: TicketId) -> Result<(), StoreError> {
    sqlx::query("UPDATE tickets SET used_at = $2 WHERE id = $1")
        .bind(ticket.to_string())
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn forget_old_tickets(tx: &mut WriteTx) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM tickets WHERE expires_at < $1")
        .bind(tx.now().minus(KEPT).as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// There is a plant wherever there is a grant.
async fn plant_time(conn: &mut SqliteConnection) -> Result<PlantTime, StoreError> {
    let settings = plant::settings(conn).await?;
    settings
        .map(|(site, _)| site.time)
        .ok_or_else(|| StoreError::missing("plant", "site"))
}

//! Recordings shared with people without an account: a link that ends, that can
//! be taken back, and whose every opening is counted and logged. Whoever holds no
//! link that works learns nothing, not even whether there ever was one.

use std::time::Duration;

use domain::account::lockout;
use domain::request::{MAX_TEXT, plain_text};
use domain::{AccountName, Action, Actor, Draft, SessionId, ShareId, Timestamp, Who};
use secrecy::SecretString;
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::{Refusal, StoreError};
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{authority, secret};

/// How long a link may last.
const BOUNDS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(90 * 24 * 3600));

/// What is to be shared, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShare {
    /// The session.
    pub session: SessionId,
    /// The channel in it.
    pub channel: u32,
    /// Whether what was typed is shown too.
    pub input: bool,
    /// With whom and for what, for the audit log.
    pub note: String,
    /// How long the link lasts: a minute to 90 days.
    pub lifetime: Duration,
}

/// A link to one recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its id; not the secret.
    pub id: ShareId,
    /// The session.
    pub session: SessionId,
    /// The channel in it.
    pub channel: u32,
    /// Whether what was typed is shown too.
    pub input: bool,
    /// With whom and for what.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The auditor who vouches for it. It does not work while their account is
    /// disabled.
    pub created_by: AccountName,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When and by whom it was taken back, if it was.
    pub revoked: Option<(Timestamp, Who)>,
    /// How often it was opened.
    pub openings: u64,
    /// When it was opened last.
    pub opened_at: Option<Timestamp>,
}

/// A link, told once.
#[derive(Debug)]
pub struct IssuedShare {
    /// What it is.
    pub share: Share,
    /// The secret in it; only its hash is kept.
    pub token: SecretString,
}

/// What became of a link that somebody came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It works.
    Works(Share),
    /// It works, but the recording was purged.
    Purged,
    /// It is unknown, over, or was taken back. Nothing may be told.
    Unknown,
    /// So many led nowhere from that network that none is looked at just now.
    ShutOut,
}

/// What whoever has a link takes of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareForm {
    /// The recording, to look at.
    Cast,
    /// The bundle, to verify.
    Bundle,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT shares.id, shares.session_id, shares.channel, shares.input, shares.note,",
            " shares.created_at, shares.created_by, shares.expires_at, shares.revoked_at,",
            " shares.revoked_by, shares.openings, shares.opened_at",
        )
    };
}

impl Store {
    /// Makes a link to a recording that is over.
    ///
    /// # Errors
    /// When the actor may not, there is no such recording or nothing is left of
    /// it, it is still being recorded, the note is missing, the lifetime is out of
    /// bounds, or the database fails.
    pub async fn share(&self, actor: &Actor, new: NewShare) -> Result<IssuedShare, StoreError> {
        let mut tx = self.write().await?;
        let auditor = authority::require_person(&mut tx, actor, Action::ShareRecording).await?;
        let note = plain_text("the note", &new.note, MAX_TEXT)?;
        let (least, most) = BOUNDS;
        if new.lifetime < least || new.lifetime > most {
            let text = "a link lasts a minute at least and 90 days at most; nothing was shared";
            return Err(Refusal::new("bad_lifetime", text).into());
        }
        require_shareable(&mut tx, new.session, new.channel).await?;
        let token = secret::share(tx.random());
        let share = Share {
            id: ShareId::new(tx.now(), tx.random()),
            session: new.session,
            channel: new.channel,
            input: new.input,
            note,
            created_at: tx.now(),
            created_by: auditor.name,
            expires_at: tx.now().plus(new.lifetime),
            revoked: None,
            openings: 0,
            opened_at: None,
        };
        sqlx::query(concat!(
            "INSERT INTO shares (id, hash, session_id, channel, input, note, created_at,",
            " created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        ))
        .bind(share.id.to_string())
        .bind(secret::hash(&token))
        .bind(share.session.to_string())
        .bind(i64::from(share.channel))
        .bind(share.input)
        .bind(&share.note)
        .bind(share.created_at.as_micros())
        .bind(share.created_by.as_str())
        .bind(share.expires_at.as_micros())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("recording.shared", "session", share.session)
            .after(json!({
                "share": share.id,
                "channel": share.channel,
                "input": share.input,
                "expires_at": share.expires_at,
            }))
            .reason(&share.note);
        tx.commit(actor, draft).await?;
        Ok(IssuedShare { share, token })
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// When the actor may not, it is unknown or was taken back already, or the
    /// database fails.
    pub async fn unshare(&self, actor: &Actor, id: ShareId) -> Result<Share, StoreError> {
        let mut tx = self.write().await?;
        authority::require_person(&mut tx, actor, Action::ManageShares).await?;
        let row = sqlx::query(concat!(columns!(), " FROM shares WHERE id = $1"))
            .bind(id.to_string())
            .fetch_optional(tx.conn())
            .await?
            .ok_or_else(|| StoreError::missing("share", id))?;
        let mut share = from_row(&row)?;
        if let Some((_, by)) = &share.revoked {
            let text = format!("this link was taken back by {by} already; nothing was changed");
            return Err(Refusal::new("already_revoked", text).into());
        }
        sqlx::query("UPDATE shares SET revoked_at = $2, revoked_by = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(tx.now().as_micros())
            .bind(actor.who.to_string())
            .execute(tx.conn())
            .await?;
        let draft = Draft::new("recording.unshared", "session", share.session)
            .before(json!({ "share": id, "state": "shared", "openings": share.openings }))
            .after(json!({ "share": id, "state": "revoked" }));
        share.revoked = Some((tx.now(), actor.who.clone()));
        tx.commit(actor, draft).await?;
        Ok(share)
    }

    /// Links, newest first: all, or those to one session's recordings.
    ///
    /// # Errors
    /// When the cursor is no link's id, or the database fails.
    pub async fn shares(
        &self,
        session: Option<SessionId>,
        page: &Page,
    ) -> Result<Paged<Share>, StoreError> {
        let rows = sqlx::query(concat!(
            columns!(),
            " FROM shares WHERE ($1 IS NULL OR session_id = $1) AND ($2 IS NULL OR id < $2)",
            " ORDER BY id DESC LIMIT $3",
        ))
        .bind(session.map(|id| id.to_string()))
        .bind(page.cursor::<ShareId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let shares = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(shares, page, |share: &Share| {
            share.id.to_string()
        }))
    }

    /// What a link that somebody came with from `source` is good for. One that
    /// leads nowhere is counted against `network`, which stands for all addresses
    /// that one customer can have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn present_share(
        &self,
        token: &SecretString,
        network: &str,
        source: &str,
    ) -> Result<Presented, StoreError> {
        let hash = secret::hash(token);
        {
            let mut read = self.read().await?;
            let now = self.now();
            // A flood must not take a turn from those who write.
            if shut_out(&mut read, network, now).await? {
                return Ok(Presented::ShutOut);
            }
            if let Some((share, purged)) = usable(&mut read, &hash, now).await? {
                return Ok(match purged {
                    true => Presented::Purged,
                    false => Presented::Works(share),
                });
            }
        }
        self.led_nowhere(&hash, network, source).await
    }

    /// A link is opened: counted and logged, before the first byte leaves. `false`
    /// if it has stopped working in the meantime; then nothing may leave.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn share_opened(
        &self,
        share: &Share,
        source: &str,
        form: ShareForm,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.now();
        let row = sqlx::query("SELECT id, hash FROM shares WHERE id = $1")
            .bind(share.id.to_string())
            .fetch_optional(tx.conn())
            .await?;
        let Some(row) = row else { return Ok(false) };
        let hash: Vec<u8> = Fields::new(&row, "shares", "id")?.get("hash")?;
        let Some((share, false)) = usable(tx.conn(), &hash, now).await? else {
            return Ok(false);
        };
        sqlx::query("UPDATE shares SET openings = openings + 1, opened_at = $2 WHERE id = $1")
            .bind(share.id.to_string())
            .bind(now.as_micros())
            .execute(tx.conn())
            .await?;
        let draft = Draft::new("recording.opened", "session", share.session).after(json!({
            "channel": share.channel,
            "input": share.input,
            "bundle": form == ShareForm::Bundle,
            "share": share.id,
            "opening": share.openings + 1,
        }));
        tx.commit(&stranger(source), draft).await?;
        Ok(true)
    }

    async fn led_nowhere(
        &self,
        hash: &[u8],
        network: &str,
        source: &str,
    ) -> Result<Presented, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.now();
        forget_old_failures(&mut tx).await?;
        if shut_out(tx.conn(), network, now).await? {
            return Ok(Presented::ShutOut);
        }
        sqlx::query("INSERT INTO share_failures (network, at) VALUES ($1, $2)")
            .bind(network)
            .bind(now.as_micros())
            .execute(tx.conn())
            .await?;
        // Who came with it is told nothing; an auditor wants to know which it was.
        let row = sqlx::query(concat!(columns!(), " FROM shares WHERE hash = $1"))
            .bind(hash)
            .fetch_optional(tx.conn())
            .await?;
        let known = row.as_ref().map(from_row).transpose()?;
        let draft = match &known {
            Some(share) => Draft::new("share.refused", "share", share.id).reason(why_not(share)),
            None => Draft::new("share.refused", "share", "unknown").reason("there is no such link"),
        };
        let shut_out = shut_out(tx.conn(), network, now).await?;
        let draft = draft.after(json!({ "network": network, "shut_out": shut_out }));
        tx.commit(&stranger(source), draft).await?;
        Ok(Presented::Unknown)
    }
}

/// Somebody without an account, at a network address.
fn stranger(source: &str) -> Actor {
    Actor {
        source: source.to_owned(),
        ..Actor::system()
    }
}

fn why_not(share: &Share) -> &'static str {
    if share.revoked.is_some() {
        "the link was taken back"
    } else {
        "the link is over, or the account of who made it is disabled"
    }
}

async fn require_shareable(
    tx: &mut WriteTx,
    session: SessionId,
    channel: u32,
) -> Result<(), StoreError> {
    let row = sqlx::query(concat!(
        "SELECT session_id, state, purged_at FROM recordings",
        " WHERE session_id = $1 AND channel = $2",
    ))
    .bind(session.to_string())
    .bind(i64::from(channel))
    .fetch_optional(tx.conn())
    .await?;
    let missing = || StoreError::missing("recording", format!("{session}/{channel}"));
    let row = row.ok_or_else(missing)?;
    let fields = Fields::new(&row, "recordings", "session_id")?;
    if fields.time_opt("purged_at")?.is_some() {
        let text = "the recording was purged when its retention had ended, so there is nothing left to share";
        return Err(Refusal::new("purged", text).into());
    }
    if fields.get::<&str>("state")? == "recording" {
        let text = "the session still runs, and nobody outside watches a plant live; share its recording once it is over";
        return Err(Refusal::new("still_recording", text).into());
    }
    Ok(())
}

/// The link of that hash, if it works, and whether its recording was purged.
async fn usable(
    conn: &mut SqliteConnection,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Share, bool)>, StoreError> {
    let row = sqlx::query(concat!(
        columns!(),
        ", recordings.purged_at FROM shares",
        " JOIN accounts ON accounts.name = shares.created_by",
        " JOIN recordings ON recordings.session_id = shares.session_id",
        " AND recordings.channel = shares.channel",
        " WHERE shares.hash = $1 AND shares.revoked_at IS NULL AND shares.expires_at > $2",
        " AND shares.created_at <= $3 AND accounts.disabled_at IS NULL",
    ))
    .bind(hash)
    .bind(now.as_micros())
    .bind(now.plus(secret::CLOCK_SLACK).as_micros())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let purged = Fields::new(&row, "shares", "id")?.time_opt("purged_at")?;
    Ok(Some((from_row(&row)?, purged.is_some())))
}

async fn shut_out(
    conn: &mut SqliteConnection,
    network: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = sqlx::query("SELECT network, at FROM share_failures WHERE network = $1")
        .bind(network)
        .fetch_all(conn)
        .await?;
    let failures = rows
        .iter()
        .map(|row| Fields::new(row, "share_failures", "network")?.time("at"))
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(lockout::shut_out(&failures, now))
}

/// As with failed logins: those that no longer count go, and those of a clock
/// that has gone back since begin to age now.
async fn forget_old_failures(tx: &mut WriteTx) -> Result<(), StoreError> {
    let now = tx.now();
    sqlx::query("DELETE FROM share_failures WHERE at <= $1")
        .bind(now.minus(lockout::MEMORY).as_micros())
        .execute(tx.conn())
        .await?;
    sqlx::query("UPDATE share_failures SET at = $1 WHERE at > $1")
        .bind(now.as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<Share, StoreError> {
    let fields = Fields::new(row, "shares", "id")?;
    let revoked = match fields.time_opt("revoked_at")? {
        None => None,
        Some(at) => Some((at, fields.parse("revoked_by")?)),
    };
    Ok(Share {
        id: fields.parse("id")?,
        session: fields.parse("session_id")?,
        channel: fields.count("channel")?,
        input: fields.get("input")?,
        note: fields.get("note")?,
        created_at: fields.time("created_at")?,
        created_by: fields.parse("created_by")?,
        expires_at: fields.time("expires_at")?,
        revoked,
        openings: fields.count("openings")?,
        opened_at: fields.time_opt("opened_at")?,
    })
}

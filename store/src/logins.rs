//! Logins that hold: whose a token is, the list of one's own, and their end.

use domain::policy::Action;
use domain::{Account, AccountName, Actor, Draft, Timestamp, TokenId};
use secrecy::SecretString;
use serde_json::json;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{accounts, authority, secret};

/// How a login is shown with each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// In a header, by a program.
    Bearer,
    /// In a cookie, by a browser.
    Browser,
}

impl LoginKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Browser => "browser",
        }
    }
}

/// A login of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    /// What it is called in the log.
    pub id: TokenId,
    /// How it is shown.
    pub kind: LoginKind,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The network address that it was made from.
    pub source: String,
    /// What a browser says of itself.
    pub agent: Option<String>,
}

/// The columns that [`from_row`] reads.
macro_rules! login_columns {
    () => {
        concat!(
            "tokens.id AS token_id, tokens.kind AS token_kind,",
            " tokens.created_at AS token_created_at, tokens.expires_at AS token_expires_at,",
            " tokens.source AS token_source, tokens.agent AS token_agent",
        )
    };
}

impl Store {
    /// Whose login it is, if it is one that still holds and is shown as it must be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holder(
        &self,
        kind: LoginKind,
        token: &SecretString,
    ) -> Result<Option<(Account, LoginRow)>, StoreError> {
        let now = self.now();
        let row = sqlx::query(accounts::accounts!(
            " JOIN tokens ON tokens.account = accounts.name WHERE tokens.hash = $1
              AND tokens.expires_at > $2 AND tokens.created_at <= $3 AND tokens.kind = $4
              AND disabled_at IS NULL",
            with concat!(", ", login_columns!())
        ))
        .bind(secret::hash(token))
        .bind(now.as_micros())
        .bind(now.plus(secret::CLOCK_SLACK).as_micros())
        .bind(kind.as_str())
        .fetch_optional(&self.inner.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((accounts::from_row(&row)?, from_row(&row)?)))
    }

    /// Somebody's logins that hold, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn logins(&self, name: &AccountName) -> Result<Vec<LoginRow>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            login_columns!(),
            " FROM tokens WHERE account = $1 AND expires_at > $2 ORDER BY id DESC"
        ))
        .bind(name.as_str())
        .bind(self.now().as_micros())
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(from_row).collect()
    }

    /// Voids one of one's own logins; nothing, if it is void already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, actor: &Actor, id: TokenId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let account = authority::require_person(&mut tx, actor, Action::OwnAccount).await?;
        end(tx, actor, &account.name, id, None).await
    }

    /// Voids a login that nobody has used for too long.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_idle_login(&self, name: &AccountName, id: TokenId) -> Result<(), StoreError> {
        let tx = self.write().await?;
        let why = "nobody has used it for too long";
        end(tx, &Actor::system(), name, id, Some(why)).await
    }
}

async fn end(
    mut tx: WriteTx,
    actor: &Actor,
    name: &AccountName,
    id: TokenId,
    why: Option<&str>,
) -> Result<(), StoreError> {
    let gone = sqlx::query("DELETE FROM tokens WHERE id = $1 AND account = $2")
        .bind(id.to_string())
        .bind(name.as_str())
        .execute(tx.conn())
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(());
    }
    let draft = Draft::new("account.signed_out", "account", name).before(json!({ "token": id }));
    tx.commit(actor, why.into_iter().fold(draft, Draft::reason))
        .await
}

fn from_row(row: &SqliteRow) -> Result<LoginRow, StoreError> {
    let fields = Fields::new(row, "tokens", "token_id")?;
    let kind: String = fields.get("token_kind")?;
    Ok(LoginRow {
        id: fields.parse("token_id")?,
        // The table knows two words.
        kind: if kind == LoginKind::Browser.as_str() {
            LoginKind::Browser
        } else {
            LoginKind::Bearer
        },
        created_at: fields.time("token_created_at")?,
        expires_at: fields.time("token_expires_at")?,
        source: fields.get("token_source")?,
        agent: fields.get("token_agent")?,
    })
}

//! Accounts as they are stored. [`crate::disabling`] switches them off and on,
//! [`crate::sign_in`] lets them in.

use domain::{Account, AccountName, AccountState};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;

/// A query for accounts, with more columns if need be.
macro_rules! accounts {
    ($rest:literal $(, with $($more:tt)+)?) => {
        concat!(
            "SELECT accounts.name, full_name, company, email, role, accounts.created_at,",
            " enabled_at,",
            " last_active_at, disabled_at, disabled_reason, password IS NOT NULL AS has_password,",
            " (SELECT string_agg(zone, ',') FROM account_zones",
            "   WHERE account_zones.account = accounts.name) AS zones,",
            " (SELECT string_agg(asset, ',') FROM account_assets",
            "   WHERE account_assets.account = accounts.name) AS assets",
            $($($more)+,)?
            " FROM accounts",
            $rest,
        )
    };
}
pub(crate) use accounts;

impl Store {
    /// One account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
        load(&mut *self.inner.readers.acquire().await?, name).await
    }

    /// Accounts by name.
    ///
    /// # Errors
    /// When the cursor is no name, or the database fails.
    pub async fn accounts(&self, page: &Page) -> Result<Paged<Account>, StoreError> {
        let after = page.cursor::<AccountName>()?;
        let rows = sqlx::query(accounts!(
            " WHERE ($1 IS NULL OR accounts.name > $1) ORDER BY accounts.name LIMIT $2"
        ))
        .bind(after.as_ref().map(AccountName::as_str))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let accounts = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(accounts, page, |a: &Account| a.name.to_string()))
    }
}

pub(crate) async fn load(
    conn: &mut SqliteConnection,
    name: &AccountName,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(accounts!(" WHERE accounts.name = $1"))
        .bind(name.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

pub(crate) async fn load_active(conn: &mut SqliteConnection) -> Result<Vec<Account>, StoreError> {
    let rows = sqlx::query(accounts!(
        " WHERE disabled_at IS NULL ORDER BY accounts.name"
    ))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

pub(crate) fn from_row(row: &SqliteRow) -> Result<Account, StoreError> {
    let fields = Fields::new(row, "accounts", "name")?;
    let disabled = fields.time_opt("disabled_at")?;
    Ok(Account {
        name: fields.parse("name")?,
        full_name: fields.get("full_name")?,
        company: fields.get("company")?,
        email: fields.parse_opt("email")?,
        role: fields.parse("role")?,
        zones: fields.words("zones")?,
        assets: fields.words("assets")?,
        state: match disabled {
            None => AccountState::Active,
            Some(at) => AccountState::Disabled {
                at,
                reason: fields.get("disabled_reason")?,
            },
        },
        created_at: fields.time("created_at")?,
        enabled_at: fields.time("enabled_at")?,
        last_active_at: fields.time_opt("last_active_at")?,
        has_password: fields.get("has_password")?,
    })
}

/// A full login or a session: the account is in use.
pub(crate) async fn mark_used(tx: &mut WriteTx, name: &AccountName) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET last_active_at = $2 WHERE name = $1")
        .bind(name.as_str())
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

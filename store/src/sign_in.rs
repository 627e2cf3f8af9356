//! Signing in. Whether a password is right is found out by the caller; everything
//! else that stands against a login is decided here, in the transaction that issues
//! the token.

use std::time::Duration;

use domain::account::lockout::{self, Failure, locked};
use domain::{Account, AccountName, Actor, Draft, Timestamp, TokenId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use crate::disabling::{Idle, apply_idle_rule};
use crate::error::{Refusal, StoreError};
use crate::logins::LoginKind;
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{accounts, secret};

/// What a login is checked against.
pub struct SignInFacts {
    /// The account, if there is one of that name.
    pub account: Option<Account>,
    /// Its password's hash, as a PHC string, if it has a password.
    pub phc: Option<SecretString>,
    /// Whether logins from there are refused unseen, for failures of late. The
    /// same for names that do not exist.
    pub locked: bool,
}

/// A bearer token, told once.
#[derive(Debug)]
pub struct IssuedToken {
    /// The secret; only its hash is kept.
    pub token: SecretString,
    /// What it is called in the log.
    pub id: TokenId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// By what somebody comes in.
#[derive(Clone, Copy, Debug)]
pub enum ComingBy<'a> {
    /// By a program, which shows its token in a header.
    Program {
        /// What its person calls it.
        label: Option<&'a str>,
    },
    /// By a browser, which shows it in a cookie.
    Browser {
        /// What the browser says of itself.
        agent: Option<&'a str>,
        /// The terms of use that the person has accepted.
        banner: &'a str,
    },
}

impl Store {
    /// What a login from `source` is to be checked against.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in_facts(
        &self,
        name: &AccountName,
        source: &str,
    ) -> Result<SignInFacts, StoreError> {
        let now = self.now();
        let mut read = self.read().await?;
        let locked = lock(&mut read, name, source, now).await?.is_some();
        let row = sqlx::query(accounts::accounts!(" WHERE accounts.name = $1", with ", password"))
            .bind(name.as_str())
            .fetch_optional(&mut *read)
            .await?;
        let Some(row) = row else {
            return Ok(SignInFacts {
                account: None,
                phc: None,
                locked,
            });
        };
        let phc: Option<String> = Fields::new(&row, "accounts", "name")?.get("password")?;
        Ok(SignInFacts {
            account: Some(accounts::from_row(&row)?),
            phc: phc.map(SecretString::from),
            locked,
        })
    }

    /// Counts a failed login. Behind a lock it is only logged, and that once, so
    /// that trying on neither prolongs the lock nor floods the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in_failed(
        &self,
        name: &AccountName,
        source: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        // A flood behind a lock must not take a turn from those who write.
        {
            let mut read = self.read().await?;
            if is_told(&mut read, name, source, self.now()).await? {
                return Ok(());
            }
        }
        let mut tx = self.write().await?;
        let now = tx.now();
        forget_old_failures(&mut tx).await?;
        if is_told(tx.conn(), name, source, now).await? {
            return Ok(());
        }
        let lock = lock(tx.conn(), name, source, now).await?;
        let (sql, account) = match lock {
            None => (
                "INSERT INTO sign_in_failures (account, source, at) VALUES ($1, $2, $3)",
                name.as_str(),
            ),
            Some(lock) => (
                concat!(
                    "INSERT INTO sign_in_locks_told (account, source, at) VALUES ($1, $2, $3)",
                    " ON CONFLICT (account, source) DO UPDATE SET at = excluded.at",
                ),
                lock.account(name),
            ),
        };
        sqlx::query(sql)
            .bind(account)
            .bind(source)
            .bind(now.as_micros())
            .execute(tx.conn())
            .await?;
        let actor = Actor {
            source: source.to_owned(),
            ..Actor::system()
        };
        let draft = Draft::new("account.sign_in_failed", "account", name)
            .after(json!({ "locked": lock.is_some() }))
            .reason(why);
        tx.commit(&actor, draft).await
    }

    /// Issues a token for one whose password was right: the one whose hash is
    /// `verified`. Verifying takes a while, and a password that was reset
    /// meanwhile, because it was stolen, must not get anybody in.
    ///
    /// # Errors
    /// As [`Store::sign_in`], and when the account has another password now.
    pub async fn sign_in_by(
        &self,
        name: &AccountName,
        verified: &SecretString,
        source: &str,
        lifetime: Duration,
        by: ComingBy<'_>,
    ) -> Result<IssuedToken, StoreError> {
        self.let_in(name, Some(verified), source, lifetime, by)
            .await
    }

    /// Issues a program's token for one whom the caller vouches for, without a
    /// password.
    ///
    /// # Errors
    /// When the account is locked, disabled, or now found idle too long (then it
    /// is disabled here), or the database fails.
    pub async fn sign_in(
        &self,
        name: &AccountName,
        source: &str,
        lifetime: Duration,
    ) -> Result<IssuedToken, StoreError> {
        let by = ComingBy::Program { label: None };
        self.let_in(name, None, source, lifetime, by).await
    }

    async fn let_in(
        &self,
        name: &AccountName,
        verified: Option<&SecretString>,
        source: &str,
        lifetime: Duration,
        by: ComingBy<'_>,
    ) -> Result<IssuedToken, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.now();
        if lock(tx.conn(), name, source, now).await?.is_some() {
            let text = "too many failed logins; wait a quarter of an hour, then try again";
            return Err(Refusal::new("locked", text).into());
        }
        let disabled = || {
            let text = "this account is disabled; ask an admin of the plant to enable it";
            StoreError::from(Refusal::new("account_disabled", text))
        };
        let account = accounts::load(tx.conn(), name)
            .await?
            .ok_or_else(disabled)?;
        if !account.is_active() {
            return Err(disabled());
        }
        if let Some(verified) = verified {
            require_password(&mut tx, name, verified).await?;
        }
        match apply_idle_rule(&mut tx, &account).await? {
            Idle::Fine => {}
            Idle::Corrected(draft) => tx.also(&Actor::system(), draft).await?,
            Idle::Disabled(draft) => {
                tx.commit(&Actor::system(), draft).await?;
                return Err(disabled());
            }
        }
        accounts::mark_used(&mut tx, name).await?;
        sqlx::query("DELETE FROM sign_in_failures WHERE account = $1")
            .bind(name.as_str())
            .execute(tx.conn())
            .await?;
        let issued = issue_token(&mut tx, name, source, lifetime, by).await?;
        let (token, expires_at) = (issued.id, issued.expires_at);
        let after = match by {
            ComingBy::Program { label: None } => {
                json!({ "token": token, "expires_at": expires_at })
            }
            ComingBy::Program { label: Some(label) } => {
                json!({ "token": token, "expires_at": expires_at, "label": label })
            }
            ComingBy::Browser { banner, .. } => json!({
                "token": token,
                "expires_at": expires_at,
                "banner_accepted": banner,
            }),
        };
        let draft = Draft::new("account.signed_in", "account", name).after(after);
        tx.commit(&Actor::account(name.clone(), source), draft)
            .await?;
        Ok(issued)
    }
}

/// That the account's password is still the one that was verified.
pub(crate) async fn require_password(
    tx: &mut WriteTx,
    name: &AccountName,
    verified: &SecretString,
) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT 1 FROM accounts WHERE name = $1 AND password = $2")
        .bind(name.as_str())
        .bind(verified.expose_secret())
        .fetch_optional(tx.conn())
        .await?;
    match row {
        Some(_) => Ok(()),
        None => {
            let text = "the password was set anew in the meantime, and nothing was changed; log in with the new one, then try again";
            Err(Refusal::new("password_changed", text).into())
        }
    }
}

async fn issue_token(
    tx: &mut WriteTx,
    name: &AccountName,
    source: &str,
    lifetime: Duration,
    by: ComingBy<'_>,
) -> Result<IssuedToken, StoreError> {
    let (kind, agent) = match by {
        ComingBy::Program { label } => (LoginKind::Bearer, label),
        ComingBy::Browser { agent, .. } => (LoginKind::Browser, agent),
    };
    let now = tx.now();
    sqlx::query("DELETE FROM tokens WHERE expires_at <= $1")
        .bind(now.as_micros())
        .execute(tx.conn())
        .await?;
    let issued = IssuedToken {
        token: secret::token(tx.random()),
        id: TokenId::new(now, tx.random()),
        expires_at: now.plus(lifetime),
    };
    sqlx::query(concat!(
        "INSERT INTO tokens (id, hash, account, source, created_at, expires_at, kind, agent)",
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    ))
    .bind(issued.id.to_string())
    .bind(secret::hash(&issued.token))
    .bind(name.as_str())
    .bind(source)
    .bind(now.as_micros())
    .bind(issued.expires_at.as_micros())
    .bind(kind.as_str())
    .bind(agent)
    .execute(tx.conn())
    .await?;
    Ok(issued)
}

/// What a login is refused by unseen.
#[derive(Clone, Copy)]
enum Lock {
    /// The account is locked for the address.
    Account,
    /// The address is shut out of all accounts.
    Address,
}

impl Lock {
    /// As the table of told locks has it: no account has an empty name.
    fn account(self, name: &AccountName) -> &str {
        match self {
            Self::Account => name.as_str(),
            Self::Address => "",
        }
    }
}

/// Whether there is a lock, and the log has it already.
async fn is_told(
    conn: &mut SqliteConnection,
    name: &AccountName,
    source: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(lock) = lock(conn, name, source, now).await? else {
        return Ok(false);
    };
    let row =
        sqlx::query("SELECT source, at FROM sign_in_locks_told WHERE account = $1 AND source = $2")
            .bind(lock.account(name))
            .bind(source)
            .fetch_optional(conn)
            .await?;
    let told = match row {
        Some(row) => Some(Fields::new(&row, "sign_in_locks_told", "source")?.time("at")?),
        None => None,
    };
    Ok(!lockout::worth_telling(told, now))
}

async fn lock(
    conn: &mut SqliteConnection,
    name: &AccountName,
    source: &str,
    now: Timestamp,
) -> Result<Option<Lock>, StoreError> {
    let rows = sqlx::query("SELECT source, at FROM sign_in_failures WHERE source = $1")
        .bind(source)
        .fetch_all(&mut *conn)
        .await?;
    let from_there = rows
        .iter()
        .map(|row| Fields::new(row, "sign_in_failures", "source")?.time("at"))
        .collect::<Result<Vec<_>, StoreError>>()?;
    if lockout::shut_out(&from_there, now) {
        return Ok(Some(Lock::Address));
    }
    let rows = sqlx::query("SELECT account, source, at FROM sign_in_failures WHERE account = $1")
        .bind(name.as_str())
        .fetch_all(conn)
        .await?;
    let failures = rows
        .iter()
        .map(|row| {
            let fields = Fields::new(row, "sign_in_failures", "account")?;
            Ok(Failure {
                at: fields.time("at")?,
                source: fields.get("source")?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(locked(&failures, source, now).then_some(Lock::Account))
}

/// Those that no longer count; and those of a clock that has gone back since,
/// which would count until it has caught up, begin to age now.
async fn forget_old_failures(tx: &mut WriteTx) -> Result<(), StoreError> {
    let now = tx.now();
    sqlx::query("DELETE FROM sign_in_failures WHERE at <= $1")
        .bind(now.minus(lockout::MEMORY).as_micros())
        .execute(tx.conn())
        .await?;
    sqlx::query("UPDATE sign_in_failures SET at = $1 WHERE at > $1")
        .bind(now.as_micros())
        .execute(tx.conn())
        .await?;
    sqlx::query("DELETE FROM sign_in_locks_told WHERE at <= $1 OR at > $2")
        .bind(now.minus(lockout::MEMORY).as_micros())
        .bind(now.as_micros())
        .execute(tx.conn())
        .await?;
    Ok(())
}

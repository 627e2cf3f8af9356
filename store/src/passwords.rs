//! The first admin, and everybody's passwords. Only their hashes come this far.

use domain::policy::Action;
use domain::request::{MAX_TEXT, plain_text};
use domain::{AccountName, Actor, Draft, Role};
use secrecy::SecretString;
use serde_json::json;

use crate::disabling::existing;
use crate::error::{Refusal, StoreError};
use crate::sign_in::require_password;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{accounts, authority};

impl Store {
    /// Makes the first admin.
    ///
    /// # Errors
    /// While there is an active admin, when the name is taken, or when the
    /// database fails.
    pub async fn create_admin(
        &self,
        actor: &Actor,
        name: &AccountName,
        full_name: &str,
        password_phc: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ManageAccounts).await?;
        let full_name = plain_text("the full name", full_name, MAX_TEXT)?;
        let active = accounts::load_active(tx.conn()).await?;
        if let Some(admin) = active.iter().find(|a| a.role == Role::Admin) {
            let text = format!(
                "there is an active admin, {}; they add accounts by the plant file",
                admin.name
            );
            return Err(Refusal::new("admin_exists", text).into());
        }
        if accounts::load(tx.conn(), name).await?.is_some() {
            let text = format!(
                "account {name} exists already, and names are never given twice; choose another name"
            );
            return Err(Refusal::new("name_taken", text).into());
        }
        sqlx::query(concat!(
            "INSERT INTO accounts (name, full_name, company, role, managed, password,",
            " created_at, enabled_at) VALUES ($1, $2, '', 'admin', 'host', $3, $4, $4)",
        ))
        .bind(name.as_str())
        .bind(&full_name)
        .bind(password_phc)
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("account.created", "account", name)
            .after(json!({ "full_name": full_name, "role": Role::Admin }));
        tx.commit(actor, draft).await
    }

    /// Sets another password for one who knows the account's own: the one whose
    /// hash is `verified`.
    ///
    /// # Errors
    /// As [`Store::set_password`], and when the account has another password now.
    pub async fn change_password(
        &self,
        actor: &Actor,
        name: &AccountName,
        verified: &SecretString,
        password_phc: &str,
    ) -> Result<(), StoreError> {
        let tx = self.write().await?;
        set_password(tx, actor, name, Some(verified), password_phc).await
    }

    /// Sets a password: one's own, or anyone's by an admin. The account's tokens
    /// and unused tickets are void.
    ///
    /// # Errors
    /// When the actor may not, the account is unknown, or the database fails.
    pub async fn set_password(
        &self,
        actor: &Actor,
        name: &AccountName,
        password_phc: &str,
    ) -> Result<(), StoreError> {
        let tx = self.write().await?;
        set_password(tx, actor, name, None, password_phc).await
    }
}

async fn set_password(
    mut tx: WriteTx,
    actor: &Actor,
    name: &AccountName,
    verified: Option<&SecretString>,
    password_phc: &str,
) -> Result<(), StoreError> {
    let own = actor.name() == Some(name);
    let action = if own {
        Action::OwnAccount
    } else {
        Action::ManageAccounts
    };
    authority::require(&mut tx, actor, action).await?;
    let account = existing(&mut tx, name).await?;
    if let Some(verified) = verified {
        require_password(&mut tx, name, verified).await?;
    }
    sqlx::query("UPDATE accounts SET password = $2 WHERE name = $1")
        .bind(name.as_str())
        .bind(password_phc)
        .execute(tx.conn())
        .await?;
    let tokens = sqlx::query("DELETE FROM tokens WHERE account = $1")
        .bind(name.as_str())
        .execute(tx.conn())
        .await?;
    // A ticket is a password too: whoever had the old one may have drawn some.
    let tickets = sqlx::query("DELETE FROM tickets WHERE account = $1 AND used_at IS NULL")
        .bind(name.as_str())
        .execute(tx.conn())
        .await?;
    let draft = Draft::new("account.password_set", "account", name)
        .before(json!({ "password": account.has_password }))
        .after(json!({
            "password": true,
            "tokens_revoked": tokens.rows_affected(),
            "tickets_revoked": tickets.rows_affected(),
        }));
    tx.commit(actor, draft).await
}

//! Switching accounts off and on. Off is one transaction with all its parts, so
//! that no token, ticket, request or grant outlives the account.

use domain::account::idle::{IdleRules, IdleVerdict, verdict};
use domain::request::{MAX_TEXT, plain_text};
use domain::{Account, AccountName, Action, Actor, Draft, GrantEndReason, Timestamp};
use serde_json::json;

use crate::error::{Refusal, StoreError};
use crate::store::Store;
use crate::tx::WriteTx;
use crate::{accounts, authority, grants, plant, requests};

impl Store {
    /// Switches an account off: its sessions end, its tokens and tickets are
    /// void, its waiting requests cancelled, its live grants ended.
    ///
    /// # Errors
    /// When the actor may not, the account is unknown or off already, the reason
    /// is missing, or the database fails.
    pub async fn disable_account(
        &self,
        actor: &Actor,
        name: &AccountName,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ManageAccounts).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        let account = existing(&mut tx, name).await?;
        if !account.is_active() {
            let text = format!("account {name} is disabled already; nothing was changed");
            return Err(Refusal::new("already_disabled", text).into());
        }
        let draft = disable(&mut tx, actor, &account, &reason).await?;
        tx.commit(actor, draft).await
    }

    /// Switches an account on again. Its idle time begins anew; what it lost
    /// stays lost.
    ///
    /// # Errors
    /// When the actor may not, the account is unknown or on already, the reason
    /// is missing, or the database fails.
    pub async fn enable_account(
        &self,
        actor: &Actor,
        name: &AccountName,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ManageAccounts).await?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        let account = existing(&mut tx, name).await?;
        if account.is_active() {
            let text = format!("account {name} is active already; nothing was changed");
            return Err(Refusal::new("already_active", text).into());
        }
        if removed(&mut tx, name).await? {
            let text = format!(
                "account {name} is not in the plant file any more; put it back there first, then enable it"
            );
            return Err(Refusal::new("removed_account", text).into());
        }
        sqlx::query(concat!(
            "UPDATE accounts SET disabled_at = NULL, disabled_reason = NULL, enabled_at = $2",
            " WHERE name = $1",
        ))
        .bind(name.as_str())
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("account.enabled", "account", name)
            .before(json!({ "state": "disabled" }))
            .after(json!({ "state": "active" }))
            .reason(reason);
        tx.commit(actor, draft).await
    }

    /// The job: switches off each account that has been idle too long. An
    /// account's own transaction each, so that nobody waits for all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disable_idle_accounts(&self) -> Result<Vec<AccountName>, StoreError> {
        let (active, rules) = {
            let mut read = self.read().await?;
            (
                accounts::load_active(&mut read).await?,
                plant::rules(&mut read).await?.idle,
            )
        };
        let mut disabled = Vec::new();
        for account in active {
            if verdict(&account, &rules, self.now()) == IdleVerdict::Fine {
                continue;
            }
            let mut tx = self.write().await?;
            let account = existing(&mut tx, &account.name).await?;
            match apply_idle_rule(&mut tx, &account).await? {
                Idle::Fine => {}
                Idle::Corrected(draft) => tx.commit(&Actor::system(), draft).await?,
                Idle::Disabled(draft) => {
                    tx.commit(&Actor::system(), draft).await?;
                    disabled.push(account.name);
                }
            }
        }
        Ok(disabled)
    }
}

/// What the idle rule did, and the event that is to be committed with it.
pub(crate) enum Idle {
    Fine,
    Corrected(Draft),
    Disabled(Draft),
}

pub(crate) async fn apply_idle_rule(
    tx: &mut WriteTx,
    account: &Account,
) -> Result<Idle, StoreError> {
    let rules: IdleRules = plant::rules(tx.conn()).await?.idle;
    match verdict(account, &rules, tx.now()) {
        IdleVerdict::Fine => Ok(Idle::Fine),
        IdleVerdict::Disable { reason } => disable(tx, &Actor::system(), account, &reason)
            .await
            .map(Idle::Disabled),
        IdleVerdict::ClockWentBack => correct_clock(tx, account).await.map(Idle::Corrected),
    }
}

async fn correct_clock(tx: &mut WriteTx, account: &Account) -> Result<Draft, StoreError> {
    let now = tx.now();
    let enabled = account.enabled_at.min(now);
    let used = account.last_active_at.map(|at| at.min(now));
    sqlx::query("UPDATE accounts SET enabled_at = $2, last_active_at = $3 WHERE name = $1")
        .bind(account.name.as_str())
        .bind(enabled.as_micros())
        .bind(used.map(Timestamp::as_micros))
        .execute(tx.conn())
        .await?;
    let times = |enabled, used| json!({ "enabled_at": enabled, "last_active_at": used });
    Ok(
        Draft::new("account.clock_corrected", "account", &account.name)
            .before(times(account.enabled_at, account.last_active_at))
            .after(times(enabled, used))
            .reason("the clock went back: times in the future count as now"),
    )
}

/// All the parts of switching an account off, but for the event it gives back,
/// which the commit writes.
pub(crate) async fn disable(
    tx: &mut WriteTx,
    actor: &Actor,
    account: &Account,
    reason: &str,
) -> Result<Draft, StoreError> {
    let name = account.name.as_str();
    sqlx::query("UPDATE accounts SET disabled_at = $2, disabled_reason = $3 WHERE name = $1")
        .bind(name)
        .bind(tx.now().as_micros())
        .bind(reason)
        .execute(tx.conn())
        .await?;
    let tokens = sqlx::query("DELETE FROM tokens WHERE account = $1")
        .bind(name)
        .execute(tx.conn())
        .await?
        .rows_affected();
    let tickets = sqlx::query("DELETE FROM tickets WHERE account = $1 AND used_at IS NULL")
        .bind(name)
        .execute(tx.conn())
        .await?
        .rows_affected();
    let why = format!("account {name} was disabled: {reason}");
    let now = tx.now();
    for request in requests::waiting_of(tx.conn(), &account.name).await? {
        let cancelled = request.cancel(&why, now)?;
        requests::save(tx.conn(), &cancelled).await?;
        tx.also(actor, requests::ended_draft(&cancelled)).await?;
    }
    for grant in grants::live_of(tx.conn(), &account.name, now).await? {
        let ended = grant.end(
            GrantEndReason::AccountDisabled,
            actor.name(),
            &clip(&why),
            now,
        )?;
        grants::save(tx.conn(), &ended).await?;
        tx.also(actor, grants::ended_draft(&ended)).await?;
    }
    Ok(Draft::new("account.disabled", "account", name)
        .before(json!({ "state": "active" }))
        .after(json!({ "state": "disabled", "tokens": tokens, "tickets": tickets }))
        .reason(reason))
}

/// A reason that quotes another one must still fit where reasons are bounded.
fn clip(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

pub(crate) async fn existing(tx: &mut WriteTx, name: &AccountName) -> Result<Account, StoreError> {
    let account = accounts::load(tx.conn(), name).await?;
    account.ok_or_else(|| StoreError::missing("account", name))
}

async fn removed(tx: &mut WriteTx, name: &AccountName) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM accounts WHERE name = $1 AND managed = 'removed'")
        .bind(name.as_str())
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.is_some())
}

//! Whether who acts may: asked again inside the transaction, so that somebody
//! who was disabled, or lost a zone, a moment ago changes nothing any more.

use domain::policy::{Action, answers_for, may};
use domain::{Account, AccountName, Actor, ZoneName};

use crate::accounts;
use crate::error::{Refusal, StoreError};
use crate::tx::WriteTx;

/// Passes the broker's own jobs and whoever holds its machine; a person only if
/// the table of roles lets them do such a thing at all.
pub(crate) async fn require(
    tx: &mut WriteTx,
    actor: &Actor,
    action: Action,
) -> Result<Option<Account>, StoreError> {
    match actor.name() {
        None => Ok(None),
        Some(name) => person(tx, name, action).await.map(Some),
    }
}

/// As [`require`], and the person must answer for the zone.
pub(crate) async fn require_in(
    tx: &mut WriteTx,
    actor: &Actor,
    action: Action,
    zone: &ZoneName,
) -> Result<(), StoreError> {
    match require(tx, actor, action).await? {
        Some(account) if !answers_for(&account, zone) => {
            let text = format!(
                "{} does not answer for zone {zone}; an account that does must do this",
                account.name
            );
            Err(Refusal::new("not_allowed", text).into())
        }
        _ => Ok(()),
    }
}

/// As [`require`], for what only a person does.
pub(crate) async fn require_person(
    tx: &mut WriteTx,
    actor: &Actor,
    action: Action,
) -> Result<Account, StoreError> {
    require(tx, actor, action).await?.ok_or_else(|| {
        let text = "only a person with an account can do this; sign in and try again";
        Refusal::new("not_allowed", text).into()
    })
}

async fn person(
    tx: &mut WriteTx,
    name: &AccountName,
    action: Action,
) -> Result<Account, StoreError> {
    let refused = |text: String| StoreError::from(Refusal::new("not_allowed", text));
    let account = accounts::load(tx.conn(), name).await?;
    let account = account.ok_or_else(|| refused(format!("there is no account {name}")))?;
    if !account.is_active() {
        return Err(refused(format!(
            "account {name} is disabled; an admin can enable it"
        )));
    }
    if !may(account.role, action) {
        let role = account.role;
        return Err(refused(format!(
            "the role {role} does not allow this; another role must do it"
        )));
    }
    Ok(account)
}

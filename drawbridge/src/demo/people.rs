//! The demo's people: a password for each, and already logged in.

use std::collections::BTreeMap;
use std::time::Duration;

use admin_api::dto::Secret;
use domain::{AccountName, Actor, Plant, Random};
use store::{IssuedToken, Kind, Store, StoreError};

use super::facts::{Facts, Person};
use super::secret;
use crate::init::hashed;

/// How long the demo's logins hold.
const LOGIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Where they log in from.
const SOURCE: &str = "127.0.0.1";

/// Everybody in the plant file whose password is known, by role: from a former
/// run, or because it is given now. A password that somebody else has set is left
/// alone.
pub(super) async fn log_in(
    store: &Store,
    plant: &Plant,
    before: Option<&Facts>,
    random: &dyn Random,
) -> anyhow::Result<BTreeMap<String, Vec<Person>>> {
    let mut people: BTreeMap<String, Vec<Person>> = BTreeMap::new();
    for account in plant.accounts.values() {
        let name = &account.name;
        let known = before.and_then(|facts| facts.password(name.as_str()));
        let password = match known {
            Some(password) => password,
            None if store
                .account(name)
                .await?
                .is_some_and(|account| account.has_password) =>
            {
                continue;
            }
            None => {
                let password = Secret::new(secret(random));
                let phc = hashed(password.clone().into_inner()).await?;
                store.set_password(&Actor::host(), name, &phc).await?;
                password
            }
        };
        let token = token(store, name).await?;
        let person = Person {
            name: name.to_string(),
            password,
            token,
        };
        people
            .entry(account.role.to_string())
            .or_default()
            .push(person);
    }
    Ok(people)
}

/// A demo that lay about for a month has disabled its people for idleness.
async fn token(store: &Store, name: &AccountName) -> Result<Secret, StoreError> {
    let IssuedToken { token, .. } = match store.sign_in(name, SOURCE, LOGIN).await {
        Err(error) if error.kind() == Kind::Refused => {
            store
                .enable_account(&Actor::host(), name, "the demo was started again")
                .await?;
            store.sign_in(name, SOURCE, LOGIN).await?
        }
        issued => issued?,
    };
    Ok(token.into())
}

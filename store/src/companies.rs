//! Whom people work for, as their accounts say now.

use std::collections::HashMap;

use domain::AccountName;
use serde_json::json;

use crate::error::StoreError;
use crate::row::Fields;
use crate::store::Store;

/// The company of each account that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companies(HashMap<AccountName, String>);

impl Companies {
    /// That of an account; empty if none is known.
    #[must_use]
    pub fn of(&self, account: &AccountName) -> String {
        self.0.get(account).cloned().unwrap_or_default()
    }
}

impl Store {
    /// Whom each account works for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn companies(&self) -> Result<Companies, StoreError> {
        let rows = sqlx::query("SELECT name, company FROM accounts WHERE company <> ''")
            .fetch_all(&self.inner.readers)
            .await?;
        let company = |row| {
            let fields = Fields::new(row, "accounts", "name")?;
            Ok((fields.parse("name")?, fields.get("company")?))
        };
        rows.iter()
            .map(company)
            .collect::<Result<_, _>>()
            .map(Companies)
    }

    /// The accounts whose company has a text in its name, in capitals or not, as JSON;
    /// nothing if it does not matter. Not in SQL, which knows the capitals of ASCII only.
    pub(crate) async fn working_for(
        &self,
        company: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let Some(company) = company.map(str::to_lowercase) else {
            return Ok(None);
        };
        let Companies(all) = self.companies().await?;
        let fits = |name: &str| name.to_lowercase().contains(&company);
        let found = all.iter().filter(|(_, company)| fits(company));
        let names: Vec<_> = found.map(|(account, _)| account.as_str()).collect();
        Ok(Some(json!(names).to_string()))
    }
}

/// That an account is one of those that [`Store::working_for`] gives as `$n`.
macro_rules! of_company {
    ($account:literal, $n:literal) => {
        concat!(
            " AND (",
            $n,
            " IS NULL OR ",
            $account,
            " IN (SELECT value FROM json_each(",
            $n,
            ")))",
        )
    };
}
pub(crate) use of_company;

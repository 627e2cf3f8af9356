//! Whom people work for, as their accounts say now.

use std::collections::HashMap;

use domain::AccountName;

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
}

/// That an account's company has a text in its name, in capitals or not; `$n` is the
/// text, or null for any.
macro_rules! of_company {
    ($account:literal, $n:literal) => {
        concat!(
            " AND (",
            $n,
            " IS NULL OR ",
            $account,
            " IN (SELECT name FROM accounts WHERE instr(lower(company), lower(",
            $n,
            ")) > 0))",
        )
    };
}
pub(crate) use of_company;

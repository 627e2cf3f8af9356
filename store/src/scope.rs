//! Who looks. Every list and look-up is cut in SQL to what that person may see.

use domain::{Account, AccountName, Role};

/// Whose rows are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: auditors, admins, and the broker itself.
    All,
    /// A vendor's own.
    Own(AccountName),
    /// Those of the zones that an approver or operator answers for, as the
    /// database has them when it is asked.
    Zones(AccountName),
}

impl Scope {
    /// What this account sees.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        match account.role {
            Role::Vendor => Self::Own(account.name.clone()),
            Role::Approver | Role::Operator => Self::Zones(account.name.clone()),
            Role::Auditor | Role::Admin => Self::All,
        }
    }

    /// The word that [`scoped`] knows it by.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Own(_) => "own",
            Self::Zones(_) => "zones",
        }
    }

    pub(crate) fn who(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Own(name) | Self::Zones(name) => Some(name.as_str()),
        }
    }
}

/// A query that sees only a scope's rows. `$1` and `$2` are the scope's word and
/// name; `$table` has the `account` and `zone` columns, after whatever `$select`
/// selects from; the rest of the condition follows, from `$3`.
macro_rules! scoped {
    ($select:expr, $table:literal, $rest:expr) => {
        concat!(
            $select,
            " WHERE ($1 = 'all' OR ($1 = 'own' AND ",
            $table,
            ".account = $2) OR ($1 = 'zones' AND ",
            $table,
            ".zone IN (SELECT zone FROM account_zones WHERE account_zones.account = $2)))",
            $rest,
        )
    };
}
pub(crate) use scoped;

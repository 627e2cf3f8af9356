//! The idle rule: an account that nobody uses is switched off by itself, so that
//! no forgotten door stays open (NIST SP 800-53 AC-2(3); IEC 62443-3-3 SR 1.3).
//!
//! Use means a full login or a session. The clock starts when the account is
//! made or enabled. No name is exempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Account, Role};
use crate::time::{Timestamp, human_duration};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long an account may be idle. There is no "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleRules {
    by_role: [Duration; 5],
    never_used: Duration,
}

impl Default for IdleRules {
    fn default() -> Self {
        Self {
            by_role: [30 * DAY; 5],
            never_used: 7 * DAY,
        }
    }
}

impl IdleRules {
    /// The least and the most that a plant may set: a day and a year.
    pub const BOUNDS: (Duration, Duration) = (DAY, Duration::from_secs(366 * 24 * 3600));

    /// The same rules, with another limit for one role. `None` if it is out of
    /// [`IdleRules::BOUNDS`].
    #[must_use]
    pub fn with_role(mut self, role: Role, limit: Duration) -> Option<Self> {
        *self.by_role.get_mut(index(role))? = within_bounds(limit)?;
        Some(self)
    }

    /// The same rules, with another limit for accounts that were never used.
    /// `None` if it is out of [`IdleRules::BOUNDS`].
    #[must_use]
    pub fn with_never_used(mut self, limit: Duration) -> Option<Self> {
        self.never_used = within_bounds(limit)?;
        Some(self)
    }

    /// How long an account of that role may go without use.
    #[must_use]
    pub fn for_role(&self, role: Role) -> Duration {
        self.by_role.get(index(role)).copied().unwrap_or(DAY)
    }

    /// How long an account may wait for its first use.
    #[must_use]
    pub const fn never_used(&self) -> Duration {
        self.never_used
    }
}

const fn index(role: Role) -> usize {
    match role {
        Role::Vendor => 0,
        Role::Approver => 1,
        Role::Operator => 2,
        Role::Auditor => 3,
        Role::Admin => 4,
    }
}

fn within_bounds(limit: Duration) -> Option<Duration> {
    let (least, most) = IdleRules::BOUNDS;
    (least <= limit && limit <= most).then_some(limit)
}

/// What the rule says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleVerdict {
    /// In use, or disabled already.
    Fine,
    /// Idle too long: disable it, for this reason.
    Disable {
        /// What the audit log and the account's page say.
        reason: String,
    },
    /// Its last use lies in the future: the clock was ahead and went back. Store
    /// `now` in its place, or the account would live longer by the difference.
    ClockWentBack,
}

/// The rule. The limit itself is still in time; one moment more is not.
#[must_use]
pub fn verdict(account: &Account, rules: &IdleRules, now: Timestamp) -> IdleVerdict {
    if !account.is_active() {
        return IdleVerdict::Fine;
    }
    let used = account.last_active_at;
    if account.enabled_at > now || used.is_some_and(|used| used > now) {
        return IdleVerdict::ClockWentBack;
    }
    let (since, limit, what) = match used {
        Some(used) if used >= account.enabled_at => {
            (used, rules.for_role(account.role), "not used")
        }
        Some(_) => (
            account.enabled_at,
            rules.for_role(account.role),
            "not used since it was enabled",
        ),
        None => (
            account.enabled_at,
            rules.for_role(account.role).min(rules.never_used),
            "never used",
        ),
    };
    if now.since(since) <= limit {
        return IdleVerdict::Fine;
    }
    IdleVerdict::Disable {
        reason: format!(
            "idle: {what} for {}, the limit is {}",
            human_duration(now.since(since)),
            human_duration(limit)
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::account::AccountState;
    use crate::name::AccountName;

    const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn account(last_active_at: Option<Timestamp>) -> Account {
        Account {
            name: AccountName::parse("anna").expect("a name"),
            full_name: String::new(),
            company: String::new(),
            email: None,
            role: Role::Vendor,
            zones: BTreeSet::new(),
            assets: BTreeSet::new(),
            state: AccountState::Active,
            created_at: START,
            enabled_at: START,
            last_active_at,
            has_password: true,
        }
    }

    fn is_disabled(account: &Account, now: Timestamp) -> bool {
        matches!(
            verdict(account, &IdleRules::default(), now),
            IdleVerdict::Disable { .. }
        )
    }

    #[test]
    fn thirty_days_after_use_and_seven_without() {
        let moment = Duration::from_micros(1);
        let used = START.plus(DAY);
        for (account, limit) in [
            (account(None), START.plus(7 * DAY)),
            (account(Some(used)), used.plus(30 * DAY)),
        ] {
            assert!(!is_disabled(&account, limit));
            assert!(is_disabled(&account, limit.plus(moment)));
        }
    }

    #[test]
    fn enabling_starts_the_clock_anew() {
        let mut account = account(Some(START));
        account.enabled_at = START.plus(100 * DAY);
        assert!(!is_disabled(&account, START.plus(130 * DAY)));
        assert!(is_disabled(&account, START.plus(131 * DAY)));
    }

    #[test]
    fn a_use_in_the_future_is_a_clock_that_went_back() {
        let account = account(Some(START.plus(DAY)));
        assert_eq!(
            verdict(&account, &IdleRules::default(), START),
            IdleVerdict::ClockWentBack
        );
    }

    #[test]
    fn a_limit_is_a_day_at_least_and_a_year_at_most() {
        let rules = IdleRules::default();
        assert_eq!(rules.with_role(Role::Admin, Duration::ZERO), None);
        assert_eq!(rules.with_never_used(Duration::MAX), None);
        let strict = rules.with_role(Role::Admin, DAY).expect("within bounds");
        assert_eq!(strict.for_role(Role::Admin), DAY);
        assert_eq!(strict.for_role(Role::Vendor), 30 * DAY);
    }

    proptest! {
        #[test]
        fn nobody_outlives_the_limit(used in proptest::option::of(0_u64..400), today in 0_u64..800) {
            let now = START.plus(Duration::from_secs(today * 3600 * 24));
            let account = account(used.map(|d| START.plus(Duration::from_secs(d * 3600 * 24))));
            let idle = now.since(account.last_active_at.unwrap_or(START));
            match verdict(&account, &IdleRules::default(), now) {
                IdleVerdict::Fine => prop_assert!(idle <= 30 * DAY),
                IdleVerdict::Disable { .. } => prop_assert!(idle > 7 * DAY),
                IdleVerdict::ClockWentBack => prop_assert!(account.last_active_at > Some(now)),
            }
        }
    }
}

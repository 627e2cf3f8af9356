//! Lockout after failed logins (IEC 62443-3-3 SR 1.11).
//!
//! Counted by address first, so that a stranger's guesses do not lock a person
//! out of the plant from where that person works.

use std::time::Duration;

use crate::time::Timestamp;

/// How far back failures count.
pub const MEMORY: Duration = Duration::from_secs(15 * 60);
/// Failures from one address that lock the account for that address.
pub const FROM_ONE_ADDRESS: usize = 5;
/// Failures from anywhere that lock the account for all.
pub const FROM_ANYWHERE: usize = 20;
/// Failures from one address, over any names, that lock it out of all accounts:
/// more than the people behind it mistype, and few for a list of stolen names.
pub const OVER_ANY_NAMES: usize = 30;

/// One failed login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// The address it came from.
    pub source: String,
}

/// Whether a login from `source` is refused unseen. `failures` are those since
/// the last success, in any order. Attempts while locked are not failures: they
/// would prolong the lock for ever.
#[must_use]
pub fn locked(failures: &[Failure], source: &str, now: Timestamp) -> bool {
    let recent = || failures.iter().filter(|f| now.since(f.at) < MEMORY);
    recent().filter(|f| f.source == source).count() >= FROM_ONE_ADDRESS
        || recent().count() >= FROM_ANYWHERE
}

/// Whether an address has failed so often, over any names, that all its logins
/// are refused unseen. `failures` are the times of those that were counted.
#[must_use]
pub fn shut_out(failures: &[Timestamp], now: Timestamp) -> bool {
    let recent = failures.iter().filter(|at| now.since(**at) < MEMORY);
    recent.count() >= OVER_ANY_NAMES
}

/// Whether an attempt behind a lock is worth an audit event: one a lock, or a
/// flood of them would grow the log for ever. `told` is when one was written last.
#[must_use]
pub fn worth_telling(told: Option<Timestamp>, now: Timestamp) -> bool {
    told.is_none_or(|at| now.since(at) >= MEMORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(count: usize, source: &str, at: Timestamp) -> Vec<Failure> {
        vec![
            Failure {
                at,
                source: source.to_owned()
            };
            count
        ]
    }

    #[test]
    fn five_from_one_address_lock_it_for_a_quarter_of_an_hour() {
        let then = Timestamp::from_micros(1_000_000_000_000);
        let five = failures(5, "10.0.0.1", then);
        assert!(!locked(&five[..4], "10.0.0.1", then));
        assert!(locked(&five, "10.0.0.1", then));
        assert!(!locked(&five, "10.0.0.2", then));
        assert!(locked(
            &five,
            "10.0.0.1",
            then.plus(MEMORY - Duration::from_micros(1))
        ));
        assert!(!locked(&five, "10.0.0.1", then.plus(MEMORY)));
    }

    #[test]
    fn thirty_over_any_names_shut_an_address_out() {
        let then = Timestamp::from_micros(1_000_000_000_000);
        let thirty = [then; 30];
        assert!(!shut_out(&thirty[1..], then));
        assert!(shut_out(&thirty, then));
        let last = then.plus(MEMORY - Duration::from_micros(1));
        assert!(shut_out(&thirty, last));
        assert!(!shut_out(&thirty, then.plus(MEMORY)));
    }

    #[test]
    fn a_lock_is_told_once() {
        let then = Timestamp::from_micros(1_000_000_000_000);
        assert!(worth_telling(None, then));
        assert!(!worth_telling(Some(then), then));
        assert!(
            !worth_telling(Some(then), then.minus(MEMORY)),
            "a clock went back"
        );
        assert!(worth_telling(Some(then), then.plus(MEMORY)));
    }

    #[test]
    fn twenty_from_anywhere_lock_it_for_all() {
        let then = Timestamp::from_micros(1_000_000_000_000);
        let mut many: Vec<_> = (0..19)
            .flat_map(|n| failures(1, &format!("10.0.0.{n}"), then))
            .collect();
        assert!(!locked(&many, "10.1.0.0", then));
        many.extend(failures(1, "10.0.0.200", then));
        assert!(locked(&many, "10.1.0.0", then));
    }
}

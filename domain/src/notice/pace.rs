//! When a notice that did not get through is tried again.

use std::time::Duration;

/// How long before a window begins its approvers are told once more.
pub const BEFORE_START: Duration = Duration::from_secs(15 * 60);

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(15 * 60);
const MOST_TRIES: u32 = 11;

/// How long after a try that failed the next one comes, if `tries` have failed;
/// `None` once it is given up. Together that is somewhat less than an hour: who
/// was not told within it learns of it too late to act.
#[must_use]
pub fn next_try(tries: u32) -> Option<Duration> {
    let doublings = tries.saturating_sub(1);
    (tries < MOST_TRIES).then(|| (FIRST * (1 << doublings)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_less_and_less_often_for_about_an_hour() {
        let waits: Vec<_> = (1..)
            .map_while(next_try)
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert!((3000..3700).contains(&waits.iter().sum::<u64>()));
        assert_eq!(next_try(u32::MAX), None);
    }
}

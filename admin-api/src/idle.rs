//! When each browser's login was last used. It is kept in memory alone: after a
//! start, a login counts as unused since it was made.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Timestamp, TokenId};

/// From how many on those that are over are forgotten.
const MANY: usize = 1024;

/// The last use of each.
pub(crate) struct LastUse {
    limit: Duration,
    used: Mutex<HashMap<TokenId, Timestamp>>,
}

impl LastUse {
    /// A login that nobody uses for as long as `limit` is over.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            used: Mutex::default(),
        }
    }

    /// When a login that was made then ends, if nobody uses it.
    pub(crate) fn ends(&self, id: TokenId, made: Timestamp) -> Timestamp {
        self.last(id, made).plus(self.limit)
    }

    /// When a login that was made then was last used.
    pub(crate) fn last(&self, id: TokenId, made: Timestamp) -> Timestamp {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.get(&id).copied().unwrap_or(made)
    }

    /// A login is used.
    pub(crate) fn mark(&self, id: TokenId, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MANY {
            used.retain(|_, at| at.plus(self.limit) > now);
        }
        used.insert(id, now);
    }
}

//! Indexes of replays that are looked at, so that each is made once and not for
//! every segment.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccountName, SessionId};
use recorder::replay::Index;
use tokio::sync::{Mutex as TurnMutex, MutexGuard as Turn};

/// How many are kept.
const MOST: usize = 32;
/// How much memory they may take together, in bytes.
const LARGEST: usize = 64 << 20;

/// Which replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) session: SessionId,
    pub(crate) channel: u32,
    pub(crate) idle_limit_ms: Option<u64>,
    pub(crate) until_ms: u64,
}

/// The ones looked at last.
#[derive(Default)]
pub(crate) struct Indexes {
    kept: Mutex<VecDeque<Kept>>,
    /// Reading a whole recording is much work, and sessions run beside it: one at a
    /// time.
    turn: TurnMutex<()>,
}

struct Kept {
    key: Key,
    index: Arc<Index>,
    /// Whose opening is in the audit log.
    opened_by: HashSet<AccountName>,
}

impl Indexes {
    /// One that this account has opened before.
    pub(crate) fn get(&self, key: Key, account: &AccountName) -> Option<Arc<Index>> {
        let mut all = self.lock();
        let at = all
            .iter()
            .position(|kept| kept.key == key && kept.opened_by.contains(account))?;
        // The one looked at last is the last to go.
        let kept = all.remove(at)?;
        let index = Arc::clone(&kept.index);
        all.push_back(kept);
        Some(index)
    }

    /// Keeps one that this account has opened.
    pub(crate) fn put(&self, key: Key, account: AccountName, index: &Arc<Index>) {
        let mut all = self.lock();
        let opened_by = match all.iter().position(|kept| kept.key == key) {
            Some(at) => all.remove(at).map(|kept| kept.opened_by),
            None => None,
        };
        let mut opened_by = opened_by.unwrap_or_default();
        opened_by.insert(account);
        all.push_back(Kept {
            key,
            index: Arc::clone(index),
            opened_by,
        });
        while all.len() > MOST || all.iter().map(|kept| kept.index.size()).sum::<usize>() > LARGEST
        {
            all.pop_front();
        }
    }

    /// Waits for a turn to read a whole recording.
    pub(crate) async fn turn(&self) -> Turn<'_, ()> {
        self.turn.lock().await
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // A list is whole at every moment, so a panic elsewhere has not broken it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

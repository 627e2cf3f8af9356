//! How the log stands: whether it can be signed, and which anchors have it. Told by
//! whoever signs it and publishes it, shown to whoever may read it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

use crate::dto::Anchor;

/// What does not work, since when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// When it failed first, without having worked since.
    pub since: Timestamp,
    /// Why it failed last.
    pub why: String,
}

impl Failing {
    /// Once more, or for the first time.
    fn again(former: Option<Self>, at: Timestamp, why: &str) -> Self {
        Self {
            since: former.map_or(at, |former| former.since),
            why: why.to_owned(),
        }
    }
}

/// Whether the log can be signed; shared by those who hold it.
#[derive(Clone, Debug, Default)]
pub struct SigningBoard(Arc<Mutex<Option<Failing>>>);

impl SigningBoard {
    /// It was signed.
    pub fn works(&self) {
        *lock(&self.0) = None;
    }

    /// It could not be signed.
    pub fn failed(&self, at: Timestamp, why: &str) {
        let mut failing = lock(&self.0);
        *failing = Some(Failing::again(failing.take(), at, why));
    }

    /// Since when it can't be, and why; nothing if it can.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        lock(&self.0).clone()
    }
}

/// All anchors, as they stand; shared by those who hold it.
#[derive(Clone, Debug, Default)]
pub struct AnchorBoard(Arc<Mutex<Vec<Known>>>);

/// One anchor's place on the board.
#[derive(Clone, Debug)]
pub struct AnchorPlace {
    board: AnchorBoard,
    index: usize,
}

/// What is known of an anchor.
#[derive(Debug)]
struct Known {
    name: String,
    /// The size that it has, and when it was given that.
    has: Option<(u64, Timestamp)>,
    failing: Option<Failing>,
}

impl AnchorBoard {
    /// One more anchor, of which nothing is known yet.
    #[must_use]
    pub fn add(&self, name: &str) -> AnchorPlace {
        let mut all = lock(&self.0);
        all.push(Known {
            name: name.to_owned(),
            has: None,
            failing: None,
        });
        AnchorPlace {
            board: self.clone(),
            index: all.len() - 1,
        }
    }

    /// All of them, in the order in which they were added, beside the number of
    /// events that are `signed`.
    #[must_use]
    pub fn all(&self, signed: Option<u64>) -> Vec<Anchor> {
        let show = |known: &Known| {
            let size = known.has.map(|(size, _)| size);
            Anchor {
                name: known.name.clone(),
                size,
                anchored_at: known.has.map(|(_, at)| at),
                behind: signed.map(|signed| signed.saturating_sub(size.unwrap_or(0))),
                failing_since: known.failing.as_ref().map(|failing| failing.since),
                why: known.failing.as_ref().map(|failing| failing.why.clone()),
            }
        };
        lock(&self.0).iter().map(show).collect()
    }

    /// Whether any of them fails.
    #[must_use]
    pub fn any_fails(&self) -> bool {
        lock(&self.0).iter().any(|known| known.failing.is_some())
    }
}

impl AnchorPlace {
    /// It has the checkpoint of that size.
    pub fn has(&self, size: u64, at: Timestamp) {
        if let Some(known) = lock(&self.board.0).get_mut(self.index) {
            known.has = Some((size, at));
            known.failing = None;
        }
    }

    /// An attempt has failed.
    pub fn failed(&self, at: Timestamp, why: &str) {
        if let Some(known) = lock(&self.board.0).get_mut(self.index) {
            known.failing = Some(Failing::again(known.failing.take(), at, why));
        }
    }
}

/// What is on a board is whole at every moment, so a panic elsewhere has not broken it.
fn lock<T>(board: &Mutex<T>) -> MutexGuard<'_, T> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

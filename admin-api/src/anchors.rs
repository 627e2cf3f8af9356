//! How the anchors of the log stand: told by whoever publishes to them, shown to
//! whoever may read the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

use crate::dto::Anchor;

/// All anchors, as they stand; shared by those who hold it.
#[derive(Clone, Debug, Default)]
pub struct AnchorBoard(Arc<Mutex<Vec<Anchor>>>);

/// One anchor's place on the board.
#[derive(Clone, Debug)]
pub struct AnchorPlace {
    board: AnchorBoard,
    index: usize,
}

impl AnchorBoard {
    /// One more anchor, of which nothing is known yet.
    #[must_use]
    pub fn add(&self, name: &str) -> AnchorPlace {
        let mut all = self.lock();
        all.push(Anchor {
            name: name.to_owned(),
            size: None,
            anchored_at: None,
            failing_since: None,
            why: None,
        });
        AnchorPlace {
            board: self.clone(),
            index: all.len() - 1,
        }
    }

    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn all(&self) -> Vec<Anchor> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Anchor>> {
        // An entry is whole at every moment, so a panic elsewhere has not broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AnchorPlace {
    /// It has the checkpoint of that size.
    pub fn has(&self, size: u64, at: Timestamp) {
        if let Some(anchor) = self.board.lock().get_mut(self.index) {
            anchor.size = Some(size);
            anchor.anchored_at = Some(at);
            anchor.failing_since = None;
            anchor.why = None;
        }
    }

    /// An attempt has failed.
    pub fn failed(&self, at: Timestamp, why: &str) {
        if let Some(anchor) = self.board.lock().get_mut(self.index) {
            anchor.failing_since.get_or_insert(at);
            anchor.why = Some(why.to_owned());
        }
    }
}

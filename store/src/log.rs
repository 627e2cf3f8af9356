//! The transparency log: each event of the audit log is a leaf of a Merkle tree,
//! put there by the transaction that writes the event. What the tree looks like,
//! and what can be proven about it, is `ledger`'s; here it is kept.
//!
//! Read `tree` for how a leaf gets in, `checkpoints` for what is signed.

mod about;
mod checkpoints;
mod keys;
mod leaf;
mod proofs;
mod tiles;
mod tree;

use ledger::Hash;
use thiserror::Error;

use crate::error::StoreError;
use crate::store::Store;

pub use checkpoints::LogCheckpoint;
pub use proofs::{EventProof, SealProof};

pub(crate) use about::{Commits, about};
pub(crate) use leaf::Leaf;
pub(crate) use tree::{append, check};

/// The size and the root of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// How many leaves it has: as many as there are events.
    pub size: u64,
    /// The Merkle tree hash of all of them.
    pub root: Hash,
}

/// What is wrong with the log in the database: nobody but somebody who changed
/// the file, or a broken disk, brings it about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LogFault {
    /// There are events without a leaf, or leaves without an event.
    #[error("it has {leaves} entries, and the audit log has {events} events")]
    OtherLength {
        /// How many leaves there are.
        leaves: u64,
        /// How many events there are.
        events: u64,
    },
    /// A hash of the tree is not there.
    #[error("the hash number {index} of level {level} is missing")]
    Missing {
        /// The level of the subtree.
        level: u8,
        /// Its place in it.
        index: u64,
    },
    /// A checkpoint was signed for more than there is.
    #[error("a checkpoint of {signed} entries was signed, and only {leaves} are there")]
    RolledBack {
        /// The size that was signed.
        signed: u64,
        /// How many leaves there are.
        leaves: u64,
    },
    /// What was signed and what is there differ.
    #[error("the tree of its first {size} entries is not the one that was signed")]
    NotAsSigned {
        /// The size that was signed.
        size: u64,
    },
    /// An event is no longer what it was when it was written.
    #[error("event {seq} was changed after it was written")]
    EventChanged {
        /// The event's number.
        seq: i64,
    },
}

impl Store {
    /// How large the log is now, and its root.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_head(&self) -> Result<LogHead, StoreError> {
        let mut tx = self.read().await?;
        tree::head(&mut tx).await
    }
}

/// A size or an index, for the database. No log has more than it can count.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

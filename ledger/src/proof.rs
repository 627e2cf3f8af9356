//! Proofs: that a leaf is in a tree, and that a tree continues another (RFC 6962,
//! 2.1.1 and 2.1.2). Making one has two steps, so that the hashes may come from
//! wherever they are kept: a [`Plan`] says which are needed, and puts them
//! together.

use thiserror::Error;

use crate::hash::{Hash, node_hash};
use crate::tree::{Node, WrongCount, fold, subtrees};

/// The most hashes that a proof can have in a tree that can be counted.
pub const LONGEST: usize = 65;

/// Why something is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The leaf would be outside of the tree.
    #[error("leaf {index} is not in a log of {size} entries")]
    OutOfRange {
        /// The leaf's index, from 0.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A log never gets smaller.
    #[error("the log had {old} entries before and has {new} now, so entries were dropped")]
    Shrunk {
        /// The size before.
        old: u64,
        /// The size now.
        new: u64,
    },
    /// A proof of these sizes has another number of hashes.
    #[error("the proof has too few or too many hashes")]
    WrongLength,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root: what it is about, or the log, was changed")]
    WrongRoot,
    /// The hashes do not lead to the root that the tree had before.
    #[error("the log does not continue what it was before: its history was changed")]
    WrongHistory,
}

/// Which complete subtrees a proof is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The subtrees under each hash of the proof.
    parts: Vec<Vec<Node>>,
}

impl Plan {
    /// For the proof that leaf `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    /// When it is not.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size {
            return Err(ProofError::OutOfRange { index, size });
        }
        let (mut start, mut end) = (0, size);
        let mut parts = Vec::new();
        while let Some(middle) = split(start, end) {
            if index < middle {
                parts.push(subtrees(middle, end));
                end = middle;
            } else {
                parts.push(subtrees(start, middle));
                start = middle;
            }
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// For the proof that the tree of `new` leaves continues that of `old` ones;
    /// an empty one where nothing is to be proven: from nothing, or from itself.
    ///
    /// # Errors
    /// When `new` is below `old`.
    pub fn consistency(old: u64, new: u64) -> Result<Self, ProofError> {
        if new < old {
            return Err(ProofError::Shrunk { old, new });
        }
        let mut parts = Vec::new();
        if old == 0 || old == new {
            return Ok(Self { parts });
        }
        let (mut start, mut end) = (0, new);
        while old != end {
            let Some(middle) = split(start, end) else {
                break;
            };
            if old <= middle {
                parts.push(subtrees(middle, end));
                end = middle;
            } else {
                parts.push(subtrees(start, middle));
                start = middle;
            }
        }
        // Where the old tree is one of the subtrees, its root is known already.
        if start > 0 {
            parts.push(subtrees(start, end));
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// The subtrees whose hashes are needed, in the order in which
    /// [`Plan::assemble`] takes them. All are in the tree, whole.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        self.parts.iter().flatten().copied()
    }

    /// The proof, from the hashes of [`Plan::nodes`].
    ///
    /// # Errors
    /// When there are not as many hashes.
    pub fn assemble(&self, hashes: &[Hash]) -> Result<Vec<Hash>, WrongCount> {
        let wanted = self.parts.iter().map(Vec::len).sum();
        let found = hashes.len();
        if wanted != found {
            return Err(WrongCount { wanted, found });
        }
        let mut rest = hashes;
        let mut proof = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let (mine, others) = rest.split_at_checked(part.len()).unwrap_or((rest, &[]));
            proof.push(fold(mine));
            rest = others;
        }
        Ok(proof)
    }
}

/// Where RFC 6962 splits a tree of more than one leaf: after the largest power of
/// two that is smaller than their number.
fn split(start: u64, end: u64) -> Option<u64> {
    let below = end.checked_sub(start)?.checked_sub(1)?;
    Some(start + (1 << below.checked_ilog2()?))
}

/// Checks that the leaf with that hash is number `index` of the tree of `size`
/// leaves and that root. The algorithm is that of RFC 9162, 2.1.3.2.
///
/// # Errors
/// Why it is not proven.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            skip_lone(&mut at, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::WrongLength);
    }
    if hash == *root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// Checks that the tree of `new` leaves and the root `new_root` begins with the
/// tree of `old` leaves and the root `old_root`. The algorithm is that of RFC
/// 9162, 2.1.4.2. A tree of no leaves is the beginning of any.
///
/// # Errors
/// Why it is not proven.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if new < old {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == 0 && *old_root != Hash::of_nothing() {
        return Err(ProofError::WrongHistory);
    }
    if old == 0 || old == new {
        return match proof {
            [] if old == 0 || old_root == new_root => Ok(()),
            [] => Err(ProofError::WrongHistory),
            _ => Err(ProofError::WrongLength),
        };
    }
    let (mut at, mut last) = (old - 1, new - 1);
    let shift = at.trailing_ones();
    at >>= shift;
    last >>= shift;
    let (first, rest) = match proof {
        // The old tree is one of the subtrees.
        rest if at == 0 => (old_root, rest),
        [first, rest @ ..] => (first, rest),
        [] => return Err(ProofError::WrongLength),
    };
    let (mut before, mut now) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if at & 1 == 1 || at == last {
            before = node_hash(sibling, &before);
            now = node_hash(sibling, &now);
            skip_lone(&mut at, &mut last);
        } else {
            now = node_hash(&now, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::WrongLength);
    }
    if before != *old_root {
        return Err(ProofError::WrongHistory);
    }
    if now == *new_root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// At the right edge a subtree without a right neighbour is passed up as it is.
fn skip_lone(at: &mut u64, last: &mut u64) {
    if *at != 0 {
        let levels = at.trailing_zeros();
        *at >>= levels;
        *last >>= levels;
    }
}

#[cfg(test)]
mod tests;

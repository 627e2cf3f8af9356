//! The shape of the tree. It is kept as its complete subtrees: of 2^level leaves
//! each, never changed once they are full. Whatever else is asked of the tree is
//! put together from those.

use thiserror::Error;

use crate::hash::{Hash, leaf_hash, node_hash};

/// A complete subtree: the leaves from `index` × 2^`level` up to, and without,
/// (`index` + 1) × 2^`level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its height; a leaf is of level 0.
    pub level: u8,
    /// Its place among those of its level, from 0.
    pub index: u64,
}

/// There are not as many hashes as subtrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{wanted} hashes of subtrees are needed, and {found} are there")]
pub struct WrongCount {
    /// How many are needed.
    pub wanted: usize,
    /// How many there are.
    pub found: usize,
}

/// The complete subtrees that the leaves from `start` up to, and without, `end`
/// consist of, from left to right. `start` must be a multiple of the largest
/// power of two that is not above `end` − `start`, as it is wherever RFC 6962
/// splits a tree.
#[must_use]
pub fn subtrees(start: u64, end: u64) -> Vec<Node> {
    let mut rest = end.saturating_sub(start);
    let mut at = start;
    let mut nodes = Vec::new();
    while let Some(level) = rest.checked_ilog2() {
        let leaves = 1 << level;
        nodes.push(Node {
            level: small(level),
            index: at >> level,
        });
        at = at.saturating_add(leaves);
        rest -= leaves;
    }
    nodes
}

/// The root over subtrees from left to right, each smaller than the one before.
pub(crate) fn fold(hashes: &[Hash]) -> Hash {
    let mut smallest_first = hashes.iter().rev();
    let last = smallest_first
        .next()
        .copied()
        .unwrap_or_else(Hash::of_nothing);
    smallest_first.fold(last, |right, left| node_hash(left, &right))
}

/// The complete subtrees that leaf number `index` completes ones with: those
/// directly before it, smallest first.
#[must_use]
pub fn siblings_before(index: u64) -> Vec<Node> {
    let sibling = |level: u32| Node {
        level: small(level),
        index: (index >> level).saturating_sub(1),
    };
    (0..index.trailing_ones()).map(sibling).collect()
}

/// The complete subtrees that appending a leaf makes, itself first: what must be
/// stored. `siblings` are the hashes of [`siblings_before`].
///
/// # Errors
/// When there are not as many siblings.
pub fn appended(
    index: u64,
    leaf: Hash,
    siblings: &[Hash],
) -> Result<Vec<(Node, Hash)>, WrongCount> {
    let wanted = count(index.trailing_ones());
    if siblings.len() != wanted {
        return Err(WrongCount {
            wanted,
            found: siblings.len(),
        });
    }
    let mut made = Vec::with_capacity(wanted + 1);
    let mut hash = leaf;
    made.push((Node { level: 0, index }, hash));
    for (level, sibling) in (1..).zip(siblings) {
        hash = node_hash(sibling, &hash);
        let index = index >> level;
        made.push((Node { level, index }, hash));
    }
    Ok(made)
}

/// The right edge of a tree: enough to append to it and to know its root, in 32
/// bytes for each doubling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Of [`subtrees`] of the whole.
    hashes: Vec<Hash>,
}

impl Frontier {
    /// That of a tree of `size` leaves; `hashes` are those of [`subtrees`] of the
    /// whole tree.
    ///
    /// # Errors
    /// When there are not as many hashes.
    pub fn resume(size: u64, hashes: Vec<Hash>) -> Result<Self, WrongCount> {
        let (wanted, found) = (count(size.count_ones()), hashes.len());
        if wanted != found {
            return Err(WrongCount { wanted, found });
        }
        Ok(Self { size, hashes })
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle tree hash of all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.hashes)
    }

    /// Takes in the hash of one more leaf, and tells `made` each subtree that it
    /// completes, itself first.
    pub fn append(&mut self, leaf: Hash, mut made: impl FnMut(Node, Hash)) {
        let mut node = Node {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf;
        made(node, hash);
        while node.index & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            node = Node {
                level: node.level.saturating_add(1),
                index: node.index >> 1,
            };
            made(node, hash);
        }
        self.hashes.push(hash);
        self.size = self.size.saturating_add(1);
    }
}

/// The Merkle tree hash over `leaves` (RFC 6962, 2.1), in one pass.
#[must_use]
pub fn root_of<L: AsRef<[u8]>>(leaves: impl IntoIterator<Item = L>) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.append(leaf_hash(leaf.as_ref()), |_, _| {});
    }
    frontier.root()
}

/// A count of bits.
fn count(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}

/// A number of a bit, below 64.
fn small(bit: u32) -> u8 {
    u8::try_from(bit).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;

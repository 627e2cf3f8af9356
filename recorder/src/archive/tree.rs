//! The tree over a manifest's lines.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 of `parts`, one after another.
pub(super) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    for (slot, byte) in hash.iter_mut().zip(context.finish().as_ref()) {
        *slot = *byte;
    }
    hash
}

/// The Merkle tree hash of RFC 6962, 2.1, leaf by leaf: of each perfect subtree
/// on the right edge only its root is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// The largest subtree first.
    edge: Vec<[u8; 32]>,
    leaves: u64,
}

impl Tree {
    pub(super) fn push(&mut self, leaf: &[u8]) {
        let mut node = sha256(&[&[0], leaf]);
        let mut full = self.leaves;
        while full & 1 == 1 {
            if let Some(left) = self.edge.pop() {
                node = sha256(&[&[1], &left, &node]);
            }
            full >>= 1;
        }
        self.edge.push(node);
        self.leaves += 1;
    }

    pub(super) const fn leaves(&self) -> u64 {
        self.leaves
    }

    pub(super) fn root(&self) -> [u8; 32] {
        self.edge
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| sha256(&[&[1], &left, &right]))
            .unwrap_or_else(|| sha256(&[]))
    }
}

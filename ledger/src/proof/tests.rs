//! Against the standard's definition, another's implementation, and liars.

use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::hash::leaf_hash;
use crate::tree::{Frontier, root_of};

struct Tree {
    leaves: Vec<Vec<u8>>,
    stored: BTreeMap<Node, Hash>,
}

impl Tree {
    fn new(size: u64) -> Self {
        let leaves: Vec<_> = (0..size).map(|n| n.to_string().into_bytes()).collect();
        let mut stored = BTreeMap::new();
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.append(leaf_hash(leaf), |node, hash| {
                stored.insert(node, hash);
            });
        }
        Self { leaves, stored }
    }

    fn root(&self, size: u64) -> Hash {
        root_of(&self.leaves[..usize::try_from(size).expect("few")])
    }

    fn leaf(&self, index: u64) -> Hash {
        leaf_hash(&self.leaves[usize::try_from(index).expect("few")])
    }

    fn fetch(&self, plan: &Plan) -> Vec<Hash> {
        let hashes: Vec<_> = plan.nodes().map(|node| self.stored[&node]).collect();
        plan.assemble(&hashes).expect("as many as are needed")
    }

    fn theirs(&self, size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        let leaves = &self.leaves[..usize::try_from(size).expect("few")];
        leaves.iter().cloned().for_each(|leaf| tree.push(leaf));
        tree
    }
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_as_another_proves_it() {
    let tree = Tree::new(40);
    for size in 1..=40 {
        let (root, theirs) = (tree.root(size), tree.theirs(size));
        for index in 0..size {
            let proof = tree.fetch(&Plan::inclusion(index, size).expect("inside"));
            let their_proof = theirs.prove_inclusion(usize::try_from(index).expect("few"));
            assert_eq!(bytes(&proof), their_proof.as_bytes(), "{index} of {size}");
            let verified = verify_inclusion(tree.leaf(index), index, size, &proof, &root);
            assert_eq!(verified, Ok(()), "{index} of {size}");
            for other in (0..size).filter(|other| *other != index) {
                let leaf = tree.leaf(other);
                assert!(verify_inclusion(leaf, index, size, &proof, &root).is_err());
                assert!(verify_inclusion(tree.leaf(index), other, size, &proof, &root).is_err());
            }
        }
    }
}

#[test]
fn every_small_tree_continues_each_before_it_as_another_proves_it() {
    let tree = Tree::new(40);
    for new in 1..=40 {
        let theirs = tree.theirs(new);
        let new_root = tree.root(new);
        for old in 0..=new {
            let proof = tree.fetch(&Plan::consistency(old, new).expect("not smaller"));
            if old > 0 && old < new {
                let added = usize::try_from(new - old).expect("few");
                let their_proof = theirs.prove_consistency(added);
                assert_eq!(bytes(&proof), their_proof.as_bytes(), "{old} to {new}");
            }
            let old_root = tree.root(old);
            let verify = |proof: &[Hash]| verify_consistency(old, &old_root, new, &new_root, proof);
            assert_eq!(verify(&proof), Ok(()), "{old} to {new}");
            let forged = Hash::of(b"another history");
            let forked = verify_consistency(old, &forged, new, &new_root, &proof);
            assert!(forked.is_err(), "{old} to {new}");
            if old > 0 {
                let forked = verify_consistency(old, &old_root, new, &forged, &proof);
                assert!(forked.is_err(), "{old} to {new}");
            }
            let longer = [proof.as_slice(), &[forged]].concat();
            assert!(verify(&longer).is_err(), "{old} to {new}");
            if let Some((_, shorter)) = proof.split_last() {
                assert!(verify(shorter).is_err(), "{old} to {new}");
            }
        }
    }
}

#[test]
fn what_can_not_be_is_refused() {
    assert_eq!(
        Plan::inclusion(5, 5),
        Err(ProofError::OutOfRange { index: 5, size: 5 })
    );
    assert_eq!(
        Plan::consistency(6, 5),
        Err(ProofError::Shrunk { old: 6, new: 5 })
    );
    let (empty, other) = (Hash::of_nothing(), Hash::of(b"x"));
    assert!(verify_inclusion(other, 0, 0, &[], &other).is_err());
    assert_eq!(verify_consistency(0, &empty, 3, &other, &[]), Ok(()));
    assert_eq!(
        verify_consistency(0, &other, 3, &other, &[]),
        Err(ProofError::WrongHistory)
    );
    assert_eq!(
        verify_consistency(3, &other, 2, &other, &[]),
        Err(ProofError::Shrunk { old: 3, new: 2 })
    );
    let plan = Plan::inclusion(2, 7).expect("inside");
    assert!(plan.assemble(&[]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_proof_proves_nothing(
        size in 2_u64..300,
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let tree = Tree::new(size);
        let index = pick.index(usize::try_from(size).expect("few")) as u64;
        let root = tree.root(size);
        let mut proof = tree.fetch(&Plan::inclusion(index, size).expect("inside"));
        prop_assert_eq!(
            verify_inclusion(tree.leaf(index), index, size, &proof, &root),
            Ok(())
        );
        let changed = at.index(proof.len());
        proof[changed].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(tree.leaf(index), index, size, &proof, &root).is_err());
    }

    #[test]
    fn no_sizes_make_a_proof_or_its_check_fail_badly(
        old in any::<u64>(),
        new in any::<u64>(),
        proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
    ) {
        for plan in [Plan::inclusion(old, new), Plan::consistency(old, new)].into_iter().flatten() {
            prop_assert!(plan.parts.len() <= LONGEST);
            for node in plan.nodes() {
                prop_assert!(u128::from(node.index + 1) << node.level <= u128::from(new));
            }
        }
        let root = Hash::of(b"root");
        prop_assert!(verify_inclusion(root, old, new, &proof, &root).is_err());
        prop_assert!(old == 0 || verify_consistency(old, &root, new, &root, &proof).is_err());
    }
}

//! Against the standard's definition, and against another's implementation.

use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

/// The definition of RFC 6962, word for word.
fn defined(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Hash::of(b""),
        [one] => leaf_hash(one),
        more => {
            let split = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(split);
            node_hash(&defined(left), &defined(right))
        }
    }
}

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| n.to_string().into_bytes()).collect()
}

#[test]
fn roots_are_those_of_the_certificate_logs_vectors() {
    // The eight leaves that implementations of RFC 6962 are tested with.
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    for (count, root) in [
        (
            1,
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        ),
        (
            2,
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        ),
        (
            3,
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        ),
        (
            8,
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ] {
        assert_eq!(root_of(&leaves[..count]).to_hex(), root, "{count} leaves");
    }
}

proptest! {
    #[test]
    fn roots_are_as_defined_and_as_another_has_them(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..70)
    ) {
        let root = root_of(&leaves);
        prop_assert_eq!(root, defined(&leaves));
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        leaves.iter().cloned().for_each(|leaf| theirs.push(leaf));
        if !leaves.is_empty() {
            let their_root = theirs.root();
            prop_assert_eq!(root.as_ref(), their_root.as_bytes().as_slice());
        }
    }
}

#[test]
fn stored_subtrees_give_every_root_and_take_one_more_leaf() {
    let leaves = leaves(130);
    let mut stored = BTreeMap::new();
    let mut frontier = Frontier::default();
    for (index, leaf) in (0..).zip(&leaves) {
        let hash = leaf_hash(leaf);
        let siblings: Vec<_> = siblings_before(index)
            .iter()
            .map(|node| stored[node])
            .collect();
        let made = appended(index, hash, &siblings).expect("all siblings");
        let mut told = Vec::new();
        frontier.append(hash, |node, hash| told.push((node, hash)));
        assert_eq!(made, told);
        for (node, hash) in made {
            assert_eq!(stored.insert(node, hash), None, "{node:?} is made once");
        }
        let edge = subtrees(0, index + 1).iter().map(|n| stored[n]).collect();
        let resumed = Frontier::resume(index + 1, edge).expect("as many");
        assert_eq!(resumed, frontier);
        let so_far = &leaves[..=usize::try_from(index).expect("few")];
        assert_eq!(frontier.root(), defined(so_far));
    }
    for (node, hash) in stored {
        let start = usize::try_from(node.index << node.level).expect("few");
        let end = start + (1 << node.level);
        assert_eq!(hash, defined(&leaves[start..end]));
    }
}

#[test]
fn missing_hashes_are_refused() {
    assert_eq!(
        appended(3, Hash::of(b""), &[]),
        Err(WrongCount {
            wanted: 2,
            found: 0
        })
    );
    assert!(Frontier::resume(5, vec![Hash::of(b"")]).is_err());
    assert!(Frontier::resume(0, Vec::new()).is_ok());
}

#[test]
fn the_largest_tree_has_a_shape_too() {
    assert_eq!(subtrees(0, u64::MAX).len(), 64);
    assert_eq!(subtrees(7, 7), []);
    assert_eq!(siblings_before(u64::MAX).len(), 64);
}

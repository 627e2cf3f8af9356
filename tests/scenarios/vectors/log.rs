//! A log as an export has it, made of its leaves.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ledger::checkpoint::cosignatures;
use ledger::tile::{Content, TilePath};
use ledger::witness::{AddCheckpoint, Seen, decide};
use ledger::{
    Checkpoint, Frontier, Hash, Node, Note, Plan, SigningKey, TlogProof, bundle, leaf_hash,
};
use recorder::bundle::Proven;

/// When checkpoint number `size` was signed, in seconds since 1970.
pub(super) fn signed_at(size: u64) -> u64 {
    1_795_600_000 + size
}

/// All events of a log.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) leaves: Vec<Vec<u8>>,
}

impl Log {
    /// That of an export.
    pub(super) fn read(dir: &Path) -> Self {
        let checkpoint = fs::read(dir.join("checkpoint")).unwrap();
        let note = Note::parse(&checkpoint).unwrap();
        let size = Checkpoint::parse(note.text()).unwrap().size;
        let mut leaves = Vec::new();
        for tile in TilePath::all(size).filter(|tile| tile.content == Content::Entries) {
            let entries = fs::read(dir.join(format!("tile/{tile}"))).unwrap();
            leaves.extend(
                bundle::read(&entries)
                    .unwrap()
                    .iter()
                    .map(|leaf| leaf.to_vec()),
            );
        }
        Self { leaves }
    }

    pub(super) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The first `size` events.
    pub(super) fn until(&self, size: u64) -> Self {
        let size = usize::try_from(size).unwrap();
        Self {
            leaves: self.leaves[..size].to_vec(),
        }
    }

    fn nodes(&self) -> (Frontier, HashMap<Node, Hash>) {
        let (mut frontier, mut nodes) = (Frontier::default(), HashMap::new());
        for leaf in &self.leaves {
            frontier.append(leaf_hash(leaf), |node, hash| {
                nodes.insert(node, hash);
            });
        }
        (frontier, nodes)
    }

    pub(super) fn checkpoint(&self, origin: &str) -> Checkpoint {
        Checkpoint {
            origin: origin.to_owned(),
            size: self.size(),
            root: self.nodes().0.root(),
            extensions: Vec::new(),
        }
    }

    /// Its checkpoint, signed with `key`, and by `witness` if there is one.
    pub(super) fn signed(&self, key: &SigningKey, witness: Option<&SigningKey>) -> Note {
        let at = signed_at(self.size());
        let note = self.checkpoint(key.name()).sign(key, at).unwrap();
        let Some(witness) = witness else { return note };
        let request = AddCheckpoint {
            old: 0,
            proof: Vec::new(),
            note: note.clone(),
        };
        let accepted = decide(&request, &[key.verifier().clone()], &Seen::nothing()).unwrap();
        let answer = accepted.answer(witness, at + 1);
        let known = [witness.verifier().clone()];
        let seen = cosignatures(&answer, note.text(), &known).unwrap();
        seen.into_iter().fold(note, Note::with)
    }

    /// The proof that event number `index` + 1 is in it.
    pub(super) fn proof(&self, index: u64, note: &Note) -> TlogProof {
        let (_, nodes) = self.nodes();
        let plan = Plan::inclusion(index, self.size()).unwrap();
        let hashes: Vec<Hash> = plan.nodes().map(|node| nodes[&node]).collect();
        TlogProof {
            extra: None,
            index,
            proof: plan.assemble(&hashes).unwrap(),
            checkpoint: note.to_string(),
        }
    }

    /// The same with the event, as a bundle has it.
    pub(super) fn proven(&self, index: u64, note: &Note) -> Proven {
        Proven {
            leaf: self.leaves[usize::try_from(index).unwrap()].clone(),
            proof: self.proof(index, note).to_string(),
        }
    }

    /// Writes the checkpoint and all tiles.
    pub(super) fn write(&self, dir: &Path, note: &Note) {
        let _ = fs::remove_dir_all(dir.join("tile"));
        let (_, nodes) = self.nodes();
        for tile in TilePath::all(self.size()) {
            let content = match tile.content {
                Content::Hashes(_) => tile.nodes().iter().flat_map(|node| nodes[node].0).collect(),
                Content::Entries => {
                    let (from, to) = tile.range();
                    let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
                    bundle::write(&self.leaves[from..to]).unwrap()
                }
            };
            let path = dir.join(format!("tile/{tile}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        fs::write(dir.join("checkpoint"), note.to_string()).unwrap();
    }
}

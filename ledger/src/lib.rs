//! The transparency log: an RFC 6962 Merkle tree, C2SP checkpoints, proofs and
//! tiles. Pure: bytes in, values out; no file, socket, clock or database.
//!
//! Read `tree` for the shape of the log, [`proof`] for what can be proven about
//! it, [`note`] and [`checkpoint`] for what is signed, [`witness`] for what
//! another administrator's machine watches over.

pub mod bundle;
pub mod checkpoint;
pub mod handover;
mod hash;
mod key;
mod lines;
pub mod note;
pub mod proof;
pub mod tile;
mod tlog_proof;
mod tree;
pub mod witness;

pub use checkpoint::{BadCheckpoint, Checkpoint};
pub use handover::{BadHandover, Handover, Tenure};
pub use hash::{BadHash, Hash, leaf_hash, node_hash};
pub use key::{BadKey, KeyKind, SigningKey, VerifierKey};
pub use note::{BadNote, Note, Signature, Verified};
pub use proof::{Plan, ProofError};
pub use tile::{BadTilePath, TilePath};
pub use tlog_proof::{BadTlogProof, TlogProof};
pub use tree::{Frontier, Node, WrongCount, appended, root_of, siblings_before, subtrees};

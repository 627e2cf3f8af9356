//! The transparency log: an RFC 6962 Merkle tree, C2SP checkpoints, proofs and
//! tiles. Pure: bytes in, values out.

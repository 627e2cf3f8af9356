//! What the log can prove: that an event is in it, and that it goes on where it
//! was.

use std::time::Duration;

use domain::SessionId;
use ledger::{Hash, Plan, ProofError, TlogProof, leaf_hash};
use serde_json::Value;

use super::leaf::Leaf;
use super::{LogFault, checkpoints, tree};
use crate::error::{Refusal, StoreError};
use crate::store::Store;

/// How much older a checkpoint may be to be taken because a witness has signed it.
const OLDER_FOR_A_WITNESS: Duration = Duration::from_secs(10 * 60);

/// The proof that a recording was sealed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealProof {
    /// The leaf that seals it.
    pub leaf: Vec<u8>,
    /// Its index, its inclusion proof, and the checkpoint that covers it.
    pub proof: TlogProof,
    /// The size of the log in the checkpoint.
    pub size: u64,
}

impl Store {
    /// The proof that the recording of a channel was sealed: under the newest
    /// checkpoint that covers it, or one that a witness has signed and that is at
    /// most ten minutes older.
    ///
    /// # Errors
    /// When it is not sealed, or no checkpoint was signed since; when the event was
    /// changed in the database; or when the database fails.
    pub async fn seal_proof(
        &self,
        session: SessionId,
        channel: u32,
    ) -> Result<SealProof, StoreError> {
        let mut tx = self.read().await?;
        let rows = sqlx::query(concat!(
            "SELECT seq, id, at, actor, source, action, subject, before, after, reason FROM audit",
            " WHERE action = 'recording.sealed' AND subject = $1 ORDER BY seq DESC",
        ))
        .bind(format!("session/{session}"))
        .fetch_all(&mut *tx)
        .await?;
        let mut sealed = None;
        for row in &rows {
            let leaf = Leaf::of(row)?;
            if channel_of(&leaf) == Some(channel) {
                sealed = Some(leaf);
                break;
            }
        }
        let named = format!("{session}/{channel}");
        let leaf = sealed.ok_or_else(|| StoreError::missing("sealed recording", named))?;
        let (seq, leaf) = (leaf.seq, leaf.bytes());
        let index = tree::index_of(seq);
        let covering = checkpoints::covering(&mut tx, index, OLDER_FOR_A_WITNESS).await?;
        let checkpoint = covering.ok_or_else(|| {
            let text = "the recording was sealed a moment ago and no checkpoint covers it yet; try again in a minute";
            Refusal::new("not_signed_yet", text)
        })?;
        let plan = Plan::inclusion(index, checkpoint.size).map_err(out_of_range)?;
        let nodes: Vec<_> = plan.nodes().collect();
        let proof = plan.assemble(&tree::hashes(&mut tx, &nodes).await?);
        let proof = proof.map_err(|_| LogFault::NotAsSigned {
            size: checkpoint.size,
        })?;
        let hash = leaf_hash(&leaf);
        let holds =
            ledger::proof::verify_inclusion(hash, index, checkpoint.size, &proof, &checkpoint.root);
        holds.map_err(|_| LogFault::EventChanged { seq })?;
        Ok(SealProof {
            leaf,
            proof: TlogProof {
                extra: None,
                index,
                proof,
                checkpoint: checkpoint.note,
            },
            size: checkpoint.size,
        })
    }

    /// The proof that the log of `new` entries continues that of `old` ones.
    ///
    /// # Errors
    /// When the log is not that large, or `new` is below `old`; or when the
    /// database fails.
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        let mut tx = self.read().await?;
        let size = tree::size(&mut tx).await?;
        if new > size {
            return Err(out_of_range(ProofError::OutOfRange { index: new, size }).into());
        }
        let plan = Plan::consistency(old, new).map_err(out_of_range)?;
        let nodes: Vec<_> = plan.nodes().collect();
        let proof = plan.assemble(&tree::hashes(&mut tx, &nodes).await?);
        Ok(proof.map_err(|_| LogFault::NotAsSigned { size: new })?)
    }
}

/// Which channel's recording an event seals.
fn channel_of(leaf: &Leaf<'_>) -> Option<u32> {
    let after: Value = serde_json::from_str(leaf.after?).ok()?;
    after.get("channel")?.as_u64()?.try_into().ok()
}

fn out_of_range(error: ProofError) -> Refusal {
    Refusal::new("bad_size", error.to_string())
}

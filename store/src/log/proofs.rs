//! What the log can prove: that an event is in it, and that it goes on where it
//! was.

use std::time::Duration;

use domain::SessionId;
use ledger::{Hash, Plan, ProofError, TlogProof, leaf_hash};
use sqlx::sqlite::SqliteConnection;

use super::about::{Commits, about};
use super::{Leaf, LogCheckpoint, LogFault, checkpoints, tree};
use crate::error::{Refusal, StoreError};
use crate::store::Store;

/// How much older a checkpoint may be to be taken because a witness has signed it.
const OLDER_FOR_A_WITNESS: Duration = Duration::from_secs(10 * 60);

/// The proof that an event is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventProof {
    /// The event's leaf.
    pub leaf: Vec<u8>,
    /// Its index, its inclusion proof, and the checkpoint that covers it.
    pub proof: TlogProof,
}

/// The proof that a recording was sealed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealProof {
    /// Of the event that seals it.
    pub seal: EventProof,
    /// Of the events that committed to it while it ran, in order, under the same
    /// checkpoint.
    pub progress: Vec<EventProof>,
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
        let sealed = about(&mut tx, Commits::Seal, session, channel).await?;
        let named = format!("{session}/{channel}");
        let sealed = sealed
            .last()
            .ok_or_else(|| StoreError::missing("sealed recording", named))?;
        let sealed = Leaf::of(sealed)?;
        let index = tree::index_of(sealed.seq);
        let covering = checkpoints::covering(&mut tx, index, OLDER_FOR_A_WITNESS).await?;
        let checkpoint = covering.ok_or_else(|| {
            let text = "the recording was sealed a moment ago and no checkpoint covers it yet; try again in a minute";
            Refusal::new("not_signed_yet", text)
        })?;
        let seal = prove(&mut tx, &sealed, &checkpoint).await?;
        let mut progress = Vec::new();
        for row in about(&mut tx, Commits::Progress, session, channel).await? {
            progress.push(prove(&mut tx, &Leaf::of(&row)?, &checkpoint).await?);
        }
        Ok(SealProof {
            seal,
            progress,
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

async fn prove(
    conn: &mut SqliteConnection,
    event: &Leaf<'_>,
    checkpoint: &LogCheckpoint,
) -> Result<EventProof, StoreError> {
    let (seq, leaf) = (event.seq, event.bytes());
    let (index, size) = (tree::index_of(seq), checkpoint.size);
    let plan = Plan::inclusion(index, size).map_err(out_of_range)?;
    let nodes: Vec<_> = plan.nodes().collect();
    let proof = plan.assemble(&tree::hashes(conn, &nodes).await?);
    let proof = proof.map_err(|_| LogFault::NotAsSigned { size })?;
    let holds =
        ledger::proof::verify_inclusion(leaf_hash(&leaf), index, size, &proof, &checkpoint.root);
    holds.map_err(|_| LogFault::EventChanged { seq })?;
    let proof = TlogProof {
        extra: None,
        index,
        proof,
        checkpoint: checkpoint.note.clone(),
    };
    Ok(EventProof { leaf, proof })
}

fn out_of_range(error: ProofError) -> Refusal {
    Refusal::new("bad_size", error.to_string())
}

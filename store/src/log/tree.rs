//! The tree in the database: its complete subtrees, one a row.

use ledger::bundle::LONGEST_ENTRY;
use ledger::{Frontier, Hash, Node, appended, leaf_hash, siblings_before, subtrees};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::leaf::Leaf;
use super::{LogFault, LogHead, checkpoints, int};
use crate::error::{Refusal, StoreError};

/// How many events are read at a time where all are.
const BATCH: i64 = 1000;

pub(super) const EVENTS: &str = concat!(
    "SELECT seq, id, at, actor, source, action, subject, before, after, reason FROM audit",
    " WHERE seq > $1 AND seq <= $2 ORDER BY seq",
);

/// Puts an event that was just written into the tree: its leaf, and the subtrees
/// that it completes.
pub(crate) async fn append(conn: &mut SqliteConnection, leaf: &Leaf<'_>) -> Result<(), StoreError> {
    let bytes = leaf.bytes();
    if bytes.len() > LONGEST_ENTRY {
        let text = "what should be written to the audit log is longer than 64 KiB, so nothing was changed; give a shorter reason";
        return Err(Refusal::new("bad_text", text).into());
    }
    let index = index_of(leaf.seq);
    let siblings = hashes(conn, &siblings_before(index)).await?;
    let made = appended(index, leaf_hash(&bytes), &siblings);
    for (node, hash) in made.map_err(|_| other_length(index, index))? {
        insert(conn, node, &hash).await?;
    }
    Ok(())
}

/// The size and the root.
pub(super) async fn head(conn: &mut SqliteConnection) -> Result<LogHead, StoreError> {
    let size = size(conn).await?;
    let root = root(conn, size).await?;
    Ok(LogHead { size, root })
}

pub(super) async fn size(conn: &mut SqliteConnection) -> Result<u64, StoreError> {
    let last = "SELECT n FROM log_nodes WHERE level = 0 ORDER BY n DESC LIMIT 1";
    let last: Option<i64> = sqlx::query_scalar(last).fetch_optional(conn).await?;
    Ok(last.map_or(0, |n| n.unsigned_abs() + 1))
}

/// The root of the tree's first `size` leaves.
pub(super) async fn root(conn: &mut SqliteConnection, size: u64) -> Result<Hash, StoreError> {
    let hashes = hashes(conn, &subtrees(0, size)).await?;
    let frontier = Frontier::resume(size, hashes);
    Ok(frontier.map_err(|_| other_length(size, size))?.root())
}

/// The hashes of subtrees, in their order.
pub(super) async fn hashes(
    conn: &mut SqliteConnection,
    nodes: &[Node],
) -> Result<Vec<Hash>, StoreError> {
    let mut hashes = Vec::with_capacity(nodes.len());
    for node in nodes {
        let row = sqlx::query("SELECT hash FROM log_nodes WHERE level = $1 AND n = $2")
            .bind(i64::from(node.level))
            .bind(int(node.index))
            .fetch_optional(&mut *conn)
            .await?;
        let Node { level, index } = *node;
        let row = row.ok_or(LogFault::Missing { level, index })?;
        hashes.push(hash(&row, "hash")?);
    }
    Ok(hashes)
}

pub(super) fn hash(row: &SqliteRow, column: &'static str) -> Result<Hash, StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    Hash::try_from(bytes).map_err(|e| StoreError::Row {
        table: "log_nodes",
        column,
        row: "?".to_owned(),
        why: e.to_string(),
    })
}

async fn insert(conn: &mut SqliteConnection, node: Node, hash: &Hash) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO log_nodes (level, n, hash) VALUES ($1, $2, $3)")
        .bind(i64::from(node.level))
        .bind(int(node.index))
        .bind(hash.as_bytes().as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Looks at the log when the database is opened: it must be as long as the audit
/// log, and continue what was signed. That of a database from before there was a
/// log is made now.
pub(crate) async fn check(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let events: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM audit")
        .fetch_one(&mut *conn)
        .await?;
    let events = events.unsigned_abs();
    let leaves = size(conn).await?;
    let signed = checkpoints::newest(conn).await?;
    if leaves == 0 && signed.is_none() && events > 0 {
        return build(conn, events).await;
    }
    if leaves != events {
        return Err(other_length(leaves, events).into());
    }
    match signed {
        Some(signed) => checkpoints::continues(conn, leaves, &signed).await,
        None => Ok(()),
    }
}

async fn build(conn: &mut SqliteConnection, events: u64) -> Result<(), StoreError> {
    let mut frontier = Frontier::default();
    while frontier.size() < events {
        let start = int(frontier.size());
        let rows = sqlx::query(EVENTS)
            .bind(start)
            .bind(start.saturating_add(BATCH))
            .fetch_all(&mut *conn)
            .await?;
        if rows.is_empty() {
            return Err(other_length(frontier.size(), events).into());
        }
        let mut made = Vec::new();
        for row in &rows {
            let leaf = Leaf::of(row)?;
            if index_of(leaf.seq) != frontier.size() {
                return Err(other_length(frontier.size(), events).into());
            }
            frontier.append(leaf_hash(&leaf.bytes()), |node, hash| {
                made.push((node, hash))
            });
        }
        for (node, hash) in made {
            insert(conn, node, &hash).await?;
        }
    }
    tracing::info!(events, "log.built");
    Ok(())
}

/// Events are counted from 1, leaves from 0.
pub(super) fn index_of(seq: i64) -> u64 {
    seq.unsigned_abs().saturating_sub(1)
}

const fn other_length(leaves: u64, events: u64) -> LogFault {
    LogFault::OtherLength { leaves, events }
}

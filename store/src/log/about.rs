//! The events that commit to a recording.

use domain::SessionId;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Leaf;
use crate::error::StoreError;

/// What an event does with a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Commits {
    /// It seals it.
    Seal,
    /// It commits to it as far as it is.
    Progress,
}

macro_rules! events {
    ($action:literal) => {
        concat!(
            "SELECT seq, id, at, actor, source, action, subject, before, after, reason FROM audit",
            " WHERE action = '",
            $action,
            "' AND subject = $1 ORDER BY seq",
        )
    };
}

/// Those about the recording of a channel, in order: rows for [`Leaf::of`].
pub(crate) async fn about(
    conn: &mut SqliteConnection,
    commits: Commits,
    session: SessionId,
    channel: u32,
) -> Result<Vec<SqliteRow>, StoreError> {
    // The action stands in the text, since the index is one of that action alone.
    let sql = match commits {
        Commits::Seal => events!("recording.sealed"),
        Commits::Progress => events!("recording.progress"),
    };
    let rows = sqlx::query(sql)
        .bind(format!("session/{session}"))
        .fetch_all(conn)
        .await?;
    let mut about = Vec::new();
    for row in rows {
        if channel_of(&Leaf::of(&row)?) == Some(channel) {
            about.push(row);
        }
    }
    Ok(about)
}

fn channel_of(leaf: &Leaf<'_>) -> Option<u32> {
    let after: Value = serde_json::from_str(leaf.after?).ok()?;
    after.get("channel")?.as_u64()?.try_into().ok()
}

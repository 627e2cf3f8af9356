//! What people are told, and what became of it: an outbox.
//!
//! It is no state of the plant: it says nothing that the audit log does not say.
//! Therefore [`tx::NoticeTx`] may commit without an event; it reaches nothing but the
//! outbox. That somebody was finally not told is an event.

mod delivery;
mod lookout;
mod matter;
mod tx;

use domain::{AccountName, NoticeId, NoticeKind, Timestamp};
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::row::Fields;
use crate::store::Store;

pub use delivery::DueNotice;
pub use lookout::{Lookout, NoticeWays};

/// How a notice goes out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoticeChannel {
    /// To the account's address.
    Email,
    /// To the webhook of that name.
    Webhook(String),
}

impl NoticeChannel {
    /// The word for it, as the API and the database write it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Which webhook; empty for an e-mail.
    fn webhook(&self) -> &str {
        match self {
            Self::Email => "",
            Self::Webhook(name) => name,
        }
    }
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// It is tried again.
    Waiting {
        /// When.
        next: Timestamp,
    },
    /// The other side has it.
    Sent {
        /// Since when.
        at: Timestamp,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
    },
}

impl NoticeState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A notice as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id.
    pub id: NoticeId,
    /// The event of the audit log that it tells of.
    pub event: i64,
    /// What it tells.
    pub kind: NoticeKind,
    /// Whom.
    pub account: AccountName,
    /// How.
    pub channel: NoticeChannel,
    /// In one line.
    pub subject: String,
    /// The page that it leads to.
    pub path: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was tried in vain.
    pub tries: u32,
    /// What became of it.
    pub state: NoticeState,
    /// Why the last try failed, if one did.
    pub last_error: Option<String>,
}

impl Store {
    /// What was told to whom, newest first; of the last 30 days.
    ///
    /// # Errors
    /// When the cursor is no notice's id, or the database fails.
    pub async fn notices(&self, page: &Page) -> Result<Paged<NoticeRow>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT id, event, kind, account, channel, webhook, subject, path, created_at,",
            " next_try_at, tries, sent_at, failed_at, last_error FROM notices",
            " WHERE ($1 IS NULL OR id < $1) ORDER BY id DESC LIMIT $2",
        ))
        .bind(page.cursor::<NoticeId>()?.map(|id| id.to_string()))
        .bind(page.rows())
        .fetch_all(&self.inner.readers)
        .await?;
        let notices = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Paged::cut(notices, page, |n: &NoticeRow| n.id.to_string()))
    }
}

fn from_row(row: &SqliteRow) -> Result<NoticeRow, StoreError> {
    let fields = Fields::new(row, "notices", "id")?;
    let state = match (fields.time_opt("sent_at")?, fields.time_opt("failed_at")?) {
        (Some(at), _) => NoticeState::Sent { at },
        (None, Some(at)) => NoticeState::Failed { at },
        (None, None) => NoticeState::Waiting {
            next: fields.time("next_try_at")?,
        },
    };
    Ok(NoticeRow {
        id: fields.parse("id")?,
        event: fields.get("event")?,
        kind: fields.parse("kind")?,
        account: fields.parse("account")?,
        channel: match fields.get::<&str>("channel")? {
            "email" => NoticeChannel::Email,
            _ => NoticeChannel::Webhook(fields.get("webhook")?),
        },
        subject: fields.get("subject")?,
        path: fields.get("path")?,
        created_at: fields.time("created_at")?,
        tries: fields.count("tries")?,
        state,
        last_error: fields.get("last_error")?,
    })
}

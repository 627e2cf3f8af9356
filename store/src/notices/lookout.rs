//! From the audit log to the outbox: each event is looked at once, and who must be
//! told of it gets a notice on each way there is.

use std::time::Duration;

use domain::notice::{Plant, is_told, notices, still_waiting};
use domain::{Account, Event, Notice, Site};
use sqlx::sqlite::SqliteConnection;

use super::tx::NoticeTx;
use super::{NoticeChannel, matter};
use crate::error::StoreError;
use crate::page::Page;
use crate::store::Store;
use crate::{EventFilter, accounts, plant, requests};

/// What is older is no news: a way to tell it was not there when it happened.
const NEWS: Duration = Duration::from_secs(24 * 3600);
/// So many events without a notice may be looked at again after a restart. To note
/// each would be a transaction more for each change of the plant.
const LOOKED_AT_AGAIN: i64 = 500;

/// On which ways people are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeWays {
    /// By e-mail, whoever has an address.
    pub mail: bool,
    /// By each of these webhooks.
    pub webhooks: Vec<String>,
}

/// Looks at what happens, and says who is to be told.
#[derive(Debug)]
pub struct Lookout {
    store: Store,
    ways: NoticeWays,
    /// The last event that was looked at.
    read: i64,
    /// The last one that is noted as such.
    noted: i64,
}

impl Lookout {
    /// Goes on where the last one was; at the end of the log, if there was none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(store: &Store, ways: NoticeWays) -> Result<Self, StoreError> {
        let kept: Option<i64> = sqlx::query_scalar("SELECT event FROM notice_cursor")
            .fetch_optional(&store.inner.readers)
            .await?;
        let read = match kept {
            Some(kept) => kept,
            None => {
                let head = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM audit")
                    .fetch_one(&store.inner.readers)
                    .await?;
                let mut tx = NoticeTx::begin(store).await?;
                tx.looked_at(head).await?;
                tx.commit().await?;
                head
            }
        };
        Ok(Self {
            store: store.clone(),
            ways,
            read,
            noted: read,
        })
    }

    /// Looks at all that has happened since, and says how many notices came of it.
    ///
    /// # Errors
    /// When the database fails. Then the same is looked at again.
    pub async fn look(&mut self) -> Result<usize, StoreError> {
        let mut made = 0;
        loop {
            let page = Page {
                after: Some(self.read.to_string()),
                limit: Page::MOST,
            };
            let filter = EventFilter::default();
            let events = self.store.events(&filter, &page, false).await?;
            let Some(last) = events.items.last().map(|event| event.seq) else {
                return Ok(made);
            };
            let oldest = self.store.now().minus(NEWS);
            let mut told = Vec::new();
            for event in &events.items {
                if is_told(&event.action) && event.at >= oldest {
                    told.extend(self.told_of(event).await?);
                }
            }
            if !told.is_empty() || last - self.noted >= LOOKED_AT_AGAIN {
                made += self.keep(&told, Some(last)).await?;
                self.noted = last;
            }
            self.read = last;
            if events.next.is_none() {
                return Ok(made);
            }
        }
    }

    /// Looks at requests that still wait shortly before their window begins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remind(&self) -> Result<usize, StoreError> {
        let now = self.store.now();
        let mut read = self.store.read().await?;
        let waiting = requests::waiting(&mut read).await?;
        let mut told = Vec::new();
        for request in &waiting {
            let notices = self
                .with_plant(&mut read, |plant| still_waiting(request, plant, now))
                .await?;
            if notices.is_empty() || is_reminded(&mut read, request.id).await? {
                continue;
            }
            let event: Option<i64> = sqlx::query_scalar(
                "SELECT seq FROM audit WHERE subject = $1 AND action = 'request.filed'",
            )
            .bind(format!("request/{}", request.id))
            .fetch_optional(&mut *read)
            .await?;
            told.extend(event.map(|event| (event, notices)));
        }
        drop(read);
        if told.is_empty() {
            return Ok(0);
        }
        self.keep(&told, None).await
    }

    async fn told_of(&self, event: &Event) -> Result<Option<(i64, Vec<Notice>)>, StoreError> {
        let mut read = self.store.read().await?;
        let Some(matter) = matter::of(&mut read, event).await? else {
            return Ok(None);
        };
        let told = self
            .with_plant(&mut read, |plant| notices(event, &matter, plant))
            .await?;
        Ok((!told.is_empty()).then_some((event.seq, told)))
    }

    async fn with_plant(
        &self,
        conn: &mut SqliteConnection,
        tell: impl FnOnce(Plant<'_>) -> Vec<Notice>,
    ) -> Result<Vec<Notice>, StoreError> {
        let Some((site, _)): Option<(Site, _)> = plant::settings(conn).await? else {
            return Ok(Vec::new());
        };
        let people: Vec<Account> = accounts::load_active(conn).await?;
        Ok(tell(Plant {
            site: &site,
            people: &people,
        }))
    }

    /// Puts them into the outbox; how many were not there.
    async fn keep(
        &self,
        told: &[(i64, Vec<Notice>)],
        looked_at: Option<i64>,
    ) -> Result<usize, StoreError> {
        let mut addressed = Vec::new();
        if self.ways.mail {
            let mut read = self.store.read().await?;
            let active = accounts::load_active(&mut read).await?;
            let with_address = active.into_iter().filter(|a| a.email.is_some());
            addressed.extend(with_address.map(|a| a.name));
        }
        let mut tx = NoticeTx::begin(&self.store).await?;
        let mut new = 0;
        for (event, notices) in told {
            for notice in notices {
                let mail = addressed
                    .contains(&notice.to)
                    .then_some(NoticeChannel::Email);
                let mut channels: Vec<_> = mail.into_iter().collect();
                channels.extend(
                    self.ways
                        .webhooks
                        .iter()
                        .cloned()
                        .map(NoticeChannel::Webhook),
                );
                for channel in &channels {
                    let inserted = tx.insert(&self.store, *event, notice, channel).await?;
                    new += usize::from(inserted);
                }
            }
        }
        if let Some(last) = looked_at {
            tx.looked_at(last).await?;
        }
        tx.commit().await?;
        Ok(new)
    }
}

async fn is_reminded(
    conn: &mut SqliteConnection,
    request: domain::RequestId,
) -> Result<bool, StoreError> {
    let sql = concat!(
        "SELECT EXISTS (SELECT 1 FROM notices WHERE path = $1",
        " AND kind = 'request_still_waits')",
    );
    Ok(sqlx::query_scalar(sql)
        .bind(format!("/requests/{request}"))
        .fetch_one(conn)
        .await?)
}

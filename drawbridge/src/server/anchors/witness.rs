//! A witness (c2sp.org/tlog-witness): it signs the checkpoint too, if the log
//! continues what it signed before.

use anyhow::{Context, bail};
use ledger::witness::AddCheckpoint;
use ledger::{Note, VerifierKey, checkpoint};
use reqwest::{Client, StatusCode, Url};
use store::{LogCheckpoint, Store};
use tokio::sync::{Mutex, watch};

use super::super::http::{nameless, text};
use super::{Publishing, Target};

/// Who is asked.
pub(super) struct Witness {
    url: Url,
    client: Client,
    key: VerifierKey,
    store: Store,
    cosigned: watch::Sender<u64>,
    /// The size that it signed last, as far as is known here.
    signed: Mutex<u64>,
}

/// What a witness answers.
enum Answer {
    /// Its signatures.
    Signed(String),
    /// It signed another size last.
    Other(u64),
}

impl Witness {
    pub(super) fn new(
        url: &Url,
        client: Client,
        key: VerifierKey,
        store: Store,
        cosigned: watch::Sender<u64>,
    ) -> anyhow::Result<Self> {
        let mut prefix = url.clone();
        if !prefix.path().ends_with('/') {
            prefix.set_path(&format!("{}/", url.path()));
        }
        Ok(Self {
            url: prefix.join("add-checkpoint")?,
            client,
            key,
            store,
            cosigned,
            signed: Mutex::new(0),
        })
    }

    async fn ask(&self, old: u64, checkpoint: &LogCheckpoint) -> anyhow::Result<Answer> {
        let proof = self.store.consistency_proof(old, checkpoint.size).await?;
        let note = Note::parse(checkpoint.note.as_bytes())?;
        let request = AddCheckpoint { old, proof, note }.to_string();
        let sent = self.client.post(self.url.clone()).body(request).send();
        let answer = sent.await.map_err(nameless)?;
        let status = answer.status();
        let body = text(answer).await?;
        match status {
            StatusCode::OK => Ok(Answer::Signed(body)),
            StatusCode::CONFLICT => {
                let size = body.strip_suffix('\n').and_then(|size| size.parse().ok());
                Ok(Answer::Other(
                    size.context("it answered 409 without a size")?,
                ))
            }
            StatusCode::UNPROCESSABLE_ENTITY => bail!(
                "it refuses: the log does not continue what it signed before. Either the log \
                 was changed, or its database was put back from a backup"
            ),
            _ => {
                let why: String = body.chars().take(200).collect();
                bail!("it answered {status}: {}", why.trim_end())
            }
        }
    }
}

impl Target for Witness {
    fn takes_cosignatures(&self) -> bool {
        false
    }

    fn publish<'a>(&'a self, checkpoint: &'a LogCheckpoint) -> Publishing<'a> {
        Box::pin(async move {
            let mut signed = self.signed.lock().await;
            let size = checkpoint.size;
            let known = (*signed).min(size);
            let answer = match self.ask(known, checkpoint).await? {
                Answer::Other(theirs) if theirs > size => bail!(
                    "it signed a log of {theirs} entries before, and this one has {size}: \
                     entries were dropped, or the database was put back from a backup"
                ),
                Answer::Other(theirs) => {
                    *signed = theirs;
                    self.ask(theirs, checkpoint).await?
                }
                answer @ Answer::Signed(_) => answer,
            };
            let Answer::Signed(answer) = answer else {
                bail!("somebody else asks it about this log at the same time");
            };
            let note = Note::parse(checkpoint.note.as_bytes())?;
            let keys = std::slice::from_ref(&self.key);
            let good = checkpoint::cosignatures(&answer, note.text(), keys).context(
                "its answer is no signature by the key that it has in the configuration",
            )?;
            self.store.add_cosignatures(size, &good).await?;
            *signed = size;
            self.cosigned
                .send_modify(|count| *count = count.wrapping_add(1));
            Ok(())
        })
    }
}

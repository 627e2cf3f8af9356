//! A webhook: the checkpoint is posted as it is.

use anyhow::bail;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use store::LogCheckpoint;

use super::super::http::{client, nameless};
use super::{Publishing, Target};

/// Where it is posted to.
pub(super) struct Webhook {
    url: Url,
    client: Client,
}

impl Webhook {
    pub(super) fn new(url: Url, ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let client = client(&url, ca)?;
        Ok(Self { url, client })
    }
}

impl Target for Webhook {
    fn publish<'a>(&'a self, checkpoint: &'a LogCheckpoint) -> Publishing<'a> {
        Box::pin(async move {
            let request = self
                .client
                .post(self.url.clone())
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .body(checkpoint.note.clone());
            let status = request.send().await.map_err(nameless)?.status();
            if !status.is_success() {
                bail!("it answered {status}");
            }
            Ok(())
        })
    }
}

//! A call to a program of the plant, signed as standardwebhooks.com has it.

use anyhow::Context;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};
use serde_json::json;
use store::DueNotice;

use super::super::http::{client, nameless};
use super::secret::signing_key;
use super::{Messenger, NotSent, Sending};
use crate::config;

/// Who is called.
pub(super) struct Webhook {
    url: Url,
    client: Client,
    key: hmac::Key,
    public_url: String,
}

impl Webhook {
    /// # Errors
    /// When its secret or its authorities can't be used.
    pub(super) fn open(webhook: &config::Webhook, public_url: String) -> anyhow::Result<Self> {
        Ok(Self {
            client: caller(webhook)?,
            url: webhook.url.clone(),
            key: signing_key(&webhook.secret_file)?,
            public_url,
        })
    }

    async fn call(&self, notice: &DueNotice, now: u64) -> Result<(), NotSent> {
        let body = body(notice, &self.public_url);
        let (id, at) = (notice.id.to_string(), now.to_string());
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-signature", signature(&self.key, &id, &at, &body))
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .body(body);
        let answer = request.send().await;
        // Nothing of its body is read.
        let status = answer
            .map_err(|error| NotSent::Yet(format!("{:#}", nameless(error))))?
            .status();
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(NotSent::Ever(format!("it answered {status}"))),
            status => Err(NotSent::Yet(format!("it answered {status}"))),
        }
    }
}

impl Messenger for Webhook {
    fn send<'a>(&'a self, notice: &'a DueNotice, now: domain::Timestamp) -> Sending<'a> {
        Box::pin(self.call(notice, now.as_millis() / 1000))
    }
}

/// Whether anybody is there, without telling them anything.
///
/// # Errors
/// When nobody is, or its secret or its authorities can't be used.
pub(crate) async fn try_webhook(webhook: &config::Webhook) -> anyhow::Result<()> {
    signing_key(&webhook.secret_file)?;
    let request = caller(webhook)?.head(webhook.url.clone());
    // Whatever it thinks of that, it has answered.
    request.send().await.map_err(nameless)?;
    Ok(())
}

fn caller(webhook: &config::Webhook) -> anyhow::Result<Client> {
    let ca = webhook.ca.as_ref().map(|path| {
        std::fs::read(path).with_context(|| format!("{} could not be read", path.display()))
    });
    client(&webhook.url, ca.transpose()?.as_deref())
}

fn body(notice: &DueNotice, public_url: &str) -> String {
    json!({
        "type": notice.kind.as_str(),
        "timestamp": notice.created_at,
        "data": {
            "to": notice.account,
            "subject": notice.subject,
            "text": notice.body,
            "link": format!("{public_url}{}", notice.path),
            "event": notice.event,
        },
    })
    .to_string()
}

fn signature(key: &hmac::Key, id: &str, at: &str, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn it_is_signed_as_the_specification_says() {
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.expect("base64"));
        let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        assert_eq!(
            signature(&key, id, at, "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}

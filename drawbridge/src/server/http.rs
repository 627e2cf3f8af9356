//! What calls to others over HTTP have in common: anchors and reminders.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, Url};

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// The longest answer that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// Whether anything may be sent there: over TLS, or to this machine itself.
pub(crate) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// A client for that address alone, that trusts the authorities of `ca` (PEM), or
/// those of the system.
pub(super) fn client(url: &Url, ca: Option<&[u8]>) -> anyhow::Result<Client> {
    let mut client = Client::builder()
        .https_only(!is_loopback(url))
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .redirect(Policy::none())
        .user_agent(concat!("drawbridge/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        // A proxy's own loopback is not ours.
        client = client.no_proxy();
    }
    if let Some(ca) = ca {
        let certificates = Certificate::from_pem_bundle(ca)?;
        if certificates.is_empty() {
            bail!("its file of authorities holds no certificate in PEM");
        }
        client = client.tls_certs_only(certificates);
    }
    Ok(client.build()?)
}

/// What went wrong, without the address: that may have a secret in it.
pub(super) fn nameless(error: reqwest::Error) -> anyhow::Error {
    error.without_url().into()
}

/// The body as text, as far as it is not too long.
pub(super) async fn text(mut answer: Response) -> anyhow::Result<String> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(nameless)? {
        if body.len() + piece.len() > LONGEST {
            bail!("the answer is longer than {LONGEST} bytes");
        }
        body.extend_from_slice(&piece);
    }
    String::from_utf8(body).context("the answer is no text")
}

//! Syslog over TLS: RFC 5424 messages, framed by their length as RFC 5425 has it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use ledger::{Checkpoint, Note};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use store::LogCheckpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Publishing, Target};

/// Facility 13, "log audit"; severity 6, "informational" (RFC 5424, 6.2.1).
const PRIORITY: u8 = 13 * 8 + 6;
/// How long the other side may take to close, once all is sent. RFC 5425 has no
/// answer; some collectors never close by themselves.
const CLOSE: Duration = Duration::from_secs(2);
/// The longest name of a host in a message (RFC 5424, 6).
const LONGEST_HOST: usize = 255;

/// The collector.
pub(super) struct Syslog {
    address: String,
    server: ServerName<'static>,
    tls: TlsConnector,
}

impl Syslog {
    pub(super) fn new(address: String, server: &str, ca: &[u8]) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca) {
            roots.add(certificate.context("its file of authorities is not in PEM")?)?;
        }
        if roots.is_empty() {
            bail!("its file of authorities holds no certificate in PEM");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address,
            server: ServerName::try_from(server.to_owned())?,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    async fn send(&self, message: &str) -> anyhow::Result<()> {
        let stream = TcpStream::connect(&self.address).await?;
        let mut stream = self.tls.connect(self.server.clone(), stream).await?;
        let frame = format!("{} {message}", message.len());
        stream.write_all(frame.as_bytes()).await?;
        stream.flush().await?;
        stream.shutdown().await?;
        let mut rest = [0; 64];
        // Whether it was taken shows only in that it was not cut off.
        match tokio::time::timeout(CLOSE, stream.read(&mut rest)).await {
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                Err(error).context("it cut the connection off")
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Target for Syslog {
    fn publish<'a>(&'a self, checkpoint: &'a LogCheckpoint) -> Publishing<'a> {
        Box::pin(async move { self.send(&message(checkpoint)?).await })
    }
}

/// The checkpoint as a message.
fn message(checkpoint: &LogCheckpoint) -> anyhow::Result<String> {
    let note = Note::parse(checkpoint.note.as_bytes())?;
    let log = Checkpoint::parse(note.text())?.origin;
    let host = log.split('/').next().unwrap_or_default();
    let is_host =
        (1..=LONGEST_HOST).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_graphic());
    let host = if is_host { host } else { "-" };
    let LogCheckpoint {
        size,
        root,
        at,
        note,
    } = checkpoint;
    let log = escaped(&log);
    Ok(format!(
        "<{PRIORITY}>1 {at} {host} drawbridge - checkpoint \
         [drawbridge@32473 log=\"{log}\" size=\"{size}\" root=\"{root}\"] \u{feff}{note}"
    ))
}

/// RFC 5424, 6.3.3.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_the_rfc_has_it() {
        let root = ledger::Hash::of(b"root");
        let note = format!("a.plant/log/\"]\n7\n{root}\n\n— a.plant/log/\"] AAAAAAAA\n");
        let checkpoint = LogCheckpoint {
            size: 7,
            root,
            at: "2026-11-25T01:02:03.000004Z".parse().expect("a time"),
            note: note.clone(),
        };
        let wanted = format!(
            "<110>1 2026-11-25T01:02:03.000004Z a.plant drawbridge - checkpoint \
             [drawbridge@32473 log=\"a.plant/log/\\\"\\]\" size=\"7\" root=\"{root}\"] \u{feff}{note}"
        );
        assert_eq!(message(&checkpoint).expect("a message"), wanted);
    }
}

//! What the API proves itself with. Either files, read again when they change, or
//! a certificate authority of its own: that one's key stays on the disk, while the
//! server's key lives in memory and is new every day.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;
use domain::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::files::DataDir;
use crate::clock::SystemClock;
use crate::config::Tls;
use crate::private;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long the authority's certificate holds.
const AUTHORITY: u32 = 3650;
/// How long a server certificate holds, in days. It is renewed every day.
const SERVER: u32 = 30;
/// How often files are looked at, and own certificates renewed.
const LOOK: Duration = Duration::from_secs(3600);
/// After how many looks an own certificate is renewed.
const RENEW: u32 = 24;

/// Where certificates come from, and the one in use.
pub(super) struct Certificates {
    source: Source,
    in_use: RustlsConfig,
    /// Peers judge certificates by real time, so that it is not the clock that is
    /// handed in.
    clock: SystemClock,
}

enum Source {
    Own {
        authority: PathBuf,
        issuer: Issuer<'static, KeyPair>,
        names: Vec<String>,
    },
    Files {
        certificate: PathBuf,
        key: PathBuf,
        read: Pair,
    },
}

/// Certificate and key, in PEM.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificates {
    /// Reads or makes what is needed.
    pub(super) fn open(tls: &Tls, data: &DataDir, names: Vec<String>) -> anyhow::Result<Self> {
        let clock = SystemClock::new();
        let (source, first) = match tls {
            Tls::SelfMade => {
                let directory = data.path("tls");
                let (authority, issuer) = own_authority(&directory, clock.now())?;
                let first = own_certificate(&issuer, &names, clock.now())?;
                (
                    Source::Own {
                        authority,
                        issuer,
                        names,
                    },
                    first,
                )
            }
            Tls::Files { certificate, key } => {
                let read = Pair::read(certificate, key)?;
                let first = read.parse().with_context(|| {
                    format!("the certificate {} can't be used", certificate.display())
                })?;
                let (certificate, key) = (certificate.clone(), key.clone());
                (
                    Source::Files {
                        certificate,
                        key,
                        read,
                    },
                    first,
                )
            }
        };
        Ok(Self {
            source,
            in_use: RustlsConfig::from_config(Arc::new(first)),
            clock,
        })
    }

    /// What the server is to use; it is kept fresh.
    pub(super) fn in_use(&self) -> RustlsConfig {
        self.in_use.clone()
    }

    /// The file by which clients trust it.
    pub(super) fn trusted_by(&self) -> PathBuf {
        match &self.source {
            Source::Own { authority, .. } => authority.clone(),
            Source::Files { certificate, .. } => certificate.clone(),
        }
    }

    /// Keeps the one in use fresh, for ever. What can't be renewed stays in use.
    pub(super) async fn keep_fresh(mut self) {
        let mut looks = 0;
        loop {
            self.clock.wait_until(self.clock.monotonic() + LOOK).await;
            looks += 1;
            match self.fresh(looks) {
                Ok(Some(fresh)) => {
                    self.in_use.reload_from_config(Arc::new(fresh));
                    tracing::info!("tls.renewed");
                }
                Ok(None) => {}
                Err(error) => tracing::error!(error = format!("{error:#}"), "tls.not_renewed"),
            }
        }
    }

    fn fresh(&mut self, looks: u32) -> anyhow::Result<Option<ServerConfig>> {
        match &mut self.source {
            Source::Own { issuer, names, .. } if looks.is_multiple_of(RENEW) => {
                own_certificate(issuer, names, self.clock.now()).map(Some)
            }
            Source::Own { .. } => Ok(None),
            Source::Files {
                certificate,
                key,
                read,
            } => {
                let found = Pair::read(certificate, key)?;
                if found == *read {
                    return Ok(None);
                }
                let fresh = found.parse()?;
                *read = found;
                Ok(Some(fresh))
            }
        }
    }
}

impl Pair {
    fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let read = |path: &Path| {
            fs::read(path).with_context(|| format!("{} could not be read", path.display()))
        };
        Ok(Self {
            certificate: read(certificate)?,
            key: read(key)?,
        })
    }

    fn parse(&self) -> anyhow::Result<ServerConfig> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .context("its certificate is not in PEM")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).context("its key is not in PEM")?;
        server_config(chain, key)
    }
}

/// TLS 1.3 alone (RFC 8446), with a hybrid post-quantum key exchange where the
/// peer has it.
fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> anyhow::Result<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the certificate does not fit its key")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The authority in a directory, made if there is none, with the file of its
/// certificate.
fn own_authority(
    directory: &Path,
    now: Timestamp,
) -> anyhow::Result<(PathBuf, Issuer<'static, KeyPair>)> {
    let (certificate, key) = (directory.join("ca.pem"), directory.join("ca.key"));
    private::make_dir(directory)?;
    if !certificate.exists() {
        let pair = KeyPair::generate()?;
        let made = authority_params(now)?.self_signed(&pair)?;
        private::write(&key, pair.serialize_pem().as_bytes())?;
        // Last, so that a certificate never stands without its key.
        private::write(&certificate, made.pem().as_bytes())?;
    }
    let pem = fs::read_to_string(&key).with_context(|| {
        format!(
            "the authority's key {} could not be read; move {} away to have a new authority made",
            key.display(),
            certificate.display()
        )
    })?;
    let pair = KeyPair::from_pem(&pem).with_context(|| key.display().to_string())?;
    Ok((certificate, Issuer::new(authority_params(now)?, pair)))
}

fn authority_params(now: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Drawbridge's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    hold(&mut params, now, AUTHORITY)?;
    Ok(params)
}

fn own_certificate(
    issuer: &Issuer<'static, KeyPair>,
    names: &[String],
    now: Timestamp,
) -> anyhow::Result<ServerConfig> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Drawbridge");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    hold(&mut params, now, SERVER)?;
    let pair = KeyPair::generate()?;
    let certificate = params.signed_by(&pair, issuer)?;
    let key = PrivateKeyDer::try_from(pair.serialize_der()).map_err(anyhow::Error::msg)?;
    server_config(vec![certificate.der().clone()], key)
}

/// From yesterday, for clocks that are behind.
fn hold(params: &mut CertificateParams, now: Timestamp, days: u32) -> anyhow::Result<()> {
    let (year, month, day) = date(now.minus(DAY))?;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = date(now.plus(DAY * days))?;
    params.not_after = date_time_ymd(year, month, day);
    Ok(())
}

fn date(at: Timestamp) -> anyhow::Result<(i32, u8, u8)> {
    let text = at.to_string();
    let mut parts = text.split(['-', 'T']);
    let mut next = || parts.next().context("a date has three parts");
    Ok((next()?.parse()?, next()?.parse()?, next()?.parse()?))
}

//! What the API proves itself with. Either files, read again when they change, or
//! a certificate authority of its own: that one's key stays on the disk, while the
//! server's key lives in memory and is new every day.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use axum_server::tls_rustls::RustlsConfig;
use domain::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
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
pub(crate) struct Certificates {
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
            Tls::Files { certificate, key } => return Self::from_files(certificate, key),
        };
        Ok(Self {
            source,
            in_use: RustlsConfig::from_config(Arc::new(first)),
            clock,
        })
    }

    /// Those of files that somebody else keeps fresh.
    pub(crate) fn from_files(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let read = Pair::read(certificate, key)?;
        let first = read
            .parse()
            .with_context(|| format!("the certificate {} can't be used", certificate.display()))?;
        Ok(Self {
            source: Source::Files {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
                read,
            },
            in_use: RustlsConfig::from_config(Arc::new(first)),
            clock: SystemClock::new(),
        })
    }

    /// What the server is to use; it is kept fresh.
    pub(crate) fn in_use(&self) -> RustlsConfig {
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
    pub(crate) async fn keep_fresh(mut self) {
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
        let certificate = read(certificate)?;
        private::refuse_open_key(key)?;
        Ok(Self {
            certificate,
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
    let provider = Arc::new(default_provider());
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
        let made = authority_params(&pair, now)?.self_signed(&pair)?;
        private::write(&key, pair.serialize_pem().as_bytes())?;
        // Last, so that a certificate never stands without its key.
        private::write(&certificate, made.pem().as_bytes())?;
    }
    if key.exists() {
        private::refuse_open_key(&key)?;
    }
    let pem = fs::read_to_string(&key).with_context(|| {
        format!(
            "the authority's key {} could not be read; move {} away to have a new authority made",
            key.display(),
            certificate.display()
        )
    })?;
    let pair = KeyPair::from_pem(&pem).with_context(|| key.display().to_string())?;
    Ok((
        certificate,
        Issuer::new(authority_params(&pair, now)?, pair),
    ))
}

fn authority_params(pair: &KeyPair, now: Timestamp) -> anyhow::Result<CertificateParams> {
    // Two authorities of one name would be taken for each other in a trust store.
    // The name stands in every ca.pem that was handed out: it must stay as it is.
    let digest = digest(&SHA256, pair.public_key_raw());
    let mark: String = digest
        .as_ref()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Drawbridge authority {mark}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn write_pair(directory: &Path) -> Tls {
        let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
        let pair = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost".to_owned()]).expect("parameters");
        let made = params.self_signed(&pair).expect("a certificate");
        fs::write(&certificate, made.pem()).expect("written");
        private::write(&key, pair.serialize_pem().as_bytes()).expect("written");
        Tls::Files { certificate, key }
    }

    fn open(tls: &Tls, directory: &Path) -> anyhow::Result<Certificates> {
        let data = DataDir::open(directory).expect("a directory");
        Certificates::open(
            tls,
            &data,
            vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        )
    }

    #[test]
    fn files_are_taken_up_when_they_change_and_make_sense() {
        let dir = tempfile::tempdir().expect("a directory");
        let tls = write_pair(dir.path());
        let mut certificates = open(&tls, dir.path()).expect("good");
        assert!(
            certificates.fresh(1).expect("readable").is_none(),
            "nothing has changed"
        );
        write_pair(dir.path());
        assert!(certificates.fresh(2).expect("readable").is_some());
        assert!(certificates.fresh(3).expect("readable").is_none());
        fs::write(dir.path().join("cert.pem"), "half written").expect("written");
        assert!(certificates.fresh(4).is_err());
        write_pair(dir.path());
        assert!(
            certificates.fresh(5).expect("readable").is_some(),
            "an error is not for ever"
        );
    }

    #[test]
    fn a_certificate_that_does_not_fit_its_key_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let tls = write_pair(dir.path());
        let other = KeyPair::generate().expect("a key");
        fs::write(dir.path().join("key.pem"), other.serialize_pem()).expect("written");
        let error = open(&tls, dir.path()).err().expect("refused");
        assert!(
            format!("{error:#}").contains("does not fit its key"),
            "{error:#}"
        );
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        for (tls, key) in [
            (Tls::SelfMade, dir.path().join("tls/ca.key")),
            (write_pair(dir.path()), dir.path().join("key.pem")),
        ] {
            open(&tls, dir.path()).expect("private");
            fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("opened");
            let error = open(&tls, dir.path()).err().expect("refused").to_string();
            assert!(error.contains("others may read the key"), "{error}");
            assert!(error.contains("(mode 0640)"), "{error}");
        }
    }

    #[test]
    fn an_own_certificate_is_renewed_once_a_day() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut certificates = open(&Tls::SelfMade, dir.path()).expect("good");
        let renewed = |look| certificates.fresh(look).expect("made").is_some();
        let looks: Vec<_> = (1..=48).map(renewed).collect();
        assert_eq!(looks.iter().filter(|renewed| **renewed).count(), 2);
    }
}

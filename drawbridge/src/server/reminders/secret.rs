//! The secrets of the ways out, from files that only their owner reads.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::private;

/// The longest file that is taken for a secret, in bytes.
const LONGEST: u64 = 4096;
/// How a webhook's secret begins (standardwebhooks.com).
const PREFIX: &str = "whsec_";
/// How many bytes it may have.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// The first line of such a file.
///
/// # Errors
/// When others may read it, or there is no secret in it.
pub(super) fn read(path: &Path) -> anyhow::Result<SecretString> {
    private::refuse_open_key(path)?;
    let shown = path.display();
    if fs::metadata(path)
        .with_context(|| format!("the file {shown}"))?
        .len()
        > LONGEST
    {
        bail!("the file {shown} is too long for a secret: write one line into it");
    }
    let text = fs::read_to_string(path).with_context(|| format!("the file {shown}"))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        bail!("the file {shown} is empty: write the secret into its first line");
    }
    Ok(SecretString::from(line))
}

/// What calls to a webhook are signed with.
///
/// # Errors
/// When the file can't be used, or what is in it is no such secret.
pub(super) fn signing_key(path: &Path) -> anyhow::Result<hmac::Key> {
    let text = read(path)?;
    let key = text.expose_secret().strip_prefix(PREFIX);
    let key = key.and_then(|key| BASE64_STANDARD.decode(key).ok());
    let Some(key) = key.filter(|key| KEY_LENGTH.contains(&key.len())) else {
        bail!(
            "the file {} holds no secret of a webhook: write {PREFIX} and 24 to 64 random bytes \
             in base64, such as from `echo {PREFIX}$(openssl rand -base64 32)`",
            path.display()
        );
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

//! The witness's own key: a file of its own, made at the first start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::Random;
use ledger::{KeyKind, SigningKey};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::private;

/// Where it is.
pub(super) fn file(state: &Path) -> PathBuf {
    state.join("witness.key")
}

/// The key in the file, or a new one in it.
pub(super) fn open(
    path: &Path,
    name: Option<&str>,
    random: &dyn Random,
) -> anyhow::Result<SigningKey> {
    let shown = path.display();
    if let Some(key) = load(path)? {
        if let Some(name) = name.filter(|name| *name != key.name()) {
            bail!(
                "the key {shown} is named {}, and not {name}: leave the name out. Those who \
                 check know the key by its name",
                key.name()
            );
        }
        return Ok(key);
    }
    let name = name.map_or_else(|| new_name(random), str::to_owned);
    let seed = SecretBox::init_with_mut(|seed: &mut [u8; 32]| random.fill(seed));
    let key = SigningKey::from_seed(&name, KeyKind::Timestamped, seed)
        .with_context(|| format!("a key named {name} can't be made"))?;
    let line = SecretString::from(format!("{}\n", key.to_line().expose_secret()));
    private::write(path, line.expose_secret().as_bytes())
        .with_context(|| format!("the key {shown} can't be written"))?;
    Ok(key)
}

/// The key in the file, if that is there.
pub(super) fn load(path: &Path) -> anyhow::Result<Option<SigningKey>> {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        _ => private::refuse_open_key(path)?,
    }
    let line = fs::read_to_string(path).with_context(|| format!("the key {shown}"))?;
    let key = SigningKey::parse(&SecretString::from(line));
    let key = key.with_context(|| format!("{shown} is no key of a signed note"))?;
    if key.verifier().kind() != KeyKind::Timestamped {
        bail!("{shown} is a log's key, and not a witness's");
    }
    Ok(Some(key))
}

/// A name that no other witness has.
fn new_name(random: &dyn Random) -> String {
    let mut tail = [0; 4];
    random.fill(&mut tail);
    format!("drawbridge-witness/{:08x}", u32::from_be_bytes(tail))
}

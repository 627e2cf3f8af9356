//! The witness's own key, made at the first start.

use std::path::{Path, PathBuf};

use anyhow::bail;
use domain::Random;
use ledger::{KeyKind, SigningKey};

use crate::note_key;

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
    if let Some(key) = load(path)? {
        if let Some(name) = name.filter(|name| *name != key.name()) {
            bail!(
                "the key {} is named {}, and not {name}: leave the name out. Those who check \
                 know the key by its name",
                path.display(),
                key.name()
            );
        }
        return Ok(key);
    }
    let new_name = || format!("drawbridge-witness/{}", note_key::tail(random));
    let name = name.map_or_else(new_name, str::to_owned);
    let key = note_key::make(&name, KeyKind::Timestamped, random)?;
    note_key::save(path, &key)?;
    Ok(key)
}

/// The key in the file, if that is there.
pub(super) fn load(path: &Path) -> anyhow::Result<Option<SigningKey>> {
    note_key::load(path, KeyKind::Timestamped)
}

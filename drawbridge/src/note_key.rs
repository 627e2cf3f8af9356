//! A signed note's key in a file of its own, which only its owner may read: the
//! log's, and a witness's.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, bail};
use domain::Random;
use ledger::{KeyKind, SigningKey};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::private;

/// A new key.
///
/// # Errors
/// When no key may have that name.
pub(crate) fn make(name: &str, kind: KeyKind, random: &dyn Random) -> anyhow::Result<SigningKey> {
    let seed = SecretBox::init_with_mut(|seed: &mut [u8; 32]| random.fill(seed));
    SigningKey::from_seed(name, kind, seed)
        .with_context(|| format!("a key named {name} can't be made"))
}

/// Eight digits that no other key has in its name: a log or a witness that begins
/// anew is another one.
pub(crate) fn tail(random: &dyn Random) -> String {
    let mut tail = [0; 4];
    random.fill(&mut tail);
    format!("{:08x}", u32::from_be_bytes(tail))
}

/// Writes it, all or nothing.
///
/// # Errors
/// When the file can't be written; then it is as it was.
pub(crate) fn save(path: &Path, key: &SigningKey) -> anyhow::Result<()> {
    let line = SecretString::from(format!("{}\n", key.to_line().expose_secret()));
    private::write(path, line.expose_secret().as_bytes())
        .with_context(|| format!("the key {} can't be written", path.display()))
}

/// The key in the file, if that is there.
///
/// # Errors
/// When others may read it, it can't be read, or it is no key of that kind.
pub(crate) fn load(path: &Path, kind: KeyKind) -> anyhow::Result<Option<SigningKey>> {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        _ => private::refuse_open_key(path)?,
    }
    let line = fs::read_to_string(path).with_context(|| format!("the key {shown}"))?;
    let key = SigningKey::parse(&SecretString::from(line));
    let key = key.with_context(|| format!("{shown} is no key of a signed note"))?;
    if key.verifier().kind() != kind {
        bail!("{shown} is {}", other_than(kind));
    }
    Ok(Some(key))
}

const fn other_than(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Note => "a witness's key, and not a log's",
        KeyKind::Timestamped => "a log's key, and not a witness's",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::OsRandom;

    #[test]
    fn a_key_comes_back_to_its_owner_alone_and_as_what_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log.key");
        let loaded = |kind| load(&path, kind).map(|key| key.map(|key| key.verifier().clone()));
        assert!(matches!(loaded(KeyKind::Note), Ok(None)));
        let key = make("a.plant/log/1", KeyKind::Note, &OsRandom).expect("made");
        save(&path, &key).expect("saved");
        let found = loaded(KeyKind::Note).expect("read");
        assert_eq!(found.as_ref(), Some(key.verifier()));

        let refused = |kind| format!("{:#}", loaded(kind).expect_err("refused"));
        assert!(refused(KeyKind::Timestamped).contains("a log's key, and not a witness's"));
        let chmod = |mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        };
        chmod(0o640);
        assert!(refused(KeyKind::Note).contains("others may read the key"));
        chmod(0o600);
        fs::write(&path, "PRIVATE+KEY+of+something+else").expect("written");
        assert!(refused(KeyKind::Note).contains("is no key of a signed note"));
    }

    #[test]
    fn two_names_differ() {
        assert_ne!(tail(&OsRandom), tail(&OsRandom));
        assert_eq!(tail(&OsRandom).len(), 8);
    }
}

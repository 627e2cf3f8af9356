//! Who may read a recording. Each recording has a key of its own for each track;
//! the broker's keys open those, and the auditors' keys open everything.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use age::x25519::{Identity, Recipient};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::chunk::{BadChunk, decrypt, encrypt};
use super::manifest::{Track, TrackOpening};

/// The most auditors: each makes every chunk a hundred bytes longer.
pub const MAX_AUDITORS: usize = 64;

/// Who may decrypt a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Whoever has the files: it isn't encrypted.
    Off,
    /// The broker, and the auditors if there are any.
    AtRest,
    /// The auditors alone: the broker can't read what it has recorded.
    Sealed,
}

impl Protection {
    /// As it is written in manifests and in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::AtRest => "at-rest",
            Self::Sealed => "sealed",
        }
    }
}

/// Why keys can't be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Nobody could ever read what is recorded.
    #[error(
        "recordings are to be sealed, but there are no auditors to seal them to; add the auditors' age recipients, or choose \"at-rest\""
    )]
    NobodyToSealTo,
    /// More than [`MAX_AUDITORS`].
    #[error("{0} auditors' recipients; at most {MAX_AUDITORS} can be used")]
    TooManyAuditors(usize),
    /// Other users of the machine may read it.
    #[error("{} can be read by others than its owner; chmod 600 it", .0.display())]
    Open(PathBuf),
    /// No age identity is in it.
    #[error("{} is no age X25519 identity (AGE-SECRET-KEY-1…)", .0.display())]
    NoIdentity(PathBuf),
    /// The disk refused.
    #[error("{doing} {}: {source}", path.display())]
    Disk {
        /// What was tried, as in "reading".
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A recording's own key could not be encrypted.
    #[error("making a recording's key: {0}")]
    Encrypt(io::Error),
    /// A recording's own key can't be opened.
    #[error("the recording's key can't be opened: {0}")]
    Unlock(BadChunk),
    /// What was in a recording's key file is no key.
    #[error("the recording's key file has no key in it")]
    NoKey,
}

/// The keys of a site's recordings.
#[derive(Clone)]
pub struct Keyring {
    mode: Protection,
    auditors: Vec<Recipient>,
    output: Identity,
    input: Identity,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("mode", &self.mode)
            .field("auditors", &self.auditors)
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// A site's keys: how output is protected, the auditors, and the broker's own
    /// key for each track. Two keys, so that whoever is given the one for output
    /// does not have the passwords.
    ///
    /// # Errors
    /// [`KeyError::NobodyToSealTo`] and [`KeyError::TooManyAuditors`].
    pub fn new(
        mode: Protection,
        auditors: Vec<Recipient>,
        output: Identity,
        input: Identity,
    ) -> Result<Self, KeyError> {
        if mode == Protection::Sealed && auditors.is_empty() {
            return Err(KeyError::NobodyToSealTo);
        }
        if auditors.len() > MAX_AUDITORS {
            return Err(KeyError::TooManyAuditors(auditors.len()));
        }
        Ok(Self {
            mode,
            auditors,
            output,
            input,
        })
    }

    /// The broker's keys from `dir`: `output.agekey` and `input.agekey`, made
    /// (0600) if they are not there yet.
    ///
    /// # Errors
    /// As [`Self::new`], and what the system says; keys that others may read
    /// are refused.
    pub fn in_dir(
        dir: &Path,
        mode: Protection,
        auditors: Vec<Recipient>,
    ) -> Result<Self, KeyError> {
        let output = broker_key(dir, "output.agekey")?;
        let input = broker_key(dir, "input.agekey")?;
        Self::new(mode, auditors, output, input)
    }

    /// How a track of a new recording is protected: the input, which has
    /// passwords, is never left plain.
    #[must_use]
    pub const fn protection(&self, track: Track) -> Protection {
        match (self.mode, track) {
            (Protection::Off, Track::Output) => Protection::Off,
            (Protection::Off | Protection::AtRest, _) => Protection::AtRest,
            (Protection::Sealed, _) => Protection::Sealed,
        }
    }

    /// New keys for a recording that begins.
    ///
    /// # Errors
    /// [`KeyError::Encrypt`].
    pub fn recording(&self) -> Result<RecordingKeys, KeyError> {
        Ok(RecordingKeys {
            output: self.track(Track::Output)?,
            input: self.track(Track::Input)?,
        })
    }

    fn track(&self, track: Track) -> Result<TrackKeys, KeyError> {
        let encryption = self.protection(track);
        let mut recipients = match encryption {
            Protection::Off => Vec::new(),
            Protection::AtRest | Protection::Sealed => self.auditors.clone(),
        };
        let mut key_file = None;
        if encryption == Protection::AtRest {
            let own = Identity::generate();
            recipients.insert(0, own.to_public());
            let mut to = vec![self.broker(track).to_public()];
            to.extend(self.auditors.iter().cloned());
            let text = identity_text(&own);
            key_file =
                Some(encrypt(text.expose_secret().as_bytes(), &to).map_err(KeyError::Encrypt)?);
        }
        Ok(TrackKeys {
            opening: TrackOpening {
                encryption,
                recipients,
            },
            key_file,
        })
    }

    /// A recording's own key, from its key file.
    ///
    /// # Errors
    /// [`KeyError::Unlock`] and [`KeyError::NoKey`].
    pub fn unlock(&self, track: Track, key_file: &[u8]) -> Result<Identity, KeyError> {
        own_key(key_file, std::slice::from_ref(self.broker(track)))
    }

    const fn broker(&self, track: Track) -> &Identity {
        match track {
            Track::Output => &self.output,
            Track::Input => &self.input,
        }
    }
}

/// The keys of one recording, as they are stored with it.
#[derive(Clone, Debug)]
pub struct RecordingKeys {
    /// Of what the asset showed.
    pub output: TrackKeys,
    /// Of what the vendor sent.
    pub input: TrackKeys,
}

impl RecordingKeys {
    /// Those of one track.
    #[must_use]
    pub const fn track(&self, track: Track) -> &TrackKeys {
        match track {
            Track::Output => &self.output,
            Track::Input => &self.input,
        }
    }
}

/// The keys of one track.
#[derive(Clone, Debug)]
pub struct TrackKeys {
    /// To whom its chunks are encrypted.
    pub opening: TrackOpening,
    /// The content of [`key_file_name`], if there is to be one.
    pub key_file: Option<Vec<u8>>,
}

/// An auditor's public key, as `age-keygen` prints it; `None` if it is none.
#[must_use]
pub fn recipient(text: &str) -> Option<Recipient> {
    text.parse().ok()
}

/// The name of the file with a recording's own key.
#[must_use]
pub const fn key_file_name(track: Track) -> &'static str {
    match track {
        Track::Output => "output.key.age",
        Track::Input => "input.key.age",
    }
}

/// A recording's own key, from its key file, for whoever has one of `keys`.
///
/// # Errors
/// [`KeyError::Unlock`] and [`KeyError::NoKey`].
pub(crate) fn own_key(key_file: &[u8], keys: &[Identity]) -> Result<Identity, KeyError> {
    let plain = decrypt(key_file, keys).map_err(KeyError::Unlock)?;
    let text = SecretString::from(String::from_utf8(plain).map_err(|_| KeyError::NoKey)?);
    parse_identity(&text).ok_or(KeyError::NoKey)
}

/// An identity as it stands in a key file, which stock `age -i` reads.
pub(crate) fn identity_text(identity: &Identity) -> SecretString {
    format!("{}\n", identity.to_string().expose_secret()).into()
}

/// The identity in a key file: its first line that is no comment.
#[must_use]
pub fn parse_identity(text: &SecretString) -> Option<Identity> {
    text.expose_secret()
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .and_then(|line| line.parse().ok())
}

/// Reads a key of the broker's, or makes one.
fn broker_key(dir: &Path, name: &str) -> Result<Identity, KeyError> {
    let path = dir.join(name);
    let disk = |doing| {
        let path = path.clone();
        move |source| KeyError::Disk {
            doing,
            path,
            source,
        }
    };
    match fs::metadata(&path) {
        Ok(found) if found.mode() & 0o077 != 0 => return Err(KeyError::Open(path)),
        Ok(_) => {
            let text = fs::read_to_string(&path).map_err(disk("reading"))?;
            return parse_identity(&text.into()).ok_or(KeyError::NoIdentity(path));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(disk("reading")(error)),
    }
    let identity = Identity::generate();
    write_key(dir, &path, &identity).map_err(disk("making"))?;
    Ok(identity)
}

/// Whole or not at all: half a key would never be replaced.
fn write_key(dir: &Path, path: &Path, identity: &Identity) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let unfinished = path.with_extension("agekey.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(identity_text(identity).expose_secret().as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;

//! What `drawbridge login` remembers: one login, in a file of mode 0600 under the
//! user's configuration directory.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use admin_api::dto::Secret;
use anyhow::{Context, bail};
use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::private;

/// A login that was saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// The API that the token is for; it is sent to no other.
    pub(crate) api: String,
    /// Whose login it is.
    pub(crate) account: String,
    /// The token.
    pub(crate) token: Secret,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
    /// The certificate authorities that the API was trusted by, in PEM.
    pub(crate) ca: Option<String>,
}

/// The directory of this program's files in the user's home (XDG Base Directory
/// Specification).
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    let from = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    let config = from("XDG_CONFIG_HOME").or_else(|| from("HOME").map(|home| home.join(".config")));
    Ok(config
        .context("neither XDG_CONFIG_HOME nor HOME is set, so there is no place for a login")?
        .join("drawbridge"))
}

/// Where the login is saved.
pub(crate) fn path() -> anyhow::Result<PathBuf> {
    Ok(directory()?.join("login.json"))
}

impl Profile {
    /// The login in the file, if there is one.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.with_context(|| path.display().to_string())?,
        };
        if metadata.permissions().mode() & 0o077 != 0 {
            bail!(
                "others can read your login in {}, so it is not used. Log out and in again: \
                 drawbridge logout; drawbridge login",
                path.display()
            );
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let profile = serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; delete it and log in again", path.display())
        })?;
        Ok(Some(profile))
    }

    /// Saves it in place of what is there.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let parent = path.parent().context("the path has no directory")?;
        private::make_dir(parent)?;
        private::write(path, serde_json::to_string_pretty(self)?.as_bytes())
            .with_context(|| format!("the login could not be saved in {}", path.display()))
    }
}

/// Whether two addresses are of the same API.
pub(crate) fn same_api(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Forgets the login, if there is one.
pub(crate) fn forget(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            api: "https://localhost:8443".to_owned(),
            account: "vera".to_owned(),
            token: Secret::new("dbt_x"),
            expires_at: Timestamp::from_micros(1_790_000_000_000_000),
            ca: None,
        }
    }

    #[test]
    fn a_login_is_kept_for_its_owner_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a/b/login.json");
        assert!(Profile::load(&path).expect("no file").is_none());
        profile().save(&path).expect("saved");
        profile().save(&path).expect("saved again");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
        let found = Profile::load(&path).expect("readable").expect("there");
        assert_eq!(
            (found.account.as_str(), found.token.expose()),
            ("vera", "dbt_x")
        );
        forget(&path).expect("forgotten");
        forget(&path).expect("nothing to forget");
        assert!(!path.exists());
    }

    #[test]
    fn a_login_that_others_can_read_is_not_used() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("login.json");
        profile().save(&path).expect("saved");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let error = Profile::load(&path).expect_err("an error").to_string();
        assert!(error.contains("others can read your login"), "{error}");
    }
}

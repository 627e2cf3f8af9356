//! The broker's own machine: who can read its secrets, and how much room there is
//! for evidence.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ledger::KeyKind;

use super::super::failure::Failure;
use super::Finding;
use crate::config::{self, Config, Tls};
use crate::note_key;

/// Below this share of free disk, in percent, somebody should act.
const LITTLE_ROOM: u64 = 10;
/// Deeper than this no secret is kept under the data directory.
const DEPTH: usize = 2;

/// Looks at what the configuration names.
pub(super) fn look(path: &Path) -> Vec<Finding> {
    let config = match config::load(path) {
        Ok(config) => config,
        Err(error) => return vec![Finding::failed("config", &error.into())],
    };
    let mut findings = vec![Finding::ok("config", path.display().to_string())];
    findings.push(secrets(&config));
    findings.push(signing_key(&config.data.join("keys/log.key")));
    findings.push(room(&config.data));
    findings
}

/// Whatever looks like a key must be its owner's alone, and so must the data.
fn secrets(config: &Config) -> Finding {
    let mut private = Vec::new();
    if let Err(error) = keys_under(&config.data, DEPTH, &mut private) {
        let text = format!(
            "{} can't be looked into ({error}). Run this as the broker's user, on its machine.",
            config.data.display()
        );
        return Finding::failed("secrets", &Failure::failed(text));
    }
    if let Tls::Files { key, .. } = &config.api.tls {
        private.push(key.clone());
    }
    let mail = config.mail.iter().filter_map(|mail| mail.login.as_ref());
    private.extend(mail.map(|login| login.password_file.clone()));
    private.extend(config.webhooks.iter().map(|one| one.secret_file.clone()));
    private.push(config.data.clone());
    let open: Vec<_> = private
        .iter()
        .filter_map(|path| Some((path, fs::metadata(path).ok()?.permissions().mode() & 0o777)))
        .filter(|(_, mode)| mode & 0o077 != 0)
        .map(|(path, mode)| format!("{} (mode {mode:03o})", path.display()))
        .collect();
    if open.is_empty() {
        let count = private.len().saturating_sub(1);
        return Finding::ok(
            "secrets",
            format!("the data and {count} key files are private"),
        );
    }
    let text = format!(
        "others can reach {}. Take it from them: chmod go= FILE. If they may have read a key, \
         replace it.",
        open.join(", ")
    );
    Finding::failed("secrets", &Failure::failed(text))
}

/// What a restart would need to sign the log with.
fn signing_key(path: &Path) -> Finding {
    let check = "log key";
    match note_key::load(path, KeyKind::Note) {
        Ok(Some(key)) => Finding::ok(check, format!("the log is signed with {}", key.verifier())),
        Ok(None) => {
            let text = format!(
                "{} is not there. If the broker never ran here, it makes one; else put it back from \
                 a backup, or the broker does not start again.",
                path.display()
            );
            Finding::warning(check, text)
        }
        Err(error) => {
            let text = format!(
                "{error:#}. The broker does not start again with it: put the right file back from \
                 a backup."
            );
            Finding::failed(check, &Failure::failed(text))
        }
    }
}

fn keys_under(directory: &Path, depth: usize, keys: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Public keys and certificates are made to be read.
        let is_key = name.contains("key") && !name.ends_with(".pub");
        if kind.is_file() && is_key {
            keys.push(entry.path());
        } else if kind.is_dir() && depth > 0 {
            keys_under(&entry.path(), depth - 1, keys)?;
        }
    }
    Ok(())
}

fn room(data: &Path) -> Finding {
    let disk = match rustix::fs::statvfs(data) {
        Ok(disk) => disk,
        Err(error) => {
            let text = format!("the disk of {} can't be looked at: {error}", data.display());
            return Finding::failed("disk", &Failure::failed(text));
        }
    };
    let percent = |free: u64, all: u64| free.saturating_mul(100).checked_div(all).unwrap_or(100);
    let bytes = percent(disk.f_bavail, disk.f_blocks);
    let files = percent(disk.f_favail, disk.f_files);
    let gib = disk.f_bavail.saturating_mul(disk.f_frsize) >> 30;
    let device = fs::metadata(data).map_or(0, |data| data.dev());
    let text = format!(
        "{gib} GiB ({bytes} %) free for {} on device {device}",
        data.display()
    );
    if bytes.min(files) < LITTLE_ROOM {
        Finding::warning(
            "disk",
            format!(
                "{text}, and {files} % of its files. Without room nothing is recorded, and \
                 nobody gets in: make room, or move the data to a larger disk."
            ),
        )
    } else {
        Finding::ok("disk", text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn found(data: &Path) -> Finding {
        let text = format!(
            "data = {data:?}\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"localhost\"]\n\
             [ssh]\nlisten = \"127.0.0.1:0\"\n"
        );
        secrets(&config::parse(&text, Path::new("/")).expect("a configuration"))
    }

    #[test]
    fn a_key_that_others_can_read_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let chmod = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
        };
        chmod(dir.path(), 0o700);
        let (key, public) = (dir.path().join("host_key"), dir.path().join("host_key.pub"));
        for path in [&key, &public] {
            fs::write(path, "x").expect("written");
            chmod(path, 0o644);
        }
        let open = found(dir.path());
        assert_eq!(open.verdict, Verdict::Failed);
        assert!(open.text.contains("host_key (mode 644)"), "{open:?}");
        assert!(!open.text.contains("host_key.pub"), "{open:?}");
        chmod(&key, 0o600);
        assert_eq!(found(dir.path()).verdict, Verdict::Ok);
        chmod(dir.path(), 0o755);
        assert_eq!(found(dir.path()).verdict, Verdict::Failed);
    }

    #[test]
    fn a_signing_key_that_no_start_could_use_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log.key");
        assert_eq!(signing_key(&path).verdict, Verdict::Warning);
        let made = |kind| note_key::make("a.plant/log/1", kind, &crate::clock::OsRandom);
        let right = made(KeyKind::Note).expect("a key");
        note_key::save(&path, &right).expect("saved");
        let found = signing_key(&path);
        assert_eq!(found.verdict, Verdict::Ok);
        assert!(
            found.text.contains(&right.verifier().to_string()),
            "{found:?}"
        );
        let other = made(KeyKind::Timestamped).expect("a key");
        note_key::save(&path, &other).expect("saved");
        assert_eq!(signing_key(&path).verdict, Verdict::Failed);
        fs::write(&path, "unreadable").expect("written");
        assert_eq!(signing_key(&path).verdict, Verdict::Failed);
    }

    #[test]
    fn room_is_told() {
        let here = room(&std::env::temp_dir());
        assert_ne!(here.verdict, Verdict::Failed, "{here:?}");
        assert_eq!(room(Path::new("/nowhere/at/all")).verdict, Verdict::Failed);
    }
}

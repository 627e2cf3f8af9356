use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn name(text: &str) -> CredentialName {
    CredentialName::parse(text).expect("a name")
}

fn vault(dir: &Path, file: &str) -> Vault {
    Vault::new(&VaultKey::load_or_create(&dir.join(file)).expect("a key")).expect("a vault")
}

#[test]
fn a_sealed_secret_opens_with_its_key_name_and_kind_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let (ours, theirs) = (vault(dir.path(), "ours"), vault(dir.path(), "theirs"));
    let secret = Credential::Password("correct horse".into());
    let sealed = ours.seal(&name("plc"), &secret).expect("sealed");
    let opened = ours
        .open(&name("plc"), "password", &sealed)
        .expect("opened");
    assert!(matches!(opened, Credential::Password(s) if s.expose_secret() == "correct horse"));

    assert!(
        theirs.open(&name("plc"), "password", &sealed).is_err(),
        "another key"
    );
    assert!(
        ours.open(&name("hmi"), "password", &sealed).is_err(),
        "another name"
    );
    assert!(
        ours.open(&name("plc"), "private_key", &sealed).is_err(),
        "another kind"
    );
}

#[test]
fn any_flipped_bit_and_any_cut_is_noticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let vault = vault(dir.path(), "key");
    let sealed = vault
        .seal(&name("plc"), &Credential::Password("pw".into()))
        .expect("sealed");
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        assert!(
            vault.open(&name("plc"), "password", &bent).is_err(),
            "byte {at}"
        );
        assert!(
            vault.open(&name("plc"), "password", &sealed[..at]).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn the_same_secret_is_never_sealed_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    let vault = vault(dir.path(), "key");
    let seal = || {
        vault
            .seal(&name("plc"), &Credential::Password("pw".into()))
            .expect("sealed")
    };
    assert_ne!(seal(), seal());
}

#[test]
fn the_key_file_is_private_and_stays_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("vault.key");
    let first = VaultKey::load_or_create(&path).expect("made");
    assert_eq!(
        fs::metadata(&path).expect("there").permissions().mode() & 0o7777,
        0o600
    );
    assert_eq!(
        fs::read_dir(dir.path()).expect("a directory").count(),
        1,
        "no draft left"
    );
    let second = VaultKey::load_or_create(&path).expect("loaded");
    assert_eq!(first.bytes(), second.bytes());
    assert_ne!(first.bytes(), [0; 32]);
}

#[test]
fn a_key_that_others_may_read_or_that_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("vault.key");
    let refusal = || {
        VaultKey::load_or_create(&path)
            .err()
            .expect("refused")
            .to_string()
    };
    VaultKey::load_or_create(&path).expect("made");
    for mode in [0o640, 0o604, 0o620, 0o660, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        assert!(refusal().contains("chmod 600"), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    for length in [0, 31, 33] {
        fs::write(&path, vec![1; length]).expect("written");
        assert!(refusal().contains("32 bytes"), "{length}");
    }
}

#[test]
fn neither_key_nor_credential_shows_in_debug_output() {
    let shown = format!("{:?}", Credential::PrivateKey("hush".into()));
    assert!(!shown.contains("hush"), "{shown}");
}

use std::os::unix::fs::PermissionsExt;

use super::*;

fn text(identity: &Identity) -> String {
    identity.to_string().expose_secret().to_owned()
}

fn ring(mode: Protection, auditors: &[Identity]) -> Keyring {
    let auditors = auditors.iter().map(Identity::to_public).collect();
    Keyring::new(mode, auditors, Identity::generate(), Identity::generate()).unwrap()
}

#[test]
fn who_gets_a_key_in_each_mode() {
    use Protection::{AtRest, Off, Sealed};
    let auditors = [Identity::generate(), Identity::generate()];
    // mode, track, protection, recipients, whether the broker has a key
    for (mode, track, protection, recipients, broker) in [
        (Off, Track::Output, Off, 0, false),
        (Off, Track::Input, AtRest, 3, true),
        (AtRest, Track::Output, AtRest, 3, true),
        (AtRest, Track::Input, AtRest, 3, true),
        (Sealed, Track::Output, Sealed, 2, false),
        (Sealed, Track::Input, Sealed, 2, false),
    ] {
        let ring = ring(mode, &auditors);
        let keys = ring.recording().unwrap();
        let keys = keys.track(track);
        let what = format!("{mode:?} {track}");
        assert_eq!(keys.opening.encryption, protection, "{what}");
        assert_eq!(keys.opening.recipients.len(), recipients, "{what}");
        assert_eq!(keys.key_file.is_some(), broker, "{what}");
        for auditor in &auditors {
            assert_eq!(
                keys.opening.recipients.contains(&auditor.to_public()),
                recipients > 0,
                "{what}"
            );
        }
        if let Some(file) = &keys.key_file {
            let own = ring.unlock(track, file).unwrap();
            assert_eq!(own.to_public(), keys.opening.recipients[0], "{what}");
            let plain = decrypt(file, &auditors[1..]).unwrap();
            assert_eq!(plain, format!("{}\n", text(&own)).as_bytes());
        }
    }
}

#[test]
fn the_key_to_the_output_does_not_open_the_input() {
    let ring = ring(Protection::AtRest, &[]);
    let keys = ring.recording().unwrap();
    let file = keys.input.key_file.unwrap();
    assert!(ring.unlock(Track::Input, &file).is_ok());
    assert!(matches!(
        ring.unlock(Track::Output, &file),
        Err(KeyError::Unlock(BadChunk::Locked))
    ));
}

#[test]
fn each_recording_has_keys_of_its_own() {
    let ring = ring(Protection::AtRest, &[]);
    let [one, other] = [(), ()].map(|()| ring.recording().unwrap());
    assert_ne!(one.output.opening, other.output.opening);
    assert_ne!(one.output.opening, one.input.opening);
}

#[test]
fn sealed_needs_somebody_to_seal_to() {
    let keys = || (Identity::generate(), Identity::generate());
    let (output, input) = keys();
    assert!(matches!(
        Keyring::new(Protection::Sealed, Vec::new(), output, input),
        Err(KeyError::NobodyToSealTo)
    ));
    let (output, input) = keys();
    let many = vec![Identity::generate().to_public(); MAX_AUDITORS + 1];
    assert!(matches!(
        Keyring::new(Protection::AtRest, many, output, input),
        Err(KeyError::TooManyAuditors(65))
    ));
}

#[test]
fn keys_are_made_once_and_are_nobody_elses() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("keys");
    let load = || Keyring::in_dir(&dir, Protection::AtRest, Vec::new());
    let file = load().unwrap().recording().unwrap().input.key_file.unwrap();
    load().unwrap().unlock(Track::Input, &file).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let output = dir.join("output.agekey");
    assert_eq!(mode(&output), 0o600);
    assert_eq!(mode(&dir.join("input.agekey")), 0o600);

    fs::set_permissions(&output, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(load(), Err(KeyError::Open(path)) if path == output));
    fs::set_permissions(&output, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&output, "nothing\n").unwrap();
    assert!(matches!(load(), Err(KeyError::NoIdentity(path)) if path == output));
    let commented = format!("# created: today\n\n{}\n", text(&Identity::generate()));
    fs::write(&output, commented).unwrap();
    assert!(load().is_ok());
}

#[test]
fn no_key_is_ever_shown() {
    let ring = ring(Protection::AtRest, &[]);
    let shown = format!("{ring:?}");
    assert!(!shown.contains("SECRET"), "{shown}");
}

//! Passwords: hashed with argon2id (RFC 9106) under OWASP's parameters.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The fewest characters (NIST SP 800-63B asks for 8; there is no second factor
/// yet).
pub const LEAST_CHARS: usize = 12;
/// The most bytes.
pub const MOST_BYTES: usize = 1024;

/// OWASP's password storage cheat sheet: 19 MiB, 2 passes, 1 lane.
const PARAMS: Params = Params::DEFAULT;

/// A hash of nothing that anybody knows, under the same parameters: names
/// without a password cost as much as those with one.
pub(crate) const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZHJhd2JyaWRnZSBkdW1teQ$\
                                3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8";

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// It is too short.
    #[error("the password has fewer than {LEAST_CHARS} characters; choose a longer one")]
    TooShort,
    /// It is too long.
    #[error("the password has more than {MOST_BYTES} bytes; choose a shorter one")]
    TooLong,
    /// No random salt, or no memory.
    #[error("the password could not be hashed; try again")]
    Failed,
}

/// Hashes a new password, into a PHC string. Takes some 50 ms and 19 MiB: not
/// for an async thread.
///
/// # Errors
/// When it is too short or too long, or there is no memory for it.
pub fn hash(password: &SecretString) -> Result<String, PasswordError> {
    let password = password.expose_secret();
    if password.chars().count() < LEAST_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MOST_BYTES {
        return Err(PasswordError::TooLong);
    }
    let hash: PasswordHash = argon2()
        .hash_password(password.as_bytes())
        .map_err(|_| PasswordError::Failed)?;
    Ok(hash.to_string())
}

/// Whether the password is the hashed one. Takes as long as [`hash`].
#[must_use]
pub fn verify(password: &SecretString, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| {
        argon2()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified() {
        let right = "correct horse battery".into();
        let phc = hash(&right).expect("a hash");
        assert!(verify(&right, &phc));
        assert!(!verify(&"correct horse battery ".into(), &phc));
        assert!(!verify(&right, "no hash"));
        assert_ne!(phc, hash(&right).expect("a hash"), "the salt is random");
    }

    #[test]
    fn the_dummy_costs_what_a_real_hash_costs() {
        let real = hash(&"correct horse battery".into()).expect("a hash");
        let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(DUMMY), cost(&real));
        assert_eq!(cost(DUMMY), "$argon2id$v=19$m=19456,t=2,p=1", "OWASP's");
        assert_eq!(DUMMY.len(), real.len());
        assert!(
            PasswordHash::new(DUMMY).is_ok(),
            "it would not be hashed at all"
        );
        assert!(!verify(&"".into(), DUMMY));
    }

    #[test]
    fn length_is_asked_for_not_symbols() {
        for (password, result) in [
            ("elevenchars", Err(PasswordError::TooShort)),
            ("øøøøøøøøøøø", Err(PasswordError::TooShort)),
            ("twelve chars", Ok(())),
            (&"x".repeat(MOST_BYTES + 1), Err(PasswordError::TooLong)),
        ] {
            let found = hash(&password.to_owned().into()).map(|_| ());
            assert_eq!(found, result, "{password}");
        }
    }
}

//! Tokens and tickets: made from injected randomness, kept as SHA-256 only. They
//! carry 160 bits and more, so a plain hash cannot be searched backwards.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Random;
use secrecy::{ExposeSecret, SecretString};

/// So that a token in a wrong place is recognised, by people and by scanners.
const TOKEN_PREFIX: &str = "dbt_";
const SHARE_PREFIX: &str = "dbs_";
const TOKEN_BYTES: usize = 32;
const TICKET_BYTES: usize = 20;

/// A secret from further ahead than this was issued under a clock that has gone
/// back since; it would live longer than it was meant to.
pub(crate) const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// A bearer token of 256 bits.
pub(crate) fn token(random: &dyn Random) -> SecretString {
    prefixed(TOKEN_PREFIX, random)
}

/// The secret in a link to a recording, of 256 bits.
pub(crate) fn share(random: &dyn Random) -> SecretString {
    prefixed(SHARE_PREFIX, random)
}

fn prefixed(prefix: &str, random: &dyn Random) -> SecretString {
    let mut bytes = [0; TOKEN_BYTES];
    random.fill(&mut bytes);
    format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
}

/// A ticket of 160 bits: 32 characters of RFC 4648 base32 in lower case, one
/// word to double-click and nothing that a shell or an SSH client reads as its
/// own.
pub(crate) fn ticket(random: &dyn Random) -> SecretString {
    let mut bytes = [0; TICKET_BYTES];
    random.fill(&mut bytes);
    let mut text = String::with_capacity(TICKET_BYTES * 8 / 5);
    let (mut pending, mut bits) = (0_u32, 0);
    for byte in bytes {
        pending = (pending << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter((pending >> bits) & 31));
        }
    }
    text.into()
}

fn letter(five_bits: u32) -> char {
    let byte = u8::try_from(five_bits & 31).unwrap_or(0);
    char::from(if byte < 26 {
        b'a' + byte
    } else {
        b'2' + byte - 26
    })
}

/// What is stored and looked up in a secret's place.
pub(crate) fn hash(secret: &SecretString) -> Vec<u8> {
    digest(&SHA256, secret.expose_secret().as_bytes())
        .as_ref()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    struct Filled(u8);
    impl Random for Filled {
        fn fill(&self, buf: &mut [u8]) {
            buf.fill(self.0);
        }
    }

    struct Counting;
    impl Random for Counting {
        fn fill(&self, buf: &mut [u8]) {
            for (at, byte) in buf.iter_mut().enumerate() {
                *byte = u8::try_from(at).unwrap_or(0);
            }
        }
    }

    #[test]
    fn a_ticket_is_base32_of_all_its_bits() {
        assert_eq!(ticket(&Filled(0)).expose_secret(), "a".repeat(32));
        assert_eq!(ticket(&Filled(255)).expose_secret(), "7".repeat(32));
        // As coreutils' base32 has it.
        assert_eq!(
            ticket(&Counting).expose_secret(),
            "aaaqeayeaudaocajbifqydiob4ibceqt"
        );
    }

    #[test]
    fn each_bit_of_randomness_reaches_the_secret() {
        for make in [ticket as fn(&dyn Random) -> SecretString, token, share] {
            let all: BTreeSet<_> = (0..=255)
                .map(|n| make(&Filled(n)).expose_secret().to_owned())
                .collect();
            assert_eq!(all.len(), 256);
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        let hex: String = hash(&"abc".into())
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(
            hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}

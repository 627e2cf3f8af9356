//! Keys in the form of signed notes (c2sp.org/signed-note): the public half is
//! one line, `NAME+HASH+KEY`, and so is the private one.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use thiserror::Error;

use crate::hash::Hash;
use crate::note::Signature;

/// What a private key's line begins with; Go's tools call it so.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The longest name, in bytes. The format has no limit of its own.
const LONGEST_NAME: usize = 255;
/// The longest line of a key that is looked at, in bytes.
const LONGEST_LINE: usize = 512;
/// The last time that a timestamped signature may have, in seconds.
const LAST: u64 = i64::MAX.unsigned_abs();

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Any note, without a time (type 0x01).
    Note,
    /// Checkpoints, with the time (type 0x04; c2sp.org/tlog-cosignature).
    Timestamped,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Timestamped => 4,
        }
    }

    const fn of(byte: u8) -> Result<Self, BadKey> {
        match byte {
            1 => Ok(Self::Note),
            4 => Ok(Self::Timestamped),
            other => Err(BadKey::Kind(other)),
        }
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    /// It has another form.
    #[error("not a key of a signed note: a public one is one line, NAME+HASH+KEY")]
    Form,
    /// The name is not one.
    #[error(
        "the key's name is empty, too long, or has a space, a plus sign or a control character"
    )]
    Name,
    /// It signs in a way that is not known here.
    #[error(
        "a key of type {0:#04x} is not understood here: only Ed25519, plain (0x01) and timestamped (0x04), is"
    )]
    Kind(u8),
    /// Its hash is of another key.
    #[error("the hash in the key is not that of its name and key: it was mistyped or cut off")]
    Id,
    /// The cryptographic library does not take it.
    #[error("the cryptographic library refuses the key")]
    Refused,
}

/// The public half: what signatures are checked with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    id: [u8; 4],
    key: [u8; 32],
}

impl VerifierKey {
    /// The key of that name.
    ///
    /// # Errors
    /// When the name is not one.
    pub fn new(name: &str, kind: KeyKind, key: [u8; 32]) -> Result<Self, BadKey> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            kind,
            id: key_id(name, kind, &key),
            key,
        })
    }

    /// Its name: for a log, the log's own.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// What signatures by it are told by, beside the name.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The same name and key for signatures of another kind, which have another
    /// hash.
    #[must_use]
    pub fn of_kind(&self, kind: KeyKind) -> Self {
        Self {
            kind,
            id: key_id(&self.name, kind, &self.key),
            ..self.clone()
        }
    }

    /// Whether a signature says that it is by this key.
    #[must_use]
    pub fn is_named_by(&self, signature: &Signature) -> bool {
        signature.name == self.name && signature.id == self.id
    }

    /// Whether the signature is by this key over `text`, and if so at what time in
    /// seconds since 1970, where it says so.
    pub(crate) fn check(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, BadSignature> {
        let verify = |message: &[u8], signature: &[u8]| {
            UnparsedPublicKey::new(&ED25519, self.key)
                .verify(message, signature)
                .map_err(|_| BadSignature)
        };
        match self.kind {
            KeyKind::Note => verify(text.as_bytes(), signature).map(|()| None),
            KeyKind::Timestamped => {
                let (at, signature) = signature.split_first_chunk().ok_or(BadSignature)?;
                let at = u64::from_be_bytes(*at);
                if at > LAST {
                    return Err(BadSignature);
                }
                verify(timestamped(text, at).as_bytes(), signature).map(|()| Some(at))
            }
        }
    }
}

/// A signature that is not by the key that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSignature;

impl FromStr for VerifierKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        if text.len() > LONGEST_LINE {
            return Err(BadKey::Form);
        }
        // The key's base64 may have plus signs, the rest has none.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(BadKey::Form);
        };
        let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| BadKey::Form)?;
        let (kind, key) = kind_and_key(&decoded)?;
        let key = Self::new(name, kind, *key)?;
        key.named(id)?;
        Ok(key)
    }
}

impl VerifierKey {
    fn named(&self, id: &str) -> Result<(), BadKey> {
        let right = id == hex(self.id);
        right.then_some(()).ok_or(BadKey::Id)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode([&[self.kind.byte()], self.key.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, hex(self.id))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The private half. Wiped from memory when dropped, and never printed.
pub struct SigningKey {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
    seed: SecretBox<[u8; 32]>,
}

impl SigningKey {
    /// The key that grows from 32 unpredictable bytes.
    ///
    /// # Errors
    /// When the name is not one, or the cryptographic library fails.
    pub fn from_seed(name: &str, kind: KeyKind, seed: SecretBox<[u8; 32]>) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
            .map_err(|_| BadKey::Refused)?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        let verifier = VerifierKey::new(name, kind, public)?;
        Ok(Self {
            verifier,
            pair,
            seed,
        })
    }

    /// From its line; one line feed at the end is left aside.
    ///
    /// # Errors
    /// When it is not one. The error does not have the key in it.
    pub fn parse(line: &SecretString) -> Result<Self, BadKey> {
        let line = line.expose_secret();
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.len() > LONGEST_LINE {
            return Err(BadKey::Form);
        }
        let line = line.strip_prefix(PRIVATE).ok_or(BadKey::Form)?;
        let mut parts = line.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(BadKey::Form);
        };
        let decoded = Zeroizing::new(BASE64_STANDARD.decode(encoded).map_err(|_| BadKey::Form)?);
        let (kind, seed) = kind_and_key(&decoded)?;
        let key = Self::from_seed(name, kind, SecretBox::new(Box::new(*seed)))?;
        key.verifier.named(id)?;
        Ok(key)
    }

    /// Its line, without a line feed.
    #[must_use]
    pub fn to_line(&self) -> SecretString {
        let kind = self.verifier.kind.byte();
        let seed = self.seed.expose_secret();
        let bytes = Zeroizing::new([&[kind], seed.as_slice()].concat());
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(bytes.as_slice()));
        let id = hex(self.verifier.id);
        format!("{PRIVATE}{}+{id}+{}", self.verifier.name, *encoded).into()
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Its name: for a log, the log's own.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    /// A plain signature over `text`, whatever kind the key's line names.
    pub(crate) fn sign(&self, text: &str) -> Signature {
        let bytes = self.pair.sign(text.as_bytes()).as_ref().to_vec();
        self.signature(KeyKind::Note, bytes)
    }

    /// A signature over the checkpoint in `text` that says when it was made, in
    /// seconds since 1970.
    pub(crate) fn sign_at(&self, text: &str, at: u64) -> Signature {
        let at = at.min(LAST);
        let signed = self.pair.sign(timestamped(text, at).as_bytes());
        let bytes = [at.to_be_bytes().as_slice(), signed.as_ref()].concat();
        self.signature(KeyKind::Timestamped, bytes)
    }

    fn signature(&self, kind: KeyKind, bytes: Vec<u8>) -> Signature {
        Signature {
            name: self.verifier.name.clone(),
            id: self.verifier.of_kind(kind).id,
            bytes,
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {}", self.verifier)
    }
}

/// What a timestamped signature is over.
fn timestamped(text: &str, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

fn kind_and_key(bytes: &[u8]) -> Result<(KeyKind, &[u8; 32]), BadKey> {
    let (kind, key) = bytes.split_first().ok_or(BadKey::Form)?;
    let kind = KeyKind::of(*kind)?;
    Ok((kind, key.try_into().map_err(|_| BadKey::Form)?))
}

fn key_id(name: &str, kind: KeyKind, key: &[u8; 32]) -> [u8; 4] {
    let named = [name.as_bytes(), b"\n", &[kind.byte()], key].concat();
    let [a, b, c, d, ..] = Hash::of(&named).0;
    [a, b, c, d]
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

pub(crate) fn check_name(name: &str) -> Result<(), BadKey> {
    let odd = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains(odd) {
        return Err(BadKey::Name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn a_public_key_is_read_and_written_as_it_was() {
        let key: VerifierKey = EXAMPLE.parse().expect("a key");
        assert_eq!((key.name(), key.kind()), ("example.com/foo", KeyKind::Note));
        assert_eq!(key.to_string(), EXAMPLE);
        let twin = key.of_kind(KeyKind::Timestamped);
        assert_ne!(twin.id(), key.id());
        assert_eq!(twin.to_string().parse(), Ok(twin));
    }

    #[test]
    fn what_is_no_public_key_says_why() {
        for (text, why) in [
            ("", BadKey::Form),
            ("example.com/foo", BadKey::Form),
            ("example.com/foo+530d903a", BadKey::Form),
            ("example.com/foo+530d903a+!!!", BadKey::Form),
            ("example.com/foo+530d903a+AekyeRrm", BadKey::Form),
            (&EXAMPLE.replace("530d903a", "530D903A"), BadKey::Id),
            (&EXAMPLE.replace("530d903a", "530d903b"), BadKey::Id),
            (&EXAMPLE.replace("foo", "bar"), BadKey::Id),
            (&EXAMPLE.replace("foo", "f oo"), BadKey::Name),
            (&EXAMPLE.replace("foo", "f\u{a0}oo"), BadKey::Name),
            (&EXAMPLE.replacen("example.com/foo", "", 1), BadKey::Name),
            (&EXAMPLE.replace("foo", &"o".repeat(300)), BadKey::Name),
            (&EXAMPLE.replace("foo", &"o".repeat(600)), BadKey::Form),
            (&EXAMPLE.replace("+A", "+B"), BadKey::Kind(5)),
            (&format!("{EXAMPLE}\n"), BadKey::Form),
        ] {
            assert_eq!(text.parse::<VerifierKey>(), Err(why), "{text}");
        }
    }

    #[test]
    fn a_private_key_comes_back_from_its_line() {
        for kind in [KeyKind::Note, KeyKind::Timestamped] {
            let seed = SecretBox::new(Box::new([7; 32]));
            let key = SigningKey::from_seed("plant.example/log", kind, seed).expect("a key");
            let line = key.to_line();
            let with_feed = SecretString::from(format!("{}\n", line.expose_secret()));
            for line in [&line, &with_feed] {
                let again = SigningKey::parse(line).expect("the same key");
                assert_eq!(again.verifier(), key.verifier());
                assert_eq!(again.sign("text\n"), key.sign("text\n"));
            }
            assert!(!format!("{key:?}").contains("PRIVATE"));
        }
    }

    #[test]
    fn a_private_key_that_go_made_is_understood() {
        // From the tests of golang.org/x/mod/sumdb/note.
        let line = SecretString::from(
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        );
        let key = SigningKey::parse(&line).expect("a key");
        assert_eq!(
            key.verifier().to_string(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
        for bad in [
            "PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
            "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKA==",
            "PRIVATE+KEY+",
            "",
        ] {
            assert!(SigningKey::parse(&bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_timestamp_is_signed_with_the_rest() {
        let seed = SecretBox::new(Box::new([7; 32]));
        let key = SigningKey::from_seed("w.example", KeyKind::Timestamped, seed).expect("a key");
        let verifier = key.verifier();
        // As OpenSSL signs the message of c2sp.org/tlog-cosignature.
        assert_eq!(
            verifier.to_string(),
            "w.example+3e6d1c1c+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
        );
        assert_eq!(
            key.sign_at("log\n0\nroot\n", 1_795_507_200).to_string(),
            "— w.example Pm0cHAAAAABrBUQA1TdgGkN3zdFVCUB5unMnHdXaBb2ln+6+Kir8iN1uMyUvpxub64Je90gIea1ISTwOXhiFzimw9VUi1ZiRzk3kDg=="
        );
        let mut signature = key.sign_at("log\n0\nroot\n", 1_795_507_200).bytes;
        assert_eq!(
            verifier.check("log\n0\nroot\n", &signature),
            Ok(Some(1_795_507_200))
        );
        assert!(verifier.check("log\n1\nroot\n", &signature).is_err());
        signature[7] ^= 1;
        assert!(verifier.check("log\n0\nroot\n", &signature).is_err());
        signature[7] ^= 1;
        assert!(verifier.check("log\n0\nroot\n", &signature[..71]).is_err());
        assert!(verifier.check("log\n0\nroot\n", &[]).is_err());
        let of_end = key.sign_at("log\n0\nroot\n", u64::MAX).bytes;
        assert_eq!(verifier.check("log\n0\nroot\n", &of_end), Ok(Some(LAST)));
    }
}

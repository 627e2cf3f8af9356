//! Names that people write: in the plant file, on the command line, in an SSH
//! user name. One narrow grammar, so that a name is safe in each of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name, in bytes.
pub const MAX_NAME: usize = 63;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a name: use 1 to {MAX_NAME} of the characters a-z, 0-9, '.', '_' and '-', beginning and ending with a letter or digit"
)]
pub struct BadName;

fn is_name(text: &str) -> bool {
    let edge = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= MAX_NAME
        && bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes
            .iter()
            .all(|b| edge(b) || matches!(b, b'.' | b'_' | b'-'))
}

macro_rules! typed_name {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name that `text` is.
            ///
            /// # Errors
            /// [`BadName`] when it is outside the grammar.
            pub fn parse(text: &str) -> Result<Self, BadName> {
                if is_name(text) { Ok(Self(text.to_owned())) } else { Err(BadName) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )+};
}

typed_name! {
    /// A plant.
    SiteName,
    /// An IEC 62443 zone.
    ZoneName,
    /// The only way into a zone.
    ConduitName,
    /// One thing in one zone.
    AssetName,
    /// A person's account. Never given to another person.
    AccountName,
    /// A secret in the vault.
    CredentialName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar() {
        for good in ["a", "plc-7", "anna.berg", "t_1", "0", &"x".repeat(63)] {
            assert_eq!(
                AssetName::parse(good).map(|n| n.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in [
            "",
            "-a",
            "a-",
            ".a",
            "A",
            "a b",
            "a+b",
            "a@b",
            "a/b",
            "ø",
            "a\n",
            &"x".repeat(64),
        ] {
            assert_eq!(AssetName::parse(bad), Err(BadName), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_name_is_refused_in_json_too() {
        assert!(serde_json::from_str::<AccountName>("\"anna+plc\"").is_err());
    }
}

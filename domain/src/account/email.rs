//! Where a person reads mail. The grammar is narrower than RFC 5322: what it
//! lets through is safe in an SMTP command, in a header and in a log, as it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3, without its brackets).
const MAX_ADDRESS: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest label of a domain, in bytes (RFC 1035).
const MAX_LABEL: usize = 63;

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not an e-mail address: write it as name@example.com, in ASCII, without a name beside it, quotes or comments"
)]
pub struct BadEmail;

/// An e-mail address: `anna.berg@example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address that `text` is.
    ///
    /// # Errors
    /// [`BadEmail`] when it is outside the grammar.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        if is_address(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadEmail)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_address(text: &str) -> bool {
    text.len() <= MAX_ADDRESS
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local(local) && is_domain(domain))
}

/// Atoms with dots between them (RFC 5322, `dot-atom-text`).
fn is_local(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    local.len() <= MAX_LOCAL && local.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = BadEmail;

    fn from_str(text: &str) -> Result<Self, BadEmail> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadEmail;

    fn try_from(text: String) -> Result<Self, BadEmail> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar() {
        for good in [
            "a@b",
            "anna.berg@example.com",
            "anna+plant@mail.example.co.uk",
            "o'brien@example.com",
            &format!("{}@example.com", "x".repeat(64)),
        ] {
            assert_eq!(
                EmailAddress::parse(good).map(|a| a.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in [
            "",
            "anna",
            "@example.com",
            "anna@",
            "anna@-example.com",
            "anna@example..com",
            ".anna@example.com",
            "an na@example.com",
            "anna@example.com\r\nBcc: eve@example.com",
            "anna@example.com\n",
            "Anna <anna@example.com>",
            "\"anna berg\"@example.com",
            "anna@eve@example.com",
            "anna@[10.0.0.1]",
            "ånna@example.com",
            "anna@example.com, eve@example.com",
            &format!("{}@example.com", "x".repeat(65)),
            &format!("a@{}", "x".repeat(64)),
            &format!("a@{}", "x.".repeat(130)),
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(BadEmail), "{bad:?}");
        }
    }
}

//! The user name that a vendor's SSH client sends: `ACCOUNT+ASSET`.

use std::fmt;
use std::str::FromStr;

use domain::{AccountName, AssetName};
use thiserror::Error;

/// Who wants to go where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshUser {
    /// Whose ticket it must be.
    pub account: AccountName,
    /// What for.
    pub asset: AssetName,
}

/// A user name that names no account and asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a user name: write ACCOUNT+ASSET, such as anna+plc-7")]
pub struct BadSshUser;

impl FromStr for SshUser {
    type Err = BadSshUser;

    /// Neither name may hold a `+`, so there is one way to read it.
    fn from_str(text: &str) -> Result<Self, BadSshUser> {
        let (account, asset) = text.split_once('+').ok_or(BadSshUser)?;
        Ok(Self {
            account: account.parse().map_err(|_| BadSshUser)?,
            asset: asset.parse().map_err(|_| BadSshUser)?,
        })
    }
}

impl fmt::Display for SshUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.account, self.asset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_an_asset_and_nothing_else() {
        let read: SshUser = "anna+plc-7".parse().expect("a user name");
        assert_eq!(read.account.as_str(), "anna");
        assert_eq!(read.asset.as_str(), "plc-7");
        assert_eq!(read.to_string(), "anna+plc-7");
    }

    #[test]
    fn what_is_unclear_is_refused() {
        let long = "a".repeat(64);
        let bad = [
            "",
            "+",
            "anna",
            "anna+",
            "+plc-7",
            "anna++plc-7",
            "anna+plc-7+",
            "anna+plc-7+plc-8",
            "anna+plc-7@broker",
            "Anna+plc-7",
            "anna +plc-7",
            "anna+plc-7\n",
            "anna+plc-7\0",
            "anna\u{ff0b}plc-7",
            "../anna+plc-7",
            "änna+plc-7",
        ];
        for text in bad {
            assert_eq!(text.parse::<SshUser>(), Err(BadSshUser), "{text:?}");
        }
        assert!(format!("{long}+plc-7").parse::<SshUser>().is_err());
        assert!(format!("anna+{long}").parse::<SshUser>().is_err());
        let longest = "a".repeat(63);
        assert!(format!("{longest}+{longest}").parse::<SshUser>().is_ok());
    }
}

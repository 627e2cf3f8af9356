//! The vault: target secrets, sealed with AES-256-GCM under a key that is kept
//! in a file beside the database, never in it.
//!
//! A secret's name and kind are authenticated with it, so that whoever can write
//! to the database cannot pass one asset's secret off as another's, nor have a
//! private key sent as a password.

mod key;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use domain::{Action, Actor, CredentialName, Draft, Timestamp};
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use thiserror::Error;

pub use self::key::VaultKey;
use crate::authority;
use crate::error::{Refusal, StoreError};
use crate::row::Fields;
use crate::store::Store;
use crate::tx::WriteTx;

/// The longest secret, in bytes: a private key with room to spare.
const LONGEST: usize = 64 * 1024;

/// What the broker signs in to an asset with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A password.
    Password(SecretString),
    /// A private key, in OpenSSH's PEM format.
    PrivateKey(SecretString),
}

impl Credential {
    /// The word for what it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::PrivateKey(_) => "private_key",
        }
    }

    const fn secret(&self) -> &SecretString {
        match self {
            Self::Password(secret) | Self::PrivateKey(secret) => secret,
        }
    }
}

/// What may be told about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialInfo {
    /// Its name.
    pub name: CredentialName,
    /// `password` or `private_key`.
    pub kind: String,
    /// When it was last set.
    pub set_at: Timestamp,
}

/// Why a secret stays shut.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The key file can't be used.
    #[error("vault key file {path}: {why}")]
    KeyFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why not, and what to do.
        why: String,
    },
    /// The secret was sealed under another key or name, or was changed.
    #[error(
        "the credential {0} can't be opened: it was sealed with another key, or was changed in the database. Put the right key file back, or set the credential again with `drawbridge vault set {0}`"
    )]
    Sealed(CredentialName),
    /// The cryptographic library failed.
    #[error("the vault can't seal: the cryptographic library failed")]
    Crypto,
}

pub(crate) struct Vault {
    key: RandomizedNonceKey,
}

impl Vault {
    pub(crate) fn new(key: &VaultKey) -> Result<Self, VaultError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.bytes());
        Ok(Self {
            key: key.map_err(|_| VaultError::Crypto)?,
        })
    }

    /// Nonce, ciphertext and tag.
    fn seal(&self, name: &CredentialName, credential: &Credential) -> Result<Vec<u8>, VaultError> {
        let mut body = credential.secret().expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(binding(name, credential.kind()), &mut body);
        let Ok(nonce) = nonce else {
            body.zeroize();
            return Err(VaultError::Crypto);
        };
        Ok([nonce.as_ref().as_slice(), &body].concat())
    }

    fn open(
        &self,
        name: &CredentialName,
        kind: &str,
        sealed: &[u8],
    ) -> Result<Credential, VaultError> {
        let shut = || VaultError::Sealed(name.clone());
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(shut)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| shut())?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain = self
            .key
            .open_in_place(nonce, binding(name, kind), &mut body)
            .map_err(|_| shut())?;
        let secret = SecretString::from(std::str::from_utf8(plain).map_err(|_| shut())?);
        match kind {
            "password" => Ok(Credential::Password(secret)),
            "private_key" => Ok(Credential::PrivateKey(secret)),
            _ => Err(shut()),
        }
    }
}

/// Whether there is such a credential and of what kind, for the audit log; never
/// what it is.
async fn facts(tx: &mut WriteTx, name: &CredentialName) -> Result<Value, StoreError> {
    let row = sqlx::query("SELECT name, kind FROM credentials WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(tx.conn())
        .await?;
    let Some(row) = row else {
        return Ok(json!({ "set": false }));
    };
    let kind: &str = Fields::new(&row, "credentials", "name")?.get("kind")?;
    Ok(json!({ "set": true, "kind": kind }))
}

fn binding(name: &CredentialName, kind: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("drawbridge credential v1:{kind}:{name}").into_bytes())
}

impl Store {
    /// Puts a secret into the vault, or another in its place.
    ///
    /// # Errors
    /// When the actor may not, when it is empty or longer than 64 KiB, or when the
    /// database fails.
    pub async fn set_credential(
        &self,
        actor: &Actor,
        name: &CredentialName,
        credential: Credential,
    ) -> Result<(), StoreError> {
        if !(1..=LONGEST).contains(&credential.secret().expose_secret().len()) {
            let text = "the credential is empty or longer than 64 KiB; nothing was stored";
            return Err(Refusal::new("bad_credential", text).into());
        }
        let sealed = self.inner.vault.seal(name, &credential)?;
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ManageCredentials).await?;
        let before = facts(&mut tx, name).await?;
        sqlx::query(concat!(
            "INSERT INTO credentials (name, kind, sealed, set_at) VALUES ($1, $2, $3, $4)",
            " ON CONFLICT (name) DO UPDATE SET",
            " kind = excluded.kind, sealed = excluded.sealed, set_at = excluded.set_at",
        ))
        .bind(name.as_str())
        .bind(credential.kind())
        .bind(sealed)
        .bind(tx.now().as_micros())
        .execute(tx.conn())
        .await?;
        let draft = Draft::new("credential.set", "credential", name)
            .before(before)
            .after(json!({ "set": true, "kind": credential.kind() }));
        tx.commit(actor, draft).await
    }

    /// Takes a secret out of the vault.
    ///
    /// # Errors
    /// When the actor may not, there is none of that name, or the database fails.
    pub async fn remove_credential(
        &self,
        actor: &Actor,
        name: &CredentialName,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        authority::require(&mut tx, actor, Action::ManageCredentials).await?;
        let before = facts(&mut tx, name).await?;
        let removed = sqlx::query("DELETE FROM credentials WHERE name = $1")
            .bind(name.as_str())
            .execute(tx.conn())
            .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::missing("credential", name));
        }
        let draft = Draft::new("credential.removed", "credential", name)
            .before(before)
            .after(json!({ "set": false }));
        tx.commit(actor, draft).await
    }

    /// The secret, for the broker to sign in to an asset with.
    ///
    /// # Errors
    /// When it can't be opened, or the database fails.
    pub async fn credential(
        &self,
        name: &CredentialName,
    ) -> Result<Option<Credential>, StoreError> {
        let row = sqlx::query("SELECT name, kind, sealed FROM credentials WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.inner.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let fields = Fields::new(&row, "credentials", "name")?;
        Ok(Some(self.inner.vault.open(
            name,
            fields.get("kind")?,
            fields.get("sealed")?,
        )?))
    }

    /// What is in the vault, without the secrets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credentials(&self) -> Result<Vec<CredentialInfo>, StoreError> {
        let rows = sqlx::query("SELECT name, kind, set_at FROM credentials ORDER BY name")
            .fetch_all(&self.inner.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let fields = Fields::new(row, "credentials", "name")?;
                Ok(CredentialInfo {
                    name: fields.parse("name")?,
                    kind: fields.get("kind")?,
                    set_at: fields.time("set_at")?,
                })
            })
            .collect()
    }

    /// A lost or exchanged key file is found out at the start, not by a vendor.
    pub(crate) async fn warn_of_unreadable_credentials(&self) -> Result<(), StoreError> {
        for CredentialInfo { name, .. } in self.credentials().await? {
            if let Err(error) = self.credential(&name).await {
                tracing::error!(credential = %name, %error, "vault.unreadable");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

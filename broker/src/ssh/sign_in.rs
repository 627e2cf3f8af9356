//! Signing in to an asset with a secret from the vault. The secret goes to the
//! library and nowhere else: no error and no log line holds it.

use std::sync::Arc;

use domain::{CloseReason, CredentialName, Permit};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Reply, Prompt};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{MethodKind, MethodSet};
use secrecy::{ExposeSecret, SecretString};
use store::Credential;

use super::keyhole::Keyhole;
use crate::house::House;
use crate::session::ChannelEnd;

/// Rounds of questions that an asset may ask.
const ROUNDS: usize = 4;

/// Signs in as the asset's user.
///
/// # Errors
/// When the vault has no usable secret, or the asset refuses it.
pub(super) async fn sign_in(
    connection: &mut Handle<Keyhole>,
    house: &House,
    permit: &Permit,
) -> Result<(), ChannelEnd> {
    let name = permit.credential();
    let credential = match house.store.credential(name).await {
        Ok(Some(credential)) => credential,
        Ok(None) => return Err(missing(format!("the vault has no credential {name}"))),
        Err(error) => return Err(missing(error)),
    };
    let signed_in = match &credential {
        Credential::Password(password) => with_password(connection, permit.user(), password).await,
        Credential::PrivateKey(key) => with_key(connection, permit.user(), name, key).await?,
    };
    match signed_in {
        Ok(true) => Ok(()),
        Ok(false) => Err(ChannelEnd::noted(
            CloseReason::TargetRefusedCredential,
            format!(
                "the asset refused the credential {name} for the user {}",
                permit.user()
            ),
        )),
        Err(error) => Err(ChannelEnd::noted(
            CloseReason::TargetUnreachable,
            format!("the connection ended while signing in: {error}"),
        )),
    }
}

fn missing(note: impl ToString) -> ChannelEnd {
    ChannelEnd::noted(CloseReason::CredentialMissing, note)
}

type Outcome = Result<bool, russh::Error>;

async fn with_key(
    connection: &mut Handle<Keyhole>,
    user: &str,
    name: &CredentialName,
    key: &SecretString,
) -> Result<Outcome, ChannelEnd> {
    let unreadable = || {
        missing(format!(
            "the credential {name} is no private key that can be read"
        ))
    };
    // The error is left out: it might quote the key.
    let key = decode_secret_key(key.expose_secret(), None).map_err(|_| unreadable())?;
    let hash = if key.algorithm().is_rsa() {
        match connection.best_supported_rsa_hash().await {
            // Never with SHA-1, which is what no hash stands for.
            Ok(hash) => Some(hash.flatten().unwrap_or(HashAlg::Sha256)),
            Err(error) => return Ok(Err(error)),
        }
    } else {
        None
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    let result = connection.authenticate_publickey(user, key).await;
    Ok(result.map(|result| result.success()))
}

async fn with_password(
    connection: &mut Handle<Keyhole>,
    user: &str,
    password: &SecretString,
) -> Outcome {
    let result = connection
        .authenticate_password(user, password.expose_secret())
        .await?;
    match result {
        AuthResult::Success => Ok(true),
        AuthResult::Failure {
            remaining_methods, ..
        } if asks_instead(&remaining_methods) => answer(connection, user, password).await,
        AuthResult::Failure { .. } => Ok(false),
    }
}

/// Many systems take a password only as the answer to a question.
fn asks_instead(methods: &MethodSet) -> bool {
    methods.contains(&MethodKind::KeyboardInteractive) && !methods.contains(&MethodKind::Password)
}

async fn answer(connection: &mut Handle<Keyhole>, user: &str, password: &SecretString) -> Outcome {
    let mut reply = connection
        .authenticate_keyboard_interactive_start(user, None)
        .await?;
    for _ in 0..ROUNDS {
        let Reply::InfoRequest { prompts, .. } = reply else {
            break;
        };
        let Some(answers) = answers(&prompts, password) else {
            return Ok(false);
        };
        reply = connection
            .authenticate_keyboard_interactive_respond(answers)
            .await?;
    }
    Ok(matches!(reply, Reply::Success))
}

/// The password answers one hidden question and no other: an asset that asks for
/// more is not the one that it was stored for.
fn answers(prompts: &[Prompt], password: &SecretString) -> Option<Vec<String>> {
    match prompts {
        [] => Some(Vec::new()),
        [one] if !one.echo => Some(vec![password.expose_secret().to_owned()]),
        _ => None,
    }
}

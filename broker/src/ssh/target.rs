//! The connection to an asset: dialled under a permit, its host key pinned, signed
//! in to with a secret from the vault.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::{CloseReason, Denied, Permit};
use russh::client::{self, Msg};
use russh::keys::{HashAlg, PublicKey};
use russh::{AlgorithmKind, Channel};

use super::algorithms;
use super::keyhole::Keyhole;
use super::sign_in::sign_in;
use super::silence::until_silent;
use crate::dial::{DialError, dial};
use crate::house::House;
use crate::session::ChannelEnd;
use crate::wire::{CutOnDrop, Tap, Wire};

/// A channel on an asset. One connection each: no channel waits for another.
pub(super) struct Target {
    pub(super) channel: Channel<Msg>,
    pub(super) connection: Connection,
}

/// A connection to an asset; cut when dropped.
pub(super) struct Connection {
    handle: client::Handle<Keyhole>,
    cut: CutOnDrop,
}

impl Connection {
    pub(super) const fn tap(&self) -> &Tap {
        &self.cut.0
    }

    /// Returns once the asset has gone without a word.
    pub(super) async fn until_silent(&self, every: Duration) {
        let ask = || self.handle.send_keepalive(true);
        until_silent(self.tap(), every, ask).await;
    }
}

/// Connects, checks the host key, signs in and opens a channel.
///
/// # Errors
/// The reason for the vendor, and a note for the plant. It names no secret.
pub(super) async fn connect(house: &House, permit: &Permit) -> Result<Target, ChannelEnd> {
    let within = house.limits.time_to_connect;
    match tokio::time::timeout(within, connect_in_time(house, permit)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ChannelEnd::noted(
            CloseReason::TargetUnreachable,
            format!("{} did not answer within {within:?}", permit.target()),
        )),
    }
}

async fn connect_in_time(house: &House, permit: &Permit) -> Result<Target, ChannelEnd> {
    let pinned = PublicKey::from_openssh(permit.host_key()).map_err(|error| {
        ChannelEnd::noted(
            CloseReason::BrokerFault,
            format!("the pinned host key can't be read: {error}"),
        )
    })?;
    let socket = dial(permit, house.clock.now()).await.map_err(undialled)?;
    let (wire, tap) = Wire::new(socket, u64::MAX);
    let cut = CutOnDrop(tap.clone());

    let shown = Arc::new(OnceLock::new());
    let keyhole = Keyhole::new(pinned.clone(), Arc::clone(&shown), tap);
    let config = algorithms::for_asset(&pinned);
    let connected = client::connect_stream(config, wire, keyhole).await;
    let mut handle = match connected {
        Ok(handle) => handle,
        Err(error) => return Err(unmet(&error, &pinned, shown.get())),
    };
    sign_in(&mut handle, house, permit).await?;
    let channel = handle
        .channel_open_session()
        .await
        .map_err(|error| unreachable(format!("the asset opens no channel: {error}")))?;
    let connection = Connection { handle, cut };
    Ok(Target {
        channel,
        connection,
    })
}

fn unreachable(note: impl ToString) -> ChannelEnd {
    ChannelEnd::noted(CloseReason::TargetUnreachable, note)
}

fn undialled(error: DialError) -> ChannelEnd {
    match &error {
        DialError::Denied(denied) => ChannelEnd::noted(ended(denied), error),
        DialError::Source { .. } | DialError::Connect { .. } => unreachable(error),
    }
}

/// A permit that no longer holds, as the end of a session.
pub(super) const fn ended(denied: &Denied) -> CloseReason {
    match denied {
        Denied::Over { .. } => CloseReason::WindowEnded,
        Denied::AccountDisabled => CloseReason::AccountDisabled,
        Denied::ConduitClosed => CloseReason::ConduitClosed,
        Denied::NotGranted
        | Denied::NotYet { .. }
        | Denied::Revoked
        | Denied::NoConduit
        | Denied::TooManySessions { .. } => CloseReason::GrantRevoked,
    }
}

/// Why no connection came about on a socket that did.
fn unmet(error: &russh::Error, pinned: &PublicKey, shown: Option<&PublicKey>) -> ChannelEnd {
    let pinned_algorithm = pinned.algorithm();
    let pinned = pinned.fingerprint(HashAlg::Sha256);
    if let Some(shown) = shown {
        let shown = shown.fingerprint(HashAlg::Sha256);
        let note = format!("pinned {pinned}, shown {shown}");
        return ChannelEnd::noted(CloseReason::HostKeyChanged, note);
    }
    if let russh::Error::NoCommonAlgo {
        kind: AlgorithmKind::Key,
        theirs,
        ..
    } = error
    {
        let theirs = theirs.join(" ");
        if pinned_algorithm.is_rsa() && theirs.split(' ').any(|name| name == "ssh-rsa") {
            return unreachable(
                "the asset signs with its RSA host key by SHA-1 alone, which is refused",
            );
        }
        // It has no key of the pinned one's kind any more.
        let note = format!("pinned {pinned}, shown only keys of other kinds: {theirs}");
        return ChannelEnd::noted(CloseReason::HostKeyChanged, note);
    }
    unreachable(format!("the SSH connection did not come about: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_no_key_in_common(pinned: &str, theirs: &[&str]) -> CloseReason {
        let error = russh::Error::NoCommonAlgo {
            kind: AlgorithmKind::Key,
            ours: Vec::new(),
            theirs: theirs.iter().map(|&name| name.to_owned()).collect(),
        };
        let pinned = PublicKey::from_openssh(pinned).expect("a key");
        unmet(&error, &pinned, None).reason
    }

    #[test]
    fn an_old_signature_is_no_changed_key() {
        const ED25519: &str =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
        const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7vbqajDw4o6gJy8UtmIbkcpnkO3Kwc4qsEnSZp/TR+fQi62F79RHWmwKOtFmwteURgLbj7D/WGuNLGOfa/2vse3G2eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYivCDdPjJ1QWPdspTBKcxeFbccDw==";
        let old = ["ssh-rsa", "ssh-dss"];
        assert_eq!(
            with_no_key_in_common(RSA, &old),
            CloseReason::TargetUnreachable
        );
        assert_eq!(
            with_no_key_in_common(RSA, &["ssh-dss"]),
            CloseReason::HostKeyChanged
        );
        assert_eq!(
            with_no_key_in_common(ED25519, &old),
            CloseReason::HostKeyChanged
        );
    }
}

//! The client's side of a connection to an asset: what it lets in.

use std::sync::{Arc, OnceLock};

use russh::client::{self, ChannelOpenHandle, Msg, Session as Connection};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelId, ChannelOpenFailure, Sig};

use crate::wire::Tap;

/// The client's side of a connection to an asset. Lets in nothing but the pinned
/// key, and nothing that the asset opens by itself.
pub(crate) struct Keyhole {
    pinned: PublicKey,
    /// Another key than the pinned one.
    shown: Arc<OnceLock<PublicKey>>,
    tap: Tap,
}

impl Keyhole {
    pub(crate) const fn new(pinned: PublicKey, shown: Arc<OnceLock<PublicKey>>, tap: Tap) -> Self {
        Self { pinned, shown, tap }
    }
}

impl client::Handler for Keyhole {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Ok(false);
        };
        let same = key.key_data() == self.pinned.key_data();
        if !same {
            let _ = self.shown.set(key.clone());
        }
        Ok(same)
    }

    // Each of these comes once per message that has just been queued for the
    // channel, and keeps the count of what lies there.

    async fn data(
        &mut self,
        _: ChannelId,
        data: &[u8],
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(data.len());
        Ok(())
    }

    async fn extended_data(
        &mut self,
        _: ChannelId,
        _: u32,
        data: &[u8],
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(data.len());
        Ok(())
    }

    async fn window_adjusted(
        &mut self,
        _: ChannelId,
        _: u32,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn channel_success(
        &mut self,
        _: ChannelId,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn channel_failure(
        &mut self,
        _: ChannelId,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn channel_eof(&mut self, _: ChannelId, _: &mut Connection) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn channel_close(
        &mut self,
        _: ChannelId,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn xon_xoff(
        &mut self,
        _: ChannelId,
        _: bool,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn exit_status(
        &mut self,
        _: ChannelId,
        _: u32,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    async fn exit_signal(
        &mut self,
        _: ChannelId,
        _: Sig,
        _: bool,
        _: &str,
        _: &str,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.tap.hold(0);
        Ok(())
    }

    // An asset opens nothing. The library's own answer would be yes.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), russh::Error> {
        reply
            .reject(ChannelOpenFailure::AdministrativelyProhibited)
            .await;
        Ok(())
    }
}

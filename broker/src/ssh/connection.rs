//! A vendor's connection from outside: whether it still is, and its end.

use std::future::Future;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{Fuse, FusedFuture};
use russh::Disconnect;
use russh::server::{Handle, RunningSession};

use super::silence::until_silent;
use super::vendor::Vendor;
use crate::wire::{CutOnDrop, Tap};

/// A vendor's connection. Cut when dropped.
pub(crate) struct Connection {
    handle: Handle,
    running: Fuse<RunningSession<Vendor>>,
    cut: CutOnDrop,
}

impl Connection {
    pub(crate) fn new(running: RunningSession<Vendor>, tap: Tap) -> Self {
        Self {
            handle: running.handle(),
            running: running.fuse(),
            cut: CutOnDrop(tap),
        }
    }

    /// Waits for its end, and says how it ended; at once and without a word if that
    /// was said before.
    pub(crate) async fn over(&mut self) -> Result<(), russh::Error> {
        if self.running.is_terminated() {
            return Ok(());
        }
        (&mut self.running).await
    }

    /// Ends it at once, whatever the peer does.
    pub(crate) async fn cut(&mut self) {
        self.cut.0.cut();
        let _ = self.over().await;
    }

    /// Ends it with a word to the client, which may take `grace` to hear it and as
    /// long to answer.
    pub(crate) async fn end(mut self, why: &str, grace: Duration) {
        if !self.running.is_terminated() {
            let word =
                self.handle
                    .disconnect(Disconnect::ByApplication, why.to_owned(), String::new());
            let _ = tokio::time::timeout(grace, word).await;
            let _ = tokio::time::timeout(grace, self.over()).await;
        }
        self.cut().await;
    }

    /// Returns once the client has gone without a word.
    pub(crate) fn until_silent(&self, every: Duration) -> impl Future<Output = ()> + use<> {
        let (handle, tap) = (self.handle.clone(), self.cut.0.clone());
        async move {
            // The library has no keepalive that can begin after authentication. A
            // request that no client grants is as good: RFC 4254, 4 has it answered.
            let ask = || handle.cancel_forward_tcpip(String::new(), 0);
            until_silent(&tap, every, ask).await;
        }
    }
}

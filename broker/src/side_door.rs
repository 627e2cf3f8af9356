//! A way in for those who come through this program itself: a vendor's browser, for
//! whom the API speaks SSH. It leads to the same porch, and from there on nothing is
//! different.

use std::net::IpAddr;

use thiserror::Error;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// So much is under way between the two ends, in bytes.
const BUFFER: usize = 256 << 10;

/// How many may knock at once.
const KNOCKS: usize = 64;

/// Somebody who comes this way, and from where.
pub(crate) struct Arrival {
    pub(crate) stream: DuplexStream,
    pub(crate) source: IpAddr,
}

/// A way in beside the listener.
#[derive(Clone, Debug)]
pub struct SideDoor(mpsc::Sender<Arrival>);

/// The broker has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the broker lets nobody in any more")]
pub struct Closed;

impl SideDoor {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Arrival>) {
        let (send, arrivals) = mpsc::channel(KNOCKS);
        (Self(send), arrivals)
    }

    /// A connection to the broker's SSH server, for one who comes from `source`.
    /// Where the porch is full it ends at once, as the listener's would.
    ///
    /// # Errors
    /// When the broker has stopped.
    pub async fn connect(&self, source: IpAddr) -> Result<DuplexStream, Closed> {
        let (ours, stream) = tokio::io::duplex(BUFFER);
        let arrival = Arrival { stream, source };
        self.0.send(arrival).await.map_err(|_| Closed)?;
        Ok(ours)
    }
}

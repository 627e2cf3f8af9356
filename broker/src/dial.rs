//! The only outbound sockets towards assets.

use std::io;
use std::net::SocketAddr;

use domain::{Denied, Permit, Timestamp};
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream};

/// Why no connection was made.
#[derive(Debug, Error)]
pub(crate) enum DialError {
    /// The permit no longer holds. Nothing was tried.
    #[error("the permit no longer holds ({})", .0.code())]
    Denied(Denied),
    /// The conduit's own address can't be used.
    #[error("leaving from the conduit's address {from}: {source}")]
    Source {
        /// That address.
        from: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The asset was not reached.
    #[error("connecting to {to}: {source}")]
    Connect {
        /// The pinned address and port.
        to: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Connects to the one address and port that the permit has pinned, from the one
/// that its conduit names. There is no name to resolve.
///
/// # Errors
/// As [`DialError`] says.
pub(crate) async fn dial(permit: &Permit, now: Timestamp) -> Result<TcpStream, DialError> {
    permit.check(now).map_err(DialError::Denied)?;
    let to = permit.target();
    let connect = |source| DialError::Connect { to, source };
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }
    .map_err(connect)?;
    socket.set_nodelay(true).map_err(connect)?;
    if let Some(from) = permit.source() {
        let from = SocketAddr::new(from, 0);
        socket
            .bind(from)
            .map_err(|source| DialError::Source { from, source })?;
    }
    socket.connect(to).await.map_err(connect)
}

//! How many connections may be open to the API. Beyond that a connection is closed
//! before its handshake, which is what costs.

use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use domain::{Crowd, CrowdLimits};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::silence;

/// A browser has six, and a whole control room may come from one address.
const LIMITS: CrowdLimits = CrowdLimits {
    per_address: 64,
    all: 1024,
};

/// Lets connections in as long as there is room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Door {
    crowd: Arc<Mutex<Crowd>>,
}

impl Door {
    fn enter(&self, address: IpAddr) -> Option<Place> {
        lock(&self.crowd).enter(address, &LIMITS).then(|| Place {
            crowd: Arc::clone(&self.crowd),
            address,
        })
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Counted;
    type Service = S;
    type Future = Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let counted = stream.peer_addr().and_then(|peer| {
            let place = self.enter(peer.ip()).ok_or_else(|| {
                tracing::debug!(source = %peer.ip(), "http.too_many_connections");
                io::Error::from(io::ErrorKind::ConnectionRefused)
            })?;
            silence::bound(&stream)?;
            Ok(Counted {
                stream,
                _place: place,
            })
        });
        ready(counted.map(|stream| (stream, service)))
    }
}

/// One place, left when dropped.
struct Place {
    crowd: Arc<Mutex<Crowd>>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.crowd).leave(self.address);
    }
}

fn lock(crowd: &Mutex<Crowd>) -> MutexGuard<'_, Crowd> {
    // A count is whole at every moment, so a panic elsewhere has not broken it.
    crowd.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that has its place for as long as it is open.
pub(crate) struct Counted {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

//! The API over TLS.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::GRACE;
use super::crowd::Door;
use super::tls::Certificates;

/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take for its first request, once it has shaken hands.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// Serves until `stop`.
pub(super) async fn serve(
    listener: TcpListener,
    certificates: Certificates,
    router: Router,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let handle = Handle::new();
    let tls = RustlsAcceptor::new(certificates.in_use()).handshake_timeout(HANDSHAKE);
    let server = axum_server::from_tcp(listener.into_std()?)?
        .acceptor(tls.acceptor(Door::default()))
        .handle(handle.clone())
        .first_request_timeout(FIRST_REQUEST);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = async {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(GRACE));
        std::future::pending().await
    };
    tokio::select! {
        served = server.serve(service) => served.context("the API has ended"),
        () = stopping => Ok(()),
        () = certificates.keep_fresh() => Ok(()),
    }
}

//! How a witness is asked: `POST /add-checkpoint`, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use ledger::witness::{LONGEST_REQUEST, Refused};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::memory::{Memory, NotSigned};
use crate::server::{Certificates, Door};

/// How long a client may take to shake hands, to ask first, and to send a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take to an end when the witness is stopped.
const GRACE: Duration = Duration::from_secs(3);
/// What the protocol has for the body that says which size was signed last.
const SIZE: &str = "text/x.tlog.size";

/// Serves until `stop`.
pub(super) async fn serve(
    listener: TcpListener,
    certificates: Option<Certificates>,
    memory: Arc<Memory>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .with_state(memory);
    let service = router.into_make_service();
    let handle: Handle<SocketAddr> = Handle::new();
    let server = axum_server::from_tcp(listener.into_std()?)?
        .acceptor(Door::default())
        .handle(handle.clone())
        .first_request_timeout(PATIENCE);
    let serving = async {
        match certificates {
            None => server.serve(service).await,
            Some(certificates) => {
                let tls = RustlsAcceptor::new(certificates.in_use()).handshake_timeout(PATIENCE);
                let server = server.map(|door| tls.acceptor(door));
                tokio::select! {
                    served = server.serve(service) => served,
                    () = certificates.keep_fresh() => Ok(()),
                }
            }
        }
    };
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.cancelled() => {
            handle.graceful_shutdown(Some(GRACE));
            serving.await
        }
    };
    served.context("the witness has ended")
}

async fn add_checkpoint(State(memory): State<Arc<Memory>>, body: Body) -> Response {
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, LONGEST_REQUEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return tell(StatusCode::PAYLOAD_TOO_LARGE, "the request is too long"),
        Err(_) => return tell(StatusCode::REQUEST_TIMEOUT, "the request took too long"),
    };
    let signed = tokio::task::spawn_blocking(move || memory.sign(&body)).await;
    match signed {
        Ok(Ok(signature)) => signature.into_response(),
        Ok(Err(NotSigned::Bad(why))) => tell(StatusCode::BAD_REQUEST, &why.to_string()),
        Ok(Err(NotSigned::Refused(Refused::OtherSize(size)))) => (
            StatusCode::CONFLICT,
            [(header::CONTENT_TYPE, SIZE)],
            format!("{size}\n"),
        )
            .into_response(),
        Ok(Err(NotSigned::Refused(why))) => {
            tracing::warn!(%why, "witness.refused");
            let status = StatusCode::from_u16(why.status());
            tell(status.unwrap_or(StatusCode::BAD_REQUEST), &why.to_string())
        }
        // What is wrong on this machine is for its administrator alone.
        Ok(Err(NotSigned::Failed(error))) => {
            tracing::error!(error = format!("{error:#}"), "witness.failed");
            tell(StatusCode::INTERNAL_SERVER_ERROR, "the witness can't sign")
        }
        Err(panic) => {
            tracing::error!(%panic, "witness.failed");
            tell(StatusCode::INTERNAL_SERVER_ERROR, "the witness can't sign")
        }
    }
}

fn tell(status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}

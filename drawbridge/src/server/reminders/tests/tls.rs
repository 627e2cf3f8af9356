//! A webhook over TLS: called if it has the right certificate, and not otherwise.

use std::net::Ipv4Addr;
use std::sync::Arc;

use reqwest::Url;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::super::webhook::Webhook;
use super::*;

/// A server that takes one call after the other; its port, its certificate in PEM, and
/// what it was sent.
async fn server(name: &str) -> (u16, String, mpsc::UnboundedReceiver<String>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("made");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
        .expect("a configuration");
    let tls = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let (send, calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = tls.accept(stream).await else {
                continue;
            };
            let mut call = String::new();
            let mut piece = [0; 4096];
            while !call.ends_with('}') {
                let n = stream.read(&mut piece).await.expect("read");
                call += std::str::from_utf8(&piece[..n]).expect("text");
            }
            send.send(call).expect("somebody listens");
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.expect("written");
            let _ = stream.shutdown().await;
        }
    });
    (port, made.cert.pem(), calls)
}

fn webhook(dir: &Path, port: u16, ca: &str) -> Webhook {
    let secret = dir.join("secret");
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("private");
    fs::write(dir.join("ca.pem"), ca).expect("written");
    let webhook = config::Webhook {
        url: Url::parse(&format!("https://localhost:{port}/told")).expect("an address"),
        name: format!("localhost:{port}"),
        secret_file: secret,
        ca: Some(dir.join("ca.pem")),
    };
    Webhook::open(&webhook, "https://access.example.com".to_owned()).expect("opened")
}

fn notice() -> DueNotice {
    DueNotice {
        id: "01930000-0000-7000-8000-000000000001"
            .parse()
            .expect("an id"),
        event: 7,
        kind: domain::NoticeKind::Test,
        account: "adam".parse().expect("a name"),
        email: None,
        subject: "A test".to_owned(),
        body: "It works.\n".to_owned(),
        path: "/notices".to_owned(),
        created_at: Timestamp::from_micros(0),
        tries: 0,
        active: true,
    }
}

#[tokio::test]
async fn one_with_the_right_certificate_is_called_and_no_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let (port, ca, mut calls) = server("localhost").await;
    let (_, another, _) = server("localhost").await;
    let now = Timestamp::from_micros(0);

    let sent = webhook(dir.path(), port, &another)
        .send(&notice(), now)
        .await;
    assert!(matches!(sent, Err(NotSent::Yet(_))), "{sent:?}");
    assert!(calls.try_recv().is_err(), "nothing was told");

    let sent = webhook(dir.path(), port, &ca).send(&notice(), now).await;
    sent.expect("sent");
    let call = calls.recv().await.expect("a call");
    assert!(call.starts_with("POST /told HTTP/1.1\r\n"), "{call}");
    assert!(call.contains("webhook-signature: v1,"), "{call}");
    assert!(
        call.contains("https://access.example.com/notices"),
        "{call}"
    );

    // The right authority, and another's name.
    let (port, ca, mut calls) = server("hooks.example.com").await;
    let sent = webhook(dir.path(), port, &ca).send(&notice(), now).await;
    assert!(matches!(sent, Err(NotSent::Yet(_))), "{sent:?}");
    assert!(calls.try_recv().is_err(), "nothing was told");
}

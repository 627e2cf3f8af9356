use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Parts, Running, start};
use crate::config::{self, Config};

fn config(dir: &Path) -> Config {
    let text = "data = \"data\"\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"localhost\"]\n\
                [ssh]\nlisten = \"127.0.0.1:0\"\n";
    config::parse(text, dir).expect("a configuration")
}

async fn running(config: &Config) -> Running {
    start(config.clone(), Parts::real()).await.expect("starts")
}

/// The status of an answer, from a client that trusts `ca` alone.
async fn health(running: &Running, ca: &[u8]) -> Result<u16, String> {
    let ca = reqwest::Certificate::from_pem(ca).expect("a certificate");
    let client = reqwest::Client::builder()
        .tls_certs_only([ca])
        .build()
        .expect("a client");
    let url = format!(
        "https://localhost:{}/api/v1/health",
        running.api_addr.port()
    );
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| format!("{error:?}"))?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn a_restart_keeps_what_others_trust() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let first = running(&config).await;
    let ca = std::fs::read(&first.ca_pem).expect("the authority");
    let host_key = first.ssh_host_key.clone();
    assert_eq!(health(&first, &ca).await, Ok(200));
    first.stop().await.expect("stops");

    let second = running(&config).await;
    assert_eq!(std::fs::read(&second.ca_pem).expect("the authority"), ca);
    assert_eq!(second.ssh_host_key, host_key);
    assert_eq!(
        health(&second, &ca).await,
        Ok(200),
        "its new key is of the old authority"
    );
    second.stop().await.expect("stops");
}

#[tokio::test]
async fn nobody_else_is_trusted() {
    let (here, there) = (tempfile::tempdir(), tempfile::tempdir());
    let (here, there) = (here.expect("a directory"), there.expect("a directory"));
    let one = running(&config(here.path())).await;
    let two = running(&config(there.path())).await;
    let ca = std::fs::read(&two.ca_pem).expect("the authority");
    let refused = health(&one, &ca).await.expect_err("refused");
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    one.stop().await.expect("stops");
    two.stop().await.expect("stops");
}

#[tokio::test]
async fn a_data_directory_has_one_server() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = config(dir.path());
    let first = running(&config).await;
    let error = start(config.clone(), Parts::real())
        .await
        .err()
        .expect("refused")
        .to_string();
    assert!(error.contains("another Drawbridge runs on"), "{error}");
    first.stop().await.expect("stops");
    running(&config).await.stop().await.expect("stops");
}

#[tokio::test]
async fn what_can_not_be_used_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let good = config(dir.path());
    running(&good).await.stop().await.expect("stops");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let mut config = good.clone();
    config.ssh.listen = taken.local_addr().expect("an address");
    let error = start(config, Parts::real())
        .await
        .err()
        .expect("refused")
        .to_string();
    assert!(
        error.contains("the SSH can't listen on 127.0.0.1:"),
        "{error}"
    );

    let key = good.data.join("ssh_host_ed25519_key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("opened");
    let error = start(good, Parts::real())
        .await
        .err()
        .expect("refused")
        .to_string();
    assert!(error.contains("others may read the key"), "{error}");
}

/// Whether the other end closes the connection soon.
async fn is_closed(stream: &mut TcpStream, soon: Duration) -> bool {
    let read = tokio::time::timeout(soon, stream.read_u8()).await;
    matches!(read, Ok(Err(_)))
}

#[tokio::test]
async fn one_address_has_only_so_many_connections_and_each_must_shake_hands() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = running(&config(dir.path())).await;
    let ca = std::fs::read(&running.ca_pem).expect("the authority");
    let connect = || async { TcpStream::connect(running.api_addr).await.expect("open") };
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(connect().await);
    }
    let soon = Duration::from_millis(200);
    let first = open.first_mut().expect("the first");
    assert!(!is_closed(first, soon).await, "it may shake hands");
    assert!(is_closed(&mut connect().await, 10 * soon).await, "the 65th");
    health(&running, &ca).await.expect_err("no room");

    drop(open.pop());
    let mut answered = health(&running, &ca).await;
    for _ in 0..20 {
        if answered.is_ok() {
            break;
        }
        tokio::time::sleep(soon / 4).await;
        answered = health(&running, &ca).await;
    }
    assert_eq!(answered, Ok(200), "a place was left");

    let first = open.first_mut().expect("the first");
    assert!(
        is_closed(first, Duration::from_secs(13)).await,
        "it says nothing"
    );
    running.stop().await.expect("stops");
}

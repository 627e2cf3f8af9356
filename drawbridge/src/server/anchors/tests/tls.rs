//! What is sent over TLS goes to the one who has the right certificate, whole, and to
//! nobody else.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls_pki_types::CertificateDer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::*;

/// An authority of the test's own.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let pair = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let pem = params.self_signed(&pair).expect("a certificate").pem();
        Self(Issuer::new(params, pair), pem)
    }

    /// A server of that name, with a certificate until the end of that year.
    fn server(&self, name: &str, until: i32) -> TlsAcceptor {
        let pair = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let certificate = params.signed_by(&pair, &self.0).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        acceptor(certificate.der().clone(), key)
    }
}

fn acceptor(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(tls))
}

/// What a server does with a connection, once keys are exchanged.
#[derive(Clone, Copy)]
enum Manner {
    /// Reads to the end, and closes.
    Takes,
    /// Reads to the end, and keeps the connection open.
    Keeps,
    /// Cuts the connection off at once.
    CutsOff,
}

/// A collector that behaves like that; what it has read, byte for byte.
async fn collector(tls: TlsAcceptor, manner: Manner) -> (SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let addr = listener.local_addr().expect("an address");
    let read = Arc::new(Mutex::new(Vec::new()));
    let frames = Arc::clone(&read);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = tls.accept(stream).await else {
                continue;
            };
            match manner {
                Manner::Takes => {
                    let (bytes, _) = all(stream).await;
                    frames.lock().expect("whole").push(bytes);
                }
                Manner::Keeps => {
                    let (bytes, stream) = all(stream).await;
                    frames.lock().expect("whole").push(bytes);
                    kept.push(stream);
                }
                Manner::CutsOff => {
                    let (stream, _) = stream.into_inner();
                    stream.set_zero_linger().expect("set");
                }
            }
        }
    });
    (addr, read)
}

async fn all(mut stream: TlsStream<TcpStream>) -> (Vec<u8>, TlsStream<TcpStream>) {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    (bytes, stream)
}

fn syslog(at: SocketAddr, dir: &Path, ca: &str) -> String {
    fs::write(dir.join("ca.pem"), ca).expect("written");
    format!(
        "[[anchor]]\nkind = \"syslog\"\naddress = \"127.0.0.1:{}\"\nname = \"localhost\"\n\
         ca = \"ca.pem\"\n",
        at.port()
    )
}

/// RFC 5425: `MSG-LEN SP SYSLOG-MSG`, as many bytes as it says and no more.
/// RFC 5424: the header's fields, structured data, and a text in UTF-8 with its mark.
fn message(frame: &[u8], signed: &LogCheckpoint) {
    let space = frame
        .iter()
        .position(|byte| *byte == b' ')
        .expect("a length");
    let length = std::str::from_utf8(&frame[..space]).expect("digits");
    assert!(!length.starts_with('0'), "{length}");
    let message = &frame[space + 1..];
    assert_eq!(length.parse(), Ok(message.len()));
    let text = std::str::from_utf8(message).expect("UTF-8");
    let (header, note) = text.split_once('\u{feff}').expect("a byte order mark");
    let fields: Vec<_> = header.splitn(7, ' ').collect();
    let [priority, at, host, app, process, id, data] = fields[..] else {
        panic!("{header}");
    };
    assert_eq!(priority, "<110>1", "facility 13, severity 6, version 1");
    let at: domain::Timestamp = at.parse().expect("a time");
    assert_eq!(at, signed.at);
    assert_eq!(
        (host, app, process, id),
        ("broker.plant", "drawbridge", "-", "checkpoint")
    );
    let (size, root) = (signed.size, signed.root);
    assert_eq!(
        data,
        format!("[drawbridge@32473 log=\"{LOG}\" size=\"{size}\" root=\"{root}\"] ")
    );
    assert_eq!(note, signed.note, "the note, with its line feeds");
    let opened = checkpoint::open(note.as_bytes(), log_key().verifier(), &[]);
    assert_eq!(opened.expect("by the log").checkpoint.size, size);
}

#[tokio::test]
async fn a_collector_with_the_right_certificate_gets_the_whole_message() {
    let (log, dir) = (Log::new().await, tempfile::tempdir().expect("a directory"));
    let signed = log.grow("one").await;
    let authority = Authority::new();
    for manner in [Manner::Takes, Manner::Keeps] {
        let (at, read) = collector(authority.server("localhost", 2100), manner).await;
        let target = only(&log, dir.path(), &syslog(at, dir.path(), &authority.1));
        target.publish(&signed).await.expect("sent");
        let came = || {
            let frame = read.lock().expect("whole").pop();
            std::future::ready(frame)
        };
        message(&until("it came", came).await, &signed);
    }
}

#[tokio::test]
async fn a_collector_with_another_certificate_gets_nothing() {
    let (log, dir) = (Log::new().await, tempfile::tempdir().expect("a directory"));
    let signed = log.grow("one").await;
    let (authority, other) = (Authority::new(), Authority::new());
    for (server, why) in [
        // Of the same name, so that nothing but its signature tells them apart.
        (other.server("localhost", 2100), "BadSignature"),
        (authority.server("elsewhere", 2100), "not valid for name"),
        (authority.server("localhost", 2024), "expired"),
    ] {
        let (at, read) = collector(server, Manner::Takes).await;
        let target = only(&log, dir.path(), &syslog(at, dir.path(), &authority.1));
        let refused = target.publish(&signed).await.expect_err("refused");
        let refused = format!("{refused:#}");
        assert!(refused.contains(why), "{why}: {refused}");
        assert!(read.lock().expect("whole").is_empty(), "{why}: it was sent");
    }

    // No TLS at all.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let at = listener.local_addr().expect("an address");
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"220 syslog\r\n").await.expect("written");
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    });
    let target = only(&log, dir.path(), &syslog(at, dir.path(), &authority.1));
    target.publish(&signed).await.expect_err("no TLS");
    let bytes = plain.await.expect("no panic");
    assert!(!String::from_utf8_lossy(&bytes).contains("checkpoint"));

    let (at, _) = collector(authority.server("localhost", 2100), Manner::CutsOff).await;
    let target = only(&log, dir.path(), &syslog(at, dir.path(), &authority.1));
    target.publish(&signed).await.expect_err("it was cut off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_is_given_up_and_tried_again_while_others_get_theirs() {
    let (log, dir) = (Log::new().await, tempfile::tempdir().expect("a directory"));
    let authority = Authority::new();
    // It accepts, by its kernel, and never says a word.
    let hanging = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let hangs = hanging.local_addr().expect("an address");
    let (well, read) = collector(authority.server("localhost", 2100), Manner::Takes).await;
    let both = [hangs, well].map(|at| syslog(at, dir.path(), &authority.1));
    let config = config(dir.path(), &both.concat());
    let mut anchors = Anchors::open(&config.anchors, &log.store).expect("opens");
    anchors.patience = Duration::from_millis(300);
    anchors.pace = Pace {
        least: Duration::from_millis(20),
        most: Duration::from_millis(100),
        told_after: Duration::from_secs(3600),
    };
    let (board, stop) = (AnchorBoard::default(), CancellationToken::new());
    let clock = Arc::new(SystemClock::new());
    let running = tokio::spawn(anchors.run(board.clone(), clock, stop.clone()));
    let signed = log.grow("one").await;
    let came = || {
        let frame = read.lock().expect("whole").pop();
        std::future::ready(frame)
    };
    message(&until("the other one has it", came).await, &signed);
    let given_up = || {
        let hung = board.all(Some(signed.size)).swap_remove(0);
        std::future::ready(hung.why.map(|why| (why, hung.behind)))
    };
    let (why, behind) = until("it is given up", given_up).await;
    assert!(why.contains("did not answer within"), "{why}");
    assert_eq!(behind, Some(signed.size));

    // Once it works it gets what is newest.
    let tls = authority.server("localhost", 2100);
    let revived = tokio::spawn(async move {
        loop {
            let (stream, _) = hanging.accept().await.expect("a connection");
            // Those that were given up hang up in the middle.
            let Ok(stream) = tls.accept(stream).await else {
                continue;
            };
            let (bytes, _) = all(stream).await;
            if !bytes.is_empty() {
                return bytes;
            }
        }
    });
    let bytes = tokio::time::timeout(Duration::from_secs(10), revived).await;
    message(&bytes.expect("in time").expect("no panic"), &signed);
    stop.cancel();
    running.await.expect("no panic").expect("in order");
}

/// A webhook over https, likewise.
#[tokio::test]
async fn a_webhook_over_tls_is_posted_to_the_right_one_alone() {
    let (log, dir) = (Log::new().await, tempfile::tempdir().expect("a directory"));
    let signed = log.grow("one").await;
    let (authority, other) = (Authority::new(), Authority::new());
    fs::write(dir.path().join("ca.pem"), &authority.1).expect("written");
    for (server, gets) in [
        (authority.server("localhost", 2100), true),
        (other.server("localhost", 2100), false),
        (authority.server("elsewhere", 2100), false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let posted = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let mut stream = server.accept(stream).await.ok()?;
            let mut request = Vec::new();
            loop {
                let mut piece = [0; 4096];
                let n = stream.read(&mut piece).await.ok()?;
                request.extend_from_slice(&piece[..n]);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
                let wanted = text.lines().find_map(|line| {
                    let line = line.to_ascii_lowercase();
                    line.strip_prefix("content-length: ")?.parse().ok()
                });
                if n == 0 || (body.is_some() && body == wanted) {
                    break;
                }
            }
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.ok()?;
            stream.shutdown().await.ok()?;
            String::from_utf8(request).ok()
        });
        let anchor = format!(
            "[[anchor]]\nkind = \"webhook\"\nurl = \"https://localhost:{port}/hook\"\n\
             ca = \"ca.pem\"\n"
        );
        let done = only(&log, dir.path(), &anchor).publish(&signed).await;
        assert_eq!(done.is_ok(), gets, "{done:?}");
        let posted = posted.await.expect("no panic");
        match posted {
            Some(request) => {
                assert!(gets, "{request}");
                assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
                assert!(request.ends_with(&signed.note), "{request}");
            }
            None => assert!(!gets, "nothing was posted"),
        }
    }
}

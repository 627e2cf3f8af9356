//! People who must act are told: by mail on a real mail server, and by signed calls.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use admin_api::dto::{Notice, Page, Request};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use harness::binary::Binary;
use harness::cli::Typist;
use harness::mail::{MAIL_PASSWORD, MailServer, USER};
use harness::plant::PlantFile;
use harness::tools::Tool;
use serde_json::{Value, json};

const KEY: [u8; 32] = [7; 32];
/// Of an asset that nobody connects to.
const HOST_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/// The usual plant, with addresses.
fn plant() -> PlantFile {
    let at = "127.0.0.1:9".parse().expect("an address");
    let mut plant = PlantFile::new()
        .asset("plc-7", "hall", at, HOST_KEY)
        .vendor("vera", &["plc-7"]);
    for name in ["anna", "arne", "olga", "vera"] {
        let line = format!("name = \"{name}\"\n");
        plant = plant.replace(&line, &format!("{line}email = \"{name}@example.com\"\n"));
    }
    plant
}

fn secret(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("private");
    path
}

/// A call that a receiver got.
#[derive(Clone, Debug)]
struct Call {
    head: String,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        let mut lines = self.head.lines();
        let line = lines.find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    /// As standardwebhooks.com has it.
    fn is_signed(&self) -> bool {
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let text = format!("{id}.{at}.{}", self.body);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &KEY), text.as_bytes());
        self.header("webhook-signature") == format!("v1,{}", BASE64_STANDARD.encode(tag))
    }

    fn told(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        format!(
            "{} {}",
            body["data"]["to"].as_str().unwrap(),
            body["type"].as_str().unwrap()
        )
    }
}

/// Takes calls, of which it sends the first one elsewhere: nobody goes there.
fn receiver() -> (SocketAddr, Arc<Mutex<Vec<Call>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&calls);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a caller");
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .expect("set");
            let mut bytes = Vec::new();
            let mut piece = [0; 4096];
            let call = loop {
                let n = stream.read(&mut piece).unwrap_or(0);
                bytes.extend_from_slice(&piece[..n]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|l| l.strip_prefix("content-length: "));
                    let length: usize = length.expect("a length").parse().expect("a number");
                    if body.len() >= length {
                        break Call {
                            head: head.to_owned(),
                            body: body.to_owned(),
                        };
                    }
                }
                assert!(n > 0, "the call was cut: {text}");
            };
            let answer = if number == 0 {
                format!("HTTP/1.1 302 Found\r\nlocation: http://{at}/elsewhere\r\n")
            } else {
                kept.lock().expect("whole").push(call);
                "HTTP/1.1 204 No Content\r\n".to_owned()
            };
            // Whoever has hung up hears nothing.
            let _ = stream.write_all(format!("{answer}connection: close\r\n\r\n").as_bytes());
        }
    });
    (at, calls)
}

async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..900 {
        if let Some(found) = found().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not within a minute and a half: {what}");
}

#[tokio::test]
async fn who_must_act_is_told_once_by_mail_and_by_webhook() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let mail = MailServer::careful();
    let (hook, calls) = receiver();
    let directory = tempfile::tempdir().expect("a directory");
    let password = secret(directory.path(), "mail-password", MAIL_PASSWORD);
    let signing = format!("whsec_{}", BASE64_STANDARD.encode(KEY));
    let signing = secret(directory.path(), "hook-secret", &signing);
    let sections = format!(
        "[mail]\nserver = \"localhost\"\nport = {}\ntls = \"starttls\"\nuser = \"{USER}\"\n\
         password_file = {password:?}\nca = {:?}\nfrom = \"drawbridge@example.com\"\n\
         [[webhook]]\nurl = \"http://{hook}/told\"\nsecret_file = {signing:?}\n",
        mail.port,
        mail.certificate(),
    );
    let mut binary = Binary::start_having(&plant(), &sections).await;
    let (vera, anna) = (
        binary.api().person("vera").await,
        binary.api().person("anna").await,
    );

    let start = binary.now().plus(Duration::from_secs(3600));
    let end = start.plus(Duration::from_secs(7200));
    let asked = vera.ask("plc-7", Some(start), end).await.expect("asked");
    let mails = mail.once(2).await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["anna@example.com", "arne@example.com"]);
    let oslo = domain::PlantTime::parse("Europe/Oslo").expect("a zone");
    let port = binary
        .url()
        .rsplit(':')
        .next()
        .map(str::to_owned)
        .expect("a port");
    let public = format!("https://localhost:{port}");
    for mail in &mails {
        assert!(mail.is_protected(), "{mail:?}");
        assert_eq!(
            mail.header("Subject"),
            format!(
                "[North Ridge] vera waits for plc-7, {}",
                oslo.date_clock(start)
            )
        );
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("From").contains("drawbridge@example.com"));
        let text = mail.text();
        assert!(
            text.contains(&oslo.both(start)) && text.contains(&oslo.both(end)),
            "{text}"
        );
        assert!(
            text.contains(&format!("{public}/requests/{}\n", asked.id)),
            "{text}"
        );
    }

    // Narrower by half an hour, and the vendor is told how.
    let narrower = end.minus(Duration::from_secs(1800));
    let path = format!("requests/{}/approve", asked.id);
    let body = json!({ "not_after": narrower, "note": "leave before the night shift" });
    let granted: Request = anna.post(&path, &body).await.expect("approved");
    let grant = granted.grant.expect("granted");
    let told = mail.once(3).await.pop().expect("one");
    assert_eq!(told.to(), "vera@example.com");
    assert!(
        told.header("Subject").contains("Granted, narrower"),
        "{told:?}"
    );
    let text = told.text();
    for part in [
        &oslo.both(narrower),
        &oslo.both(end),
        "leave before the night shift",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        text.contains(&format!("{public}/grants/{grant}\n")),
        "{text}"
    );
    assert!(!text.contains("anna"), "{text}");

    // The first call was redirected, which is not followed, and comes again.
    let calls = || calls.lock().expect("whole").clone();
    until("three calls", async || (calls().len() >= 3).then_some(())).await;
    let mut found: Vec<_> = calls().iter().map(Call::told).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "anna request_waits",
            "arne request_waits",
            "vera request_granted"
        ]
    );
    assert!(calls().iter().all(Call::is_signed), "{:?}", calls());

    // After a restart nothing is told again, and what happens then is.
    binary.stop();
    binary.start_again();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((mail.mails().len(), calls().len()), (3, 3));
    let anna = anna.at(&binary.api());
    anna.act(&format!("grants/{grant}/revoke")).await;
    let told = mail.once(4).await.pop().expect("one");
    assert!(told.header("Subject").contains("Taken back"), "{told:?}");
    assert!(told.text().contains("as the scenario wants it"), "{told:?}");
}

#[tokio::test]
async fn a_mail_server_that_is_down_or_says_no() {
    if Tool::Asyncssh.left_out() {
        return;
    }
    let mut mail = MailServer::down();
    let sections = format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {}\nfrom = \"drawbridge@example.com\"\n",
        mail.port
    );
    let binary = Binary::start_having(&plant(), &sections).await;
    let (vera, audun) = (
        binary.api().person("vera").await,
        binary.api().person("audun").await,
    );
    let start = binary.now().plus(Duration::from_secs(3600));
    let end = start.plus(Duration::from_secs(7200));
    vera.ask("plc-7", Some(start), end).await.expect("asked");
    let notices = async || {
        let page: Page<Notice> = audun.get("notices").await.expect("read");
        page.items
    };
    let tried = until("a try in vain", async || {
        let notices = notices().await;
        (notices.len() == 2 && notices.iter().all(|n| n.tries > 0)).then_some(notices)
    })
    .await;
    for notice in tried {
        assert_eq!(
            (notice.state.as_str(), notice.channel.as_str()),
            ("waiting", "email")
        );
        assert!(notice.last_error.is_some_and(|why| !why.is_empty()));
    }

    // It comes up, says "later" once, and knows nobody called arne.
    mail.start(json!({ "answers": ["451 4.3.0 later"], "refuses": "arne@example.com" }));
    let mails = mail.once(1).await;
    assert_eq!(mails[0].to(), "anna@example.com");
    let failed = until("the failure", async || {
        let failed = audun.audit("&action=notice.failed").await;
        failed.into_iter().next()
    })
    .await;
    assert!(
        failed
            .reason
            .as_ref()
            .is_some_and(|why| why.contains("550")),
        "{failed:?}"
    );
    assert_eq!(failed.after.expect("facts")["account"], "arne");
    let mut states: Vec<_> = notices()
        .await
        .into_iter()
        .map(|n| (n.account, n.state))
        .collect();
    states.sort();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(states, [pair("anna", "sent"), pair("arne", "failed")]);
    assert_eq!(mail.mails().len(), 1, "once");

    // An admin tries it, and is told what came of it.
    let adam = Typist::at(&binary, "adam").await;
    let told = adam.works("notice test anna").await;
    assert!(told.contains("anna"), "{told}");
    let test = mail.once(2).await.pop().expect("one");
    assert_eq!(test.header("Subject"), "[North Ridge] A test");
    adam.fails("notice test arne", 1).await;
    adam.fails("notice test audun", 1).await;
    let listed = adam.works("notice list").await;
    assert!(
        listed.contains("request_waits") && listed.contains("failed"),
        "{listed}"
    );
    let config = binary.config();
    let seen = adam
        .types(&format!("doctor --config '{}'", config.display()))
        .await;
    assert!(seen.stdout.contains("mail"), "{seen:?}");
}

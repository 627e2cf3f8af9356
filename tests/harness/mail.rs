//! A mail server: `tests/python/mail.py`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::{Minded, free_port};
use crate::tools::{Tool, workspace};

/// What the broker is to it.
pub const USER: &str = "drawbridge";
/// With which password.
pub const MAIL_PASSWORD: &str = "of the mail server";

/// A mail server on this machine, and what it got.
pub struct MailServer {
    /// Its port, also while it is down.
    pub port: u16,
    server: Option<Minded>,
    directory: TempDir,
}

impl MailServer {
    /// A place for one; nothing listens there yet.
    ///
    /// # Panics
    /// If there is no room for it.
    #[must_use]
    pub fn down() -> Self {
        Self {
            port: free_port(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            server: None,
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    /// One that takes everything in the clear.
    #[must_use]
    pub fn plain() -> Self {
        let mut server = Self::down();
        server.start(json!({}));
        server
    }

    /// One that takes mail by STARTTLS and with a password only.
    ///
    /// # Panics
    /// If its certificate can't be made.
    #[must_use]
    pub fn careful() -> Self {
        let mut server = Self::down();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        fs::write(server.certificate(), made.cert.pem()).expect("written");
        let key = server.path("key.pem");
        fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let certificate = server.certificate();
        server.start(json!({
            "certificate": certificate, "key": key, "user": USER, "password": MAIL_PASSWORD,
        }));
        server
    }

    /// Starts it, with further parts of its plan.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start(&mut self, plan: Value) {
        let mut plan = plan;
        plan["port"] = json!(self.port);
        plan["into"] = json!(self.path("mails.jsonl"));
        let script = workspace().join("tests/python/mail.py");
        let plan = plan.to_string();
        let arguments = [script.as_os_str(), plan.as_ref()];
        let mut server = Minded::start(Tool::Asyncssh.path(), &arguments);
        for _ in 0..800 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                self.server = Some(server);
                return;
            }
            assert!(!server.is_gone(), "mail.py broke");
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("mail.py does not come up");
    }

    /// What it is trusted by.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path("certificate.pem")
    }

    /// All mails that it has taken.
    ///
    /// # Panics
    /// If they are not as the script writes them.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        let kept = fs::read_to_string(self.path("mails.jsonl")).unwrap_or_default();
        let mails = kept
            .lines()
            .map(|line| serde_json::from_str(line).expect("a mail"));
        mails.map(Mail).collect()
    }

    /// The mails, once there are so many.
    ///
    /// # Panics
    /// If there are not within a minute.
    pub async fn once(&self, count: usize) -> Vec<Mail> {
        for _ in 0..600 {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("not {count} mails within a minute: {:?}", self.mails());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Mail(Value);

impl Mail {
    /// Its one recipient.
    ///
    /// # Panics
    /// If it has others.
    #[must_use]
    pub fn to(&self) -> &str {
        let to = self.0["to"].as_array().expect("recipients");
        assert_eq!(to.len(), 1, "{self:?}");
        to[0].as_str().expect("a text")
    }

    /// A header, which it has once.
    ///
    /// # Panics
    /// If it has it never or twice.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let headers = self.0["headers"].as_array().expect("headers");
        let mut found = headers.iter().filter(|header| header[0] == name);
        let header = found
            .next()
            .unwrap_or_else(|| panic!("no {name} in {self:?}"));
        assert!(found.next().is_none(), "{name} twice in {self:?}");
        header[1].as_str().expect("a text")
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap_or_default()
    }

    /// Whether it came over TLS, from somebody with the password.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.0["tls"] == true && self.0["authenticated"] == true
    }
}

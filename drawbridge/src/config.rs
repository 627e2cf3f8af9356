//! `drawbridge.toml`: what the operator of the broker decides about it. Read
//! strictly: an unknown key or a value that makes no sense is an error with its
//! line, and nothing starts.

mod check;
mod dto;
mod reminders;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use domain::plant::file::{key_at, line_of};
use ledger::VerifierKey;
use recorder::archive::Protection;
use reqwest::Url;

pub use reminders::{Mail, MailLogin, MailTls, Webhook};

/// Where the file is looked for when none is named.
pub const USUAL_PATH: &str = "/etc/drawbridge/drawbridge.toml";

/// How the broker is run; checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The directory that holds everything that the broker keeps.
    pub data: PathBuf,
    /// The people's side.
    pub api: Api,
    /// The vendors' side.
    pub ssh: Ssh,
    /// What the vendors' side bears.
    pub limits: Limits,
    /// How recordings are kept.
    pub recordings: Recordings,
    /// Where signed checkpoints of the transparency log go to.
    pub anchors: Vec<Anchor>,
    /// How people are told by e-mail, if they are.
    pub mail: Option<Mail>,
    /// Which programs of the plant's own are called when people are told.
    pub webhooks: Vec<Webhook>,
    /// How the log is written.
    pub log: LogFormat,
}

/// The people's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// The names and addresses that people reach it by; at least one.
    pub names: Vec<String>,
    /// The address that links lead to, without a slash at its end; where none is
    /// written, the first name and the port.
    pub public_url: Option<String>,
    /// What it proves itself with.
    pub tls: Tls,
    /// How long a login lasts.
    pub login_lifetime: Duration,
    /// How long a browser's login lasts that nobody uses.
    pub browser_idle: Duration,
}

/// Where the API's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From a certificate authority of its own, made at the first start.
    SelfMade,
    /// From files, read again when they change.
    Files {
        /// The certificate and those between it and its root, in PEM.
        certificate: PathBuf,
        /// Its private key, in PEM.
        key: PathBuf,
    },
}

/// The vendors' side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// The host that vendors connect to.
    pub host: String,
    /// The port that vendors connect to, where it is not the one that is
    /// listened on.
    pub port: Option<u16>,
    /// What is shown before anybody signs in.
    pub banner: Option<String>,
}

/// What the SSH side bears. The broker has more limits, which nobody needs to
/// decide about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that have not signed in yet.
    pub unauthenticated: usize,
    /// Of those, how many from one address.
    pub unauthenticated_per_address: usize,
    /// How long one may take to sign in.
    pub sign_in: Duration,
    /// Channels of one session at a time.
    pub channels: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unauthenticated: 256,
            unauthenticated_per_address: 32,
            sign_in: Duration::from_secs(60),
            channels: 10,
        }
    }
}

/// How recordings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recordings {
    /// Who may decrypt them.
    pub encryption: Protection,
    /// The auditors' age recipients.
    pub auditors: Vec<String>,
    /// The directory of the broker's keys to them.
    pub keys: PathBuf,
    /// Below so many free bytes no session begins, below half of it all end.
    pub least_free: u64,
    /// The length of a segment of the write-ahead log, in bytes.
    pub segment: u64,
}

impl Recordings {
    /// As they are kept where nothing is said.
    #[must_use]
    pub fn usual(data: &Path) -> Self {
        Self {
            encryption: Protection::AtRest,
            auditors: Vec::new(),
            keys: data.join("keys"),
            least_free: 1 << 30,
            segment: 64 << 20,
        }
    }
}

/// Where signed checkpoints of the transparency log go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What it is called in events: its kind and its place, without secrets.
    pub name: String,
    /// What it is.
    pub kind: AnchorKind,
}

/// What an anchor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorKind {
    /// A directory, that others take from.
    Directory {
        /// It must be there.
        path: PathBuf,
    },
    /// Checkpoints are posted to it.
    Webhook {
        /// Over TLS, or on this machine.
        url: Url,
        /// The authorities that it is trusted by, in PEM; the system's without one.
        ca: Option<PathBuf>,
    },
    /// A collector of syslog messages over TLS (RFC 5425).
    Syslog {
        /// Its host and port.
        address: String,
        /// The name in its certificate.
        server: String,
        /// The authorities that it is trusted by, in PEM.
        ca: PathBuf,
    },
    /// A witness (c2sp.org/tlog-witness).
    Witness {
        /// Its submission prefix: over TLS, or on this machine.
        url: Url,
        /// What its signatures are checked with.
        key: VerifierKey,
        /// The authorities that it is trusted by, in PEM; the system's without one.
        ca: Option<PathBuf>,
    },
}

/// How the log is written to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// What is wrong with the file, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigError {
    /// The line, from 1.
    pub line: usize,
    /// The key, as `section.key`; empty where none is to blame.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.key.is_empty() {
            write!(f, ", {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// All that is wrong with the file, by line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// Reads the text of a configuration; `base` is what relative paths in it start
/// from.
///
/// # Errors
/// Every error of meaning at once; of syntax, the first one.
pub fn parse(text: &str, base: &Path) -> Result<Config, ConfigErrors> {
    let file: dto::File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        ConfigErrors(vec![ConfigError {
            line: line_of(text, start),
            key: key_at(text, start),
            message: error.message().to_owned(),
        }])
    })?;
    check::config(text, base, file)
}

/// Reads the file.
///
/// # Errors
/// When it can't be read, or says something that makes no sense.
pub fn load(path: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "the configuration {} could not be read; name another with --config",
            path.display()
        )
    })?;
    let absolute = std::path::absolute(path)?;
    let base = absolute.parent().unwrap_or_else(|| Path::new("/"));
    parse(&text, base).with_context(|| {
        format!(
            "the configuration {} is wrong, so nothing was started",
            path.display()
        )
    })
}

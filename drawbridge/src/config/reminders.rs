//! How people are told that they must act.

use std::path::PathBuf;

use domain::EmailAddress;
use reqwest::Url;

/// By e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The host of the mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// What protects the way there.
    pub tls: MailTls,
    /// Who the broker is to it, if it asks.
    pub login: Option<MailLogin>,
    /// Whom mails come from.
    pub from: EmailAddress,
    /// The authorities that it is trusted by, in PEM; the system's without one.
    pub ca: Option<PathBuf>,
}

/// What protects the way to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from a command on (RFC 3207); without it nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Nothing.
    None,
}

/// Who the broker is to a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogin {
    /// Its user.
    pub user: String,
    /// The file with the password, which only its owner may read.
    pub password_file: PathBuf,
}

/// By a call to a program of the plant's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What it is called in the log: its host and port, and which one of several.
    pub name: String,
    /// Over TLS, or on this machine.
    pub url: Url,
    /// The file with the secret that calls are signed with, which only its owner may
    /// read.
    pub secret_file: PathBuf,
    /// The authorities that it is trusted by, in PEM; the system's without one.
    pub ca: Option<PathBuf>,
}

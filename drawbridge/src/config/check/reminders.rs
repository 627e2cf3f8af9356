//! The section `[mail]` and the tables `[[webhook]]`.

use std::net::IpAddr;

use reqwest::Url;
use toml::Spanned;

use super::super::{Mail, MailLogin, MailTls, Webhook};
use super::dto::{self, Text};
use super::{Check, is_host};
use crate::server::is_safe_url;

const MAX_WEBHOOKS: usize = 8;
/// RFC 6409 and RFC 8314.
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;
const SMTP: u16 = 25;

impl Check<'_> {
    /// Where links lead to: only a scheme, a host and a port.
    pub(super) fn public_url(&mut self, text: &Text) -> Option<String> {
        let url = Url::parse(text.get_ref()).ok().filter(|url| {
            let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let nobody = url.username().is_empty() && url.password().is_none();
            url.scheme() == "https" && url.has_host() && bare && nobody
        });
        if url.is_none() {
            let message = "write the address that people open, such as \
                           https://access.example.com:8443, without a path";
            self.wrong("api.public_url", text, message);
        }
        url.map(|url| url.as_str().trim_end_matches('/').to_owned())
    }

    pub(super) fn mail(&mut self, mail: Option<Spanned<dto::Mail>>) -> Option<Mail> {
        let dto::Mail {
            server,
            port,
            tls,
            user,
            password_file,
            from,
            ca,
        } = mail?.into_inner();
        let host = self.host("mail.server", &server);
        let is_here = is_loopback(server.get_ref());
        let tls = self.mail_tls(tls.as_ref(), is_here);
        if let Some(port) = port.as_ref().filter(|port| *port.get_ref() == 0) {
            let message = "write a port from 1 to 65535, or leave it out";
            self.wrong("mail.port", port, message);
        }
        let usual = match tls {
            MailTls::StartTls => SUBMISSION,
            MailTls::Tls => SUBMISSIONS,
            MailTls::None => SMTP,
        };
        let login = self.mail_login(user, password_file, tls == MailTls::None && !is_here);
        let sender = from.get_ref().parse();
        if let Err(error) = &sender {
            self.wrong("mail.from", &from, format!("{error}"));
        }
        let ca = match ca {
            Some(ca) => Some(self.path("mail.ca", ca)?),
            None => None,
        };
        Some(Mail {
            server: host?,
            port: port.map_or(usual, Spanned::into_inner),
            tls,
            login,
            from: sender.ok()?,
            ca,
        })
    }

    /// Nothing is sent in the clear unless that is written, or it stays on this
    /// machine.
    fn mail_tls(&mut self, tls: Option<&Text>, is_here: bool) -> MailTls {
        match tls.map(|text| (text, text.get_ref().as_str())) {
            None if is_here => MailTls::None,
            None | Some((_, "starttls")) => MailTls::StartTls,
            Some((_, "tls")) => MailTls::Tls,
            Some((_, "none")) => MailTls::None,
            Some((text, _)) => {
                let message = "write \"starttls\", \"tls\" or \"none\"";
                self.wrong("mail.tls", text, message);
                MailTls::StartTls
            }
        }
    }

    fn mail_login(
        &mut self,
        user: Option<Text>,
        password_file: Option<Text>,
        in_the_clear: bool,
    ) -> Option<MailLogin> {
        match (user, password_file) {
            (None, None) => None,
            (Some(user), Some(_)) if in_the_clear => {
                let message = "a password does not go over the network in the clear: write `tls` \
                               as \"starttls\" or \"tls\", or leave `user` out";
                self.wrong("mail.user", &user, message);
                None
            }
            (Some(user), Some(file)) => {
                let password_file = self.path("mail.password_file", file)?;
                if user.get_ref().is_empty() || user.get_ref().chars().any(char::is_control) {
                    self.wrong("mail.user", &user, "write the user's name");
                }
                Some(MailLogin {
                    user: user.into_inner(),
                    password_file,
                })
            }
            (Some(one), None) => {
                let message = "name the file with its password too, with `password_file`";
                self.wrong("mail.user", &one, message);
                None
            }
            (None, Some(one)) => {
                let message = "name its user too, with `user`";
                self.wrong("mail.password_file", &one, message);
                None
            }
        }
    }

    pub(super) fn webhooks(&mut self, webhooks: Vec<Spanned<dto::Webhook>>) -> Vec<Webhook> {
        if let Some(one) = webhooks.get(MAX_WEBHOOKS) {
            self.wrong("webhook", one, format!("write at most {MAX_WEBHOOKS}"));
        }
        let mut all: Vec<Webhook> = Vec::new();
        for webhook in webhooks {
            let Some(mut webhook) = self.webhook(webhook.into_inner()) else {
                continue;
            };
            let same = |one: &&Webhook| one.name.split(' ').next() == Some(&webhook.name);
            let before = all.iter().filter(same).count();
            if before > 0 {
                webhook.name = format!("{} #{}", webhook.name, before + 1);
            }
            all.push(webhook);
        }
        all
    }

    fn webhook(&mut self, webhook: dto::Webhook) -> Option<Webhook> {
        let dto::Webhook {
            url,
            secret_file,
            ca,
        } = webhook;
        let parsed = Url::parse(url.get_ref()).ok().filter(is_safe_url);
        let name = parsed.as_ref().and_then(|url| {
            let (host, port) = (url.host_str()?, url.port_or_known_default()?);
            Some(format!("{host}:{port}"))
        });
        if name.is_none() {
            let message = "write an address that begins with https://; http:// only to this \
                           machine itself";
            self.wrong("webhook.url", &url, message);
        }
        let secret_file = self.path("webhook.secret_file", secret_file);
        let ca = match ca {
            Some(ca) => Some(self.path("webhook.ca", ca)?),
            None => None,
        };
        Some(Webhook {
            name: name?,
            url: parsed?,
            secret_file: secret_file?,
            ca,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    is_host(host) && (host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()))
}

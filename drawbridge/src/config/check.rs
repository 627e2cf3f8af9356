//! From what is written to what is meant.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::parse_duration;
use domain::plant::file::line_of;
use domain::time::write_duration;
use toml::Spanned;

use super::dto::{self, Text};
use super::{Api, Config, ConfigError, ConfigErrors, Limits, LogFormat, Ssh, Tls};

mod anchors;
mod recordings;
mod reminders;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const LOGIN_LIFETIME: Duration = Duration::from_secs(12 * 3600);
const BROWSER_IDLE: Duration = Duration::from_secs(30 * 60);
/// RFC 1035: the longest name.
const LONGEST_NAME: usize = 253;
/// A screenful: it is sent to whoever connects.
const LONGEST_BANNER: usize = 2000;
const MOST: u32 = 10_000;

pub(super) fn config(text: &str, base: &Path, file: dto::File) -> Result<Config, ConfigErrors> {
    let dto::File {
        data,
        api,
        ssh,
        limits,
        recordings,
        anchor,
        mail,
        webhook,
        log,
    } = file;
    let mut check = Check {
        text,
        base,
        errors: Vec::new(),
    };
    let data = check.path("data", data);
    let api = check.api(api);
    let ssh = check.ssh(ssh, &api);
    let limits = check.limits(limits);
    let recordings = check.recordings(recordings, data.as_deref());
    let anchors = check.anchors(anchor);
    let mail = check.mail(mail);
    let webhooks = check.webhooks(webhook);
    let log = check.log(log);
    let mut errors = check.errors;
    match (data, api, ssh, recordings) {
        (Some(data), Some(api), Some(ssh), Some(recordings)) if errors.is_empty() => Ok(Config {
            data,
            api,
            ssh,
            limits,
            recordings,
            anchors,
            mail,
            webhooks,
            log,
        }),
        _ => {
            errors.sort();
            Err(ConfigErrors(errors))
        }
    }
}

struct Check<'a> {
    text: &'a str,
    base: &'a Path,
    errors: Vec<ConfigError>,
}

impl Check<'_> {
    fn wrong<T>(&mut self, key: &str, at: &Spanned<T>, message: impl Into<String>) {
        self.errors.push(ConfigError {
            line: line_of(self.text, at.span().start),
            key: key.to_owned(),
            message: message.into(),
        });
    }

    fn path(&mut self, key: &str, path: Text) -> Option<PathBuf> {
        if path.get_ref().is_empty() {
            self.wrong(key, &path, "write a path");
            return None;
        }
        Some(self.base.join(path.into_inner()))
    }

    fn address(&mut self, key: &str, address: &Text) -> Option<SocketAddr> {
        let parsed = address.get_ref().parse().ok();
        if parsed.is_none() {
            self.wrong(
                key,
                address,
                "write an IP address and a port, such as 0.0.0.0:8443",
            );
        }
        parsed
    }

    fn duration(
        &mut self,
        key: &str,
        text: Option<Text>,
        usual: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(text) = text else { return usual };
        match parse_duration(text.get_ref()) {
            Ok(length) if bounds.contains(&length) => length,
            Ok(_) | Err(_) => {
                let (least, most) = (
                    write_duration(*bounds.start()),
                    write_duration(*bounds.end()),
                );
                self.wrong(
                    key,
                    &text,
                    format!("write a length of time from {least} to {most}"),
                );
                usual
            }
        }
    }

    fn host(&mut self, key: &str, host: &Text) -> Option<String> {
        let text = host.get_ref();
        if is_host(text) {
            return Some(text.clone());
        }
        self.wrong(
            key,
            host,
            "write a host name or an IP address, without port or scheme",
        );
        None
    }

    fn api(&mut self, api: dto::Api) -> Option<Api> {
        let dto::Api {
            listen,
            names,
            public_url,
            certificate,
            key,
            login_lifetime,
            browser_idle,
        } = api;
        let listen = self.address("api.listen", &listen);
        if names.get_ref().is_empty() {
            self.wrong("api.names", &names, "write at least one name or address");
        }
        let names: Vec<_> = names
            .get_ref()
            .iter()
            .filter_map(|name| self.host("api.names", name))
            .collect();
        let public_url = public_url.and_then(|url| self.public_url(&url));
        let tls = match (certificate, key) {
            (None, None) => Some(Tls::SelfMade),
            (Some(certificate), Some(key)) => self
                .path("api.certificate", certificate)
                .zip(self.path("api.key", key))
                .map(|(certificate, key)| Tls::Files { certificate, key }),
            (Some(one), None) => {
                self.wrong(
                    "api.certificate",
                    &one,
                    "name its private key too, with `key`",
                );
                None
            }
            (None, Some(one)) => {
                self.wrong(
                    "api.key",
                    &one,
                    "name its certificate too, with `certificate`",
                );
                None
            }
        };
        let bounds = 5 * MINUTE..=24 * HOUR;
        let login_lifetime =
            self.duration("api.login_lifetime", login_lifetime, LOGIN_LIFETIME, bounds);
        let bounds = MINUTE..=12 * HOUR;
        let browser_idle = self.duration("api.browser_idle", browser_idle, BROWSER_IDLE, bounds);
        Some(Api {
            listen: listen?,
            names,
            public_url,
            tls: tls?,
            login_lifetime,
            browser_idle,
        })
    }

    fn ssh(&mut self, ssh: dto::Ssh, api: &Option<Api>) -> Option<Ssh> {
        let dto::Ssh {
            listen,
            host,
            port,
            banner,
        } = ssh;
        let listen = self.address("ssh.listen", &listen);
        let host = match host {
            Some(host) => self.host("ssh.host", &host),
            None => api.as_ref().and_then(|api| api.names.first().cloned()),
        };
        if let Some(port) = port.as_ref().filter(|port| *port.get_ref() == 0) {
            self.wrong(
                "ssh.port",
                port,
                "write a port from 1 to 65535, or leave it out",
            );
        }
        let banner = banner.filter(|banner| !banner.get_ref().is_empty());
        if let Some(banner) = &banner {
            let text = banner.get_ref();
            if text.chars().any(|c| c.is_control() && c != '\n') || text.len() > LONGEST_BANNER {
                let message = format!("write up to {LONGEST_BANNER} bytes of plain text");
                self.wrong("ssh.banner", banner, message);
            }
        }
        Some(Ssh {
            listen: listen?,
            host: host?,
            port: port.map(Spanned::into_inner),
            banner: banner.map(Spanned::into_inner),
        })
    }

    fn count(&mut self, key: &str, count: Option<Spanned<u32>>, usual: usize) -> usize {
        let Some(count) = count else { return usual };
        let n = *count.get_ref();
        if n == 0 || n > MOST {
            self.wrong(key, &count, format!("write a number from 1 to {MOST}"));
        }
        usize::try_from(n).unwrap_or(usual)
    }

    fn limits(&mut self, limits: dto::Limits) -> Limits {
        let dto::Limits {
            unauthenticated,
            unauthenticated_per_address,
            sign_in,
            channels,
        } = limits;
        let usual = Limits::default();
        let bounds = Duration::from_secs(5)..=10 * MINUTE;
        Limits {
            unauthenticated: self.count(
                "limits.unauthenticated",
                unauthenticated,
                usual.unauthenticated,
            ),
            unauthenticated_per_address: self.count(
                "limits.unauthenticated_per_address",
                unauthenticated_per_address,
                usual.unauthenticated_per_address,
            ),
            sign_in: self.duration("limits.sign_in", sign_in, usual.sign_in, bounds),
            channels: self.count("limits.channels", channels, usual.channels),
        }
    }

    fn log(&mut self, log: dto::Log) -> LogFormat {
        let Some(format) = log.format else {
            return LogFormat::default();
        };
        match format.get_ref().as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => {
                self.wrong("log.format", &format, "write \"text\" or \"json\"");
                LogFormat::default()
            }
        }
    }
}

/// RFC 1123 host names, and addresses.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= LONGEST_NAME && text.split('.').all(is_label))
}

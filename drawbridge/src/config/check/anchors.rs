//! The tables `[[anchor]]`.

use ledger::{KeyKind, VerifierKey};
use reqwest::Url;
use toml::Spanned;

use super::super::{Anchor, AnchorKind};
use super::dto::{self, Text};
use super::{Check, is_host};
use crate::server::is_safe_url;

const MAX_ANCHORS: usize = 16;

impl Check<'_> {
    pub(super) fn anchors(&mut self, anchors: Vec<Spanned<dto::Anchor>>) -> Vec<Anchor> {
        if let Some(one) = anchors.get(MAX_ANCHORS) {
            self.wrong("anchor", one, format!("write at most {MAX_ANCHORS}"));
        }
        let all = anchors.into_iter();
        all.filter_map(|anchor| self.anchor(anchor)).collect()
    }

    fn anchor(&mut self, anchor: Spanned<dto::Anchor>) -> Option<Anchor> {
        let at = Spanned::new(anchor.span(), ());
        let dto::Anchor {
            kind,
            path,
            url,
            ca,
            address,
            name,
            key,
        } = anchor.into_inner();
        let needs: &[&str] = match kind.get_ref().as_str() {
            "directory" => &["path"],
            "webhook" => &["url"],
            "syslog" => &["address", "ca"],
            "witness" => &["url", "key"],
            _ => {
                let message = "write \"directory\", \"webhook\", \"syslog\" or \"witness\"";
                self.wrong("anchor.kind", &kind, message);
                return None;
            }
        };
        let may: &[&str] = match kind.get_ref().as_str() {
            "webhook" | "witness" => &["ca"],
            "syslog" => &["name"],
            _ => &[],
        };
        let given = [
            ("path", &path),
            ("url", &url),
            ("ca", &ca),
            ("address", &address),
            ("name", &name),
            ("key", &key),
        ];
        let mut all_there = true;
        for (field, text) in given {
            let full = format!("anchor.{field}");
            match text {
                Some(text) if !needs.contains(&field) && !may.contains(&field) => {
                    let message = format!("an anchor of kind {} has no `{field}`", kind.get_ref());
                    self.wrong(&full, text, message);
                    all_there = false;
                }
                None if needs.contains(&field) => {
                    let message = format!("an anchor of kind {} needs `{field}`", kind.get_ref());
                    self.wrong(&full, &at, message);
                    all_there = false;
                }
                Some(_) | None => {}
            }
        }
        if !all_there {
            return None;
        }
        let ca = match ca {
            Some(ca) => Some(self.path("anchor.ca", ca)?),
            None => None,
        };
        match (path, url, address, key) {
            (Some(path), ..) => {
                let path = self.path("anchor.path", path)?;
                Some(Anchor {
                    name: format!("directory {}", path.display()),
                    kind: AnchorKind::Directory { path },
                })
            }
            (_, Some(url), _, Some(key)) => {
                let (place, url) = self.anchor_url(&url)?;
                let key = self.witness_key(&key)?;
                Some(Anchor {
                    name: format!("witness {place}"),
                    kind: AnchorKind::Witness { url, key, ca },
                })
            }
            (_, Some(url), ..) => {
                let (place, url) = self.anchor_url(&url)?;
                Some(Anchor {
                    name: format!("webhook {place}"),
                    kind: AnchorKind::Webhook { url, ca },
                })
            }
            (_, _, Some(address), _) => self.syslog(&address, name.as_ref(), ca?),
            (None, None, None, _) => None,
        }
    }

    fn syslog(
        &mut self,
        address: &Text,
        name: Option<&Text>,
        ca: std::path::PathBuf,
    ) -> Option<Anchor> {
        let parts = address.get_ref().rsplit_once(':');
        let parts = parts.filter(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        let host = parts.map(|(host, _)| host.trim_matches(['[', ']']).to_owned());
        let Some(host) = host.filter(|host| is_host(host)) else {
            let message = "write a host and a port, such as syslog.example.com:6514";
            self.wrong("anchor.address", address, message);
            return None;
        };
        let server = match name {
            Some(name) => self.host("anchor.name", name)?,
            None => host,
        };
        Some(Anchor {
            name: format!("syslog {}", address.get_ref()),
            kind: AnchorKind::Syslog {
                address: address.get_ref().clone(),
                server,
                ca,
            },
        })
    }

    /// The address, and what of it may be told: the rest may be a secret.
    fn anchor_url(&mut self, text: &Text) -> Option<(String, Url)> {
        let url = Url::parse(text.get_ref()).ok().filter(is_safe_url);
        let place = url.as_ref().and_then(|url| {
            let (host, port) = (url.host_str()?, url.port_or_known_default()?);
            Some(format!("{host}:{port}"))
        });
        if place.is_none() {
            let message = "write an address that begins with https://; http:// only to this \
                           machine itself";
            self.wrong("anchor.url", text, message);
        }
        place.zip(url)
    }

    fn witness_key(&mut self, text: &Text) -> Option<VerifierKey> {
        match text.get_ref().parse::<VerifierKey>() {
            Ok(key) if key.kind() == KeyKind::Timestamped => Some(key),
            Ok(_) => {
                let message = "this is a log's key: write the witness's, which `drawbridge \
                               witness key` shows";
                self.wrong("anchor.key", text, message);
                None
            }
            Err(error) => {
                self.wrong("anchor.key", text, error.to_string());
                None
            }
        }
    }
}

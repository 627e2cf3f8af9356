//! Each kind of thing in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Check, LONGEST_SESSION};
use crate::account::Role;
use crate::name::{AssetName, ZoneName};
use crate::plant::file::dto;
use crate::plant::{
    Asset, Conduit, Keep, Operation, PlannedAccount, Protocol, SecurityLevel, Site, SshEndpoint,
    Zone,
};
use crate::time::PlantTime;

impl Check<'_> {
    pub(super) fn site(&mut self, site: &dto::Site) -> Option<Site> {
        let time: Option<PlantTime> = self.ok(
            site.time_zone.span(),
            "site.time_zone",
            PlantTime::parse(site.time_zone.get_ref()),
        );
        let title = self.title("site.title", site.title.as_ref(), site.name.get_ref());
        Some(Site {
            name: self.word("site.name", &site.name)?,
            title,
            time: time?,
        })
    }

    pub(super) fn zone(&mut self, zone: &dto::Zone) -> Option<Zone> {
        let name = self.word("zone.name", &zone.name);
        let title = self.title("zone.title", zone.title.as_ref(), zone.name.get_ref());
        let level = &zone.security_level;
        let security_level = self.ok(
            level.span(),
            "zone.security_level",
            SecurityLevel::try_from(*level.get_ref()),
        );
        let usual = Zone::usual_longest_session(security_level?, zone.safety);
        let longest = self.longest("zone.longest_session", zone.longest_session.as_ref(), usual);
        let retention = self.retention("zone.retention", zone.retention.as_ref());
        Some(Zone {
            name: name?,
            title,
            security_level: security_level?,
            safety: zone.safety,
            let_in: zone.let_in,
            supervised: zone.supervised,
            longest_session: longest?,
            retention: retention?,
        })
    }

    pub(super) fn conduit(
        &mut self,
        conduit: &dto::Conduit,
        zones: &BTreeMap<ZoneName, Zone>,
    ) -> Option<Conduit> {
        let name = self.word("conduit.name", &conduit.name);
        let zone = self.zone_name("conduit.zone", &conduit.zone);
        let source = conduit
            .source
            .as_ref()
            .map(|s| self.address("conduit.source", s));
        let protocols = self.words(
            "conduit.protocols",
            conduit.protocols.as_deref(),
            Protocol::ALL,
        );
        let operations = self.words(
            "conduit.operations",
            conduit.operations.as_deref(),
            Operation::ALL,
        );
        let environment = conduit
            .environment
            .iter()
            .filter_map(|v| self.variable(v))
            .collect();
        let usual = zone
            .as_ref()
            .and_then(|z| zones.get(z))
            .map(|z| z.longest_session);
        let longest = self.longest(
            "conduit.longest_session",
            conduit.longest_session.as_ref(),
            usual.unwrap_or(LONGEST_SESSION),
        );
        let record = match &conduit.record {
            Some(word) => self.word("conduit.record", word)?,
            None => Keep::default(),
        };
        let source = match source {
            Some(address) => Some(address?),
            None => None,
        };
        Some(Conduit {
            name: name?,
            zone: zone?,
            source,
            protocols: protocols?,
            operations: operations?,
            environment,
            longest_session: longest?,
            record,
        })
    }

    /// A list of words: all of them where the file has none, never an empty one.
    fn words<T: FromStr<Err: Display> + Ord + Copy>(
        &mut self,
        key: &str,
        list: Option<&[dto::Text]>,
        all: &[T],
    ) -> Option<BTreeSet<T>> {
        let Some(list) = list else {
            return Some(all.iter().copied().collect());
        };
        list.iter().map(|word| self.word(key, word)).collect()
    }

    fn variable(&mut self, text: &dto::Text) -> Option<String> {
        let name = text.get_ref();
        let stem = name.strip_suffix('*').unwrap_or(name);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !stem.is_empty() && name.len() <= 64 && stem.chars().all(plain) {
            return Some(name.clone());
        }
        self.error(
            text.span(),
            "conduit.environment",
            format_args!(
                "{name:?} is no variable: write a name such as LANG, or LC_* for any ending"
            ),
        );
        None
    }

    pub(super) fn one_conduit_a_zone(&mut self, conduits: &[dto::Conduit]) {
        let mut seen = BTreeMap::new();
        for conduit in conduits {
            let (zone, name) = (conduit.zone.get_ref(), conduit.name.get_ref());
            if let Some(first) = seen.insert(zone, name).filter(|first| *first != name) {
                self.error(
                    conduit.zone.span(),
                    "conduit.zone",
                    format_args!(
                        "conduit {first} leads into zone {zone} already; a zone has one conduit"
                    ),
                );
            }
        }
    }

    fn address(&mut self, key: &str, text: &dto::Text) -> Option<IpAddr> {
        let Ok(address) = text.get_ref().parse::<IpAddr>() else {
            self.error(
                text.span(),
                key,
                format_args!(
                    "{:?} is not an IP address: addresses are pinned, so that no name server decides where a vendor lands",
                    text.get_ref()
                ),
            );
            return None;
        };
        let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        if address.is_unspecified() || address.is_multicast() || broadcast {
            self.error(
                text.span(),
                key,
                format_args!("{address} is not the address of one machine"),
            );
            return None;
        }
        Some(address)
    }

    pub(super) fn asset(&mut self, asset: &dto::Asset) -> Option<Asset> {
        let name = self.word("asset.name", &asset.name);
        let title = self.title("asset.title", asset.title.as_ref(), asset.name.get_ref());
        let zone = self.zone_name("asset.zone", &asset.zone);
        let address = self.address("asset.address", &asset.address);
        let ssh = asset.ssh.as_ref().map(|ssh| self.ssh(ssh));
        let ssh = match ssh {
            Some(endpoint) => Some(endpoint?),
            None => None,
        };
        Some(Asset {
            name: name?,
            title,
            zone: zone?,
            address: address?,
            ssh,
        })
    }

    fn ssh(&mut self, ssh: &dto::Ssh) -> Option<SshEndpoint> {
        let port = match &ssh.port {
            None => 22,
            Some(port) => {
                if *port.get_ref() == 0 {
                    self.error(
                        port.span(),
                        "asset.ssh.port",
                        "write a port from 1 to 65535",
                    );
                }
                *port.get_ref()
            }
        };
        let user = ssh.user.get_ref();
        if user.is_empty() || user.len() > 255 || user.chars().any(char::is_control) {
            self.error(
                ssh.user.span(),
                "asset.ssh.user",
                "write the user to sign in as",
            );
        }
        let host_key = self.host_key(&ssh.host_key);
        let credential = self.word("asset.ssh.credential", &ssh.credential);
        Some(SshEndpoint {
            port,
            user: user.clone(),
            host_key: host_key?,
            credential: credential?,
        })
    }

    /// One line of OpenSSH, without its comment. Whether the key itself is sound
    /// shows when the asset is dialled: it must be the one that the asset shows.
    fn host_key(&mut self, text: &dto::Text) -> Option<String> {
        let mut parts = text.get_ref().split_ascii_whitespace();
        let (kind, key) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let kinds = [
            "ssh-ed25519",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521",
            "ssh-rsa",
        ];
        let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        if kinds.contains(&kind)
            && key.starts_with("AAAA")
            && key.len() >= 68
            && key.chars().all(base64)
        {
            return Some(format!("{kind} {key}"));
        }
        self.error(
            text.span(),
            "asset.ssh.host_key",
            "write one public key line as `ssh-keyscan` prints it, without the host: ssh-ed25519 AAAA…",
        );
        None
    }

    pub(super) fn account(&mut self, account: &dto::Account) -> Option<PlannedAccount> {
        let name = self.word("account.name", &account.name);
        let full_name = self.title(
            "account.full_name",
            account.full_name.as_ref(),
            account.name.get_ref(),
        );
        let company = self.title("account.company", account.company.as_ref(), "");
        let email = account.email.as_ref();
        let email = email.and_then(|text| self.word("account.email", text));
        let role: Option<Role> = self.word("account.role", &account.role);
        let mut answers_for = BTreeSet::new();
        for zone in account.zones.iter().flat_map(|z| z.get_ref()) {
            answers_for.extend(self.zone_name("account.zones", zone));
        }
        let mut asks_for = BTreeSet::new();
        for text in account.assets.iter().flat_map(|a| a.get_ref()) {
            let Some(asset) = self.word::<AssetName>("account.assets", text) else {
                continue;
            };
            if !self.assets.contains(asset.as_str()) {
                self.error(
                    text.span(),
                    "account.assets",
                    format_args!("there is no asset {asset} in this file"),
                );
            }
            asks_for.insert(asset);
        }
        let role = role?;
        if let Some(zones) = &account.zones
            && !matches!(role, Role::Approver | Role::Operator)
        {
            self.error(
                zones.span(),
                "account.zones",
                "only an approver or operator answers for zones",
            );
        }
        if let Some(assets) = &account.assets
            && role != Role::Vendor
        {
            self.error(
                assets.span(),
                "account.assets",
                "only a vendor asks for assets",
            );
        }
        Some(PlannedAccount {
            name: name?,
            full_name,
            company,
            email,
            role,
            zones: answers_for,
            assets: asks_for,
        })
    }
}

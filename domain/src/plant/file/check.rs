//! What the file means: every name stands for something, every number is within
//! its bounds. Collects all errors instead of stopping at the first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::IpAddr;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;

use super::{PlantError, PlantErrors, dto, line_of};
use crate::account::Role;
use crate::account::idle::IdleRules;
use crate::name::{AssetName, ZoneName};
use crate::plant::{
    Asset, Conduit, Keep, Operation, PlannedAccount, Plant, Protocol, Quorum, Rules, SecurityLevel,
    Site, SshEndpoint, Zone,
};
use crate::time::{PlantTime, human_duration, parse_duration};

/// The longest title, person's name or company, in characters.
const MAX_TITLE: usize = 120;
/// No window may be longer, whatever a file says.
const LONGEST_SESSION: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn plant(text: &str, file: &dto::File) -> Result<Plant, PlantErrors> {
    let mut check = Check {
        text,
        errors: Vec::new(),
    };
    let site = check.site(&file.site);
    let rules = check.rules(&file.rules);
    let zones = check.all("zone", &file.zone, |c, z| {
        let zone = c.zone(z)?;
        Some((zone.name.clone(), zone, z.name.span()))
    });
    let conduits = check.all("conduit", &file.conduit, |c, d| {
        let conduit = c.conduit(d, &zones)?;
        Some((conduit.name.clone(), conduit, d.name.span()))
    });
    check.one_conduit_a_zone(&file.conduit);
    let assets = check.all("asset", &file.asset, |c, d| {
        let asset = c.asset(d, &zones)?;
        Some((asset.name.clone(), asset, d.name.span()))
    });
    let accounts = check.all("account", &file.account, |c, d| {
        let account = c.account(d, &zones, &assets)?;
        Some((account.name.clone(), account, d.name.span()))
    });
    let mut errors = check.errors;
    errors.sort();
    match site {
        Some(site) if errors.is_empty() => Ok(Plant {
            site,
            rules,
            zones,
            conduits,
            assets,
            accounts,
        }),
        Some(_) | None => Err(PlantErrors(errors)),
    }
}

struct Check<'a> {
    text: &'a str,
    errors: Vec<PlantError>,
}

impl Check<'_> {
    fn error(&mut self, span: Range<usize>, key: &str, message: impl Display) {
        self.errors.push(PlantError {
            line: line_of(self.text, span.start),
            key: key.to_owned(),
            message: message.to_string(),
        });
    }

    /// Notes an error, and goes on with nothing.
    fn ok<T, E: Display>(
        &mut self,
        span: Range<usize>,
        key: &str,
        found: Result<T, E>,
    ) -> Option<T> {
        found.map_err(|error| self.error(span, key, error)).ok()
    }

    fn word<T: FromStr<Err: Display>>(&mut self, key: &str, text: &dto::Text) -> Option<T> {
        self.ok(text.span(), key, text.get_ref().parse())
    }

    fn title(&mut self, key: &str, text: Option<&dto::Text>, or: &str) -> String {
        let Some(text) = text else {
            return or.to_owned();
        };
        let title = text.get_ref().trim();
        if title.chars().count() > MAX_TITLE || title.chars().any(char::is_control) {
            self.error(
                text.span(),
                key,
                format_args!("use at most {MAX_TITLE} characters, without control characters"),
            );
        }
        title.to_owned()
    }

    fn longest(
        &mut self,
        key: &str,
        text: Option<&dto::Text>,
        usual: Duration,
    ) -> Option<Duration> {
        let Some(text) = text else { return Some(usual) };
        let length = self.ok(text.span(), key, parse_duration(text.get_ref()))?;
        if length.is_zero() {
            self.error(
                text.span(),
                key,
                "a window of zero length lets nobody in; write at least 1m",
            );
            return None;
        }
        if length > LONGEST_SESSION {
            self.error(
                text.span(),
                key,
                format_args!(
                    "{} is no just-in-time access; write at most 7d",
                    human_duration(length)
                ),
            );
            return None;
        }
        Some(length)
    }

    fn zone_name(
        &mut self,
        key: &str,
        text: &dto::Text,
        zones: &BTreeMap<ZoneName, Zone>,
    ) -> Option<ZoneName> {
        let name: ZoneName = self.word(key, text)?;
        if zones.contains_key(&name) {
            return Some(name);
        }
        self.error(
            text.span(),
            key,
            format_args!("there is no zone {name} in this file"),
        );
        None
    }

    /// Checks each thing of a list, and that no two have one name.
    fn all<D, N: Ord + Display, T>(
        &mut self,
        kind: &str,
        list: &[D],
        mut one: impl FnMut(&mut Self, &D) -> Option<(N, T, Range<usize>)>,
    ) -> BTreeMap<N, T> {
        let mut found = BTreeMap::new();
        for item in list {
            let Some((name, thing, span)) = one(self, item) else {
                continue;
            };
            if found.contains_key(&name) {
                self.error(
                    span,
                    &format!("{kind}.name"),
                    format_args!("{kind} {name} is in this file already; names are unique"),
                );
            } else {
                found.insert(name, thing);
            }
        }
        found
    }

    fn site(&mut self, site: &dto::Site) -> Option<Site> {
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

    fn rules(&mut self, rules: &dto::Rules) -> Rules {
        Rules {
            quorum: self.quorum(&rules.quorum),
            idle: self.idle(&rules.idle),
        }
    }

    fn quorum(&mut self, quorum: &dto::Quorum) -> Quorum {
        let mut level = |key, number: &Option<Spanned<u8>>, usual| match number {
            None => usual,
            Some(n) if (1..=Quorum::MOST).contains(n.get_ref()) => *n.get_ref(),
            Some(n) => {
                self.error(
                    n.span(),
                    key,
                    format_args!(
                        "write 1 to {} approvers; no zone goes without",
                        Quorum::MOST
                    ),
                );
                usual
            }
        };
        let by_level = [
            level("rules.quorum.sl1", &quorum.sl1, 1),
            level("rules.quorum.sl2", &quorum.sl2, 1),
            level("rules.quorum.sl3", &quorum.sl3, 2),
            level("rules.quorum.sl4", &quorum.sl4, 2),
        ];
        Quorum::new(by_level).unwrap_or_default()
    }

    fn idle(&mut self, idle: &dto::Idle) -> IdleRules {
        let by_role = [
            (Role::Vendor, "rules.idle.vendor", &idle.vendor),
            (Role::Approver, "rules.idle.approver", &idle.approver),
            (Role::Operator, "rules.idle.operator", &idle.operator),
            (Role::Auditor, "rules.idle.auditor", &idle.auditor),
            (Role::Admin, "rules.idle.admin", &idle.admin),
        ];
        let mut rules = IdleRules::default();
        for (role, key, text) in by_role {
            rules = self.idle_limit(key, text.as_ref(), rules, |r, limit| {
                r.with_role(role, limit)
            });
        }
        let never = idle.never_used.as_ref();
        self.idle_limit(
            "rules.idle.never_used",
            never,
            rules,
            IdleRules::with_never_used,
        )
    }

    fn idle_limit(
        &mut self,
        key: &str,
        text: Option<&dto::Text>,
        rules: IdleRules,
        set: impl FnOnce(IdleRules, Duration) -> Option<IdleRules>,
    ) -> IdleRules {
        let Some(text) = text else { return rules };
        let Some(limit) = self.ok(text.span(), key, parse_duration(text.get_ref())) else {
            return rules;
        };
        let changed = set(rules, limit);
        if changed.is_none() {
            self.error(
                text.span(),
                key,
                "write 1d to 366d; an idle account is always disabled",
            );
        }
        changed.unwrap_or(rules)
    }

    fn zone(&mut self, zone: &dto::Zone) -> Option<Zone> {
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
        Some(Zone {
            name: name?,
            title,
            security_level: security_level?,
            safety: zone.safety,
            longest_session: longest?,
        })
    }

    fn conduit(
        &mut self,
        conduit: &dto::Conduit,
        zones: &BTreeMap<ZoneName, Zone>,
    ) -> Option<Conduit> {
        let name = self.word("conduit.name", &conduit.name);
        let zone = self.zone_name("conduit.zone", &conduit.zone, zones);
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

    fn one_conduit_a_zone(&mut self, conduits: &[dto::Conduit]) {
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

    fn asset(&mut self, asset: &dto::Asset, zones: &BTreeMap<ZoneName, Zone>) -> Option<Asset> {
        let name = self.word("asset.name", &asset.name);
        let title = self.title("asset.title", asset.title.as_ref(), asset.name.get_ref());
        let zone = self.zone_name("asset.zone", &asset.zone, zones);
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

    fn account(
        &mut self,
        account: &dto::Account,
        zones: &BTreeMap<ZoneName, Zone>,
        assets: &BTreeMap<AssetName, Asset>,
    ) -> Option<PlannedAccount> {
        let name = self.word("account.name", &account.name);
        let full_name = self.title(
            "account.full_name",
            account.full_name.as_ref(),
            account.name.get_ref(),
        );
        let company = self.title("account.company", account.company.as_ref(), "");
        let role: Option<Role> = self.word("account.role", &account.role);
        let mut answers_for = BTreeSet::new();
        for zone in account.zones.iter().flat_map(|z| z.get_ref()) {
            answers_for.extend(self.zone_name("account.zones", zone, zones));
        }
        let mut asks_for = BTreeSet::new();
        for text in account.assets.iter().flat_map(|a| a.get_ref()) {
            let Some(asset) = self.word::<AssetName>("account.assets", text) else {
                continue;
            };
            if !assets.contains_key(&asset) {
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
            role,
            zones: answers_for,
            assets: asks_for,
        })
    }
}

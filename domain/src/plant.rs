//! What a plant is made of: a site, its zones, the conduits into them, the
//! assets in them, and the people. [`file`] reads and writes it, [`diff`]
//! compares two.

pub mod diff;
pub mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::Role;
use crate::account::email::EmailAddress;
use crate::account::idle::IdleRules;
use crate::name::{AccountName, AssetName, ConduitName, CredentialName, SiteName, ZoneName};
use crate::time::PlantTime;

/// A word that is not one of a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found:?} is not one of: {known}")]
pub struct UnknownWord {
    /// What was written.
    pub found: String,
    /// What may be written, separated by commas.
    pub known: String,
}

/// Gives an enum of plain words its text, both ways, and the list of all.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, as files, the API and the database write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::plant::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or_else(|| {
                    $crate::plant::UnknownWord {
                        found: text.chars().take(64).collect(),
                        known: Self::ALL.iter().map(|w| w.as_str()).collect::<Vec<_>>().join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use words;

/// A protocol that the broker can proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Secure Shell (RFC 4251 to 4254).
    Ssh,
}
words!(Protocol { Ssh = "ssh" });

/// What a conduit can let through on SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// An interactive shell.
    Shell,
    /// One command.
    Exec,
}
words!(Operation { Shell = "shell", Exec = "exec" });

/// How much of what an asset sends outside a terminal is kept. All that goes
/// towards the asset, and all of a terminal, is always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// 16 MiB a channel; beyond that the count and the SHA-256.
    #[default]
    Standard,
    /// Everything.
    Full,
}
words!(Keep { Standard = "standard", Full = "full" });

/// IEC 62443 security level, 1 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct SecurityLevel(u8);

impl SecurityLevel {
    /// A level from 1 to 4.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 4 {
            Some(Self(level))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SL-{}", self.0)
    }
}

/// A number that is no security level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} is no security level: IEC 62443 has 1, 2, 3 and 4")]
pub struct BadLevel(u8);

impl TryFrom<u8> for SecurityLevel {
    type Error = BadLevel;

    fn try_from(level: u8) -> Result<Self, BadLevel> {
        Self::new(level).ok_or(BadLevel(level))
    }
}

impl From<SecurityLevel> for u8 {
    fn from(level: SecurityLevel) -> Self {
        level.0
    }
}

/// How many approvers each security level asks for; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    by_level: [u8; 4],
}

impl Default for Quorum {
    fn default() -> Self {
        Self {
            by_level: [1, 1, 2, 2],
        }
    }
}

impl Quorum {
    /// The most approvers that a plant may ask for.
    pub const MOST: u8 = 9;

    /// Approvers for SL-1 to SL-4. `None` if one of them is 0 or over
    /// [`Quorum::MOST`]: no level goes without approval.
    #[must_use]
    pub fn new(by_level: [u8; 4]) -> Option<Self> {
        by_level
            .iter()
            .all(|n| (1..=Self::MOST).contains(n))
            .then_some(Self { by_level })
    }

    /// How many distinct approvers a zone of that level asks for.
    #[must_use]
    pub fn for_level(&self, level: SecurityLevel) -> usize {
        let index = usize::from(level.get()) - 1;
        self.by_level
            .get(index)
            .copied()
            .map_or(usize::from(Self::MOST), usize::from)
    }
}

/// Rules of the whole site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Approvers by security level.
    pub quorum: Quorum,
    /// When an idle account is disabled.
    pub idle: IdleRules,
    /// How many sessions of one grant may be open at once.
    pub sessions_per_grant: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quorum: Quorum::default(),
            idle: IdleRules::default(),
            sessions_per_grant: Self::USUAL_SESSIONS,
        }
    }
}

impl Rules {
    /// Sessions of one grant where the plant file does not say otherwise.
    pub const USUAL_SESSIONS: u32 = 10;
    /// The most sessions of one grant that a plant may allow.
    pub const MOST_SESSIONS: u32 = 1000;

    /// How many distinct approvers a session in that zone asks for. A safety
    /// system is the last line before people are hurt, so it asks for at least
    /// what SL-4 does, at whatever level its zone stands.
    #[must_use]
    pub fn approvals(&self, zone: &Zone) -> usize {
        let by_level = self.quorum.for_level(zone.security_level);
        if zone.safety {
            by_level.max(self.quorum.for_level(SecurityLevel(4)))
        } else {
            by_level
        }
    }
}

/// A plant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its name in commands.
    pub name: SiteName,
    /// Its name for people.
    pub title: String,
    /// Its time zone.
    pub time: PlantTime,
}

/// An IEC 62443 zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its name.
    pub name: ZoneName,
    /// Its name for people.
    pub title: String,
    /// How well it must be protected.
    pub security_level: SecurityLevel,
    /// Whether it holds a safety instrumented system (SIS).
    pub safety: bool,
    /// Whether an operator must let each session in.
    #[serde(default)]
    pub let_in: bool,
    /// Whether input flows only while somebody of the plant watches.
    #[serde(default)]
    pub supervised: bool,
    /// The longest window that may be approved into it.
    pub longest_session: Duration,
    /// How long its recordings are kept after their end.
    #[serde(default = "usual_retention")]
    pub retention: Duration,
}

/// A plant that was stored before zones had a retention has the usual one.
const fn usual_retention() -> Duration {
    Zone::USUAL_RETENTION
}

impl Zone {
    /// How long recordings are kept where the plant file does not say: a year.
    pub const USUAL_RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);
    /// The least and the most that a plant may set: a day and a hundred years.
    pub const RETENTION_BOUNDS: (Duration, Duration) = (
        Duration::from_secs(24 * 3600),
        Duration::from_secs(36_500 * 24 * 3600),
    );

    /// The longest window where the plant file names none: 8 h, 8 h, 4 h and 2 h
    /// by security level; 2 h for a safety system.
    #[must_use]
    pub fn usual_longest_session(level: SecurityLevel, safety: bool) -> Duration {
        let hours = match level.get() {
            _ if safety => 2,
            1 | 2 => 8,
            3 => 4,
            _ => 2,
        };
        Duration::from_secs(hours * 3600)
    }
}

/// The only way from the broker into one zone. What no conduit allows does not
/// exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conduit {
    /// Its name.
    pub name: ConduitName,
    /// The zone it leads into. One conduit a zone.
    pub zone: ZoneName,
    /// The broker's own address that connections leave from.
    pub source: Option<IpAddr>,
    /// Which protocols pass.
    pub protocols: BTreeSet<Protocol>,
    /// Which of their operations pass.
    pub operations: BTreeSet<Operation>,
    /// Environment variables that pass; a trailing `*` stands for any ending.
    pub environment: Vec<String>,
    /// The longest window that may be approved through it.
    pub longest_session: Duration,
    /// How much of an asset's bulk output is kept.
    pub record: Keep,
}

impl Conduit {
    /// Whether the environment variable passes.
    #[must_use]
    pub fn environment_allows(&self, variable: &str) -> bool {
        self.environment
            .iter()
            .any(|rule| match rule.strip_suffix('*') {
                Some(start) => variable.starts_with(start),
                None => variable == rule,
            })
    }
}

/// One thing in one zone, at a pinned address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its name.
    pub name: AssetName,
    /// Its name for people.
    pub title: String,
    /// The zone it stands in.
    pub zone: ZoneName,
    /// Its pinned address; never a host name.
    pub address: IpAddr,
    /// How it is reached by SSH, if it is.
    pub ssh: Option<SshEndpoint>,
}

impl Asset {
    /// The protocols that it speaks.
    #[must_use]
    pub fn protocols(&self) -> Vec<Protocol> {
        self.ssh.iter().map(|_| Protocol::Ssh).collect()
    }
}

/// How an asset is reached by SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshEndpoint {
    /// Its TCP port.
    pub port: u16,
    /// The user that the broker signs in as.
    pub user: String,
    /// Its pinned host key, as one line of OpenSSH: `ssh-ed25519 AAAA…`.
    pub host_key: String,
    /// Which secret of the vault the broker signs in with.
    pub credential: CredentialName,
}

impl SshEndpoint {
    /// The only address and port that may be dialled for it.
    #[must_use]
    pub const fn at(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port)
    }
}

/// A person, as the plant file names them. Passwords are never in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAccount {
    /// Their account.
    pub name: AccountName,
    /// Their name.
    pub full_name: String,
    /// Their employer.
    pub company: String,
    /// Where they are told by e-mail, if they are.
    pub email: Option<EmailAddress>,
    /// What they do here.
    pub role: Role,
    /// The zones that an approver or operator answers for.
    pub zones: BTreeSet<ZoneName>,
    /// The assets that a vendor may ask for.
    pub assets: BTreeSet<AssetName>,
}

/// A whole plant; each name in it stands for something in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plant {
    /// The site.
    pub site: Site,
    /// Its rules.
    pub rules: Rules,
    /// Its zones.
    pub zones: BTreeMap<ZoneName, Zone>,
    /// The ways into them.
    pub conduits: BTreeMap<ConduitName, Conduit>,
    /// What stands in them.
    pub assets: BTreeMap<AssetName, Asset>,
    /// Its people.
    pub accounts: BTreeMap<AccountName, PlannedAccount>,
}

impl Plant {
    /// The conduit into a zone.
    #[must_use]
    pub fn conduit_into(&self, zone: &ZoneName) -> Option<&Conduit> {
        self.conduits.values().find(|c| c.zone == *zone)
    }
}

impl FromStr for Plant {
    type Err = file::PlantErrors;

    fn from_str(text: &str) -> Result<Self, file::PlantErrors> {
        file::parse(text)
    }
}

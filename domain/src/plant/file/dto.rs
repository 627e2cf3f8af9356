//! The shape of the file, before its meaning is checked.

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) site: Site,
    #[serde(default)]
    pub(super) rules: Rules,
    #[serde(default)]
    pub(super) zone: Vec<Zone>,
    #[serde(default)]
    pub(super) conduit: Vec<Conduit>,
    #[serde(default)]
    pub(super) asset: Vec<Asset>,
    #[serde(default)]
    pub(super) account: Vec<Account>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    pub(super) name: Text,
    pub(super) title: Option<Text>,
    pub(super) time_zone: Text,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    #[serde(default)]
    pub(super) quorum: Quorum,
    #[serde(default)]
    pub(super) idle: Idle,
    pub(super) sessions_per_grant: Option<Spanned<u32>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quorum {
    pub(super) sl1: Option<Spanned<u8>>,
    pub(super) sl2: Option<Spanned<u8>>,
    pub(super) sl3: Option<Spanned<u8>>,
    pub(super) sl4: Option<Spanned<u8>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Idle {
    pub(super) vendor: Option<Text>,
    pub(super) approver: Option<Text>,
    pub(super) operator: Option<Text>,
    pub(super) auditor: Option<Text>,
    pub(super) admin: Option<Text>,
    pub(super) never_used: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Zone {
    pub(super) name: Text,
    pub(super) title: Option<Text>,
    pub(super) security_level: Spanned<u8>,
    #[serde(default)]
    pub(super) safety: bool,
    #[serde(default)]
    pub(super) let_in: bool,
    #[serde(default)]
    pub(super) supervised: bool,
    pub(super) longest_session: Option<Text>,
    pub(super) retention: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conduit {
    pub(super) name: Text,
    pub(super) zone: Text,
    pub(super) source: Option<Text>,
    pub(super) protocols: Option<Vec<Text>>,
    pub(super) operations: Option<Vec<Text>>,
    #[serde(default)]
    pub(super) environment: Vec<Text>,
    pub(super) longest_session: Option<Text>,
    pub(super) record: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asset {
    pub(super) name: Text,
    pub(super) title: Option<Text>,
    pub(super) zone: Text,
    pub(super) address: Text,
    pub(super) ssh: Option<Ssh>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ssh {
    pub(super) port: Option<Spanned<u16>>,
    pub(super) user: Text,
    pub(super) host_key: Text,
    pub(super) credential: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) name: Text,
    pub(super) full_name: Option<Text>,
    pub(super) company: Option<Text>,
    pub(super) email: Option<Text>,
    pub(super) role: Text,
    pub(super) zones: Option<Spanned<Vec<Text>>>,
    pub(super) assets: Option<Spanned<Vec<Text>>>,
}

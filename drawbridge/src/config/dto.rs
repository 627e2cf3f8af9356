//! The shape of the file, before its meaning is checked.

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) data: Text,
    pub(super) api: Api,
    pub(super) ssh: Ssh,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) recordings: Recordings,
    #[serde(default)]
    pub(super) anchor: Vec<Spanned<Anchor>>,
    pub(super) mail: Option<Spanned<Mail>>,
    #[serde(default)]
    pub(super) webhook: Vec<Spanned<Webhook>>,
    #[serde(default)]
    pub(super) log: Log,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Api {
    pub(super) listen: Text,
    pub(super) names: Spanned<Vec<Text>>,
    pub(super) public_url: Option<Text>,
    pub(super) certificate: Option<Text>,
    pub(super) key: Option<Text>,
    pub(super) login_lifetime: Option<Text>,
    pub(super) browser_idle: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ssh {
    pub(super) listen: Text,
    pub(super) host: Option<Text>,
    pub(super) port: Option<Spanned<u16>>,
    pub(super) banner: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) unauthenticated: Option<Spanned<u32>>,
    pub(super) unauthenticated_per_address: Option<Spanned<u32>>,
    pub(super) sign_in: Option<Text>,
    pub(super) channels: Option<Spanned<u32>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recordings {
    pub(super) encryption: Option<Text>,
    pub(super) auditors: Option<Spanned<Vec<Text>>>,
    pub(super) keys: Option<Text>,
    pub(super) least_free_mib: Option<Spanned<u32>>,
    pub(super) segment_mib: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Anchor {
    pub(super) kind: Text,
    pub(super) path: Option<Text>,
    pub(super) url: Option<Text>,
    pub(super) ca: Option<Text>,
    pub(super) address: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) key: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    pub(super) server: Text,
    pub(super) port: Option<Spanned<u16>>,
    pub(super) tls: Option<Text>,
    pub(super) user: Option<Text>,
    pub(super) password_file: Option<Text>,
    pub(super) from: Text,
    pub(super) ca: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    pub(super) url: Text,
    pub(super) secret_file: Text,
    pub(super) ca: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) format: Option<Text>,
}

//! What the demo tells programs: one JSON object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use admin_api::dto::Secret;
use anyhow::Context;
use domain::Plant;
use serde::{Deserialize, Serialize};

use super::plant::order;
use crate::private;

/// The demo, to a program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    /// The API, as `https://HOST:PORT`.
    pub(super) api: String,
    /// The file of the certificate authority that it is trusted by.
    pub(super) ca_cert: PathBuf,
    /// Where vendors connect.
    pub(super) ssh: SshFacts,
    /// People by their role, logged in.
    pub(super) accounts: BTreeMap<String, Vec<Person>>,
    /// The assets; the first needs one approval.
    pub(super) assets: Vec<AssetFacts>,
}

/// Where vendors connect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SshFacts {
    pub(super) host: String,
    pub(super) port: u16,
}

/// A person who is logged in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) password: Secret,
    pub(super) token: Secret,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AssetFacts {
    pub(super) name: String,
    pub(super) zone: String,
    pub(super) protocols: Vec<String>,
    /// How many approvals a session on it needs.
    pub(super) approvals: usize,
}

impl Facts {
    /// Those of a former run, if it left any that can be read.
    pub(super) fn load(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes them for their owner alone, all or nothing: they hold passwords.
    pub(super) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        private::write(path, text.as_bytes())
            .with_context(|| format!("{} could not be written", path.display()))
    }

    /// Everybody, in the order of the story.
    pub(super) fn people(&self) -> impl Iterator<Item = (&str, &Person)> {
        let roles = ["vendor", "approver", "operator", "auditor", "admin"];
        roles.into_iter().flat_map(|role| {
            self.accounts
                .get(role)
                .into_iter()
                .flatten()
                .map(move |person| (role, person))
        })
    }

    /// The password that somebody had in a former run.
    pub(super) fn password(&self, name: &str) -> Option<Secret> {
        self.people()
            .find(|(_, p)| p.name == name)
            .map(|(_, p)| p.password.clone())
    }
}

/// The assets of a plant, the demo's own first.
pub(super) fn assets(plant: &Plant) -> Vec<AssetFacts> {
    let mut assets: Vec<_> = plant
        .assets
        .values()
        .filter_map(|asset| {
            let zone = plant.zones.get(&asset.zone)?;
            Some(AssetFacts {
                name: asset.name.to_string(),
                zone: asset.zone.to_string(),
                protocols: asset.protocols().iter().map(ToString::to_string).collect(),
                approvals: plant.rules.approvals(zone),
            })
        })
        .collect();
    assets.sort_by_key(|asset| (order(&asset.name), asset.name.clone()));
    assets
}

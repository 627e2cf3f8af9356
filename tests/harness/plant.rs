//! A small plant for the scenarios: two zones with a quorum of one and of two,
//! people of each role, and as many assets as a scenario wants.

use std::fmt::Write as _;
use std::net::SocketAddr;

/// The plant file's text, and what is added to it.
#[derive(Clone, Debug)]
pub struct PlantFile(String);

impl Default for PlantFile {
    fn default() -> Self {
        Self::new()
    }
}

impl PlantFile {
    /// Zones `hall` (SL-1, one approver) and `core` (SL-3, two), with a conduit
    /// into each, and zone `attic`, into which no conduit leads. `anna` and `arne`
    /// approve in `hall` and `core`, `aase` in `core` alone. No assets.
    #[must_use]
    pub fn new() -> Self {
        Self(
            r#"
[site]
name = "north-ridge"
title = "North Ridge"
time_zone = "Europe/Oslo"

[[zone]]
name = "hall"
title = "Turbine hall"
security_level = 1
longest_session = "12h"

[[zone]]
name = "core"
title = "Core"
security_level = 3
longest_session = "12h"

[[zone]]
name = "attic"
title = "Attic"
security_level = 1

[[conduit]]
name = "to-hall"
zone = "hall"
protocols = ["ssh"]
operations = ["shell", "exec"]
environment = ["LANG", "LC_*", "DRAWBRIDGE_TEST"]
longest_session = "12h"

[[conduit]]
name = "to-core"
zone = "core"
protocols = ["ssh"]
operations = ["shell", "exec"]
longest_session = "12h"

[[account]]
name = "anna"
role = "approver"
zones = ["hall", "core"]

[[account]]
name = "arne"
role = "approver"
zones = ["hall", "core"]

[[account]]
name = "aase"
role = "approver"
zones = ["core"]

[[account]]
name = "olga"
role = "operator"
zones = ["hall", "core"]

[[account]]
name = "audun"
role = "auditor"
"#
            .to_owned(),
        )
    }

    /// With an asset.
    #[must_use]
    pub fn asset(mut self, name: &str, zone: &str, at: SocketAddr, host_key: &str) -> Self {
        let (address, port) = (at.ip(), at.port());
        let user = crate::sshd::user();
        let _ = write!(
            self.0,
            r#"
[[asset]]
name = "{name}"
zone = "{zone}"
address = "{address}"
ssh = {{ port = {port}, user = "{user}", credential = "{name}", host_key = "{host_key}" }}
"#
        );
        self
    }

    /// With a vendor who may ask for `assets`.
    #[must_use]
    pub fn vendor(mut self, name: &str, assets: &[&str]) -> Self {
        let _ = write!(
            self.0,
            "\n[[account]]\nname = \"{name}\"\nrole = \"vendor\"\ncompany = \"Acme\"\nassets = {assets:?}\n"
        );
        self
    }

    /// With other text in place of some.
    ///
    /// # Panics
    /// If `old` is not in it.
    #[must_use]
    pub fn replace(self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "{old:?} is not in the plant file");
        Self(self.0.replace(old, new))
    }

    /// The names of its people.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.names("account")
    }

    /// The names of its assets.
    pub fn assets(&self) -> impl Iterator<Item = &str> {
        self.names("asset")
    }

    fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        let kind = format!("[{kind}]]");
        let entries = self
            .0
            .split("\n[")
            .filter(move |entry| entry.starts_with(&kind));
        entries.filter_map(|entry| {
            let (_, rest) = entry.split_once("name = \"")?;
            rest.split_once('"').map(|(name, _)| name)
        })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

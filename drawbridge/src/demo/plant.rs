//! The demo's plant: its practice assets, and the plant file that names them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use domain::{Actor, AssetName, Clock, CredentialName, Plant, Random};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use secrecy::SecretString;
use store::{Apply, Credential, Store};

use super::secret;
use crate::practice::{Kind, Login, PracticeAsset, Settings};
use crate::server::ssh_key;

/// Who the broker signs in as, on every practice asset.
const USER: &str = "service";

struct Spec {
    name: &'static str,
    kind: Kind,
    address: Ipv4Addr,
    with_key: bool,
}

/// The first needs one approval, the last needs two.
const SPECS: [Spec; 3] = [
    Spec {
        name: "plc-7",
        kind: Kind::Turbine,
        address: Ipv4Addr::new(127, 0, 0, 2),
        with_key: false,
    },
    Spec {
        name: "hist-1",
        kind: Kind::Shell,
        address: Ipv4Addr::new(127, 0, 0, 3),
        with_key: true,
    },
    Spec {
        name: "sis-1",
        kind: Kind::Safety,
        address: Ipv4Addr::new(127, 0, 0, 4),
        with_key: false,
    },
];

/// The order in which assets are told of.
pub(super) fn order(asset: &str) -> usize {
    SPECS
        .iter()
        .position(|spec| spec.name == asset)
        .unwrap_or(SPECS.len())
}

/// The practice assets, listening.
pub(super) struct Assets(Vec<Started>);

struct Started {
    name: AssetName,
    server: PracticeAsset,
    host_key: String,
    credential: Credential,
}

impl Assets {
    /// Starts them: with the host keys that they had before, and on the ports
    /// that they had before if those are free.
    pub(super) async fn start(
        directory: &Path,
        before: Option<&Plant>,
        clock: &Arc<dyn Clock>,
        random: &dyn Random,
    ) -> anyhow::Result<Self> {
        let mut started = Vec::new();
        for spec in &SPECS {
            let name = AssetName::parse(spec.name)?;
            let endpoint = before
                .and_then(|p| p.assets.get(&name))
                .and_then(|a| a.ssh.as_ref());
            let port = endpoint.map_or(0, |ssh| ssh.port);
            let host_key = ssh_key(&directory.join(format!("{name}_host_key")), random)?;
            let (login, credential) = login(spec.with_key, random)?;
            let line = host_key.public_key().to_openssh()?;
            let settings = Settings {
                kind: spec.kind,
                address: IpAddr::V4(spec.address),
                port,
                host_key,
                user: USER.to_owned(),
                login,
            };
            let server = match PracticeAsset::start(settings.clone(), Arc::clone(clock)).await {
                Ok(server) => server,
                Err(_) if port != 0 => {
                    let settings = Settings {
                        port: 0,
                        ..settings
                    };
                    PracticeAsset::start(settings, Arc::clone(clock)).await?
                }
                Err(error) => Err(error).with_context(|| {
                    format!("the practice asset {name} can't listen on {}", spec.address)
                })?,
            };
            started.push(Started {
                name,
                server,
                host_key: line,
                credential,
            });
        }
        Ok(Self(started))
    }

    /// Makes the plant, or points the one that is there at where the practice
    /// assets are now, and gives the broker their secrets.
    pub(super) async fn seed(&self, store: &Store, before: Option<Plant>) -> anyhow::Result<Plant> {
        let plant = match before {
            Some(plant) => self.repointed(plant),
            None => domain::plant::file::parse(&self.plant_file()?)?,
        };
        let host = Actor::host();
        let apply = Apply {
            dry_run: false,
            revoke: false,
        };
        store.apply_plant(&host, &plant, apply).await?;
        for started in &self.0 {
            let name = CredentialName::parse(started.name.as_str())?;
            store
                .set_credential(&host, &name, started.credential.clone())
                .await?;
        }
        Ok(plant)
    }

    /// The whole plant is the user's to change; only where the practice assets
    /// stand is not.
    fn repointed(&self, mut plant: Plant) -> Plant {
        for Started {
            name,
            server,
            host_key,
            ..
        } in &self.0
        {
            let Some(asset) = plant.assets.get_mut(name) else {
                continue;
            };
            let Some(ssh) = asset.ssh.as_mut() else {
                continue;
            };
            asset.address = server.address().ip();
            ssh.port = server.address().port();
            ssh.host_key.clone_from(host_key);
        }
        plant
    }

    fn plant_file(&self) -> anyhow::Result<String> {
        let mut text = PLANT.to_owned();
        for Started {
            name,
            server,
            host_key,
            ..
        } in &self.0
        {
            let SocketAddr::V4(at) = server.address() else {
                anyhow::bail!("practice assets have IPv4 addresses");
            };
            text = text
                .replace(&format!("{{{name}.address}}"), &at.ip().to_string())
                .replace(&format!("{{{name}.port}}"), &at.port().to_string())
                .replace(&format!("{{{name}.host_key}}"), host_key);
        }
        Ok(text)
    }

    /// Switches them off.
    pub(super) async fn stop(self) {
        for started in self.0 {
            started.server.stop().await;
        }
    }
}

/// What the broker signs in with is new at each start: nobody needs to know it.
fn login(with_key: bool, random: &dyn Random) -> anyhow::Result<(Login, Credential)> {
    if with_key {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        let pem = SecretString::from(key.to_openssh(LineEnding::LF)?.as_str());
        return Ok((
            Login::Key(key.public_key().clone()),
            Credential::PrivateKey(pem),
        ));
    }
    let password = SecretString::from(secret(random));
    Ok((
        Login::Password(password.clone()),
        Credential::Password(password),
    ))
}

const PLANT: &str = r#"
[site]
name = "north-ridge"
title = "North Ridge power station"
time_zone = "Europe/Oslo"

[[zone]]
name = "turbine-hall"
title = "Turbine hall"
security_level = 2

[[zone]]
name = "safety"
title = "Safety systems"
security_level = 3
safety = true
let_in = true

[[conduit]]
name = "to-turbine-hall"
zone = "turbine-hall"
environment = ["LANG", "LC_*"]
longest_session = "4h"

[[conduit]]
name = "to-safety"
zone = "safety"
longest_session = "1h"

[[asset]]
name = "plc-7"
title = "Governor controller"
zone = "turbine-hall"
address = "{plc-7.address}"
ssh = { port = {plc-7.port}, user = "service", credential = "plc-7", host_key = "{plc-7.host_key}" }

[[asset]]
name = "hist-1"
title = "Process historian"
zone = "turbine-hall"
address = "{hist-1.address}"
ssh = { port = {hist-1.port}, user = "service", credential = "hist-1", host_key = "{hist-1.host_key}" }

[[asset]]
name = "sis-1"
title = "Safety controller"
zone = "safety"
address = "{sis-1.address}"
ssh = { port = {sis-1.port}, user = "service", credential = "sis-1", host_key = "{sis-1.host_key}" }

[[account]]
name = "vera"
full_name = "Vera Lund"
company = "Turbine Works"
role = "vendor"
assets = ["plc-7", "hist-1", "sis-1"]

[[account]]
name = "arne"
full_name = "Arne Dahl"
company = "North Ridge"
role = "approver"
zones = ["turbine-hall", "safety"]

[[account]]
name = "berit"
full_name = "Berit Moen"
company = "North Ridge"
role = "approver"
zones = ["turbine-hall", "safety"]

[[account]]
name = "olga"
full_name = "Olga Vik"
company = "North Ridge"
role = "operator"
zones = ["turbine-hall", "safety"]

[[account]]
name = "audun"
full_name = "Audun Lie"
company = "North Ridge"
role = "auditor"

[[account]]
name = "adam"
full_name = "Adam Berg"
company = "North Ridge"
role = "admin"
"#;

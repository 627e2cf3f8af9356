use domain::plant::Plant;
use domain::plant::diff::PlantChange;
use domain::request::Way;
use domain::{Asset, Conduit, Protocol, Zone};
use store::ConduitState;

use super::texts;
use crate::caller::Caller;
use crate::dto;

pub(crate) fn zone(plant: &Plant, zone: &Zone) -> dto::Zone {
    dto::Zone {
        name: zone.name.to_string(),
        title: zone.title.clone(),
        security_level: zone.security_level.get(),
        safety: zone.safety,
        let_in: zone.let_in,
        supervised: zone.supervised,
        longest_session_seconds: zone.longest_session.as_secs(),
        retention_seconds: zone.retention.as_secs(),
        approvals: plant.rules.approvals(zone),
    }
}

pub(crate) fn conduit(conduit: Conduit, state: ConduitState) -> dto::Conduit {
    let (state, closed) = match state {
        ConduitState::Open => ("open", None),
        ConduitState::Closed { at, by, reason } => {
            ("closed", Some(dto::ConduitClosed { at, by, reason }))
        }
    };
    dto::Conduit {
        name: conduit.name.to_string(),
        zone: conduit.zone.to_string(),
        source: conduit.source.map(|address| address.to_string()),
        protocols: texts(conduit.protocols),
        operations: texts(conduit.operations),
        environment: conduit.environment,
        longest_session_seconds: conduit.longest_session.as_secs(),
        record: conduit.record.to_string(),
        state: state.to_owned(),
        closed,
    }
}

/// `None` if the plant was changed in the meantime and has no such zone.
pub(crate) fn asset(caller: &Caller, plant: &Plant, asset: &Asset) -> Option<dto::Asset> {
    let zone = plant.zones.get(&asset.zone)?;
    let conduit = plant.conduit_into(&asset.zone);
    let passes = |protocol: &Protocol| conduit.is_some_and(|c| c.protocols.contains(protocol));
    let way = Way {
        asset,
        zone,
        conduit,
    };
    Some(dto::Asset {
        name: asset.name.to_string(),
        title: asset.title.clone(),
        zone: asset.zone.to_string(),
        protocols: texts(asset.protocols().into_iter().filter(passes)),
        approvals: plant.rules.approvals(zone),
        longest_session_seconds: way.longest().as_secs(),
        let_in: zone.let_in,
        supervised: zone.supervised,
        endpoint: asset
            .ssh
            .as_ref()
            .filter(|_| !caller.is_vendor())
            .map(|ssh| dto::Endpoint {
                address: ssh.at(asset.address).to_string(),
                user: ssh.user.clone(),
                host_key: ssh.host_key.clone(),
                credential: ssh.credential.to_string(),
            }),
    })
}

pub(crate) fn change(change: PlantChange) -> dto::PlantChange {
    dto::PlantChange {
        verb: change.verb.to_string(),
        kind: change.kind.to_owned(),
        name: change.name,
        detail: change.detail,
    }
}

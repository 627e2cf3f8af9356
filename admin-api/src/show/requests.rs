use domain::plant::Plant;
use domain::{Approval, Grant, Request, RequestState, Timestamp};

use store::Companies;

use super::{person, window};
use crate::caller::Caller;
use crate::dto;

/// `plant` says how many approvals it takes.
pub(crate) fn request(
    caller: &Caller,
    plant: Option<&Plant>,
    companies: &Companies,
    request: Request,
) -> dto::Request {
    let approvals_needed = plant.and_then(|plant| {
        let zone = plant.zones.get(&request.zone)?;
        Some(plant.rules.approvals(zone))
    });
    dto::Request {
        id: request.id.to_string(),
        company: companies.of(&request.account),
        account: request.account.to_string(),
        asset: request.asset.to_string(),
        zone: request.zone.to_string(),
        protocol: request.protocol.to_string(),
        wanted: window(&request.wanted),
        window: window(&request.window()),
        created_at: request.created_at,
        extends: request.extends.map(|id| id.to_string()),
        state: request.state.as_str().to_owned(),
        approvals: request
            .approvals()
            .iter()
            .map(|approval| show_approval(caller, approval))
            .collect(),
        approvals_needed,
        grant: match &request.state {
            RequestState::Granted { grant, .. } => Some(grant.to_string()),
            RequestState::Waiting { .. }
            | RequestState::Denied { .. }
            | RequestState::Withdrawn { .. }
            | RequestState::Lapsed { .. }
            | RequestState::Cancelled { .. } => None,
        },
        ended: ended(caller, &request.state),
        purpose: request.purpose,
        work_order: request.work_order,
    }
}

fn show_approval(caller: &Caller, approval: &Approval) -> dto::Approval {
    dto::Approval {
        by: person(caller, &approval.by),
        at: approval.at,
        window: window(&approval.window),
        note: approval.note.clone(),
    }
}

fn ended(caller: &Caller, state: &RequestState) -> Option<dto::RequestEnd> {
    let (at, by, reason) = match state {
        RequestState::Waiting { .. } | RequestState::Granted { .. } => return None,
        RequestState::Denied { by, at, reason } => (at, person(caller, by), Some(reason)),
        RequestState::Withdrawn { at } | RequestState::Lapsed { at } => (at, None, None),
        RequestState::Cancelled { at, reason } => (at, None, Some(reason)),
    };
    Some(dto::RequestEnd {
        at: *at,
        by,
        reason: reason.cloned(),
    })
}

pub(crate) fn grant(
    caller: &Caller,
    now: Timestamp,
    companies: &Companies,
    grant: Grant,
) -> dto::Grant {
    dto::Grant {
        id: grant.id.to_string(),
        request: grant.request.to_string(),
        company: companies.of(&grant.account),
        account: grant.account.to_string(),
        asset: grant.asset.to_string(),
        zone: grant.zone.to_string(),
        protocol: grant.protocol.to_string(),
        window: window(&grant.window),
        created_at: grant.created_at,
        phase: grant.phase(now).to_string(),
        extensions: grant.extensions,
        ended: grant.ended.map(|end| dto::GrantEnd {
            at: end.at,
            why: end.why.to_string(),
            by: end.by.as_ref().and_then(|by| person(caller, by)),
            reason: end.reason,
        }),
    }
}

use domain::{Hold, HoldOn, Timestamp};
use store::{KeptRecording, PurgePlan, Share};

use crate::dto;

pub(crate) fn hold(hold: Hold) -> dto::Hold {
    let (session, zone) = match hold.on {
        HoldOn::Session(session) => (Some(session.to_string()), None),
        HoldOn::Zone(zone) => (None, Some(zone.to_string())),
    };
    let state = if hold.released.is_some() {
        "released"
    } else {
        "in_force"
    };
    dto::Hold {
        id: hold.id.to_string(),
        session,
        zone,
        state: state.to_owned(),
        placed_at: hold.placed.at,
        placed_by: hold.placed.by.to_string(),
        reason: hold.placed.reason,
        released: hold.released.map(|released| dto::HoldReleased {
            at: released.at,
            by: released.by.to_string(),
            reason: released.reason,
        }),
    }
}

pub(crate) fn purge_plan(plan: PurgePlan) -> dto::PurgePlan {
    dto::PurgePlan {
        due: plan.due.into_iter().map(kept).collect(),
        due_count: plan.due_count,
        next: plan.next.into_iter().map(kept).collect(),
        held: plan.held,
        not_sealed: plan.not_sealed,
    }
}

fn kept(kept: KeptRecording) -> dto::KeptRecording {
    dto::KeptRecording {
        session: kept.session.to_string(),
        channel: kept.channel,
        zone: kept.zone.to_string(),
        ended_at: kept.ended_at,
        kept_until: kept.until,
    }
}

pub(crate) fn share(share: Share, now: Timestamp) -> dto::Share {
    let state = match &share.revoked {
        Some(_) => "revoked",
        None if share.expires_at <= now => "over",
        None => "works",
    };
    let (revoked_at, revoked_by) = share.revoked.unzip();
    dto::Share {
        id: share.id.to_string(),
        session: share.session.to_string(),
        channel: share.channel,
        input: share.input,
        note: share.note,
        state: state.to_owned(),
        created_at: share.created_at,
        created_by: share.created_by.to_string(),
        expires_at: share.expires_at,
        openings: share.openings,
        opened_at: share.opened_at,
        revoked_at,
        revoked_by: revoked_by.map(|who| who.to_string()),
    }
}

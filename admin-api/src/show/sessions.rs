use std::time::Duration;

use domain::{CloseReason, Input, Timestamp};
use recorder::transcript::Typed;
use store::{Companies, EndOrder, Hit, Recording, SessionEnd, SessionRow};

use super::person;
use crate::caller::Caller;
use crate::dto;

pub(crate) fn session(caller: &Caller, companies: &Companies, row: SessionRow) -> dto::Session {
    let state = if row.closed.is_some() {
        "closed"
    } else {
        "open"
    };
    let (entry, input) = (entry(caller, &row), input(caller, &row));
    dto::Session {
        id: row.id.to_string(),
        grant: row.grant.to_string(),
        company: companies.of(&row.account),
        account: row.account.to_string(),
        asset: row.asset.to_string(),
        zone: row.zone.to_string(),
        conduit: row.conduit.to_string(),
        protocol: row.protocol.to_string(),
        source: row.source,
        opened_at: row.opened_at,
        ends_at: row.ends_at,
        state: state.to_owned(),
        entry,
        input,
        supervised: row.zone_rules.supervised,
        watchers: row
            .watchers
            .iter()
            .map(|watcher| dto::Watcher {
                account: person(caller, &watcher.account),
                since: watcher.since,
            })
            .collect(),
        end_order: row.end_ordered.map(|order| end_order(caller, order)),
        closed: row.closed.map(|end| closed(caller, end)),
    }
}

/// One that is over waits for nobody any more.
fn entry(caller: &Caller, row: &SessionRow) -> dto::Entry {
    let state = match &row.let_in {
        Some(_) => "let_in",
        None if row.zone_rules.let_in && row.closed.is_none() => "waiting",
        None => "open",
    };
    dto::Entry {
        required: row.zone_rules.let_in,
        state: state.to_owned(),
        by: row.let_in.as_ref().and_then(|by| person(caller, &by.by)),
        at: row.let_in.as_ref().map(|by| by.at),
    }
}

fn input(caller: &Caller, row: &SessionRow) -> dto::Input {
    let state = row.input();
    let paused = row.paused.as_ref().filter(|_| state == Input::Paused);
    dto::Input {
        state: state.to_string(),
        by: paused.and_then(|paused| person(caller, &paused.by)),
        at: paused.map(|paused| paused.at),
        reason: paused.and_then(|paused| paused.reason.clone()),
    }
}

fn end_order(caller: &Caller, order: EndOrder) -> dto::EndOrder {
    dto::EndOrder {
        at: order.at,
        by: person(caller, &order.by),
        reason: order.reason,
    }
}

fn closed(caller: &Caller, end: SessionEnd) -> dto::SessionEnd {
    let by = if let CloseReason::Ended { by } = &end.reason {
        person(caller, by)
    } else {
        None
    };
    dto::SessionEnd {
        at: end.at,
        code: end.reason.code().to_owned(),
        blame: end.reason.blame().to_string(),
        by,
        text: end.reason.for_vendor(),
        note: end.note.filter(|_| !caller.is_vendor()),
    }
}

pub(crate) fn recording(recording: Recording) -> dto::Recording {
    dto::Recording {
        session: recording.session.to_string(),
        channel: recording.channel,
        account: recording.account.to_string(),
        asset: recording.asset.to_string(),
        zone: recording.zone.to_string(),
        kind: recording.kind,
        command: recording.command,
        has_terminal: recording.has_terminal,
        started_at: recording.started_at,
        ended_at: recording.ended_at,
        exit_status: recording.exit,
        bytes_in: recording.bytes_in,
        bytes_out: recording.bytes_out,
        state: recording.state,
    }
}

pub(crate) fn hit(hit: Hit) -> dto::RecordingHit {
    dto::RecordingHit {
        session: hit.session.to_string(),
        channel: hit.channel,
        account: hit.account.to_string(),
        asset: hit.asset.to_string(),
        zone: hit.zone.to_string(),
        at: hit.started_at.plus(Duration::from_millis(hit.at_ms)),
        at_ms: hit.at_ms,
        text: hit.text,
        with_erased: None,
    }
}

pub(crate) fn typed(recording: &Recording, at: Timestamp, line: Typed) -> dto::RecordingHit {
    dto::RecordingHit {
        session: recording.session.to_string(),
        channel: recording.channel,
        account: recording.account.to_string(),
        asset: recording.asset.to_string(),
        zone: recording.zone.to_string(),
        at,
        at_ms: line.at_ms,
        text: line.text,
        with_erased: line.all,
    }
}

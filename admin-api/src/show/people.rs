use domain::{Account, AccountState, Event, Site};

use super::texts;
use crate::dto;

pub(crate) fn account(account: Account) -> dto::Account {
    let disabled = match account.state {
        AccountState::Active => None,
        AccountState::Disabled { at, reason } => Some(dto::Disabled { at, reason }),
    };
    let state = if disabled.is_some() {
        "disabled"
    } else {
        "active"
    };
    dto::Account {
        name: account.name.to_string(),
        full_name: account.full_name,
        company: account.company,
        email: account.email.map(String::from),
        role: account.role.to_string(),
        zones: texts(account.zones),
        assets: texts(account.assets),
        state: state.to_owned(),
        disabled,
        created_at: account.created_at,
        enabled_at: account.enabled_at,
        last_active_at: account.last_active_at,
        has_password: account.has_password,
    }
}

pub(crate) fn site(site: Site) -> dto::Site {
    dto::Site {
        name: site.name.to_string(),
        title: site.title,
        time_zone: site.time.name().to_owned(),
    }
}

pub(crate) fn event(event: Event) -> dto::AuditEvent {
    dto::AuditEvent {
        seq: event.seq,
        id: event.id.to_string(),
        at: event.at,
        actor: event.actor,
        source: event.source,
        action: event.action,
        subject: event.subject,
        before: event.before,
        after: event.after,
        reason: event.reason,
    }
}

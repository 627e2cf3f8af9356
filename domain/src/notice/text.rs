//! The words of all notices. A vendor is told no name of anybody at the plant.

use super::{Notice, NoticeKind, Plant, Visit, one_line};
use crate::account::Account;
use crate::grant::Grant;
use crate::name::AccountName;
use crate::request::{MAX_TEXT, MAX_WORK_ORDER, Request, RequestState};
use crate::session::CloseReason;
use crate::time::{Timestamp, Window};

/// The longest subject, in characters.
const MAX_SUBJECT: usize = 150;
/// The longest title, name or company that is shown.
const MAX_TITLE: usize = 120;

pub(super) fn waits(kind: NoticeKind, to: &Account, request: &Request, plant: Plant<'_>) -> Notice {
    let (who, asset) = (&request.account, &request.asset);
    let (start, time) = (request.window().start(), &plant.site.time);
    let still = if kind == NoticeKind::RequestStillWaits {
        "still "
    } else {
        ""
    };
    let mut body = Body::new();
    let asks = if request.extends.is_some() {
        "more time at"
    } else {
        "access to"
    };
    body.line(&format!(
        "{} {still}waits for your decision on {asks} {asset} in zone {}.",
        person(who, plant),
        request.zone
    ));
    if kind == NoticeKind::RequestStillWaits {
        body.line(&format!(
            "Without enough approvals nobody comes in when its window begins, at {}.",
            time.clock(start)
        ));
    }
    body.blank();
    body.field("Purpose", &one_line(&request.purpose, MAX_TEXT));
    if let Some(order) = &request.work_order {
        body.field("Work order", &one_line(order, MAX_WORK_ORDER));
    }
    body.window(request.window(), plant);
    body.field(
        "Approvals",
        &format!("{} so far", request.approvals().len()),
    );
    body.blank();
    body.line(&format!(
        "You are told because you approve for zone {}. Approve, narrow or deny it here:",
        request.zone
    ));
    let subject = format!("{who} {still}waits for {asset}, {}", time.date_clock(start));
    notice(
        kind,
        to,
        &subject,
        body,
        format!("/requests/{}", request.id),
        plant,
    )
}

/// `None` if it is not granted.
pub(super) fn granted(to: &Account, request: &Request, plant: Plant<'_>) -> Option<Notice> {
    let RequestState::Granted { grant, approvals } = &request.state else {
        return None;
    };
    let (asset, window) = (&request.asset, request.window());
    let mut body = Body::new();
    let (kind, subject) = if request.extends.is_some() {
        let end = plant.site.time.both(window.end());
        body.line(&format!(
            "Your access to {asset} lasts longer: until {end}."
        ));
        let until = plant.site.time.date_clock(window.end());
        (
            NoticeKind::MoreTime,
            format!("More time at {asset}: until {until}"),
        )
    } else if window == request.wanted {
        body.line(&format!(
            "Your request for {asset} was granted as you asked."
        ));
        (
            NoticeKind::RequestGranted,
            format!("Granted: {asset}, {}", from(window, plant)),
        )
    } else {
        body.line(&format!(
            "Your request for {asset} was granted, for a narrower window than you asked for."
        ));
        let narrowed = format!("Granted, narrower: {asset}, {}", from(window, plant));
        (NoticeKind::RequestGranted, narrowed)
    };
    body.blank();
    if request.extends.is_none() {
        body.window(window, plant);
        if window != request.wanted {
            body.moment("Asked from", request.wanted.start(), plant);
            body.moment("Asked to", request.wanted.end(), plant);
        }
    }
    for note in approvals.iter().filter_map(|a| a.note.as_ref()) {
        body.field("Note", &one_line(note, MAX_TEXT));
    }
    body.blank();
    body.line("How to connect, and the ticket for it, is here:");
    Some(notice(
        kind,
        to,
        &subject,
        body,
        format!("/grants/{grant}"),
        plant,
    ))
}

/// `None` if it is not denied.
pub(super) fn denied(to: &Account, request: &Request, plant: Plant<'_>) -> Option<Notice> {
    let RequestState::Denied { reason, .. } = &request.state else {
        return None;
    };
    let asset = &request.asset;
    let mut body = Body::new();
    body.line(&format!("Your request for {asset} was denied."));
    body.blank();
    body.field("Reason", &one_line(reason, MAX_TEXT));
    body.window(request.wanted, plant);
    body.blank();
    body.line("If the reason can be met, ask again. The request is here:");
    let path = format!("/requests/{}", request.id);
    let subject = format!("Denied: {asset}");
    Some(notice(
        NoticeKind::RequestDenied,
        to,
        &subject,
        body,
        path,
        plant,
    ))
}

/// `None` if it was not taken back.
pub(super) fn revoked(to: &Account, grant: &Grant, plant: Plant<'_>) -> Option<Notice> {
    let end = grant.ended.as_ref()?;
    let asset = &grant.asset;
    let mut body = Body::new();
    body.line(&format!(
        "Your access to {asset} was taken back. Its sessions are closed, and its tickets are void."
    ));
    body.blank();
    body.field("Reason", &one_line(&end.reason, MAX_TEXT));
    body.moment("When", end.at, plant);
    body.blank();
    body.line("If the work is not done, call the control room, or ask again. The grant is here:");
    let path = format!("/grants/{}", grant.id);
    let subject = format!("Taken back: access to {asset}");
    Some(notice(
        NoticeKind::GrantRevoked,
        to,
        &subject,
        body,
        path,
        plant,
    ))
}

pub(super) fn came(to: &Account, visit: &Visit, at: Timestamp, plant: Plant<'_>) -> Notice {
    let Visit {
        account,
        asset,
        zone,
        ..
    } = visit;
    let mut body = Body::new();
    let (what, subject) = if visit.waits {
        (
            "waits to be let in to",
            format!("{account} waits to be let in to {asset}"),
        )
    } else {
        ("has come to", format!("{account} is at {asset}"))
    };
    body.line(&format!(
        "{} {what} {asset} in zone {zone}, within a granted window.",
        person(account, plant)
    ));
    body.blank();
    body.moment("When", at, plant);
    body.blank();
    body.line(&format!(
        "You are told because you operate zone {zone}. Whether the session is open, and what you \
         can do, is shown here:"
    ));
    let path = format!("/sessions/{}", visit.id);
    notice(NoticeKind::SessionOpened, to, &subject, body, path, plant)
}

/// `None` if it ended as sessions do.
pub(super) fn failed(
    to: &Account,
    visit: &Visit,
    at: Timestamp,
    plant: Plant<'_>,
) -> Option<Notice> {
    let Visit {
        account,
        asset,
        zone,
        ..
    } = visit;
    let (what, why, next) = match &visit.closed {
        Some(CloseReason::RecordingFailed) => (
            "its recording failed",
            "The recording could not go on, so the session was closed at once: nothing passes \
             unrecorded.",
            "Look at the disk for recordings (`drawbridge doctor`) before the vendor comes back.",
        ),
        Some(CloseReason::HostKeyChanged) => (
            "another host key",
            "The asset showed another host key than the pinned one, so the session was closed and \
             no password was sent. Either the device or its key was replaced, or somebody stands \
             in between.",
            "Find out on site which it is before anybody changes the pinned key.",
        ),
        _ => return None,
    };
    let mut body = Body::new();
    body.line(&format!(
        "The session of {} to {asset} in zone {zone} ended abnormally.",
        person(account, plant)
    ));
    body.line(why);
    body.line(next);
    body.blank();
    body.moment("When", at, plant);
    body.blank();
    body.line(&format!(
        "You are told because you operate zone {zone}. The session is here:"
    ));
    let subject = format!("Session of {account} to {asset} closed: {what}");
    let path = format!("/sessions/{}", visit.id);
    Some(notice(
        NoticeKind::SessionFailed,
        to,
        &subject,
        body,
        path,
        plant,
    ))
}

pub(super) fn test(to: &Account, at: Timestamp, plant: Plant<'_>) -> Notice {
    let mut body = Body::new();
    body.line("This is a test: an admin of the plant tries whether notices reach you. They do.");
    body.blank();
    body.moment("When", at, plant);
    body.blank();
    body.line("There is nothing to do. The broker is here:");
    notice(NoticeKind::Test, to, "A test", body, "/".to_owned(), plant)
}

fn notice(
    kind: NoticeKind,
    to: &Account,
    subject: &str,
    body: Body,
    path: String,
    plant: Plant<'_>,
) -> Notice {
    let site = one_line(&plant.site.title, MAX_TITLE / 2);
    Notice {
        kind,
        to: to.name.clone(),
        subject: one_line(&format!("[{site}] {subject}"), MAX_SUBJECT),
        body: body.0,
        path,
    }
}

/// `vera (Vera Lund, Turbines Ltd)`, as far as it is known.
fn person(name: &AccountName, plant: Plant<'_>) -> String {
    let Some(person) = plant.person(name) else {
        return name.to_string();
    };
    let known = [&person.full_name, &person.company];
    let known: Vec<_> = known
        .iter()
        .filter(|text| !text.is_empty() && text.as_str() != name.as_str())
        .map(|text| one_line(text, MAX_TITLE))
        .collect();
    if known.is_empty() {
        name.to_string()
    } else {
        format!("{name} ({})", known.join(", "))
    }
}

fn from(window: Window, plant: Plant<'_>) -> String {
    format!("from {}", plant.site.time.date_clock(window.start()))
}

struct Body(String);

impl Body {
    const fn new() -> Self {
        Self(String::new())
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// One empty line between two parts, never two.
    fn blank(&mut self) {
        if !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{:<12}{value}", format!("{name}:")));
    }

    fn moment(&mut self, name: &str, at: Timestamp, plant: Plant<'_>) {
        self.field(name, &plant.site.time.both(at));
    }

    fn window(&mut self, window: Window, plant: Plant<'_>) {
        self.moment("From", window.start(), plant);
        self.moment("To", window.end(), plant);
    }
}

//! What they read.

use super::world::*;
use super::*;

#[test]
fn a_request_that_still_waits_is_told_of_once_more_before_it_begins() {
    let (site, people) = (site(), people());
    let plant = Plant {
        site: &site,
        people: &people,
    };
    let when = |request: &Request, now: &str| whom(&still_waiting(request, plant, at(now)));
    let half = waiting(&["arne"]);
    assert_eq!(when(&half, "2026-11-24T12:44:59Z"), "");
    assert_eq!(when(&half, "2026-11-24T12:45:00Z"), "asta");
    assert_eq!(when(&half, "2026-11-24T12:59:59Z"), "asta");
    assert_eq!(when(&half, "2026-11-24T13:00:00Z"), "", "it has begun");
    let late = Request {
        created_at: at("2026-11-24T12:45:00Z"),
        ..waiting(&[])
    };
    assert_eq!(
        when(&late, "2026-11-24T12:46:00Z"),
        "",
        "they have just been told"
    );
    assert_eq!(when(&denied(), "2026-11-24T12:46:00Z"), "");
}

#[test]
fn what_an_approver_reads() {
    let [arne, _] = told(
        "request.filed",
        "account/vera",
        None,
        &Matter::Request(waiting(&[])),
    )
    .try_into()
    .expect("two");
    assert_eq!(
        arne.subject,
        "[North Ridge] vera waits for plc-7, 2026-11-24 14:00"
    );
    assert_eq!(arne.path, format!("/requests/{}", waiting(&[]).id));
    assert_eq!(
        arne.body,
        "vera (Vera Lund, Turbines) waits for your decision on access to plc-7 in zone hall.\n\
         \n\
         Purpose:    replace the pump's firmware\n\
         Work order: WO-4711\n\
         From:       2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC\n\
         To:         2026-11-24 16:00 (Europe/Oslo) = 15:00 UTC\n\
         Approvals:  0 so far\n\
         \n\
         You are told because you approve for zone hall. Approve, narrow or deny it here:\n"
    );
}

#[test]
fn what_a_vendor_reads() {
    let narrow = window("2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z");
    let approved = |request| {
        let found = told(
            "request.approved",
            "account/arne",
            Some("granted"),
            &Matter::Request(request),
        );
        found.into_iter().next().expect("one")
    };
    let as_wanted = approved(granted(wanted()));
    assert_eq!(
        as_wanted.subject,
        "[North Ridge] Granted: plc-7, from 2026-11-24 14:00"
    );
    assert!(as_wanted.path.starts_with("/grants/"));
    assert!(!as_wanted.body.contains("Asked"), "{}", as_wanted.body);
    let narrowed = approved(granted(narrow));
    assert_eq!(
        narrowed.subject,
        "[North Ridge] Granted, narrower: plc-7, from 2026-11-24 15:00"
    );
    for line in [
        "From:       2026-11-24 15:00 (Europe/Oslo) = 14:00 UTC\n",
        "Asked from: 2026-11-24 14:00 (Europe/Oslo) = 13:00 UTC\n",
    ] {
        assert!(narrowed.body.contains(line), "{}", narrowed.body);
    }
    let more = approved(Request {
        extends: Some(GrantId::new(at("2026-11-24T07:00:00Z"), &Sevens)),
        ..granted(wanted())
    });
    assert_eq!(more.kind, NoticeKind::MoreTime);
    assert_eq!(
        more.subject,
        "[North Ridge] More time at plc-7: until 2026-11-24 16:00"
    );
    let no = told(
        "request.denied",
        "account/arne",
        None,
        &Matter::Request(denied()),
    );
    assert!(
        no[0].body.contains("Reason:     not during start-up\n"),
        "{}",
        no[0].body
    );
    let revoked = Matter::Grant(grant(GrantEndReason::Revoked));
    let revoked = told("grant.revoked", "account/arne", None, &revoked);
    assert!(
        revoked[0].body.contains("Reason:     a storm\n"),
        "{}",
        revoked[0].body
    );
    for notice in [&as_wanted, &narrowed, &more, &no[0], &revoked[0]] {
        let text = format!("{}{}", notice.subject, notice.body);
        assert!(
            !text.contains("arne"),
            "names a person of the plant: {text}"
        );
    }
}

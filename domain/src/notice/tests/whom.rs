//! Who is told what.

use super::world::*;
use super::*;

#[test]
fn one_who_stands_at_the_gate_is_told_of_as_one_who_waits() {
    let subject = |waits| {
        let visit = Visit {
            waits,
            ..visit(None)
        };
        let told = told(
            "session.opened",
            "account/vera",
            None,
            &Matter::Session(visit),
        );
        told.first().expect("somebody is told").subject.clone()
    };
    assert!(subject(true).contains("vera waits to be let in to plc-7"));
    assert!(subject(false).contains("vera is at plc-7"));
}

#[test]
fn those_who_must_act_are_told_and_nobody_else() {
    use Matter as M;
    let more_time = |by: &[&str]| Request {
        extends: Some(GrantId::new(at("2026-11-24T07:00:00Z"), &Sevens)),
        ..waiting(by)
    };
    let later = granted(wanted());
    let recording_failed = visit(Some(CloseReason::RecordingFailed));
    let vera = "account/vera";
    let cases = [
        (
            "request.filed",
            vera,
            None,
            M::Request(waiting(&[])),
            "arne asta",
        ),
        (
            "request.filed",
            vera,
            None,
            M::Request(waiting(&["arne"])),
            "asta",
        ),
        // Granted or denied meanwhile: it is no longer theirs to decide.
        ("request.filed", vera, None, M::Request(later.clone()), ""),
        ("request.filed", vera, None, M::Request(denied()), ""),
        (
            "request.filed",
            "account/asta",
            None,
            M::Request(more_time(&[])),
            "arne",
        ),
        (
            "request.approved",
            "account/arne",
            Some("waiting"),
            M::Request(later.clone()),
            "",
        ),
        (
            "request.approved",
            "account/arne",
            Some("granted"),
            M::Request(later),
            "vera",
        ),
        (
            "request.denied",
            "account/arne",
            Some("denied"),
            M::Request(denied()),
            "vera",
        ),
        (
            "request.withdrawn",
            vera,
            None,
            M::Request(waiting(&[])),
            "",
        ),
        (
            "grant.revoked",
            "account/arne",
            None,
            M::Grant(grant(GrantEndReason::Revoked)),
            "vera",
        ),
        (
            "grant.revoked",
            "system",
            None,
            M::Grant(grant(GrantEndReason::PlantChanged)),
            "vera",
        ),
        (
            "grant.expired",
            "system",
            None,
            M::Grant(grant(GrantEndReason::Expired)),
            "",
        ),
        (
            "session.opened",
            vera,
            None,
            M::Session(visit(None)),
            "olga",
        ),
        (
            "session.opened",
            "account/olga",
            None,
            M::Session(visit(None)),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(recording_failed),
            "olga",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::HostKeyChanged))),
            "olga",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::VendorLeft))),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(Some(CloseReason::WindowEnded))),
            "",
        ),
        (
            "session.closed",
            "system",
            None,
            M::Session(visit(None)),
            "",
        ),
        (
            "notice.tested",
            "account/adam",
            None,
            M::Test(name("adam")),
            "adam",
        ),
        (
            "notice.tested",
            "account/adam",
            None,
            M::Test(name("gone")),
            "",
        ),
        ("account.signed_in", vera, None, M::Test(name("vera")), ""),
        ("request.filed", vera, None, M::Session(visit(None)), ""),
    ];
    for (action, actor, state, matter, expected) in cases {
        let found = told(action, actor, state, &matter);
        assert_eq!(whom(&found), expected, "{action} by {actor}: {matter:?}");
        assert!(is_told(action) || found.is_empty(), "{action}");
    }
}

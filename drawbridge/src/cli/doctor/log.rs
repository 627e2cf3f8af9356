//! Whether the log is signed, and whether what is to hold a copy of it has one.

use std::time::Duration;

use admin_api::dto::{Anchor, Health, LogState};
use domain::{Timestamp, human_duration};

use super::super::failure::Failure;
use super::Finding;

const LOG: &str = "log";
const ANCHOR: &str = "anchor";

/// An anchor that fails for longer than this is no short outage; its event comes
/// then, too.
const OUTAGE: Duration = Duration::from_secs(300);

/// What everybody may know.
pub(super) fn briefly(health: &Health) -> Finding {
    match health.log.as_str() {
        "signed" => Finding::ok(LOG, "the log is signed"),
        "anchor_fails" => Finding::warning(
            LOG,
            "the log is signed, but an anchor does not take it. An auditor's or admin's `drawbridge \
             doctor` says which, and why.",
        ),
        _ => Finding::failed(
            LOG,
            &Failure::unavailable(
                "the log can't be signed, so what happens is not proven yet. An auditor's or \
                 admin's `drawbridge doctor` says why.",
            ),
        ),
    }
}

/// What auditors and admins may know, `now` by the broker's clock.
pub(super) fn in_full(state: &LogState, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![signing(state, now)];
    findings.extend(state.anchors.iter().map(|one| anchor(one, now)));
    if state.anchors.is_empty() {
        findings.push(Finding::warning(
            ANCHOR,
            "none is configured: whoever has the database and log.key could write another history \
             unseen. Add an [[anchor]] to drawbridge.toml, best a witness.",
        ));
    }
    findings
}

fn signing(state: &LogState, now: Timestamp) -> Finding {
    let signed = match (state.signed, state.signed_at) {
        (Some(size), Some(at)) => format!("{size} events are signed, last {} ago", age(at, now)),
        _ => "nothing of the log is signed yet".to_owned(),
    };
    let Some(since) = state.not_signed_since else {
        return Finding::ok(LOG, signed);
    };
    let why = state.why.as_deref().unwrap_or("unknown");
    let text = format!(
        "the log can't be signed for {} now: {why}; {signed}. What happened after that is not \
         proven until it can be. Unless the database's disk is full or broken, somebody has \
         changed it: keep a copy of it, and compare it with an anchor's checkpoint.",
        age(since, now)
    );
    Finding::failed(LOG, &Failure::failed(text))
}

/// How long ago that was, in words.
fn age(at: Timestamp, now: Timestamp) -> String {
    human_duration(Duration::from_secs(now.since(at).as_secs()))
}

fn anchor(anchor: &Anchor, now: Timestamp) -> Finding {
    let name = &anchor.name;
    let has = match (anchor.size, anchor.anchored_at) {
        (Some(size), Some(at)) => format!("it took {size} events {} ago", age(at, now)),
        _ => "it has taken nothing since the broker was started".to_owned(),
    };
    let behind = match anchor.behind {
        Some(0) | None => String::new(),
        Some(behind) => format!(", and is {behind} events behind"),
    };
    let Some(since) = anchor.failing_since else {
        return Finding::ok(ANCHOR, format!("{name}: {has}{behind}"));
    };
    let why = anchor.why.as_deref().unwrap_or("unknown");
    let text = format!(
        "{name} has failed for {}: {why}; {has}{behind}. It is tried again at least once a minute: \
         see that it runs and can be reached from the broker.",
        age(since, now)
    );
    if now.since(since) < OUTAGE {
        Finding::warning(ANCHOR, text)
    } else {
        Finding::failed(ANCHOR, &Failure::unavailable(text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn well() -> LogState {
        LogState {
            signed: Some(70),
            signed_at: Some(at("2026-11-24T13:00:00Z")),
            not_signed_since: None,
            why: None,
            anchors: vec![Anchor {
                name: "syslog a:6514".to_owned(),
                size: Some(70),
                anchored_at: Some(at("2026-11-24T13:00:01Z")),
                behind: Some(0),
                failing_since: None,
                why: None,
            }],
        }
    }

    fn found(state: &LogState) -> Vec<(Verdict, String)> {
        let findings = in_full(state, at("2026-11-24T13:10:00Z"));
        findings.into_iter().map(|f| (f.verdict, f.text)).collect()
    }

    #[test]
    fn an_anchor_that_is_down_is_told_with_what_it_has_and_why() {
        let state = well();
        assert!(
            found(&state)
                .iter()
                .all(|(verdict, _)| *verdict == Verdict::Ok)
        );
        for (since, verdict, long) in [
            ("2026-11-24T13:05:01Z", Verdict::Warning, "5 min"),
            ("2026-11-24T13:05:00Z", Verdict::Failed, "5 min"),
        ] {
            let mut state = well();
            state.anchors[0].failing_since = Some(at(since));
            state.anchors[0].why = Some("connection refused".to_owned());
            state.anchors[0].behind = Some(12);
            let found = found(&state);
            assert_eq!(found[1].0, verdict, "{found:?}");
            for told in [
                "syslog a:6514",
                long,
                "connection refused",
                "70 events",
                "12 events behind",
            ] {
                assert!(found[1].1.contains(told), "{told}: {found:?}");
            }
            assert_eq!(found[0].0, Verdict::Ok, "it is signed all the same");
        }
    }

    #[test]
    fn a_log_that_is_not_signed_is_told() {
        let mut state = well();
        state.not_signed_since = Some(at("2026-11-24T13:09:59Z"));
        state.why = Some("the log's key is another one".to_owned());
        let (verdict, text) = found(&state).remove(0);
        assert_eq!(verdict, Verdict::Failed);
        assert!(text.contains("the log's key is another one"), "{text}");
        assert!(text.contains("signed for 1 s now"), "{text}");
        state.anchors.clear();
        let found = found(&state);
        assert_eq!(found[1].0, Verdict::Warning, "{found:?}");
    }

    #[test]
    fn everybody_is_told_the_worst_of_it() {
        for (log, verdict) in [
            ("signed", Verdict::Ok),
            ("anchor_fails", Verdict::Warning),
            ("not_signed", Verdict::Failed),
        ] {
            let health = Health {
                ok: true,
                version: String::new(),
                now: at("2026-11-24T13:10:00Z"),
                recordings: "ample".to_owned(),
                log: log.to_owned(),
            };
            assert_eq!(briefly(&health).verdict, verdict, "{log}");
        }
    }
}

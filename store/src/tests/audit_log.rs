//! The audit log: append-only, without gaps, without secrets.

use domain::{Actor, Draft, Who};
use secrecy::ExposeSecret;

use super::world::*;
use crate::{Credential, EventFilter, Page};

#[tokio::test]
async fn nothing_in_it_is_changed_deleted_or_replaced() {
    let world = World::new().await;
    world.ask("vera", "plc-7").await.expect("asked");
    for sql in [
        "UPDATE audit SET reason = 'nothing to see'",
        "UPDATE audit SET seq = seq + 100",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 1",
        "INSERT OR REPLACE INTO audit SELECT seq, id, at, 'system', source, action, subject,
            before, after, reason FROM audit WHERE seq = 1",
        "REPLACE INTO audit (id, at, actor, source, action, subject)
            SELECT id, 0, 'system', '', '', '' FROM audit WHERE seq = 1",
        "INSERT INTO audit SELECT seq, id, at, actor, source, action, subject, before, after,
            reason FROM audit WHERE seq = 1 ON CONFLICT DO UPDATE SET reason = 'gone'",
    ] {
        let error = world.sql(sql).await.expect_err(sql).to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn numbers_run_without_gaps_past_refusals_and_restarts() {
    let mut world = World::new().await;
    for _ in 0..3 {
        world.ask("vera", "plc-7").await.expect("asked");
        world.ask("vera", "plc-7").await.expect_err("asked before");
        let mut tx = world.store.write().await.expect("begun");
        tx.also(&Actor::system(), Draft::new("x.y", "x", 1))
            .await
            .expect("written");
        drop(tx);
        world.clock.pass(HOUR * 2);
        world.restart().await;
    }
    let page = Page {
        after: None,
        limit: Page::MOST,
    };
    let events = world
        .store
        .events(&EventFilter::default(), &page, false)
        .await
        .expect("events");
    let numbers: Vec<_> = events.items.iter().map(|e| e.seq).collect();
    let expected: Vec<_> = (1..=i64::try_from(numbers.len()).expect("few")).collect();
    assert_eq!(numbers, expected);
    assert!(
        events.items.iter().all(|e| e.action != "x.y"),
        "dropped, so never written"
    );
}

#[tokio::test]
async fn events_are_found_by_subject_action_actor_and_time_both_ways() {
    let world = World::new().await;
    world.clock.pass(HOUR);
    let request = world.ask("vera", "plc-7").await.expect("asked");
    world.clock.pass(HOUR / 2);
    world.approve("arne", &request).await.expect("approved");
    let find = async |filter: EventFilter| {
        let events = world
            .store
            .events(&filter, &Page::default(), false)
            .await
            .expect("events");
        events
            .items
            .into_iter()
            .map(|e| e.action)
            .collect::<Vec<_>>()
    };
    let all = EventFilter::default;
    let both = ["request.filed", "request.approved"];
    assert_eq!(
        find(EventFilter {
            subject: Some(format!("request/{}", request.id)),
            ..all()
        })
        .await,
        both
    );
    assert_eq!(
        find(EventFilter {
            subject: Some("request".to_owned()),
            ..all()
        })
        .await,
        both
    );
    assert_eq!(
        find(EventFilter {
            subject: Some("req".to_owned()),
            ..all()
        })
        .await,
        [""; 0]
    );
    assert_eq!(
        find(EventFilter {
            actions: vec!["request".to_owned()],
            ..all()
        })
        .await,
        both
    );
    assert_eq!(
        find(EventFilter {
            actions: vec!["request.filed".to_owned()],
            ..all()
        })
        .await,
        both[..1]
    );
    let arne = EventFilter {
        actor: Some(Who::Account(name("arne"))),
        ..all()
    };
    assert_eq!(find(arne).await, ["grant.created", "request.approved"]);
    let since = START.plus(HOUR);
    let asked = EventFilter {
        since: Some(since),
        until: Some(since.plus(HOUR / 2)),
        ..all()
    };
    assert_eq!(find(asked).await, both[..1]);

    for newest_first in [false, true] {
        let mut page = Page {
            after: None,
            limit: 3,
        };
        let mut seen = Vec::new();
        loop {
            let events = world
                .store
                .events(&all(), &page, newest_first)
                .await
                .expect("events");
            seen.extend(events.items.iter().map(|e| e.seq));
            page.after = match events.next {
                Some(next) => Some(next),
                None => break,
            };
        }
        if newest_first {
            seen.reverse();
        }
        let expected: Vec<_> = (1..=world.last_event().await).collect();
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn no_secret_is_anywhere_in_the_database() {
    let world = World::new().await;
    let store = &world.store;
    let plc = name("plc-7");
    let password = "correct horse battery staple";
    store
        .set_credential(&actor("adam"), &plc, Credential::Password(password.into()))
        .await
        .expect("set");
    let token = store
        .sign_in(&name("vera"), "192.0.2.7", HOUR)
        .await
        .expect("in")
        .token;
    let (grant, _) = world.session("vera").await;
    let ticket = world.ticket("vera", &grant).await;
    store.close().await;
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(world.dir.path()).expect("a directory") {
        let path = file.expect("a file").path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("drawbridge"))
        {
            bytes.extend(std::fs::read(path).expect("read"));
        }
    }
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(
        holds("replace the pump"),
        "the test looks in the right place"
    );
    for secret in [password, token.expose_secret(), ticket.expose_secret()] {
        assert!(!holds(secret));
    }
    assert!(!holds(token.expose_secret().trim_start_matches("dbt_")));
}

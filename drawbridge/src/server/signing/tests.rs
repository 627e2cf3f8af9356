//! A key that is not the log's signs nothing, and that is seen.

use std::path::Path;

use domain::Event;
use ledger::KeyKind;
use store::{EventFilter, Page};

use super::*;
use crate::clock::{OsRandom, SystemClock};
use crate::config;
use crate::note_key;
use crate::server::{Parts, open_state};

async fn store(dir: &Path) -> Store {
    let text = "data = \"data\"\n[api]\nlisten = \"127.0.0.1:0\"\nnames = [\"localhost\"]\n\
                [ssh]\nlisten = \"127.0.0.1:0\"\n";
    let config = config::parse(text, dir).expect("a configuration");
    open_state(&config, &Parts::real()).await.expect("opens")
}

async fn events(store: &Store, action: &str) -> Vec<Event> {
    let filter = EventFilter {
        actions: vec![action.to_owned()],
        ..EventFilter::default()
    };
    let events = store.events(&filter, &Page::default(), false).await;
    events.expect("read").items
}

/// Until there is such an event, for ten seconds at most.
async fn told(store: &Store, action: &str) -> Event {
    for _ in 0..500 {
        if let Some(event) = events(store, action).await.pop() {
            return event;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no {action} within ten seconds");
}

#[tokio::test]
async fn a_log_that_can_not_be_signed_is_shown_and_told_once_until_it_is_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = store(dir.path()).await;
    let made = || note_key::make("a.plant/log/1", KeyKind::Note, &OsRandom).expect("a key");
    let (right, wrong) = (made(), Arc::new(made()));
    let host = Actor::host();
    store
        .begin_log(&host, right.verifier())
        .await
        .expect("begun");
    let board = SigningBoard::default();
    let signing = Signing {
        store: store.clone(),
        key: Arc::clone(&wrong),
        clock: Arc::new(SystemClock::new()),
        board: board.clone(),
        again: Pace {
            least: Duration::from_millis(20),
            most: Duration::from_millis(20),
            told_after: Duration::from_millis(200),
        },
    };
    let running = tokio::spawn(async move { signing.keep().await });

    let failed = told(&store, "log.not_signed").await;
    assert_eq!(failed.subject, "log/a.plant/log/1");
    let why = failed.reason.expect("why");
    assert!(why.contains(&right.verifier().to_string()), "{why}");
    let shown = board.failing().expect("shown");
    assert_eq!(shown.why, why);
    assert_eq!(store.latest_checkpoint().await.expect("read"), None);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(events(&store, "log.not_signed").await.len(), 1, "once");
    assert_eq!(board.failing().expect("still").since, shown.since);

    // It is the log's key now.
    store
        .replace_lost_log_key(&host, wrong.verifier())
        .await
        .expect("replaced");
    told(&store, "log.signed_again").await;
    assert_eq!(board.failing(), None);
    assert!(store.latest_checkpoint().await.expect("read").is_some());
    running.abort();
}

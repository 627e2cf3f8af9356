//! What was shown on screens, found again by those who may see it.

use std::time::Duration;

use domain::{Clock, SessionId};

use super::world::*;
use crate::{Page, Phrase, RecordingEnd, Scope, ScreenLine, SearchFilter};

const fn line(at_ms: u64, text: &str) -> ScreenLine<'_> {
    ScreenLine { at_ms, text }
}

const fn word(text: &str) -> Phrase<'_> {
    Phrase {
        text,
        is_start: false,
    }
}

/// A session with a recording that has ended, and these lines in the index.
async fn recorded(world: &World, vendor: &str, lines: &[ScreenLine<'_>]) -> SessionId {
    let (_, session) = world.session(vendor).await;
    let added = world.store.add_recording(session, 0, "shell", None, true);
    added.await.expect("added");
    finish(world, session).await;
    index(world, session, lines, false).await;
    session
}

async fn index(world: &World, session: SessionId, lines: &[ScreenLine<'_>], cut: bool) {
    let indexed = world
        .store
        .index_recording(session, 0, lines, cut, || std::future::ready(()));
    indexed.await.expect("indexed");
}

async fn finish(world: &World, session: SessionId) {
    let end = RecordingEnd {
        exit: None,
        bytes_in: 0,
        bytes_out: 0,
        state: "complete",
        seal: None,
    };
    let finished = world.store.finish_recording(session, 0, &end);
    finished.await.expect("finished");
}

async fn found(world: &World, scope: &Scope, phrases: &[Phrase<'_>]) -> Vec<(u64, String)> {
    found_in(world, scope, phrases, &SearchFilter::default()).await
}

async fn found_in(
    world: &World,
    scope: &Scope,
    phrases: &[Phrase<'_>],
    filter: &SearchFilter,
) -> Vec<(u64, String)> {
    let page = Page::default();
    let found = world.store.search(scope, phrases, filter, &page).await;
    let hits = found.expect("searched").items.into_iter();
    hits.map(|hit| (hit.at_ms, hit.text)).collect()
}

fn hit(at_ms: u64, text: &str) -> (u64, String) {
    (at_ms, text.to_owned())
}

#[tokio::test]
async fn lines_are_found_by_words_phrases_and_starts() {
    let world = World::new().await;
    let lines = [
        line(1000, "reset fault 7 of pumps"),
        line(2000, "fault: plc-7 did reset"),
        line(3000, "Nøkkel SNUDD"),
    ];
    recorded(&world, "vera", &lines).await;
    let start = |text| Phrase {
        text,
        is_start: true,
    };
    let (first, second) = (
        hit(1000, "reset fault 7 of pumps"),
        hit(2000, "fault: plc-7 did reset"),
    );
    for (phrases, expected) in [
        (vec![word("FAULT")], vec![second.clone(), first.clone()]),
        (
            vec![word("fault"), word("reset"), word("pumps")],
            vec![first.clone()],
        ),
        (vec![word("reset fault")], vec![first.clone()]),
        (vec![start("pum")], vec![first.clone()]),
        (vec![word("pum")], vec![]),
        (vec![word("plc-7")], vec![second.clone()]),
        (
            vec![word("snudd"), word("nøkkel")],
            vec![hit(3000, "Nøkkel SNUDD")],
        ),
        // None of this is anything but a word.
        (vec![word("fault OR snudd")], vec![]),
        (vec![word("text:fault")], vec![]),
        (vec![word("\" OR \"snudd")], vec![]),
        (vec![word("fault\"")], vec![second.clone(), first.clone()]),
        (vec![word("fault\0")], vec![second, first]),
        (vec![word("NEAR(fault reset)")], vec![]),
    ] {
        assert_eq!(
            found(&world, &Scope::All, &phrases).await,
            expected,
            "{phrases:?}"
        );
    }
    let nothing = world
        .store
        .search(
            &Scope::All,
            &[word("--")],
            &SearchFilter::default(),
            &Page::default(),
        )
        .await;
    assert_eq!(refused(nothing), "nothing_to_look_for");
}

#[tokio::test]
async fn each_finds_what_they_may_read() {
    let world = World::new().await;
    recorded(&world, "vera", &[line(0, "seen by vera")]).await;
    recorded(&world, "viktor", &[line(0, "seen by viktor")]).await;
    for (who, count) in [("arne", 2), ("ylva", 0), ("audun", 2), ("vera", 1)] {
        let account = world.store.account(&name(who)).await.expect("read");
        let scope = Scope::of(&account.expect("there"));
        assert_eq!(
            found(&world, &scope, &[word("seen")]).await.len(),
            count,
            "{who}"
        );
    }
}

#[tokio::test]
async fn filters_and_pages() {
    let world = World::new().await;
    let lines: Vec<_> = (0..5).map(|n| line(n * 60_000, "alarm")).collect();
    recorded(&world, "vera", &lines).await;
    let began = world.clock.now();
    world.clock.pass(HOUR);
    recorded(&world, "viktor", &[line(0, "alarm")]).await;
    let count = async |filter: SearchFilter| {
        found_in(&world, &Scope::All, &[word("alarm")], &filter)
            .await
            .len()
    };
    let any = SearchFilter::default;
    let minutes = |n: u64| began.plus(Duration::from_secs(60 * n));
    assert_eq!(count(any()).await, 6);
    for (filter, expected) in [
        (
            SearchFilter {
                account: Some(name("viktor")),
                ..any()
            },
            1,
        ),
        (
            SearchFilter {
                asset: Some(name("plc-7")),
                ..any()
            },
            6,
        ),
        (
            SearchFilter {
                asset: Some(name("hmi-1")),
                ..any()
            },
            0,
        ),
        (
            SearchFilter {
                zone: Some(name("hall")),
                ..any()
            },
            6,
        ),
        (
            SearchFilter {
                zone: Some(name("sis")),
                ..any()
            },
            0,
        ),
        (
            SearchFilter {
                since: Some(minutes(3)),
                ..any()
            },
            3,
        ),
        (
            SearchFilter {
                until: Some(minutes(3)),
                ..any()
            },
            3,
        ),
        (
            SearchFilter {
                since: Some(minutes(1)),
                until: Some(minutes(2)),
                ..any()
            },
            1,
        ),
    ] {
        assert_eq!(count(filter.clone()).await, expected, "{filter:?}");
    }
    let mut page = Page {
        after: None,
        limit: 4,
    };
    let mut all = Vec::new();
    loop {
        let found = world
            .store
            .search(&Scope::All, &[word("alarm")], &any(), &page)
            .await;
        let found = found.expect("searched");
        all.extend(
            found
                .items
                .into_iter()
                .map(|hit| (hit.account.to_string(), hit.at_ms)),
        );
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let vera = |at| ("vera".to_owned(), at);
    let expected = [
        ("viktor".to_owned(), 0),
        vera(240_000),
        vera(180_000),
        vera(120_000),
        vera(60_000),
        vera(0),
    ];
    assert_eq!(all, expected);
}

#[tokio::test]
async fn indexed_again_it_is_there_once_and_taken_out_it_is_gone() {
    let world = World::new().await;
    let many: Vec<_> = (0..1100).map(|n| line(n, "turbine")).collect();
    let session = recorded(&world, "vera", &many).await;
    let other = recorded(&world, "viktor", &[line(0, "turbine")]).await;
    let store = &world.store;
    for _ in 0..2 {
        index(&world, session, &[line(5, "turbine again")], true).await;
        let hits = found(&world, &Scope::All, &[word("turbine")]).await;
        assert_eq!(hits.len(), 2);
    }
    store.unindex(session, 0).await.expect("taken out");
    store.unindex(other, 0).await.expect("taken out");
    assert_eq!(found(&world, &Scope::All, &[word("turbine")]).await, []);
    assert_eq!(store.next_unindexed().await.expect("read"), None);
    // Nothing of it is left in the file either.
    world.sql("VACUUM").await.expect("tidied");
    store.close().await;
    let file = std::fs::read(world.dir.path().join("drawbridge.db")).expect("read");
    assert!(!file.windows(7).any(|bytes| bytes == b"turbine"));
}

#[tokio::test]
async fn what_has_ended_is_due_once() {
    let world = World::new().await;
    let store = &world.store;
    let (_, session) = world.session("vera").await;
    let added = store.add_recording(session, 0, "shell", None, true);
    added.await.expect("added");
    let next = async || store.next_unindexed().await.expect("read");
    assert_eq!(next().await, None, "it is still being recorded");
    finish(&world, session).await;
    assert_eq!(next().await, Some((session, 0)));
    store.index_failed(session, 0).await.expect("noted");
    assert_eq!(next().await, None);
    store.retry_index().await.expect("due again");
    assert_eq!(next().await, Some((session, 0)));
    index(&world, session, &[line(0, "x")], false).await;
    store.retry_index().await.expect("nothing to do");
    assert_eq!(next().await, None);
    world
        .sql("UPDATE screen_index SET state = 'partial'")
        .await
        .expect("as a stop leaves it");
    assert_eq!(next().await, Some((session, 0)));
}

/// It may commit without an event, so it must touch nothing that has one.
#[tokio::test]
async fn the_index_changes_nothing_else() {
    let world = World::new().await;
    let session = recorded(&world, "vera", &[]).await;
    let changed = world.store.changed();
    let (state, log) = (
        super::walk::snapshot(&world).await,
        world.last_event().await,
    );
    let store = &world.store;
    index(&world, session, &[line(0, "x")], false).await;
    store.index_failed(session, 0).await.expect("noted");
    store.retry_index().await.expect("due again");
    store.unindex(session, 0).await.expect("taken out");
    assert_eq!(super::walk::snapshot(&world).await, state);
    assert_eq!(world.last_event().await, log);
    assert!(!changed.has_changed().expect("there"));
}

//! Links for people without an account.

use std::time::Duration;

use domain::SessionId;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::world::*;
use crate::{
    EventFilter, IssuedShare, NewShare, Page, Presented, RecordingEnd, RecordingSeal, Share,
    ShareForm, StoreError,
};

const HERE: &str = "198.51.100.7";

async fn recorded(world: &World) -> SessionId {
    let (_, session) = world.session("vera").await;
    let store = &world.store;
    let added = store.add_recording(session, 0, "shell", None, true);
    added.await.expect("begun");
    let end = RecordingEnd {
        exit: None,
        bytes_in: 1,
        bytes_out: 2,
        state: "complete",
        seal: Some(RecordingSeal {
            lines: 4,
            root: [0; 32],
        }),
    };
    let finished = store.finish_recording(session, 0, &end);
    finished.await.expect("finished");
    session
}

fn new(session: SessionId) -> NewShare {
    NewShare {
        session,
        channel: 0,
        input: false,
        note: "for the regulator, case 17".to_owned(),
        lifetime: DAY * 7,
    }
}

async fn shared(world: &World) -> IssuedShare {
    let session = recorded(world).await;
    let shared = world.store.share(&actor("audun"), new(session)).await;
    shared.expect("shared")
}

async fn present(world: &World, token: &SecretString) -> Presented {
    let store = &world.store;
    store.present_share(token, HERE, HERE).await.expect("read")
}

fn works(presented: Presented) -> Share {
    match presented {
        Presented::Works(share) => share,
        other @ (Presented::Purged | Presented::Unknown | Presented::ShutOut) => {
            panic!("{other:?}")
        }
    }
}

#[tokio::test]
async fn a_link_works_until_its_end_and_each_opening_is_counted() {
    let world = World::new().await;
    let IssuedShare { share, token } = shared(&world).await;
    assert!(token.expose_secret().starts_with("dbs_"));
    assert_eq!(token.expose_secret().len(), 4 + 43, "256 bits");
    for opening in 1..=3 {
        let since = world.last_event().await;
        let found = works(present(&world, &token).await);
        assert_eq!((found.id, found.openings), (share.id, opening - 1));
        assert_eq!(
            world.happened(since).await.len(),
            0,
            "looked at, not opened"
        );
        assert!(
            world
                .store
                .share_opened(&found, HERE, ShareForm::Cast)
                .await
                .expect("opened")
        );
        assert_eq!(world.happened(since).await, ["recording.opened"]);
    }
    let filter = EventFilter {
        actions: vec!["recording.opened".to_owned()],
        ..EventFilter::default()
    };
    let events = world.store.events(&filter, &Page::default(), true).await;
    let event = events.expect("read").items.remove(0);
    assert_eq!(
        (event.actor.as_str(), event.source.as_str()),
        ("system", HERE)
    );
    assert_eq!(event.subject, format!("session/{}", share.session));
    let after = event.after.expect("after");
    assert_eq!(
        (&after["share"], &after["opening"]),
        (&json!(share.id), &json!(3))
    );

    world.clock.pass(DAY * 7 - Duration::from_secs(1));
    let last = works(present(&world, &token).await);
    world.clock.pass(Duration::from_secs(1));
    let opened = world
        .store
        .share_opened(&last, HERE, ShareForm::Cast)
        .await
        .expect("read");
    assert!(!opened, "it ended between being looked at and being opened");
    assert_eq!(present(&world, &token).await, Presented::Unknown);
}

#[tokio::test]
async fn a_link_that_was_taken_back_looks_like_one_that_never_was() {
    let world = World::new().await;
    let IssuedShare { share, token } = shared(&world).await;
    let held = works(present(&world, &token).await);
    for who in ["vera", "arne", "olga"] {
        let refusal = world.store.unshare(&actor(who), share.id).await;
        assert_eq!(refused(refusal), "not_allowed", "{who}");
    }
    world
        .store
        .unshare(&actor("adam"), share.id)
        .await
        .expect("revoked");
    let again = world.store.unshare(&actor("audun"), share.id).await;
    assert_eq!(refused(again), "already_revoked");
    assert_eq!(present(&world, &token).await, Presented::Unknown);
    assert_eq!(
        present(&world, &"dbs_made-up".into()).await,
        Presented::Unknown
    );
    assert!(
        !world
            .store
            .share_opened(&held, HERE, ShareForm::Cast)
            .await
            .expect("read")
    );
    // The log knows which it was.
    let filter = EventFilter {
        actions: vec!["share.refused".to_owned()],
        ..EventFilter::default()
    };
    let events = world.store.events(&filter, &Page::default(), false).await;
    let subjects = events.expect("read").items.into_iter().map(|e| e.subject);
    let expected = [format!("share/{}", share.id), "share/unknown".to_owned()];
    assert_eq!(subjects.collect::<Vec<_>>(), expected);
    let page = Page::default();
    let found = world.store.shares(Some(share.session), &page).await;
    let found = found.expect("read").items;
    assert_eq!(
        found[0].revoked.as_ref().expect("revoked").1,
        actor("adam").who
    );
}

#[tokio::test]
async fn a_link_stands_and_falls_with_who_vouches_for_it() {
    let world = World::new().await;
    let IssuedShare { token, .. } = shared(&world).await;
    let store = &world.store;
    let (adam, audun) = (actor("adam"), name("audun"));
    let disabled = store.disable_account(&adam, &audun, "left").await;
    disabled.expect("disabled");
    assert_eq!(present(&world, &token).await, Presented::Unknown);
}

#[tokio::test]
async fn what_may_be_shared_and_by_whom() {
    let world = World::new().await;
    let session = recorded(&world).await;
    let store = &world.store;
    for who in ["vera", "arne", "olga", "adam"] {
        assert_eq!(
            refused(store.share(&actor(who), new(session)).await),
            "not_allowed"
        );
    }
    let audun = actor("audun");
    for (code, share) in [
        (
            "bad_text",
            NewShare {
                note: " ".to_owned(),
                ..new(session)
            },
        ),
        (
            "bad_lifetime",
            NewShare {
                lifetime: Duration::from_secs(59),
                ..new(session)
            },
        ),
        (
            "bad_lifetime",
            NewShare {
                lifetime: DAY * 91,
                ..new(session)
            },
        ),
    ] {
        assert_eq!(refused(store.share(&audun, share).await), code);
    }
    let missing = NewShare {
        channel: 1,
        ..new(session)
    };
    let missing = store.share(&audun, missing).await;
    assert!(matches!(missing, Err(StoreError::NotFound(_))));
    let (_, running) = world.session("viktor").await;
    let added = store.add_recording(running, 0, "shell", None, true);
    added.await.expect("begun");
    assert_eq!(
        refused(store.share(&audun, new(running)).await),
        "still_recording"
    );
}

#[tokio::test]
async fn a_purged_recording_is_told_to_holders_of_a_link_and_to_nobody_else() {
    let world = World::new().await;
    let IssuedShare { share, token } = shared(&world).await;
    world
        .sql("UPDATE recordings SET retention_seconds = 86400")
        .await
        .expect("shorter");
    let text = PLANT.replace(
        "security_level = 2",
        "security_level = 2\nretention = \"1d\"",
    );
    world
        .apply(&text, Default::default())
        .await
        .expect("applied");
    world.clock.pass(DAY);
    world
        .store
        .mark_purged(share.session, 0)
        .await
        .expect("purged");
    assert_eq!(present(&world, &token).await, Presented::Purged);
    assert!(
        !world
            .store
            .share_opened(&share, HERE, ShareForm::Cast)
            .await
            .expect("read")
    );
    let again = world.store.share(&actor("audun"), new(share.session)).await;
    assert_eq!(refused(again), "purged");
    world.clock.pass(DAY * 7);
    assert_eq!(present(&world, &token).await, Presented::Unknown);
}

#[tokio::test]
async fn guessing_shuts_a_network_out_and_no_other() {
    let world = World::new().await;
    let IssuedShare { token, .. } = shared(&world).await;
    for guess in 0..30 {
        let guess = SecretString::from(format!("dbs_{guess}"));
        assert_eq!(present(&world, &guess).await, Presented::Unknown);
    }
    let since = world.last_event().await;
    // A right one does not look different now, or the lock would be no lock.
    assert_eq!(present(&world, &token).await, Presented::ShutOut);
    assert_eq!(present(&world, &"dbs_x".into()).await, Presented::ShutOut);
    assert_eq!(
        world.happened(since).await.len(),
        0,
        "a flood does not fill the log"
    );
    let elsewhere = world
        .store
        .present_share(&token, "203.0.113.0", "203.0.113.5");
    works(elsewhere.await.expect("read"));
    world.clock.pass(Duration::from_secs(15 * 60));
    works(present(&world, &token).await);
}

#[tokio::test]
async fn only_a_hash_of_the_secret_is_kept() {
    let world = World::new().await;
    let IssuedShare { token, .. } = shared(&world).await;
    let bytes = std::fs::read(world.dir.path().join("drawbridge.db")).expect("the database");
    let wal = std::fs::read(world.dir.path().join("drawbridge.db-wal")).unwrap_or_default();
    let secret = token.expose_secret().as_bytes();
    let found = |haystack: &[u8]| haystack.windows(secret.len()).any(|w| w == secret);
    assert!(!found(&bytes) && !found(&wal));
}

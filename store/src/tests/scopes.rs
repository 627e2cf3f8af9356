//! Who sees what, and lists that neither repeat nor skip.

use domain::GrantPhase;

use super::world::*;
use crate::{GrantFilter, Page, RecordingFilter, RequestFilter, Scope, SessionFilter, StoreError};

async fn scope(world: &World, account: &str) -> Scope {
    Scope::of(
        &world
            .store
            .account(&name(account))
            .await
            .expect("read")
            .expect("there"),
    )
}

#[tokio::test]
async fn each_sees_their_own_their_zones_or_all() {
    let world = World::new().await;
    let store = &world.store;
    let (grant, session) = world.session("vera").await;
    let (_, other) = world.session("viktor").await;
    for session in [session, other] {
        store
            .add_recording(session, 0, "shell", None, true)
            .await
            .expect("recorded");
    }
    world.ask("vera", "trip-1").await.expect("asked");
    let page = Page::default();
    // Requests, grants, sessions, recordings, assets.
    for (who, sees) in [
        ("vera", [2, 1, 1, 1, 4]),
        ("viktor", [1, 1, 1, 1, 1]),
        ("arne", [3, 2, 2, 2, 3]),
        ("olga", [2, 2, 2, 2, 2]),
        ("ylva", [0, 0, 0, 0, 1]),
        ("audun", [3, 2, 2, 2, 4]),
        ("adam", [3, 2, 2, 2, 4]),
    ] {
        let scope = scope(&world, who).await;
        let found = [
            store
                .requests(&scope, &RequestFilter::default(), &page)
                .await
                .expect("read")
                .items
                .len(),
            store
                .grants(&scope, &GrantFilter::default(), &page)
                .await
                .expect("read")
                .items
                .len(),
            store
                .sessions(&scope, &SessionFilter::default(), &page)
                .await
                .expect("read")
                .items
                .len(),
            store
                .recordings(&scope, &RecordingFilter::default(), &page)
                .await
                .expect("read")
                .items
                .len(),
            store.assets(&scope).await.expect("read").len(),
        ];
        assert_eq!(found, sees, "{who}");

        let of_vera = !matches!(who, "viktor" | "ylva");
        let one = [
            store
                .find_request(&scope, grant.request)
                .await
                .expect("read")
                .is_some(),
            store.grant(&scope, grant.id).await.expect("read").is_some(),
            store
                .session(&scope, session)
                .await
                .expect("read")
                .is_some(),
            !store
                .recordings_of(&scope, session)
                .await
                .expect("read")
                .is_empty(),
        ];
        assert_eq!(one, [of_vera; 4], "{who}");
    }
}

#[tokio::test]
async fn a_filter_never_widens_a_scope() {
    let world = World::new().await;
    let (grant, _) = world.session("vera").await;
    let viktor = scope(&world, "viktor").await;
    let page = Page::default();
    let filter = GrantFilter {
        account: Some(name("vera")),
        ..Default::default()
    };
    assert_eq!(
        world
            .store
            .grants(&viktor, &filter, &page)
            .await
            .expect("read")
            .items,
        []
    );
    let filter = SessionFilter {
        grant: Some(grant.id),
        ..Default::default()
    };
    assert_eq!(
        world
            .store
            .sessions(&viktor, &filter, &page)
            .await
            .expect("read")
            .items,
        []
    );
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_while_others_come() {
    let world = World::new().await;
    let mut asked = Vec::new();
    for hour in 0..12 {
        let start = START.plus(HOUR * hour);
        let request = world
            .ask_for("vera", "plc-7", start, start.plus(HOUR))
            .await;
        asked.push(request.expect("asked").id);
        world.clock.pass(HOUR / 60);
    }
    let mut seen = Vec::new();
    let mut page = Page {
        after: None,
        limit: 4,
    };
    loop {
        let filter = RequestFilter::default();
        let paged = world
            .store
            .requests(&Scope::All, &filter, &page)
            .await
            .expect("read");
        assert!(paged.items.len() <= 4);
        seen.extend(paged.items.iter().map(|r| r.id));
        let start = START.plus(DAY * 40 + HOUR * u32::try_from(seen.len()).expect("few"));
        world
            .ask_for("vera", "plc-7", start, start.plus(HOUR))
            .await
            .expect("asked meanwhile");
        page.after = match paged.next {
            Some(next) => Some(next),
            None => break,
        };
    }
    asked.reverse();
    assert_eq!(
        seen, asked,
        "newest first; those that came meanwhile are newer still"
    );
}

#[tokio::test]
async fn filters_find_by_state_and_phase() {
    let world = World::new().await;
    world.granted("vera").await;
    let scheduled = world
        .ask_for("vera", "plc-7", START.plus(DAY), START.plus(DAY + HOUR))
        .await;
    world
        .approve("arne", &scheduled.expect("asked"))
        .await
        .expect("approved");
    let revoked = world.granted("viktor").await;
    world
        .store
        .revoke(&actor("arne"), revoked.id, "no")
        .await
        .expect("revoked");
    world.ask("vera", "hmi-1").await.expect("asked");
    let page = Page::default();
    for (phase, count) in [
        (GrantPhase::Scheduled, 1),
        (GrantPhase::Open, 1),
        (GrantPhase::Closed, 1),
    ] {
        let filter = GrantFilter {
            phase: Some(phase),
            ..Default::default()
        };
        let found = world
            .store
            .grants(&Scope::All, &filter, &page)
            .await
            .expect("read")
            .items;
        assert_eq!(found.len(), count, "{phase}");
        assert!(found.iter().all(|g| g.phase(START) == phase));
    }
    world.clock.pass(HOUR);
    let filter = GrantFilter {
        phase: Some(GrantPhase::Closed),
        ..Default::default()
    };
    let closed = world
        .store
        .grants(&Scope::All, &filter, &page)
        .await
        .expect("read")
        .items;
    assert_eq!(
        closed.len(),
        2,
        "one has passed, whether the job ran or not"
    );
    for (state, count) in [("waiting", 1), ("granted", 3), ("denied", 0)] {
        let filter = RequestFilter {
            state: Some(state.to_owned()),
            ..Default::default()
        };
        let found = world
            .store
            .requests(&Scope::All, &filter, &page)
            .await
            .expect("read")
            .items;
        assert_eq!(found.len(), count, "{state}");
        assert!(
            found
                .iter()
                .all(|r: &domain::Request| r.state.as_str() == state)
        );
    }
}

#[tokio::test]
async fn a_made_up_cursor_is_refused() {
    let world = World::new().await;
    let page = Page {
        after: Some("'; --".to_owned()),
        limit: 10,
    };
    let store = &world.store;
    for result in [
        store
            .requests(&Scope::All, &Default::default(), &page)
            .await
            .err(),
        store
            .grants(&Scope::All, &Default::default(), &page)
            .await
            .err(),
        store
            .sessions(&Scope::All, &Default::default(), &page)
            .await
            .err(),
        store
            .recordings(&Scope::All, &Default::default(), &page)
            .await
            .err(),
        store.events(&Default::default(), &page, false).await.err(),
        store.accounts(&page).await.err(),
    ] {
        assert!(matches!(result, Some(StoreError::BadCursor)), "{result:?}");
    }
}

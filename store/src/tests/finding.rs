//! Sessions and recordings found by company and time.

use std::time::Duration;

use domain::CloseReason;

use super::world::{HOUR, PLANT, World};
use crate::{EventFilter, Page, RecordingEnd, RecordingFilter, Scope, SearchFilter, SessionFilter};

/// `vera`'s session ran for the first of three hours, `viktor`'s runs since the third.
async fn two_visits() -> World {
    let world = World::new().await;
    let of = |name: &str| format!("name = \"{name}\"\nrole = \"vendor\"\n");
    let plant = PLANT
        .replace(
            &of("vera"),
            &format!("{}company = \"Acme Turbines\"\n", of("vera")),
        )
        .replace(
            &of("viktor"),
            &format!("{}company = \"Ørsted 100%\"\n", of("viktor")),
        );
    world
        .apply(&plant, Default::default())
        .await
        .expect("applied");
    let (_, first) = world.session("vera").await;
    let record = async |session| {
        let added = world.store.add_recording(session, 0, "shell", None, true);
        added.await.expect("added");
    };
    record(first).await;
    world.clock.pass(HOUR);
    let end = RecordingEnd {
        exit: Some(0),
        bytes_in: 0,
        bytes_out: 0,
        state: "complete",
        seal: None,
    };
    let ended = world.store.finish_recording(first, 0, &end);
    ended.await.expect("ended");
    let closed = world
        .store
        .close_session(first, CloseReason::VendorLeft, None);
    closed.await.expect("closed");
    world.clock.pass(HOUR);
    let (_, second) = world.session("viktor").await;
    record(second).await;
    world
}

async fn whose_sessions(world: &World, filter: SessionFilter) -> Vec<String> {
    let page = Page::default();
    let found = world.store.sessions(&Scope::All, &filter, &page).await;
    let found = found.expect("read").items.into_iter();
    found.map(|session| session.account.to_string()).collect()
}

async fn whose_recordings(world: &World, filter: RecordingFilter) -> Vec<String> {
    let page = Page::default();
    let found = world.store.recordings(&Scope::All, &filter, &page).await;
    let found = found.expect("read").items.into_iter();
    found
        .map(|recording| recording.account.to_string())
        .collect()
}

#[tokio::test]
async fn those_that_ran_at_some_time_between_two() {
    let world = two_visits().await;
    let began = world.clock_now();
    let hours = |n: i64| {
        let hour = i64::try_from(HOUR.as_micros()).expect("an hour");
        domain::Timestamp::from_micros(began.as_micros() + n * hour)
    };
    let (vera, viktor) = ("vera", "viktor");
    for (since, until, expected) in [
        (None, None, &[viktor, vera][..]),
        (Some(hours(-1)), None, &[viktor, vera]),
        (
            Some(hours(-1).plus(Duration::from_micros(1))),
            None,
            &[viktor],
        ),
        (None, Some(hours(0)), &[vera]),
        (None, Some(hours(-2)), &[]),
        (Some(hours(1)), Some(hours(2)), &[viktor]),
    ] {
        let filter = SessionFilter {
            since,
            until,
            ..Default::default()
        };
        assert_eq!(whose_sessions(&world, filter).await, expected);
        let filter = RecordingFilter {
            since,
            until,
            ..Default::default()
        };
        assert_eq!(whose_recordings(&world, filter).await, expected);
    }
}

#[tokio::test]
async fn those_of_a_company_by_any_part_of_its_name() {
    let world = two_visits().await;
    for (company, expected) in [
        ("acme turbines", &["vera"][..]),
        ("TURB", &["vera"]),
        ("100%", &["viktor"]),
        ("ØRSTED", &["viktor"]),
        ("%", &["viktor"]),
        ("_", &[]),
        ("' OR 1=1 --", &[]),
    ] {
        let company = || Some(company.to_owned());
        let filter = SessionFilter {
            company: company(),
            ..Default::default()
        };
        assert_eq!(whose_sessions(&world, filter).await, expected);
        let filter = RecordingFilter {
            company: company(),
            ..Default::default()
        };
        assert_eq!(whose_recordings(&world, filter).await, expected);
        let filter = SearchFilter {
            company: company(),
            ..Default::default()
        };
        let found = world
            .store
            .recordings_between(&Scope::All, &filter, None, 9);
        let found = found.await.expect("read").into_iter();
        let whose: Vec<_> = found.map(|found| found.account.to_string()).collect();
        assert_eq!(whose, expected);
    }
    let companies = world.store.companies().await.expect("read");
    let of = |account: &str| companies.of(&account.parse().expect("a name"));
    assert_eq!(
        (of("vera"), of("adam")),
        ("Acme Turbines".to_owned(), String::new())
    );
}

#[tokio::test]
async fn events_of_several_families() {
    let world = two_visits().await;
    let find = async |actions: &[&str]| {
        let filter = EventFilter {
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            ..Default::default()
        };
        let found = world.store.events(&filter, &Page::default(), false).await;
        let found = found.expect("read").items.into_iter();
        found.map(|event| event.action).collect::<Vec<_>>()
    };
    let closed = "session.closed";
    assert_eq!(
        find(&[closed, "recording"]).await,
        [
            "recording.started",
            "recording.failed",
            closed,
            "recording.started",
        ]
    );
    assert_eq!(find(&["session.clos", "%", "\"", ""]).await, [""; 0]);
    assert!(find(&[]).await.len() > 4);
}

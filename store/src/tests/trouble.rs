//! A database that is private, busy, full, newer, or not as it was left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use domain::{Actor, Draft};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::world::*;
use crate::{Kind, Scope, StoreError};

#[tokio::test]
async fn its_files_are_its_owners_alone() {
    let mut world = World::new().await;
    let loosened = world.dir.path().join("drawbridge.db");
    world.store.close().await;
    fs::set_permissions(&loosened, fs::Permissions::from_mode(0o644)).expect("set");
    world.restart().await;
    world.ask("vera", "plc-7").await.expect("asked");
    let mut seen = 0;
    for file in fs::read_dir(world.dir.path()).expect("a directory") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("metadata").permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
        seen += 1;
    }
    assert_eq!(seen, 4, "database, journal, its index, key");
}

#[tokio::test]
async fn a_full_database_says_so_and_works_again_when_there_is_room() {
    let world = World::new().await;
    for _ in 0..3 {
        world.sql("PRAGMA max_page_count = 1").await.expect("full");
        let before = world.last_event().await;
        let mut full = None;
        // What is free inside the last pages is used up first.
        for _ in 0..200 {
            let draft = Draft::new("test.filled", "test", 1).reason("x".repeat(400));
            if let Err(error) = world.store.alarm(&Actor::system(), draft).await {
                full = Some(error);
                break;
            }
        }
        let full = full.expect("full at last");
        assert!(matches!(full, StoreError::Full), "{full:?}");
        assert_eq!(full.kind(), Kind::Unavailable);
        let after = world.happened(before).await;
        assert!(after.iter().all(|action| action == "test.filled"));
        let again = world
            .store
            .alarm(&Actor::system(), Draft::new("x.y", "x", "y".repeat(9000)))
            .await;
        assert!(matches!(again, Err(StoreError::Full)), "{again:?}");
        world
            .sql("PRAGMA max_page_count = 1000000")
            .await
            .expect("room");
        world
            .store
            .alarm(&Actor::system(), Draft::new("test.works", "test", 1))
            .await
            .expect("works");
    }
}

/// Some failures (no room, a bad disk) end the transaction inside SQLite; the
/// one connection that writes must survive that.
#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_leaves_a_working_writer() {
    let world = World::new().await;
    world
        .sql(concat!(
            "CREATE TRIGGER worn_out BEFORE INSERT ON audit",
            " BEGIN SELECT RAISE(ROLLBACK, 'the disk is worn out'); END",
        ))
        .await
        .expect("created");
    for _ in 0..3 {
        let error = world.ask("vera", "plc-7").await.expect_err("failed");
        assert!(error.to_string().contains("worn out"), "{error}");
    }
    world.sql("DROP TRIGGER worn_out").await.expect("dropped");
    world.ask("vera", "plc-7").await.expect("asked");
}

#[tokio::test]
async fn another_process_that_holds_the_database_is_waited_for_a_bounded_time() {
    let world = World::new().await;
    let options = SqliteConnectOptions::new().filename(world.dir.path().join("drawbridge.db"));
    let mut other = SqliteConnection::connect_with(&options)
        .await
        .expect("connected");
    let held = other.begin_with("BEGIN IMMEDIATE").await.expect("held");
    let asked = tokio::time::timeout(Duration::from_secs(8), world.ask("vera", "plc-7")).await;
    let busy = asked.expect("five seconds, not more").expect_err("busy");
    assert!(matches!(busy, StoreError::Busy), "{busy:?}");
    world.store.standing().await.expect("readers go on");
    held.rollback().await.expect("let go");
    world.ask("vera", "plc-7").await.expect("asked");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let world = World::new().await;
    world
        .sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
              VALUES (9999, 'of the future', TRUE, x'00', 0)",
        )
        .await
        .expect("inserted");
    world.store.close().await;
    let opened = open(&world.dir, "vault.key", &world.clock, &world.random).await;
    assert!(
        matches!(opened, Err(StoreError::Migration(_))),
        "{opened:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error_not_a_panic() {
    let world = World::empty().await;
    world.store.close().await;
    fs::write(
        world.dir.path().join("drawbridge.db"),
        "not a database".repeat(1000),
    )
    .expect("written");
    let opened = open(&world.dir, "vault.key", &world.clock, &world.random).await;
    assert_eq!(opened.expect_err("no database").kind(), Kind::Broken);
}

#[tokio::test]
async fn a_value_that_nobody_wrote_is_named_by_table_column_and_row() {
    let world = World::new().await;
    let (grant, session) = world.session("vera").await;
    for (sql, table, column, row) in [
        (
            "UPDATE grants SET protocol = 'telnet'",
            "grants",
            "protocol",
            grant.id.to_string(),
        ),
        (
            "UPDATE accounts SET role = 'king' WHERE name = 'vera'",
            "accounts",
            "role",
            "vera".to_owned(),
        ),
        (
            "UPDATE assets SET definition = '{}' WHERE name = 'plc-7'",
            "assets",
            "definition",
            "plc-7".to_owned(),
        ),
        (
            "UPDATE sessions SET closed_at = 1, close_code = 'bored'",
            "sessions",
            "close_code",
            session.to_string(),
        ),
        (
            "UPDATE requests SET wanted_start = 'soon'",
            "requests",
            "wanted_start",
            grant.request.to_string(),
        ),
    ] {
        world
            .sql("PRAGMA ignore_check_constraints = ON")
            .await
            .expect("set");
        world.sql(sql).await.expect(sql);
        let error = match table {
            "grants" => world.store.grant(&Scope::All, grant.id).await.err(),
            "accounts" => world.store.account(&name("vera")).await.err(),
            "assets" => world.store.assets(&Scope::All).await.err(),
            "sessions" => world.store.session(&Scope::All, session).await.err(),
            _ => world
                .store
                .find_request(&Scope::All, grant.request)
                .await
                .err(),
        };
        let Some(StoreError::Row {
            table: t,
            column: c,
            row: r,
            ..
        }) = error
        else {
            panic!("{sql}: {error:?}")
        };
        assert_eq!((t, c, r), (table, column, row));
    }
}

//! What an event is about, as it stands now.

use std::fmt::Display;
use std::str::FromStr;

use domain::Event;
use domain::notice::{Matter, Visit};
use sqlx::sqlite::SqliteConnection;

use crate::error::StoreError;
use crate::{grants, requests, sessions};

/// `None` if it is nothing that anybody is told of, or is gone.
pub(super) async fn of(
    conn: &mut SqliteConnection,
    event: &Event,
) -> Result<Option<Matter>, StoreError> {
    let Some((kind, id)) = event.subject.split_once('/') else {
        return Ok(None);
    };
    let found = match kind {
        "request" => match parsed(id) {
            Some(id) => requests::load(conn, id).await.map(Matter::Request),
            None => return Ok(None),
        },
        "grant" => match parsed(id) {
            Some(id) => grants::load(conn, id).await.map(Matter::Grant),
            None => return Ok(None),
        },
        "session" => match parsed(id) {
            Some(id) => sessions::load(conn, id).await.map(|session| {
                Matter::Session(Visit {
                    id: session.id,
                    account: session.account,
                    asset: session.asset,
                    waits: session.zone_rules.let_in && session.let_in.is_none(),
                    zone: session.zone,
                    closed: session.closed.map(|end| end.reason),
                })
            }),
            None => return Ok(None),
        },
        "account" => return Ok(parsed(id).map(Matter::Test)),
        _ => return Ok(None),
    };
    match found {
        Err(StoreError::NotFound(_)) => Ok(None),
        other => other.map(Some),
    }
}

fn parsed<T: FromStr<Err: Display>>(id: &str) -> Option<T> {
    id.parse().ok()
}

//! The endpoints, a file for each group.

mod accounts;
mod assets;
mod audit;
mod conduits;
mod credentials;
mod description;
mod events;
mod grants;
mod health;
mod login;
mod me;
mod plant;
mod recordings;
mod requests;
mod sessions;
mod zones;

use store::Page;

use crate::routes::Routes;

/// Every route there is.
pub(crate) fn all() -> Routes {
    Routes::group("")
        .and(health::routes())
        .and(description::routes())
        .and(login::routes())
        .and(me::routes())
        .and(accounts::routes())
        .and(plant::routes())
        .and(zones::routes())
        .and(conduits::routes())
        .and(assets::routes())
        .and(credentials::routes())
        .and(requests::routes())
        .and(grants::routes())
        .and(sessions::routes())
        .and(recordings::routes())
        .and(audit::routes())
        .and(events::routes())
}

/// The page that a list is asked for.
fn page(after: Option<String>, limit: Option<u32>) -> Page {
    Page {
        after,
        limit: limit.unwrap_or(Page::default().limit),
    }
}

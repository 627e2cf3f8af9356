//! The endpoints, a file for each group.

mod accounts;
mod assets;
mod audit;
mod bundle;
mod conduits;
mod credentials;
mod description;
mod events;
mod grants;
mod health;
mod holds;
mod live;
mod log;
mod login;
mod me;
mod metrics;
mod notices;
mod plant;
mod recordings;
mod replay;
mod requests;
mod search;
mod sessions;
mod shares;
mod steering;
mod terminal;
mod verify;
mod zones;

use domain::AssetName;
use store::{Page, StoreError};

use crate::dto::{self, PageQuery};
use crate::problem::ApiError;
use crate::routes::Routes;

/// Every route there is.
pub(crate) fn all() -> Routes {
    Routes::group("")
        .and(health::routes())
        .and(metrics::routes())
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
        .and(terminal::routes())
        .and(sessions::routes())
        .and(live::routes())
        .and(steering::routes())
        .and(recordings::routes())
        .and(holds::routes())
        .and(shares::routes())
        .and(search::routes())
        .and(replay::routes())
        .and(bundle::routes())
        .and(verify::routes())
        .and(audit::routes())
        .and(notices::routes())
        .and(log::routes())
        .and(events::routes())
}

/// A page of a list that is read as a whole and sorted by name.
///
/// # Errors
/// When the cursor is no name.
fn by_name<T>(
    items: impl IntoIterator<Item = T>,
    query: PageQuery,
    name: impl Fn(&T) -> &str,
) -> Result<dto::Page<T>, ApiError> {
    // All names have one grammar.
    let after = query
        .after
        .map(|after| AssetName::parse(&after))
        .transpose();
    let after = after.map_err(|_| StoreError::BadCursor)?;
    let limit = query.limit.unwrap_or(Page::default().limit);
    let limit = usize::try_from(limit.clamp(1, Page::MOST)).unwrap_or(usize::MAX);
    let follows = |item: &T| after.as_ref().is_none_or(|a| name(item) > a.as_str());
    let mut rest = items.into_iter().filter(follows);
    let items: Vec<T> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let next = items.last().filter(|_| more).map(|i| name(i).to_owned());
    Ok(dto::Page { items, next })
}

/// The company that a list is asked for: blanks are none.
fn company(company: Option<String>) -> Option<String> {
    let company = company.map(|company| company.trim().to_owned());
    company.filter(|company| !company.is_empty())
}

/// The page that a list is asked for.
fn page(after: Option<String>, limit: Option<u32>) -> Page {
    Page {
        after,
        limit: limit.unwrap_or(Page::default().limit),
    }
}

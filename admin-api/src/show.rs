//! From the domain to the wire. Vendors are not told which person of the plant
//! decided something, nor where assets are: each function that could tell takes
//! the [`Caller`].

mod evidence;
mod notices;
mod people;
mod requests;
mod sessions;
mod ways;

pub(crate) use evidence::{hold, purge_plan, share};
pub(crate) use notices::notice;
pub(crate) use people::{account, event, site};
pub(crate) use requests::{grant, request};
pub(crate) use sessions::{hit, recording, session, typed};
pub(crate) use ways::{asset, change, conduit, zone};

use domain::{AccountName, Window};
use store::Paged;

use crate::caller::Caller;
use crate::dto;

pub(crate) fn page<T, U>(paged: Paged<T>, show: impl Fn(T) -> U) -> dto::Page<U> {
    dto::Page {
        items: paged.items.into_iter().map(show).collect(),
        next: paged.next,
    }
}

fn window(window: &Window) -> dto::Window {
    dto::Window {
        start: window.start(),
        end: window.end(),
    }
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

/// A person's name, for those who may know it.
fn person(caller: &Caller, name: &AccountName) -> Option<String> {
    let may_know = !caller.is_vendor() || caller.account.name == *name;
    may_know.then(|| name.to_string())
}

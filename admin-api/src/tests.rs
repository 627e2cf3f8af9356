//! The API as its callers meet it: the router over a real store.

mod browser;
mod bundle;
mod entitled;
mod events;
mod limits;
mod lists;
mod live;
mod log;
mod login;
mod logs;
mod notices;
mod pages;
mod plant;
mod recordings;
mod requests;
mod retention;
mod scopes;
mod search;
mod shares;
mod snapshot;
mod steering;
mod table;
mod terminal;
mod tickets;
mod vault;
mod world;

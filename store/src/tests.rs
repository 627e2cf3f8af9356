//! What the store promises, against a real database file.

mod audit_log;
mod disabling;
mod finding;
mod idle;
mod live;
mod lockout;
mod log;
mod notices;
mod plant;
mod progress;
mod races;
mod refusals;
mod retention;
mod scopes;
mod search;
mod sessions;
mod shares;
mod sign_in;
mod trouble;
mod vault;
mod walk;
mod way;
mod world;

//! Real counterparts for the scenarios: a real `sshd` as asset, the clients that
//! vendors have, Drawbridge in the same process with a clock that can be moved,
//! and the real binary where a process must die.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a harness that breaks is a test that fails"
)]

pub mod api;
pub mod asyncssh;
pub mod binary;
pub mod cast;
pub mod child;
pub mod cli;
pub mod client;
pub mod clock;
pub mod demo;
pub mod disk;
pub mod keys;
pub mod mail;
pub mod plant;
pub mod raw;
pub mod sshd;
pub mod target;
pub mod tools;
pub mod world;

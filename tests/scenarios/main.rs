//! What Drawbridge must do, shown on real counterparts. One binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a scenario that breaks is a test that fails"
)]

mod house;
mod windows;

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

mod anchors;
mod cli;
mod crowd;
mod demo;
mod desk;
mod evidence;
mod fuzz;
mod house;
mod idle;
mod killed;
mod live_control;
mod process;
mod progress;
mod read_only;
mod refused;
mod reminders;
mod sealed;
mod session;
mod story;
mod target;
mod timebox;
mod vectors;
mod windows;

// The fuzz targets ask for their macro under this name.
extern crate self as libfuzzer_sys;
pub(crate) use fuzz::fuzz_target;

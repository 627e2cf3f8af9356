//! The bastion: vendors come in by SSH, are let through to one asset for one
//! window, and everything that crosses is recorded before it crosses.
//!
//! `lifecycle.rs` is one session from end to end: read it first. `wire.rs` is why
//! no two peers can make each other wait for ever.

mod broker;
mod dial;
mod house;
mod lifecycle;
mod messages;
mod porch;
mod registry;
mod report;
mod session;
mod settings;
mod side_door;
mod ssh;
mod time_box;
mod watch;
mod wire;
mod workers;

pub use broker::{Broker, BrokerError};
pub use settings::{Limits, Settings};
pub use side_door::{Closed, SideDoor};
pub use ssh::{BadSshUser, SshUser};

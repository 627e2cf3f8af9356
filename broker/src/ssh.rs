//! SSH on both sides: the vendor's, where we are the server, and the asset's,
//! where we are the client.
//!
//! `vendor` takes what a client asks for and never waits for the asset;
//! `channel` is one channel from its recording to its end; `gate` is where it waits
//! for people of the plant; `relay` is the part in which bytes flow.

mod algorithms;
mod channel;
pub(crate) mod connection;
mod gate;
mod keyhole;
mod knock;
mod line;
mod relay;
mod sign_in;
mod silence;
mod table;
mod target;
mod user;
pub(crate) mod vendor;

pub(crate) use algorithms::for_vendors;
pub use user::{BadSshUser, SshUser};

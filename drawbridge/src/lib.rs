//! The program: the server, the demo, and the command line over the API.
//!
//! Read [`server`] for how the parts are put together, [`cli`] for what people
//! type, [`witness`] for what watches over the log from another machine. [`practice`] and [`demo`] make a plant to try it on.

pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod init;
mod note_key;
pub mod output;
pub mod practice;
mod private;
pub mod program;
pub mod serve;
pub mod server;
mod telemetry;
pub mod witness;

//! What all sessions of a broker share.

use std::sync::Arc;

use domain::Clock;
use recorder::Recorder;
use russh::server;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::registry::Registry;
use crate::settings::Limits;
use crate::time_box::Now;

/// What all sessions of a broker share.
pub(crate) struct House {
    pub(crate) limits: Limits,
    pub(crate) banner: String,
    pub(crate) ssh: Arc<server::Config>,
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: Registry,
    /// The broker is being stopped.
    pub(crate) stopping: CancellationToken,
}

impl House {
    /// Both clocks.
    pub(crate) fn now(&self) -> Now {
        Now {
            wall: self.clock.now(),
            monotonic: self.clock.monotonic(),
        }
    }
}

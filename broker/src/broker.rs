//! The broker as a whole: it listens, serves each connection on its own, and stops.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, CrowdLimits};
use recorder::Recorder;
use store::Store;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::house::House;
use crate::porch::Porch;
use crate::registry::Registry;
use crate::settings::Settings;
use crate::side_door::{Arrival, SideDoor};
use crate::ssh;
use crate::watch::watch;
use crate::workers::Workers;
use crate::{lifecycle, messages};

/// After a failed accept: none of its causes is gone at once.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the last sessions may take to close when the broker stops.
const LAST_ROUND: Duration = Duration::from_secs(20);

/// Why a broker can't run.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// Its listener is unusable.
    #[error("the SSH listener can't be used: {0}")]
    Listener(io::Error),
    /// The system gives it no threads.
    #[error("the broker's threads can't be started: {0}")]
    Threads(io::Error),
    /// Sessions would no longer hear what becomes of them.
    #[error(
        "the broker no longer sees what the plant decides, and has closed its sessions: one of its tasks has failed ({0})"
    )]
    Blind(JoinError),
}

/// The bastion between vendors and assets.
pub struct Broker {
    house: Arc<House>,
    porch: Porch,
    side_door: SideDoor,
    arrivals: mpsc::Receiver<Arrival>,
}

impl Broker {
    /// A broker over a store and a recorder. What a former run left open must have
    /// been settled before.
    #[must_use]
    pub fn new(
        settings: Settings,
        store: Store,
        recorder: Recorder,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ssh = ssh::for_vendors(&settings);
        let Settings { banner, limits, .. } = settings;
        let (side_door, arrivals) = SideDoor::new();
        Self {
            side_door,
            arrivals,
            porch: Porch::new(CrowdLimits {
                per_address: limits.unauthenticated_per_address,
                all: limits.unauthenticated,
            }),
            house: Arc::new(House {
                limits,
                banner,
                ssh,
                store,
                recorder,
                clock,
                registry: Registry::default(),
                stopping: CancellationToken::new(),
            }),
        }
    }

    /// The way in for those who come through this program itself.
    #[must_use]
    pub fn side_door(&self) -> SideDoor {
        self.side_door.clone()
    }

    /// Serves until `shutdown`; then tells all sessions, closes them, and returns.
    ///
    /// # Errors
    /// When the listener is unusable from the beginning, or threads can't be started.
    /// When a task fails that sessions depend on, after closing them all.
    pub async fn run(
        mut self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> Result<(), BrokerError> {
        let address = listener.local_addr().map_err(BrokerError::Listener)?;
        let workers = Workers::start().map_err(BrokerError::Threads)?;
        tracing::info!(%address, "broker.listening");
        let mut lookouts = JoinSet::<Infallible>::new();
        lookouts.spawn(watch(Arc::clone(&self.house)));
        lookouts.spawn(messages::hand_on(Arc::clone(&self.house)));
        let outcome = loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break Ok(()),
                Some(Err(failed)) = lookouts.join_next() => break Err(BrokerError::Blind(failed)),
                accepted = listener.accept() => accepted,
                Some(arrival) = self.arrivals.recv() => {
                    self.admit_by_the_side(arrival, &workers);
                    continue;
                }
            };
            match accepted {
                Ok((socket, source)) => self.admit(socket, source, &workers),
                Err(error) => {
                    tracing::warn!(reason = %error, "broker.accept_failed");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        drop(listener);
        self.arrivals.close();
        self.house.stopping.cancel();
        if tokio::time::timeout(LAST_ROUND, workers.wait())
            .await
            .is_err()
        {
            let sessions = workers.serving();
            tracing::error!(sessions, "broker.sessions_did_not_close");
        }
        tracing::info!("broker.stopped");
        outcome
    }

    /// Serves a connection in a task of its own, if there is a place on the porch.
    fn admit(&self, socket: TcpStream, source: SocketAddr, workers: &Workers) {
        let Some(place) = self.porch.enter(source.ip()) else {
            tracing::warn!(%source, "broker.crowded");
            return;
        };
        let socket = match socket.set_nodelay(true).and_then(|()| socket.into_std()) {
            Ok(socket) => socket,
            Err(error) => {
                return tracing::debug!(%source, reason = %error, "broker.gone_at_once");
            }
        };
        let house = Arc::clone(&self.house);
        workers.spawn(async move {
            // Here, so that it belongs to the thread that serves it.
            match TcpStream::from_std(socket) {
                Ok(socket) => lifecycle::serve(house, socket, source, place).await,
                Err(error) => tracing::warn!(%source, reason = %error, "broker.not_served"),
            }
        });
    }

    /// The same for one who comes through this program.
    fn admit_by_the_side(&self, arrival: Arrival, workers: &Workers) {
        let Arrival { stream, source } = arrival;
        let Some(place) = self.porch.enter(source) else {
            tracing::warn!(%source, "broker.crowded");
            return;
        };
        let house = Arc::clone(&self.house);
        // Their port is the API's business.
        let source = SocketAddr::new(source, 0);
        workers.spawn(lifecycle::serve(house, stream, source, place));
    }
}

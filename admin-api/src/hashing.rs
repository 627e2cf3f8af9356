//! Password hashing under load. Each hash takes 19 MiB, so only a few run at
//! once; and no single network address can queue so many that nobody else gets
//! through.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::problem::ApiError;

/// Hashes at once, in the whole program: 76 MiB.
const AT_ONCE: usize = 4;
/// Hashes that one network may have under way or queued.
const PER_NETWORK: usize = 32;
/// How long somebody waits for a turn.
const TURN: Duration = Duration::from_secs(5);

pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
    networks: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            networks: Arc::default(),
        }
    }
}

impl Hashing {
    /// Runs `work`, which hashes once, on a thread for it.
    ///
    /// # Errors
    /// 429 when the network has too many under way, 503 when there is no turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        source: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.place(source)?;
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(ApiError::busy(
                "busy",
                "Too many people are logging in at once. Try again in a few seconds.",
            ));
        };
        // Both go with the work: a caller who hangs up gives back no memory.
        let work = move || {
            let result = work();
            drop((turn, place));
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(ApiError::fault)
    }

    fn place(&self, source: IpAddr) -> Result<Place, ApiError> {
        let network = network(source);
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = networks.entry(network).or_default();
        if *taken >= PER_NETWORK {
            return Err(ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_logins",
                "Too many logins from your network at once. Wait for them to end, then try again.",
            ));
        }
        *taken += 1;
        Ok(Place {
            network,
            networks: Arc::clone(&self.networks),
        })
    }
}

/// One of the places that a network has.
struct Place {
    network: IpAddr,
    networks: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = networks.get_mut(&self.network) {
            *taken -= 1;
            if *taken == 0 {
                networks.remove(&self.network);
            }
        }
    }
}

/// An IPv6 customer has a whole /64 (RFC 6177), so that is counted as one.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_network_and_given_back() {
        let hashing = Hashing::default();
        let one: IpAddr = "2001:db8::1".parse().expect("an address");
        let neighbour: IpAddr = "2001:db8::2".parse().expect("an address");
        let other: IpAddr = "2001:db8:0:1::1".parse().expect("an address");
        let places: Vec<_> = (0..PER_NETWORK).map(|_| hashing.place(one)).collect();
        assert!(places.iter().all(Result::is_ok));
        assert!(hashing.place(neighbour).is_err());
        assert!(hashing.place(other).is_ok());
        drop(places);
        assert!(hashing.place(neighbour).is_ok());
        assert!(
            hashing.networks.lock().expect("a lock").is_empty(),
            "no leak"
        );
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_memory_allows() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let hashing = Hashing::default();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..3 * AT_ONCE).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            hashing.run(IpAddr::from([127, 0, 0, 1]), move || {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, SeqCst);
            })
        });
        let results = futures::future::join_all(tasks).await;
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(most.load(SeqCst), AT_ONCE);
    }
}

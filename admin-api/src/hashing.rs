//! Password hashing under load. Each hash takes 19 MiB, so only a few run at
//! once; and no single network address can queue so many that nobody else gets
//! through.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::places::{Place, Places};
use crate::problem::ApiError;

/// Hashes at once, in the whole program: 76 MiB.
const AT_ONCE: usize = 4;
/// Hashes that one network may have under way or queued.
const PER_NETWORK: usize = 32;
/// How long somebody waits for a turn.
const TURN: Duration = Duration::from_secs(5);

pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
    networks: Places<IpAddr>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            networks: Places::new(PER_NETWORK),
        }
    }
}

impl Hashing {
    /// As [`Queued::run`], with a place for this alone.
    ///
    /// # Errors
    /// 429 when the network has too many under way, 503 when there is no turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        source: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        self.queue(source)?.run(work).await
    }

    /// One of the network's places. Whoever writes a failure down afterwards
    /// keeps it until that is done, so that a network can queue no more writes
    /// than hashes.
    ///
    /// # Errors
    /// 429 when the network has too many under way.
    pub(crate) fn queue(&self, source: IpAddr) -> Result<Queued<'_>, ApiError> {
        let place = self.networks.take(network(source)).ok_or_else(|| {
            ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_logins",
                "Too many logins from your network at once. Wait for them to end, then try again.",
            )
        })?;
        Ok(Queued {
            turns: &self.turns,
            place: Arc::new(place),
        })
    }
}

/// A place among those who hash; given back when it is dropped and its work done.
pub(crate) struct Queued<'a> {
    turns: &'a Arc<Semaphore>,
    place: Arc<Place<IpAddr>>,
}

impl Queued<'_> {
    /// Runs `work`, which hashes once, on a thread for it.
    ///
    /// # Errors
    /// 503 when there is no turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = Arc::clone(&self.place);
        let turn = tokio::time::timeout(TURN, Arc::clone(self.turns).acquire_owned()).await;
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
}

/// An IPv6 customer has a whole /64 (RFC 6177), so that is counted as one.
pub(crate) fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[tokio::test]
    async fn one_network_can_queue_only_so_many() {
        let hashing = Hashing::default();
        let one = IpAddr::from([10, 0, 0, 1]);
        let held: Vec<_> = (0..PER_NETWORK)
            .map(|_| hashing.networks.take(one))
            .collect();
        assert!(hashing.run(one, || ()).await.is_err());
        assert!(
            hashing
                .run(IpAddr::from([10, 0, 0, 2]), || ())
                .await
                .is_ok()
        );
        drop(held);
        assert!(hashing.run(one, || ()).await.is_ok());
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

//! Where connections stand until they have authenticated.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Crowd, CrowdLimits};

/// Where connections stand until they have authenticated.
#[derive(Clone, Debug)]
pub(crate) struct Porch {
    crowd: Arc<Mutex<Crowd>>,
    limits: CrowdLimits,
}

impl Porch {
    pub(crate) fn new(limits: CrowdLimits) -> Self {
        Self {
            crowd: Arc::default(),
            limits,
        }
    }

    /// A place for a connection from there, if one is left.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        crowd.enter(address, &self.limits).then(|| Place {
            crowd: Arc::clone(&self.crowd),
            address,
        })
    }
}

/// One place before the door; left when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Mutex<Crowd>>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        crowd.leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_it_is_left() {
        let porch = Porch::new(CrowdLimits {
            per_address: 1,
            all: 1,
        });
        let here = IpAddr::from([192, 0, 2, 1]);
        let place = porch.enter(here);
        assert!(place.is_some());
        assert!(porch.enter(here).is_none());
        drop(place);
        assert!(porch.enter(here).is_some());
    }
}

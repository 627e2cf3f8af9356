//! How many may stand before the door: connections that have proven nothing yet,
//! by address and in all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::Limits;

/// Counts who stands there. Pure.
#[derive(Debug, Default)]
struct Count {
    by_address: HashMap<IpAddr, usize>,
    all: usize,
}

impl Count {
    fn enter(&mut self, address: IpAddr, limits: &Limits) -> bool {
        let here = self.by_address.get(&address).copied().unwrap_or(0);
        if here >= limits.unauthenticated_per_address || self.all >= limits.unauthenticated {
            return false;
        }
        self.by_address.insert(address, here + 1);
        self.all += 1;
        true
    }

    fn leave(&mut self, address: IpAddr) {
        if let Some(here) = self.by_address.get_mut(&address) {
            *here -= 1;
            self.all -= 1;
            if *here == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

/// Whoever holds an IPv6 address usually holds its whole /64.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

/// Where connections stand until they have authenticated.
#[derive(Clone, Debug)]
pub(crate) struct Porch {
    count: Arc<Mutex<Count>>,
    limits: Limits,
}

impl Porch {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            count: Arc::default(),
            limits,
        }
    }

    /// A place for a connection from there, if one is left.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = counted_as(address);
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.enter(address, &self.limits).then(|| Place {
            count: Arc::clone(&self.count),
            address,
        })
    }
}

/// One place before the door; left when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    count: Arc<Mutex<Count>>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn porch(per_address: usize, all: usize) -> Porch {
        Porch::new(Limits {
            unauthenticated_per_address: per_address,
            unauthenticated: all,
            ..Limits::default()
        })
    }

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_can_not_take_all_places() {
        let porch = porch(2, 3);
        let first = porch.enter(at("192.0.2.1"));
        let second = porch.enter(at("192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(porch.enter(at("192.0.2.1")).is_none());
        let other = porch.enter(at("192.0.2.2"));
        assert!(other.is_some(), "another address has its own");
        assert!(porch.enter(at("192.0.2.3")).is_none(), "all are taken");
        drop(second);
        assert!(porch.enter(at("192.0.2.3")).is_some(), "a place was left");
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let porch = porch(2, 300);
        for last in 0..=255 {
            drop(porch.enter(IpAddr::from([192, 0, 2, last])));
        }
        let count = porch.count.lock().expect("not poisoned");
        assert_eq!((count.all, count.by_address.len()), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let porch = porch(1, 10);
        let taken = porch.enter(at("2001:db8:1:2::1"));
        assert!(taken.is_some());
        assert!(porch.enter(at("2001:db8:1:2:ffff::9")).is_none());
        assert!(porch.enter(at("2001:db8:1:3::1")).is_some());
        let v4 = porch.enter(at("192.0.2.1"));
        assert!(v4.is_some());
        assert!(
            porch.enter(at("::ffff:192.0.2.1")).is_none(),
            "the same by another notation"
        );
    }
}

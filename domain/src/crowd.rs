//! How many are there at once, by address and in all: for whatever opens to
//! those who have proven nothing yet.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrowdLimits {
    /// From one address.
    pub per_address: usize,
    /// In all.
    pub all: usize,
}

/// Counts who is there.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    by_address: HashMap<IpAddr, usize>,
    all: usize,
}

impl Crowd {
    /// One more from there, if there is room. Whoever has entered must
    /// [`leave`](Self::leave) by the same address.
    #[must_use]
    pub fn enter(&mut self, address: IpAddr, limits: &CrowdLimits) -> bool {
        let address = counted_as(address);
        let here = self.by_address.get(&address).copied().unwrap_or(0);
        if here >= limits.per_address || self.all >= limits.all {
            return false;
        }
        self.by_address.insert(address, here + 1);
        self.all += 1;
        true
    }

    /// One who had entered from there is gone.
    pub fn leave(&mut self, address: IpAddr) {
        let address = counted_as(address);
        if let Some(here) = self.by_address.get_mut(&address) {
            *here -= 1;
            self.all -= 1;
            if *here == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

/// Whoever holds an IPv6 address usually holds its whole /64 (RFC 6177).
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_can_not_take_all_places() {
        let limits = CrowdLimits {
            per_address: 2,
            all: 3,
        };
        let mut crowd = Crowd::default();
        for (address, enters) in [
            ("192.0.2.1", true),
            ("192.0.2.1", true),
            ("192.0.2.1", false),
            ("192.0.2.2", true),
            ("192.0.2.3", false),
        ] {
            assert_eq!(crowd.enter(at(address), &limits), enters, "{address}");
        }
        crowd.leave(at("192.0.2.1"));
        assert!(crowd.enter(at("192.0.2.3"), &limits), "a place was left");
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let limits = CrowdLimits {
            per_address: 1,
            all: 1,
        };
        let mut crowd = Crowd::default();
        for last in 0..=255 {
            let address = IpAddr::from([192, 0, 2, last]);
            assert!(crowd.enter(address, &limits));
            crowd.leave(address);
        }
        crowd.leave(at("192.0.2.1"));
        assert_eq!((crowd.all, crowd.by_address.len()), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let limits = CrowdLimits {
            per_address: 1,
            all: 10,
        };
        let mut crowd = Crowd::default();
        for (address, enters) in [
            ("2001:db8:1:2::1", true),
            ("2001:db8:1:2:ffff::9", false),
            ("2001:db8:1:3::1", true),
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", false),
        ] {
            assert_eq!(crowd.enter(at(address), &limits), enters, "{address}");
        }
        crowd.leave(at("2001:db8:1:2:ffff::9"));
        assert!(crowd.enter(at("2001:db8:1:2::7"), &limits));
    }
}

//! What the broker can be told.

use std::time::Duration;

use russh::keys::PrivateKey;

/// What a broker is, beside its store and its recorder.
pub struct Settings {
    /// What it proves itself with to vendors. Ed25519.
    pub host_key: PrivateKey,
    /// What everybody sees before they sign in.
    pub banner: String,
    /// What it bears.
    pub limits: Limits,
}

impl Settings {
    /// The usual settings.
    #[must_use]
    pub fn new(host_key: PrivateKey) -> Self {
        Self {
            host_key,
            banner: BANNER.to_owned(),
            limits: Limits::default(),
        }
    }
}

const BANNER: &str = "\
This is the access broker of an industrial plant. Only those whom the plant has
approved may enter. What you do is recorded, and the plant may end it at any time.
";

/// What the broker bears from vendors and from assets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the connection to the right ticket.
    pub time_to_authenticate: Duration,
    /// Wrong tickets on one connection.
    pub tries: u32,
    /// Bytes that are read from somebody who has not authenticated.
    pub bytes_before_authentication: u64,
    /// Connections from one address (one /64 network of IPv6) that have not
    /// authenticated.
    pub unauthenticated_per_address: usize,
    /// Connections in all that have not authenticated.
    pub unauthenticated: usize,
    /// Channels of one session at a time.
    pub channels: usize,
    /// Channels of one session, from its beginning to its end.
    pub channels_in_all: u32,
    /// From the first packet towards an asset until it is signed in to; and again
    /// until it has taken what it is asked to run.
    pub time_to_connect: Duration,
    /// Bytes that a vendor may have sent and an asset not taken. They lie in the
    /// recording, not in memory.
    pub backlog: u64,
    /// How often a silent peer is asked whether it is still there. Three
    /// unanswered questions end the connection.
    pub keepalive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time_to_authenticate: Duration::from_secs(60),
            tries: 3,
            bytes_before_authentication: 64 << 10,
            unauthenticated_per_address: 32,
            unauthenticated: 256,
            channels: 10,
            channels_in_all: 1000,
            time_to_connect: Duration::from_secs(8),
            backlog: 2 << 30,
            keepalive: Duration::from_secs(15),
        }
    }
}

//! Typed identifiers: UUIDv7 (RFC 9562), so that they sort by time, with one
//! type for each thing, so that a grant is never looked up with a request's id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::{Random, Timestamp};

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts by `now` (to the millisecond).
            #[must_use]
            pub fn new(now: Timestamp, random: &dyn Random) -> Self {
                let mut tail = [0; 10];
                random.fill(&mut tail);
                Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &tail).into_uuid())
            }

            /// The id that a stored UUID stands for.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, for storing.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )+};
}

typed_id! {
    /// A vendor's request for a session.
    RequestId,
    /// What enough approvals made of a request.
    GrantId,
    /// A single-use secret that opens one session.
    TicketId,
    /// One connection under one grant.
    SessionId,
    /// A signed-in account's bearer token.
    TokenId,
    /// A legal hold on recordings.
    HoldId,
    /// Something that somebody is told.
    NoticeId,
    /// A recording shared with somebody without an account.
    ShareId,
    /// Somebody's view of a running session.
    WatchId,
    /// An entry of the audit log.
    EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, buf: &mut [u8]) {
            buf.fill(7);
        }
    }

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let early = GrantId::new(Timestamp::from_micros(1_000_000), &Sevens);
        let late = GrantId::new(Timestamp::from_micros(2_000_000), &Sevens);
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
        assert_eq!(early.to_string().parse(), Ok(early));
    }
}

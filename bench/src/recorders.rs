//! A recorder without a broker.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Clock, Random, SessionId, Timestamp};
use recorder::archive::{Keyring, Protection};
use recorder::{Disk, Header, KeepOutput, Recorder, Settings, WalKey};

/// A recorder in that directory, which encrypts as one does by default.
pub(crate) fn start(directory: &Path, disk: Arc<dyn Disk>) -> Recorder {
    let keys = Keyring::in_dir(&directory.join("keys"), Protection::AtRest, Vec::new());
    let settings = Settings {
        root: directory.join("recordings"),
        log: directory.join("wal"),
        segment: 64 << 20,
        least_free: 0,
        log_key: WalKey::new(Box::new([7; 32])),
        keyring: keys.expect("keys"),
    };
    let clock = Arc::new(RealClock(Instant::now()));
    let recorder = Recorder::start(settings, &[], disk, clock, Arc::new(Zeros));
    recorder.expect("a recorder")
}

/// What the recording of session number `session` begins with.
pub(crate) fn header(session: u32, keep: KeepOutput) -> Header {
    let id = u128::from(session) + 1;
    Header {
        session: format!("{:032x}", id).parse::<SessionId>().expect("an id"),
        channel: 0,
        started: Timestamp::from_micros(0),
        title: String::new(),
        command: None,
        terminal: None,
        keep,
        env: BTreeMap::new(),
    }
}

struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

struct Zeros;

impl Random for Zeros {
    fn fill(&self, _: &mut [u8]) {}
}

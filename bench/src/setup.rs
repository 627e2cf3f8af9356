//! How long `ssh HOST true` takes.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::ways::{WAYS, Way, Ways};

const TIMES: usize = 20;

/// Each way's times, in the order of [`Way::ALL`]. The key exchange is the same
/// everywhere: left alone, OpenSSH takes a slow one with itself.
pub(crate) async fn measure(ways: &Ways) -> [Vec<Duration>; WAYS] {
    let mut times = [const { Vec::new() }; WAYS];
    for round in 0..=TIMES {
        for (way, times) in Way::ALL.into_iter().zip(&mut times) {
            eprint!("\rset-up: {round} of {TIMES}, {}\x1b[K", way.name());
            let options = ["-o", "KexAlgorithms=curve25519-sha256"];
            let (mut command, _home) = ways.client(way, &options, Some("true")).await.into_std();
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::inherit());
            let began = Instant::now();
            let status = command.status().expect("ssh runs");
            let took = began.elapsed();
            assert!(status.success(), "set-up by {}: {status}", way.name());
            // The first one warms caches.
            if round > 0 {
                times.push(took);
            }
        }
    }
    eprint!("\r\x1b[K");
    times
}

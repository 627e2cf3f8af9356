//! The recorder by itself, fed with log text as fast as it takes it: what recording
//! costs besides the relay.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use recorder::{KeepOutput, RealDisk, Stream};
use tokio::sync::Semaphore;

use crate::transfer::Sample;
use crate::{cpu, recorders};

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// What a vendor sends: all of it is kept, and durable before it goes on.
    Typed,
    /// What a terminal shows: all of it is kept.
    Terminal,
    /// What a command prints: the first of it is kept, all of it is hashed.
    Command,
}

impl Fed {
    pub(crate) const ALL: [Self; 3] = [Self::Typed, Self::Terminal, Self::Command];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Typed => "log text up",
            Self::Terminal => "log text, terminal",
            Self::Command => "log text down",
        }
    }

    const fn keep(self) -> KeepOutput {
        match self {
            Self::Typed | Self::Terminal => KeepOutput::Everything,
            // As the broker keeps of a command.
            Self::Command => KeepOutput::First(16 << 20),
        }
    }
}

/// Bytes of one packet, as OpenSSH sends them.
const PACKET: usize = 32 << 10;

/// How far a vendor may be ahead of the asset, as the broker's pace has it.
const AHEAD: usize = 768 << 10;

/// Records all of `text`, in packets.
pub(crate) async fn measure(fed: Fed, text: &Bytes) -> Sample {
    let directory = tempfile::tempdir_in("target").or_else(|_| tempfile::tempdir());
    let directory = directory.expect("a directory");
    let recorder = recorders::start(directory.path(), Arc::new(RealDisk));
    let channel = recorder.open(recorders::header(0, fed.keep())).await;
    let (input, mut tail, output) = channel.expect("a recording").split();
    let (before, began) = (cpu::seconds(std::process::id()), Instant::now());
    let pace = Arc::new(Semaphore::new(AHEAD));
    let taken = Arc::clone(&pace);
    let asset = tokio::spawn(async move {
        let pace = taken;
        let mut taken = 0;
        while let Some(bytes) = tail.next().await.expect("recorded") {
            taken += bytes.len();
            pace.add_permits(bytes.len());
        }
        taken
    });
    let mut rest = text.clone();
    while !rest.is_empty() {
        let packet = rest.split_to(rest.len().min(PACKET));
        match fed {
            Fed::Typed => {
                let ahead = u32::try_from(packet.len()).expect("a packet");
                pace.acquire_many(ahead).await.expect("open").forget();
                input.append(packet).await.expect("recorded");
            }
            Fed::Terminal | Fed::Command => {
                output.ready().await.expect("recorded");
                output.write(Stream::Out, packet).expect("recorded");
            }
        }
    }
    drop(input);
    let taken = asset.await.expect("no panic");
    assert!(fed != Fed::Typed || taken == text.len(), "{taken} bytes");
    output.finish().await.expect("sealed");
    let took = began.elapsed().as_secs_f64();
    let bytes = text.len() as f64;
    Sample {
        speed: bytes / 1e6 / took,
        cpu: Some((cpu::seconds(std::process::id()) - before) / (bytes / 1e9)),
    }
}

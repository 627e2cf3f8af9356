//! From arrival to durable: how long a keystroke waits for the disk, and what that
//! costs, beside a recorder that never flushes and a log that flushes each event.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use recorder::{Disk, DiskFile, KeepOutput, RealDisk};
use tokio::sync::oneshot;

use crate::{cpu, recorders};

/// Events of each session in a second, and how long that goes on.
const RATE: u32 = 20;
const SECONDS: u32 = 8;

/// Who makes an event durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The recorder, on a disk that does not flush.
    NoFlush,
    /// The recorder.
    Log,
    /// One file, one flush for each event.
    EachEvent,
}

impl How {
    pub(crate) const ALL: [Self; 3] = [Self::NoFlush, Self::Log, Self::EachEvent];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoFlush => "no flush",
            Self::Log => "write-ahead log",
            Self::EachEvent => "flush per event",
        }
    }
}

/// What was measured.
pub(crate) struct Measured {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Of one core, as a part.
    pub(crate) cpu: f64,
    /// How many events came through, as a part of those sent.
    pub(crate) through: f64,
}

/// So many sessions type.
pub(crate) async fn measure(how: How, sessions: u32) -> Measured {
    let directory = tempfile::tempdir_in("target").or_else(|_| tempfile::tempdir());
    let directory = directory.expect("a directory");
    let (before, began) = (cpu::seconds(std::process::id()), Instant::now());
    let mut waits = match how {
        How::NoFlush => recorded(directory.path(), Arc::new(Unflushed), sessions).await,
        How::Log => recorded(directory.path(), Arc::new(RealDisk), sessions).await,
        How::EachEvent => flushed(directory.path(), sessions).await,
    };
    let cpu = (cpu::seconds(std::process::id()) - before) / began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |percent: usize| {
        let last = waits.len().saturating_sub(1);
        waits.get(last * percent / 100).copied()
    };
    Measured {
        p50: at(50).unwrap_or(Duration::MAX),
        p99: at(99).unwrap_or(Duration::MAX),
        cpu,
        through: waits.len() as f64 / f64::from(sessions * RATE * SECONDS),
    }
}

/// The moments at which one session types: at its own place in each interval.
struct Turns {
    next: tokio::time::Instant,
    left: u32,
}

impl Turns {
    fn new(session: u32, sessions: u32) -> Self {
        let interval = Duration::from_secs(1) / RATE;
        Self {
            next: tokio::time::Instant::now() + interval * session / sessions.max(1),
            left: RATE * SECONDS,
        }
    }

    async fn next(&mut self) -> Option<Instant> {
        self.left = self.left.checked_sub(1)?;
        tokio::time::sleep_until(self.next).await;
        self.next += Duration::from_secs(1) / RATE;
        Some(Instant::now())
    }
}

async fn recorded(directory: &Path, disk: Arc<dyn Disk>, sessions: u32) -> Vec<Duration> {
    let recorder = recorders::start(directory, disk);
    let mut typing = Vec::new();
    for session in 0..sessions {
        let channel = recorder
            .open(recorders::header(session, KeepOutput::Everything))
            .await
            .expect("a recording");
        let (input, mut tail, output) = channel.split();
        typing.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            let mut turns = Turns::new(session, sessions);
            while let Some(began) = turns.next().await {
                let typed = Bytes::from_static(b"twenty bytes of text");
                input.append(typed).await.expect("recorded");
                tail.next().await.expect("recorded");
                waits.push(began.elapsed());
            }
            drop(output);
            waits
        }));
    }
    all(typing).await
}

async fn flushed(directory: &Path, sessions: u32) -> Vec<Duration> {
    let file = OpenOptions::new()
        .create_new(true)
        .append(true)
        .open(directory.join("log"));
    let mut file = file.expect("a file");
    let (send, queue) = mpsc::channel::<oneshot::Sender<()>>();
    std::thread::spawn(move || {
        while let Ok(done) = queue.recv() {
            file.write_all(b"twenty bytes of text").expect("written");
            file.sync_data().expect("flushed");
            let _ = done.send(());
        }
    });
    let mut typing = Vec::new();
    for session in 0..sessions {
        let send = send.clone();
        typing.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            let mut turns = Turns::new(session, sessions);
            while let Some(began) = turns.next().await {
                let (done, durable) = oneshot::channel();
                send.send(done).expect("the thread");
                durable.await.expect("durable");
                waits.push(began.elapsed());
            }
            waits
        }));
    }
    // What has not come through by then never will in time.
    tokio::time::timeout(Duration::from_secs(u64::from(SECONDS) * 3), all(typing))
        .await
        .unwrap_or_default()
}

async fn all(typing: Vec<tokio::task::JoinHandle<Vec<Duration>>>) -> Vec<Duration> {
    let mut waits = Vec::new();
    for one in typing {
        waits.extend(one.await.expect("no panic"));
    }
    waits
}

/// The machine's disk, which nobody waits for.
struct Unflushed;

impl Disk for Unflushed {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(UnflushedFile(RealDisk.create(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(UnflushedFile(RealDisk.open(path)?)))
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

struct UnflushedFile(Box<dyn DiskFile>);

impl DiskFile for UnflushedFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_at(offset, bytes)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buf)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn present(&self) -> io::Result<()> {
        self.0.present()
    }

    fn forget(&self, from: u64, to: u64) {
        self.0.forget(from, to);
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.0.allocate(len)
    }
}

//! kill -9 at random moments under a load of fifty sessions that type: each byte
//! that an asset received is in a recording, which is whole and sealed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that breaks stops, and its two processes talk on standard output"
)]

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{Clock, Random, SessionId, Timestamp};
use drawbridge_recorder as recorder;
use recorder::archive::{Archive, End, Keyring, Protection};
use recorder::frame::{FrameReader, Kind};
use recorder::{
    Header, Interrupted, KeepOutput, LEAST_SEGMENT, RealDisk, Recorder, Settings, Stream, WalKey,
};
use uuid::Uuid;

const SESSIONS: u32 = 50;
const KILLS: u32 = 50;

/// The directory that the killed process works in.
const DIR: &str = "CRASH_TEST_DIR";
/// The number of the run.
const RUN: &str = "CRASH_TEST_RUN";

struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_764_000_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

struct MachineRandom;

impl Random for MachineRandom {
    fn fill(&self, buf: &mut [u8]) {
        fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(buf))
            .unwrap();
    }
}

fn keyring(dir: &Path) -> Keyring {
    Keyring::in_dir(&dir.join("keys"), Protection::AtRest, Vec::new()).unwrap()
}

#[expect(clippy::disallowed_methods)] // The test's clock is this one.
fn start(dir: &Path) -> Recorder {
    let settings = Settings {
        root: dir.join("recordings"),
        log: dir.join("wal"),
        segment: LEAST_SEGMENT,
        least_free: 0,
        log_key: WalKey::new(Box::new([7; 32])),
        keyring: keyring(dir),
    };
    let clock = Arc::new(RealClock(Instant::now()));
    let random = Arc::new(MachineRandom);
    Recorder::start(settings, &[], Arc::new(RealDisk), clock, random).unwrap()
}

fn session(run: u32, number: u32) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(
        (u128::from(run) << 32) + u128::from(number) + 1,
    ))
}

/// What the asset of a session has received.
fn received(dir: &Path, run: u32, number: u32) -> std::path::PathBuf {
    dir.join("assets").join(format!("{run}-{number}"))
}

/// The process that is killed: it types, for ever, on fifty channels.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn victim(dir: &Path, run: u32) {
    let recorder = start(dir);
    fs::create_dir_all(dir.join("assets")).unwrap();
    for number in 0..SESSIONS {
        let header = Header {
            session: session(run, number),
            channel: 0,
            started: Timestamp::from_micros(1_764_000_000_000_000),
            title: String::new(),
            command: None,
            terminal: None,
            keep: KeepOutput::Everything,
            env: BTreeMap::new(),
        };
        let (input, mut tail, output) = recorder.open(header).await.unwrap().split();
        let mut asset = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(received(dir, run, number))
            .unwrap();
        tokio::spawn(async move {
            for at in 0_u64.. {
                // Most type; a few upload.
                let text = format!("{number} types line {at}\r");
                let text = text.repeat(if number % 10 == 0 { 400 } else { 1 });
                if input.append(Bytes::from(text)).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1 + u64::from(number) % 7)).await;
            }
        });
        tokio::spawn(async move {
            while let Ok(Some(bytes)) = tail.next().await {
                asset.write_all(&bytes).unwrap();
                output.write(Stream::Out, bytes).unwrap();
            }
        });
    }
    println!("typing");
    std::future::pending().await
}

/// Starts the victim and kills it in the middle.
fn kill_one(dir: &Path, run: u32) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "each_byte_that_an_asset_received_is_recorded"])
        .args(["--nocapture"])
        .env(DIR, dir)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("typing") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it died by itself");
    }
    let mut random = [0];
    MachineRandom.fill(&mut random);
    std::thread::sleep(Duration::from_millis(u64::from(random[0])));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn input(archive: &Archive, session: SessionId) -> Vec<u8> {
    let recording = archive.open(session, 0).unwrap();
    let mut shown = Vec::new();
    let mut cast = recorder::serve::cast(&recording).unwrap();
    cast.read_to_end(&mut shown).unwrap();
    let mut frames = FrameReader::new(BufReader::new(recording.input().unwrap()));
    let mut all = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        if frame.kind == Kind::Data {
            all.extend_from_slice(frame.payload);
        }
    }
    all
}

/// All that a new start has closed, as it says and as it is on the disk.
fn check(dir: &Path, run: u32) -> u64 {
    let recorder = start(dir);
    let archive = Archive::new(&dir.join("recordings"), keyring(dir));
    let mut closed: BTreeMap<SessionId, Interrupted> = BTreeMap::new();
    let mut all = recorder.interrupted().unwrap();
    while let Ok(one) = all.try_recv() {
        closed.insert(one.session, one);
    }
    let mut bytes = 0;
    for number in 0..SESSIONS {
        let session = session(run, number);
        let received = fs::read(received(dir, run, number)).unwrap();
        let one = closed.get(&session).unwrap();
        assert_eq!(one.closing.end, End::Interrupted);
        let recorded = input(&archive, session);
        assert!(
            recorded.starts_with(&received),
            "run {run}, session {number}: {} bytes received, {} recorded",
            received.len(),
            recorded.len()
        );
        let manifest = archive.open(session, 0).unwrap().manifest().clone();
        assert_eq!(manifest.seal(), one.seal);
        assert!(manifest.closing.is_some() && manifest.fault.is_none());
        bytes += received.len() as u64;
    }
    bytes
}

#[test]
fn each_byte_that_an_asset_received_is_recorded() {
    if let Some(dir) = std::env::var_os(DIR) {
        let run = std::env::var(RUN).unwrap().parse().unwrap();
        return victim(Path::new(&dir), run);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = 0;
    for run in 0..KILLS {
        kill_one(dir.path(), run);
        bytes += check(dir.path(), run);
    }
    assert!(bytes > 100_000, "only {bytes} bytes reached the assets");
}

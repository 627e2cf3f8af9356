//! The recorder as a whole, on a real disk and on disks that fail.

mod faults;
mod flow;
mod rebuilt;
mod spill;
mod unsealed;
mod view;

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{Clock, Random, SessionId, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use crate::archive::{Archive, Closing, End, Keyring, Protection};
use crate::cast::{Ending, Event, Reader};
use crate::frame::{FrameReader, Kind};
use crate::*;

/// The machine's clock.
struct RealClock(Instant);

impl RealClock {
    #[expect(clippy::disallowed_methods)] // The tests' clock is this one.
    fn start() -> Arc<dyn Clock> {
        Arc::new(Self(Instant::now()))
    }
}

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

/// A clock that stands where it is put.
#[derive(Default)]
struct StandingClock(AtomicU64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn wait_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// How a [`TestDisk`] fails; everything off at first.
#[derive(Default)]
struct Plan {
    /// Only files with this ending fail; all if empty.
    ending: Mutex<&'static str>,
    /// So many bytes fit, then the disk is full.
    room: Mutex<Option<usize>>,
    /// From then on `sync` fails, once per file as a real one does.
    fail_sync: AtomicBool,
    panic: AtomicBool,
    /// Panics with a value that panics again when the panic has been caught.
    panic_twice: AtomicBool,
    /// Milliseconds that a `sync` takes.
    sync_takes: AtomicU64,
    /// While set, nothing is written.
    hangs: AtomicBool,
    /// While set, a flush of the whole file system fails.
    fail_sync_all: AtomicBool,
    syncs: AtomicUsize,
    /// Free bytes.
    free: AtomicU64,
    /// No file with that ending is made any more.
    no_new: AtomicBool,
    /// What is read back is not what was written.
    garbles: AtomicBool,
}

/// The real disk, until its plan makes it fail. Writes less than asked for.
#[derive(Clone, Default)]
struct TestDisk {
    plan: Arc<Plan>,
}

struct TestFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    plan: Arc<Plan>,
}

impl Disk for TestDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.plan.no_new.load(Ordering::SeqCst) && self.plan.concerns(path) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (file, path, plan) = (
            RealDisk.create(path)?,
            path.to_owned(),
            Arc::clone(&self.plan),
        );
        Ok(Box::new(TestFile { file, path, plan }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.plan.no_new.load(Ordering::SeqCst) && self.plan.concerns(path) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (file, path, plan) = (
            RealDisk.open(path)?,
            path.to_owned(),
            Arc::clone(&self.plan),
        );
        Ok(Box::new(TestFile { file, path, plan }))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }

    fn sync_all(&self, path: &Path) -> io::Result<()> {
        if self.plan.fail_sync_all.load(Ordering::SeqCst) {
            return Err(io::Error::other("input/output error"));
        }
        RealDisk.sync_all(path)
    }

    fn room(&self, _: &Path) -> io::Result<Room> {
        Ok(Room {
            free: self.plan.free.load(Ordering::SeqCst),
            total: 1 << 40,
        })
    }
}

struct PanicsAgain;

impl Drop for PanicsAgain {
    fn drop(&mut self) {
        panic!("planned, again");
    }
}

impl Plan {
    fn concerns(&self, path: &Path) -> bool {
        let ending = *self.ending.lock().unwrap();
        path.to_str().is_some_and(|path| path.ends_with(ending))
    }
}

impl TestFile {
    fn concerned(&self) -> bool {
        self.plan.concerns(&self.path)
    }
}

impl DiskFile for TestFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if !self.concerned() {
            return self.file.write_at(offset, bytes);
        }
        while self.plan.hangs.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(!self.plan.panic.load(Ordering::SeqCst), "planned");
        if self.plan.panic_twice.load(Ordering::SeqCst) {
            std::panic::panic_any(PanicsAgain);
        }
        let mut allowed = bytes.len().min(bytes.len() / 2 + 10);
        if let Some(room) = self.plan.room.lock().unwrap().as_mut() {
            if *room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            allowed = allowed.min(*room);
            *room -= allowed;
        }
        self.file.write_at(offset, &bytes[..allowed])
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let allowed = buf.len().min(buf.len() / 2 + 10);
        let read = self.file.read_at(offset, &mut buf[..allowed])?;
        if self.plan.garbles.load(Ordering::SeqCst) && self.concerned() {
            buf[0] ^= 1;
        }
        Ok(read)
    }

    fn sync(&self) -> io::Result<()> {
        if self.concerned() {
            self.plan.syncs.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(
                self.plan.sync_takes.load(Ordering::SeqCst),
            ));
            if self.plan.fail_sync.load(Ordering::SeqCst) {
                return Err(io::Error::other("input/output error"));
            }
        }
        self.file.sync()
    }

    fn forget(&self, from: u64, to: u64) {
        self.file.forget(from, to);
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn present(&self) -> io::Result<()> {
        self.file.present()
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.file.allocate(len)
    }
}

/// Bytes that nobody could foresee who has not read this.
struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            *byte = self.0.fetch_add(97, Ordering::SeqCst).to_le_bytes()[0];
        }
    }
}

/// A recorder in a directory of its own.
struct Bench {
    dir: TempDir,
    disk: TestDisk,
    recorder: Recorder,
}

/// As the server would set it up.
fn settings(dir: &Path) -> Settings {
    Settings {
        root: dir.join("recordings"),
        log: dir.join("wal"),
        segment: LEAST_SEGMENT,
        least_free: 1 << 30,
        log_key: WalKey::new(Box::new([7; 32])),
        keyring: keyring(dir),
    }
}

fn keyring(dir: &Path) -> Keyring {
    Keyring::in_dir(&dir.join("keys"), Protection::AtRest, Vec::new()).unwrap()
}

fn random() -> Arc<dyn Random> {
    Arc::new(TestRandom(AtomicU64::new(1)))
}

impl Bench {
    fn new() -> Self {
        Self::with_clock(RealClock::start())
    }

    fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::at(dir, clock)
    }

    /// On what is there already.
    fn at(dir: TempDir, clock: Arc<dyn Clock>) -> Self {
        Self::knowing(dir, clock, &[])
    }

    /// The same, and these recordings should have been sealed.
    fn knowing(dir: TempDir, clock: Arc<dyn Clock>, also: &[Unsealed]) -> Self {
        let disk = TestDisk::default();
        disk.plan.free.store(1 << 40, Ordering::SeqCst);
        let on = Arc::new(disk.clone());
        let recorder = Recorder::start(settings(dir.path()), also, on, clock, random()).unwrap();
        Self {
            dir,
            disk,
            recorder,
        }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("recordings")
    }

    async fn open(&self, number: u32) -> (InputLog, InputTail, OutputLog) {
        self.recorder
            .open(header(number, KeepOutput::Everything))
            .await
            .unwrap()
            .split()
    }

    /// What has been shown so far.
    async fn cast(&self, number: u32) -> Vec<u8> {
        self.recorder.cut(session(number), number).await;
        cast_in(self.dir.path(), number)
    }

    /// What has been typed so far.
    async fn input(&self, number: u32) -> Vec<u8> {
        self.recorder.cut(session(number), number).await;
        input_in(self.dir.path(), number)
    }
}

fn archived(dir: &Path, number: u32) -> archive::Recording {
    Archive::new(&dir.join("recordings"), keyring(dir))
        .open(session(number), number)
        .unwrap()
}

fn cast_in(dir: &Path, number: u32) -> Vec<u8> {
    let mut cast = Vec::new();
    serve::cast(&archived(dir, number))
        .unwrap()
        .read_to_end(&mut cast)
        .unwrap();
    cast
}

fn input_in(dir: &Path, number: u32) -> Vec<u8> {
    let mut log = Vec::new();
    let recording = archived(dir, number);
    recording.input().unwrap().read_to_end(&mut log).unwrap();
    frames_of(&log)
}

/// The vendor's bytes in an input log.
fn frames_of(log: &[u8]) -> Vec<u8> {
    let mut frames = FrameReader::new(log);
    let mut all = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        if frame.kind == Kind::Data {
            all.extend_from_slice(frame.payload);
        }
    }
    all
}

/// What a recording shows, all streams together.
fn shown(cast: &[u8]) -> String {
    let events = Reader::new(cast).unwrap().map(Result::unwrap);
    events
        .filter_map(|timed| {
            if let Event::Output(text) = timed.event {
                Some(text.into_owned())
            } else {
                None
            }
        })
        .collect()
}

fn markers(cast: &[u8]) -> Vec<String> {
    let events = Reader::new(cast).unwrap().map(Result::unwrap);
    events
        .filter_map(|timed| {
            if let Event::Marker(text) = timed.event {
                Some(text.into_owned())
            } else {
                None
            }
        })
        .collect()
}

fn session(number: u32) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(u128::from(number) + 1))
}

fn header(number: u32, keep: KeepOutput) -> Header {
    Header {
        session: session(number),
        channel: number,
        started: Timestamp::from_micros(1_764_000_000_000_000),
        title: format!("session {number}"),
        command: None,
        terminal: Some(Terminal {
            cols: 80,
            rows: 24,
            kind: "xterm".to_owned(),
            modes: String::new(),
        }),
        keep,
        env: BTreeMap::new(),
    }
}

/// Fails the test instead of hanging it.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what)
        .await
        .expect("it hangs")
}

async fn take(tail: &mut InputTail, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < length {
        all.extend_from_slice(&soon(tail.next()).await.unwrap().expect("more input"));
    }
    all
}

/// A stretch of bytes that shows when something is missing, twice or misplaced.
fn pattern(from: usize, length: usize) -> Bytes {
    static BYTES: LazyLock<Bytes> = LazyLock::new(|| (0..251).cycle().take(1 << 20).collect());
    let start = from % 251;
    BYTES.slice(start..start + length)
}

/// A copy of all that a process that was killed left on the disk.
fn killed(bench: &Bench) -> TempDir {
    loop {
        let copy = tempfile::tempdir().unwrap();
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .arg(bench.dir.path().join("."))
            .arg(copy.path())
            .stderr(std::process::Stdio::null())
            .status();
        // A segment that gets another name meanwhile makes it fail.
        if copied.unwrap().success() {
            return copy;
        }
    }
}

/// Waits until something is so.
async fn until(so: impl Fn() -> bool) {
    soon(async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

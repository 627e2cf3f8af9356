//! Where an SSH relay stands still, runs out of memory, or keeps somebody waiting.
//! The vendor is OpenSSH's client and the asset OpenSSH's server; what is between
//! them records everything.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "what breaks here is a test that fails"
)]

mod support;

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use domain::SessionId;
use recorder::frame::{FrameReader, Kind};
use support::{Wishes, World};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

const MIB: usize = 1 << 20;

/// A reader this slow is far behind any flood: 5 MB/s.
const SLOW: usize = 5_000_000;

/// These tests weigh the process and fill the machine: one at a time.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

#[expect(clippy::disallowed_methods, reason = "how long something really takes")]
fn now() -> Instant {
    Instant::now()
}

/// Bytes that compress badly and never repeat within a packet.
fn write_data(path: &Path, megabytes: usize) -> String {
    let mut file = File::create(path).expect("a file");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; MIB];
    let mut hash = Context::new(&SHA256);
    for _ in 0..megabytes {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).expect("written");
        hash.update(&block);
    }
    hex(hash.finish().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn hash_of(mut from: impl AsyncRead + Unpin) -> String {
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; 256 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        hash.update(&buffer[..count]);
    }
    hex(hash.finish().as_ref())
}

/// Reads at a pace until the end, or for so long.
async fn read_slowly(mut from: impl AsyncRead + Unpin, pace: usize, limit: Duration) -> usize {
    let began = now();
    let mut buffer = vec![0; 32 << 10];
    let mut total = 0;
    while began.elapsed() < limit
        && let Ok(Ok(count @ 1..)) = timeout(limit, from.read(&mut buffer)).await
    {
        total += count;
        let due = Duration::from_secs_f64(total as f64 / pace as f64);
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
    }
    total
}

/// Memory of this process in MiB; `peak` since the last call with `reset`.
fn memory(of: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status
        .lines()
        .find(|line| line.starts_with(of))
        .expect("a line");
    let kib: usize = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    kib / 1024
}

fn reset_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("reset");
}

async fn end(mut child: Child, limit: Duration) -> Option<i32> {
    let status = timeout(limit, child.wait()).await;
    let Ok(status) = status else {
        panic!("the client still runs after {limit:?}");
    };
    status.expect("a status").code()
}

async fn appears(path: &Path, limit: Duration) -> Duration {
    let began = now();
    while !path.exists() {
        assert!(began.elapsed() < limit, "{} did not appear", path.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

/// Gives how often each leg has changed its keys: the vendor's, the asset's.
async fn full_duplex(options: &[&str]) -> (usize, usize) {
    let world = World::start().await;
    let file = world.directory.path().join("data");
    let sent = write_data(&file, 300);
    let mut ssh = world
        .ssh(&[options, &["-v"]].concat(), &["cat | cat"])
        .await;
    let mut child = ssh
        .stdin(File::open(&file).expect("open"))
        .spawn()
        .expect("ssh runs");
    let stdout = child.stdout.take().expect("a pipe");
    let came = timeout(Duration::from_secs(120), hash_of(stdout)).await;
    assert_eq!(came.expect("it stands still"), sent);
    let output = timeout(Duration::from_secs(5), child.wait_with_output());
    let output = output.await.expect("it ends").expect("it ran");
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    let rekeys = said.matches("SSH2_MSG_NEWKEYS received").count() - 1;
    world.closed().await;
    let rekeys = (rekeys, world.sshd.rekeys());
    world.stop().await;
    rekeys
}

#[tokio::test(flavor = "multi_thread")]
async fn full_duplex_does_not_stand_still() {
    let _turn = alone().await;
    full_duplex(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn full_duplex_does_not_stand_still_while_keys_change() {
    let _turn = alone().await;
    let (vendor, asset) = full_duplex(&["-o", "RekeyLimit=32M"]).await;
    println!("keys changed {vendor} and {asset} times");
    // 300 MiB each way, and new keys after 32.
    assert!(vendor >= 8 && asset >= 8, "{vendor} and {asset} times");
}

/// Floods a terminal until somebody presses Ctrl-C.
fn flood_until_interrupted(mark: &Path) -> String {
    let mark = mark.display();
    format!(
        "trap 'touch {mark}; exit 42' INT; stty -echo; read line; touch {mark}.key; yes; yes; yes"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_and_ctrl_c_get_through_a_flood_to_a_slow_reader() {
    let _turn = alone().await;
    let world = World::start().await;
    let mark = world.directory.path().join("interrupted");
    let command = flood_until_interrupted(&mark);
    let mut ssh = world.ssh(&["-tt"], &[&command]).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let stdout = child.stdout.take().expect("a pipe");
    let reading = tokio::spawn(read_slowly(stdout, SLOW, Duration::from_secs(60)));
    stdin.write_all(b"x\n").await.expect("typed");
    appears(&mark.with_extension("key"), Duration::from_secs(10)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    stdin.write_all(b"k\x03").await.expect("typed");
    let took = appears(&mark, Duration::from_secs(2)).await;
    println!("Ctrl-C took {took:?} through a flood to a slow reader");
    assert_eq!(end(child, Duration::from_secs(10)).await, Some(42));
    reading.await.expect("no panic");
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_gets_through_even_if_nobody_reads() {
    let _turn = alone().await;
    let world = World::start().await;
    let mark = world.directory.path().join("interrupted");
    let command = flood_until_interrupted(&mark);
    let mut ssh = world.ssh(&["-tt"], &[&command]).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"x\n").await.expect("typed");
    appears(&mark.with_extension("key"), Duration::from_secs(10)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    stdin.write_all(b"k\x03").await.expect("typed");
    let took = appears(&mark, Duration::from_secs(2)).await;
    println!("Ctrl-C took {took:?} though nobody reads");
    let stdout = child.stdout.take().expect("a pipe");
    read_slowly(stdout, usize::MAX, Duration::from_secs(10)).await;
    assert_eq!(end(child, Duration::from_secs(10)).await, Some(42));
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_read_costs_no_memory() {
    let _turn = alone().await;
    let world = World::start().await;
    let directory = world.directory.path();
    let (file, go) = (directory.join("data"), directory.join("go"));
    let sent = write_data(&file, 1024);
    // Warms up what is allocated once.
    let mut ssh = world.ssh(&[], &["true"]).await;
    assert!(ssh.status().await.expect("ssh runs").success());
    reset_peak();
    let before = memory("VmRSS");

    let command = format!(
        "while [ ! -e {} ]; do sleep 0.05; done; sha256sum",
        go.display()
    );
    let mut ssh = world.ssh(&[], &[&command]).await;
    let mut child = ssh.stdin(Stdio::piped()).spawn().expect("ssh runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let feed = async {
        let mut data = tokio::fs::File::open(&file).await.expect("open");
        tokio::io::copy(&mut data, &mut stdin)
            .await
            .expect("all is taken");
        drop(stdin);
    };
    let began = now();
    timeout(Duration::from_secs(120), feed)
        .await
        .expect("it stands still");
    // What the client has taken from us is soon in the recording.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let grown = memory("VmHWM").saturating_sub(before);
    println!(
        "1 GiB sent to nobody in {:?}: {before} MiB grew by {grown} MiB",
        began.elapsed()
    );
    assert!(grown < 64, "{before} MiB grew by {grown} MiB");

    fs::write(&go, "").expect("written");
    let mut output = String::new();
    let mut stdout = child.stdout.take().expect("a pipe");
    let read = timeout(Duration::from_secs(120), stdout.read_to_string(&mut output));
    read.await.expect("it stands still").expect("read");
    assert!(output.starts_with(&sent), "{output} instead of {sent}");
    let grown = memory("VmHWM").saturating_sub(before);
    println!("and all read back: grew by {grown} MiB");
    assert!(
        grown < 64,
        "{before} MiB grew by {grown} MiB when it was read back"
    );
    assert_eq!(end(child, Duration::from_secs(5)).await, Some(0));
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_to_a_reader_who_stopped_costs_no_memory() {
    let _turn = alone().await;
    let world = World::start().await;
    let mut ssh = world.ssh(&[], &["true"]).await;
    assert!(ssh.status().await.expect("ssh runs").success());
    reset_peak();
    let before = memory("VmRSS");
    let mut ssh = world.ssh(&[], &["yes"]).await;
    let child = ssh.spawn().expect("ssh runs");
    tokio::time::sleep(Duration::from_secs(5)).await;
    let grown = memory("VmHWM").saturating_sub(before);
    println!("a flood to nobody: grew by {grown} MiB");
    assert!(grown < 64, "{before} MiB grew by {grown} MiB");
    drop(child);
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_for_a_target_that_does_not_read_ends_the_session() {
    let _turn = alone().await;
    let mut wishes = Wishes::default();
    wishes.limits.backlog = 32 << 20;
    let world = World::with(wishes).await;
    let file = world.directory.path().join("data");
    write_data(&file, 64);
    let mut ssh = world.ssh(&[], &["sleep 60"]).await;
    let ssh = ssh.stdin(File::open(&file).expect("open"));
    let output = timeout(Duration::from_secs(20), ssh.output())
        .await
        .expect("it stands still");
    let output = output.expect("ssh runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("You have sent far more than the asset takes"),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(255));
    let row = world.closed().await;
    assert_eq!(row.closed.expect("closed").reason.code(), "backlog_full");
    world.stop().await;
}

/// A second channel through the connection of a first one.
async fn second_channel(world: &World, socket: &Path) -> Duration {
    let began = now();
    let mut ssh = tokio::process::Command::new("ssh");
    ssh.args(["-F", "none", "-S"])
        .arg(socket)
        .args(["127.0.0.1", "echo hello"]);
    let output = timeout(Duration::from_secs(10), ssh.output())
        .await
        .expect("it stands still");
    let output = output.expect("ssh runs");
    assert_eq!(output.stdout, b"hello\n", "{output:?} {}", world.at);
    began.elapsed()
}

/// Half a second more than it takes without a flood: opening a connection to the
/// asset costs something by itself, and more on a busy machine.
async fn beside_a_flood(pace: usize) {
    let world = World::start().await;
    let directory = world.directory.path();
    let (socket, go) = (directory.join("mux"), directory.join("go"));
    let master = format!("ControlPath={}", socket.display());
    let options = ["-o", "ControlMaster=yes", "-o", &master];
    let command = format!("while [ ! -e {} ]; do sleep 0.05; done; yes", go.display());
    let mut ssh = world.ssh(&options, &[&command]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    let stdout = child.stdout.take().expect("a pipe");
    appears(&socket, Duration::from_secs(10)).await;
    let mut quiet = Duration::ZERO;
    for _ in 0..3 {
        quiet = quiet.max(second_channel(&world, &socket).await);
    }
    fs::write(&go, "").expect("written");
    let reading = tokio::spawn(read_slowly(stdout, pace, Duration::from_secs(8)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..5 {
        let took = second_channel(&world, &socket).await;
        println!("a second channel took {took:?}, without the flood {quiet:?}");
        assert!(took < quiet + Duration::from_millis(500), "{took:?}");
    }
    drop(child);
    reading.abort();
    world.closed().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_channel_does_not_wait_for_a_flood() {
    let _turn = alone().await;
    beside_a_flood(SLOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_channel_does_not_wait_for_a_reader_who_stopped() {
    let _turn = alone().await;
    beside_a_flood(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_readers_session_closes_when_the_command_ends() {
    let _turn = alone().await;
    let world = World::start().await;
    let mut ssh = world
        .ssh(&[], &["head -c 20000000 /dev/zero; exit 9"])
        .await;
    let mut child = ssh.spawn().expect("ssh runs");
    let stdout = child.stdout.take().expect("a pipe");
    let read = read_slowly(stdout, SLOW, Duration::from_secs(20)).await;
    assert_eq!(read, 20_000_000);
    assert_eq!(end(child, Duration::from_secs(1)).await, Some(9));
    let row = world.closed().await;
    assert_eq!(row.closed.expect("closed").reason.code(), "vendor_left");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_arrive_whole_both_ways() {
    let _turn = alone().await;
    let world = World::start().await;
    let file = world.directory.path().join("data");
    let hash = write_data(&file, 100);

    let mut ssh = world.ssh(&[], &["sha256sum"]).await;
    let output = ssh.stdin(File::open(&file).expect("open")).output();
    let output = timeout(Duration::from_secs(60), output)
        .await
        .expect("it stands still");
    let output = output.expect("ssh runs");
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with(&hash),
        "{output:?}"
    );
    let up = world.closed().await.id;
    assert_eq!(recorded_input(&world, up), hash);

    let mut ssh = world.ssh(&[], &[&format!("cat {}", file.display())]).await;
    let mut child = ssh.spawn().expect("ssh runs");
    let came = hash_of(child.stdout.take().expect("a pipe")).await;
    assert_eq!(came, hash);
    assert_eq!(end(child, Duration::from_secs(5)).await, Some(0));
    world.closed().await;
    world.stop().await;
}

/// The hash of what the input log holds.
fn recorded_input(world: &World, session: SessionId) -> String {
    let input = world.recording(session).input().expect("an input log");
    let mut frames = FrameReader::new(BufReader::new(input));
    let mut hash = Context::new(&SHA256);
    while let Some(frame) = frames.next_frame().expect("read") {
        if frame.kind == Kind::Data {
            hash.update(frame.payload);
        }
    }
    hex(hash.finish().as_ref())
}

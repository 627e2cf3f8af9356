//! Bulk bytes and log text: speed, and what it costs the proxy.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Plan;
use crate::ways::{WAYS, Way, Ways};

/// What is sent, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Random bytes from the target, by exec.
    Down,
    /// Random bytes to the target, by exec.
    Up,
    /// 200 MiB of log lines from the target, by exec.
    Text,
    /// The same into a terminal.
    Terminal,
    /// The same to the target, by exec.
    TextUp,
}

/// One kind of transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    shape: Shape,
    cipher: &'static str,
}

/// One transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// 10⁶ bytes a second, from the first byte to the last.
    pub(crate) speed: f64,
    /// CPU seconds of the proxy for 10⁹ bytes, its set-up included.
    pub(crate) cpu: Option<f64>,
}

impl Load {
    pub(crate) fn all() -> Vec<Self> {
        // The vendor's side takes no other ones.
        let ciphers = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];
        let mut all = Vec::new();
        for shape in [Shape::Down, Shape::Up] {
            all.extend(ciphers.map(|cipher| Self { shape, cipher }));
        }
        for shape in [Shape::Text, Shape::TextUp, Shape::Terminal] {
            all.push(Self {
                shape,
                cipher: "aes256-gcm@openssh.com",
            });
        }
        all
    }

    pub(crate) const fn is_text(&self) -> bool {
        match self.shape {
            Shape::Text | Shape::Terminal | Shape::TextUp => true,
            Shape::Down | Shape::Up => false,
        }
    }

    pub(crate) fn name(&self) -> String {
        let shape = match self.shape {
            Shape::Down => "bulk down",
            Shape::Up => "bulk up",
            Shape::Text => "log text down",
            Shape::TextUp => "log text up",
            Shape::Terminal => "log text, terminal",
        };
        let cipher = self.cipher.split('@').next().unwrap_or_default();
        format!("{shape}, {cipher}")
    }
}

/// Each way's samples, in the order of [`Way::ALL`].
pub(crate) async fn measure(ways: &Ways, load: &Load, plan: &Plan) -> [Vec<Sample>; WAYS] {
    let mut samples = [const { Vec::new() }; WAYS];
    for round in 1..=plan.rounds {
        for (way, samples) in Way::ALL.into_iter().zip(&mut samples) {
            eprint!(
                "\r{}: round {round} of {}, {}\x1b[K",
                load.name(),
                plan.rounds,
                way.name()
            );
            samples.push(once(ways, load, way).await);
        }
    }
    eprint!("\r\x1b[K");
    samples
}

async fn once(ways: &Ways, load: &Load, way: Way) -> Sample {
    let (bulk, text) = (ways.bulk(), ways.text());
    let (bulk, text) = (bulk.display(), text.display());
    let mut options = vec!["-c", load.cipher];
    let remote = match load.shape {
        Shape::Down => format!("cat '{bulk}'"),
        Shape::Up | Shape::TextUp => "echo ready; exec cat >/dev/null".to_owned(),
        Shape::Text => format!("cat '{text}'"),
        Shape::Terminal => {
            options.push("-tt");
            format!("stty -opost -echo; cat '{text}'")
        }
    };
    let client = ways.client(way, &options, Some(&remote)).await;
    let before = ways.proxy_cpu(way);
    let (mut command, _home) = client.into_std();
    let mut child = command.stderr(Stdio::inherit()).spawn().expect("ssh runs");
    let sent = match load.shape {
        Shape::Down | Shape::Up => ways.bulk(),
        Shape::Text | Shape::TextUp | Shape::Terminal => ways.text(),
    };
    let (bytes, took) = match load.shape {
        Shape::Up | Shape::TextUp => feed(&mut child, &mut File::open(&sent).expect("the file")),
        Shape::Down | Shape::Text | Shape::Terminal => drain(&mut child),
    };
    let status = child.wait().expect("a status");
    assert!(
        status.success(),
        "{} by {}: {status}",
        load.name(),
        way.name()
    );
    let expected = sent.metadata().expect("the file").len();
    // A terminal is greeted first.
    let whole = bytes == expected || (load.shape == Shape::Terminal && bytes > expected);
    assert!(
        whole,
        "{} by {}: {bytes} of {expected} bytes",
        load.name(),
        way.name()
    );
    // What the proxy still does for this session counts as well.
    thread::sleep(Duration::from_millis(300));
    let cpu = ways.proxy_cpu(way).since(&before);
    Sample {
        speed: bytes as f64 / 1e6 / took.as_secs_f64(),
        cpu: cpu.map(|seconds| seconds / (bytes as f64 / 1e9)),
    }
}

/// Reads all that comes; the time from the first bytes to the end.
fn drain(child: &mut Child) -> (u64, Duration) {
    drop(child.stdin.take());
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut buffer = vec![0; 1024 * 1024];
    let mut bytes = 0;
    let mut began = None;
    loop {
        let count = stdout.read(&mut buffer).expect("the pipe");
        let began = *began.get_or_insert_with(Instant::now);
        if count == 0 {
            return (bytes, began.elapsed());
        }
        bytes += count as u64;
    }
}

/// Sends the file once the target is ready; the time until the target has it all.
fn feed(child: &mut Child, file: &mut File) -> (u64, Duration) {
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut ready = [0; 6];
    stdout.read_exact(&mut ready).expect("the target is ready");
    let began = Instant::now();
    let mut buffer = vec![0; 1024 * 1024];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).expect("the file");
        if count == 0 {
            break;
        }
        stdin.write_all(&buffer[..count]).expect("the pipe");
        bytes += count as u64;
    }
    drop(stdin);
    child.wait().expect("a status");
    (bytes, began.elapsed())
}

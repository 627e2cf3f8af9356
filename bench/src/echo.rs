//! How long a keystroke takes to come back from a terminal.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ways::{WAYS, Way, Ways};

const KEYS: usize = 1000;
/// Between two keystrokes; nobody types faster, and disks may rest.
const PAUSE: Duration = Duration::from_millis(5);

struct Terminal {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    _home: TempDir,
}

impl Terminal {
    async fn open(ways: &Ways, way: Way) -> Self {
        let remote = "stty raw -echo; echo ready; exec cat";
        let client = ways.client(way, &["-tt"], Some(remote)).await;
        let (mut command, home) = client.into_std();
        let mut child = command.stderr(Stdio::inherit()).spawn().expect("ssh runs");
        let stdin = child.stdin.take().expect("a pipe");
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"ready\n") {
            stdout.read_exact(&mut byte).expect("the terminal opens");
            seen.push(byte[0]);
        }
        Self {
            child,
            stdin,
            stdout,
            _home: home,
        }
    }

    fn press(&mut self, key: u8) -> Duration {
        let mut back = [0];
        let began = Instant::now();
        self.stdin.write_all(&[key]).expect("the pipe");
        self.stdout.read_exact(&mut back).expect("the pipe");
        let took = began.elapsed();
        assert_eq!(back[0], key, "another key came back");
        took
    }
}

/// Each way's times, in the order of [`Way::ALL`], shortest first. All the
/// terminals are open at once and take turns.
pub(crate) async fn measure(ways: &Ways) -> [Vec<Duration>; WAYS] {
    let mut terminals = Vec::new();
    for way in Way::ALL {
        terminals.push(Terminal::open(ways, way).await);
    }
    let mut times = [const { Vec::new() }; WAYS];
    for (n, key) in (b'a'..=b'z').cycle().take(KEYS).enumerate() {
        if n % 100 == 0 {
            eprint!("\recho: {n} of {KEYS}\x1b[K");
        }
        for (terminal, times) in terminals.iter_mut().zip(&mut times) {
            times.push(terminal.press(key));
            thread::sleep(PAUSE);
        }
    }
    eprint!("\r\x1b[K");
    for mut terminal in terminals {
        let _ = terminal.child.kill();
        let _ = terminal.child.wait();
    }
    for times in &mut times {
        times.sort_unstable();
    }
    times
}

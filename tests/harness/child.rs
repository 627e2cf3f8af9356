//! Servers beside the tests that never outlive them.

use std::ffi::OsStr;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Waits for its standard input to close, which happens when the test ends in
/// whatever way, and stops its server by its process id.
const MINDER: &str = r#"
"$@" </dev/null &
server=$!
exec 2>/dev/null
cat >/dev/null
kill "$server"
wait "$server"
"#;

/// A server process; stopped when dropped, or when the test dies.
pub struct Minded {
    child: Child,
}

impl Minded {
    /// Starts `program`, with its output where the command says.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    pub fn start(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Self {
        let child = Command::new("sh")
            .args(["-c", MINDER, "minder"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh runs");
        Self { child }
    }

    /// Whether it has ended by itself.
    pub fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The server's own process id.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        let minder = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{minder}/task/{minder}/children"))
            .expect("the minder runs");
        children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .find(|pid| command_of(*pid) != "cat")
            .expect("the server runs")
    }
}

impl Minded {
    /// Sends it a signal, waits until it has ended by itself, and gives its exit
    /// status.
    ///
    /// # Panics
    /// If it still runs after half a minute.
    pub fn end_by(mut self, signal: Signal) -> i32 {
        let pid = self.pid();
        let target = i32::try_from(pid).ok().and_then(Pid::from_raw);
        kill_process(target.expect("a process id"), signal).expect("it runs");
        for _ in 0..600 {
            if has_ended(pid) {
                drop(self.child.stdin.take());
                let status = self.child.wait().expect("a status");
                return status.code().expect("an exit status");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it still runs");
    }
}

/// Its parent, the minder, has not asked for its status yet.
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
    state.is_none_or(|state| state.starts_with('Z'))
}

impl Drop for Minded {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn command_of(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm"))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// A port that was free just now.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port(address: IpAddr) -> u16 {
    let listener = TcpListener::bind(SocketAddr::new(address, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Whether an SSH server there says so within a second.
#[must_use]
pub fn greets(at: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&at, Duration::from_secs(1)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).is_ok() && greeting == *b"SSH-"
}

//! The ways to the same target.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use domain::Random as _;
use drawbridge::clock::OsRandom;
use harness::api::Person;
use harness::binary::Binary;
use harness::client::{Client, Door};
use harness::plant::PlantFile;
use harness::sshd::{Sshd, user};

use crate::bare::Bare;
use crate::{Plan, cpu};

/// Threads that make a recording searchable once its session has ended, when others
/// leave them a core: what they do is no session's, and the next one's least of all.
const LATER: [&str; 2] = ["index", "sqlx-sqlite-wor"];

/// MiB of log text.
const TEXT: usize = 200;

/// How many there are.
pub(crate) const WAYS: usize = 4;

/// How a client reaches the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    Jump,
    Bare,
    Drawbridge,
}

impl Way {
    pub(crate) const ALL: [Self; WAYS] = [Self::Direct, Self::Jump, Self::Bare, Self::Drawbridge];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Jump => "ProxyJump",
            Self::Bare => "bare relay",
            Self::Drawbridge => "Drawbridge",
        }
    }
}

/// CPU time up to some moment.
#[derive(Clone, Debug)]
pub(crate) enum Spent {
    /// There is no proxy.
    Nobody,
    /// Seconds of a process and its children.
    Process(f64),
    /// Seconds of each thread.
    Threads(BTreeMap<String, f64>),
}

impl Spent {
    /// Seconds since `before`.
    pub(crate) fn since(&self, before: &Self) -> Option<f64> {
        match (self, before) {
            (Self::Process(after), Self::Process(before)) => Some(after - before),
            (Self::Threads(after), Self::Threads(before)) => Some(
                after
                    .iter()
                    .map(|(thread, after)| after - before.get(thread).unwrap_or(&0.0))
                    .sum(),
            ),
            _ => None,
        }
    }
}

/// A target, a jump host and a Drawbridge in front of it.
pub(crate) struct Ways {
    target: Sshd,
    jump: Sshd,
    bare: Bare,
    drawbridge: Binary,
    vendor: Person,
    grant: String,
}

impl Ways {
    pub(crate) async fn open(plan: &Plan) -> Self {
        let (target, jump) = (Sshd::start(), Sshd::start());
        fill(&target.home().join("bulk"), plan.size, random_block());
        fill(&target.home().join("text"), TEXT, text_block());
        let plant = PlantFile::new()
            .asset("plc-7", "hall", target.at(), target.host_key())
            .vendor("vera", &["plc-7"]);
        let drawbridge = Binary::start(&plant).await;
        let admin = drawbridge.admin().await;
        admin.store_key("plc-7", target.credential()).await;
        for name in ["vera", "anna"] {
            admin.give_password(name).await;
        }
        let api = drawbridge.api();
        let (vendor, approver) = (api.person("vera").await, api.person("anna").await);
        let until = drawbridge.now().plus(Duration::from_secs(8 * 3600));
        let request = vendor.ask("plc-7", None, until).await.expect("asked");
        let granted = approver.approve(&request.id).await.expect("approved");
        let grant = granted.grant.expect("a grant");
        Self {
            bare: Bare::start(&target),
            target,
            jump,
            drawbridge,
            vendor,
            grant,
        }
    }

    /// The file that bulk transfers send.
    pub(crate) fn bulk(&self) -> PathBuf {
        self.target.home().join("bulk")
    }

    /// 200 MB of log lines.
    pub(crate) fn text(&self) -> PathBuf {
        self.target.home().join("text")
    }

    /// A client that goes that way. A ticket, where one is needed, is taken before.
    pub(crate) async fn client(&self, way: Way, options: &[&str], remote: Option<&str>) -> Client {
        let mut all = vec!["-o", "LogLevel=ERROR"];
        all.extend_from_slice(options);
        let inside = Door {
            at: self.target.at(),
            user: user(),
            password: String::new(),
        };
        let key = self.target.credential_file().as_os_str();
        match way {
            Way::Direct => Client::ssh_with_key(&inside, key, &all, remote),
            Way::Jump => {
                let proxy = self.proxy_command(options);
                all.extend(["-o", &proxy]);
                Client::ssh_with_key(&inside, key, &all, remote)
            }
            Way::Bare => {
                let door = Door {
                    at: self.bare.at(),
                    ..inside
                };
                Client::ssh_with_key(&door, key, &all, remote)
            }
            Way::Drawbridge => {
                let door = self.vendor.door(&self.grant).await;
                Client::ssh(&door, &all, remote)
            }
        }
    }

    /// What `-J` does, with the same options for the outer connection as for the
    /// inner one, which `-J` itself has no way to say.
    fn proxy_command(&self, options: &[&str]) -> String {
        // A terminal is the inner connection's.
        let options: Vec<_> = options
            .iter()
            .filter(|o| !o.starts_with("-t"))
            .copied()
            .collect();
        format!(
            "ProxyCommand={} -F none -W %h:%p -p {} -l {} -i {} -o IdentityAgent=none \
             -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR {} {}",
            harness::tools::Tool::Ssh.path().display(),
            self.jump.at().port(),
            user(),
            self.jump.credential_file().display(),
            options.join(" "),
            self.jump.at().ip(),
        )
    }

    /// What the proxy's CPU time is counted from.
    pub(crate) fn proxy_cpu(&self, way: Way) -> Spent {
        match way {
            Way::Direct => Spent::Nobody,
            Way::Jump => {
                // Its children count once they have ended.
                while cpu::children(self.jump.pid()) > 0 {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Spent::Process(cpu::seconds(self.jump.pid()))
            }
            Way::Bare => Spent::Process(cpu::seconds(self.bare.pid())),
            Way::Drawbridge => Spent::Threads(cpu::threads(self.drawbridge.pid(), &LATER)),
        }
    }

    /// Resident memory of the Drawbridge process at its highest, in MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        harness::binary::peak_memory(self.drawbridge.pid()) as f64 / (1024.0 * 1024.0)
    }
}

/// What random bytes there are: nothing on the way can make them smaller.
fn random_block() -> Vec<u8> {
    let mut block = vec![0; 1024 * 1024];
    OsRandom.fill(&mut block);
    block
}

/// 200 MB of log lines.
pub(crate) fn text() -> Bytes {
    let block = text_block();
    let lines = block.iter().copied().cycle();
    lines.take(TEXT << 20).collect()
}

/// Log lines of about 110 bytes, as PLCs and servers write them.
fn text_block() -> Vec<u8> {
    let mut block = Vec::new();
    for n in 0..9000_u32 {
        let _ = writeln!(
            block,
            "2026-11-24T14:{:02}:{:02}.{:03}Z plc-7 axis[{}]: position {:>8}.{:02} mm, torque {:>3} %, state \"RUN\", err 0x{:04x}",
            n / 60 % 60,
            n % 60,
            n % 1000,
            n % 8,
            n * 37 % 100_000,
            n % 100,
            n * 7 % 100,
            n * 31 % 65_536,
        );
    }
    block
}

/// Writes so many MiB (of text: MB) of the block, over and over.
fn fill(path: &PathBuf, size: usize, block: Vec<u8>) {
    let mut file = std::fs::File::create(path).expect("a file");
    let mut left = size * 1024 * 1024;
    while left > 0 {
        let now = left.min(block.len());
        file.write_all(&block[..now]).expect("room for it");
        left -= now;
    }
}

/// For those who want to know what ran.
pub(crate) fn ssh_version() -> String {
    let version = Command::new(harness::tools::Tool::Ssh.path())
        .arg("-V")
        .output()
        .expect("ssh");
    String::from_utf8_lossy(&version.stderr).trim().to_owned()
}

//! `drawbridge demo`: a seeded plant with practice assets, everything on loopback,
//! and a story to walk through.

mod facts;
mod people;
mod plant;
mod story;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::{Plant, Random};

use crate::config::{Api, Config, Limits, LogFormat, Recordings, Ssh, Tls};
use crate::output;
use crate::private;
use crate::serve::Signals;
use crate::server::{self, Parts, Running};
use crate::telemetry;
use facts::{Facts, SshFacts};
use plant::Assets;
use story::Places;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where the demo keeps its data, and whom it tells.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Everything listens on loopback addresses and free ports. Started again on the same
data, it goes on where it was left.

Examples:
  drawbridge demo
  drawbridge demo --data /tmp/bridge --json /tmp/bridge.json")]
pub struct Args {
    /// Where its data is kept
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Tell a program, in this file, once everything is ready
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the demo until it is told to stop.
///
/// # Errors
/// When it does not start, fails, or did not stop in order.
pub async fn run(args: Args) -> anyhow::Result<()> {
    telemetry::start(LogFormat::Text, "warn,russh=error");
    let Args { data, json } = args;
    let here = std::env::current_dir()?;
    let data = std::path::absolute(&data)?;
    // Whoever waits for the file must not find that of a former run.
    if let Some(json) = &json {
        forget(json).with_context(|| format!("{} can't be written", json.display()))?;
    }
    let mut signals = Signals::new()?;
    let mut demo = Demo::start(&data).await?;
    if let Some(json) = &json {
        demo.facts.save(json)?;
    }
    demo.tell(&here)?;
    let outcome = signals.or_failure(&mut demo.running).await;
    let stopped = signals.stop(demo.running).await;
    demo.assets.stop().await;
    let data = story::typed(&data, &here);
    output::remark(&format!(
        "The demo has ended. Its data is in {data}: `drawbridge demo --data {data}` goes on with \
         it, `rm -r {data}` removes it."
    ));
    stopped.and(outcome)
}

struct Demo {
    data: PathBuf,
    running: Running,
    assets: Assets,
    plant: Plant,
    facts: Facts,
}

impl Demo {
    async fn start(data: &Path) -> anyhow::Result<Self> {
        let practice = data.join("practice");
        refuse_real_data(data, &practice)?;
        private::make_dir(&practice)?;
        let facts_file = data.join("demo.json");
        let former = Facts::load(&facts_file);
        let parts = Parts::real();
        let (clock, random) = (parts.clock.clone(), parts.random.clone());
        let running = server::start(config(data, former.as_ref()), parts).await?;
        let before = running.store.plant().await?;
        let assets = Assets::start(&practice, before.as_ref(), &clock, random.as_ref()).await?;
        let plant = assets.seed(&running.store, before).await?;
        let accounts =
            people::log_in(&running.store, &plant, former.as_ref(), random.as_ref()).await?;
        let facts = Facts {
            api: format!("https://{}", running.api_addr),
            ca_cert: running.ca_pem.clone(),
            ssh: SshFacts {
                host: HERE.to_string(),
                port: running.ssh_addr.port(),
            },
            accounts,
            assets: facts::assets(&plant),
        };
        facts.save(&facts_file)?;
        let program = std::env::current_exe().context("this program's own path is not known")?;
        let known_host = story::known_host(&facts, &running.ssh_host_key);
        private::write(&data.join("known_hosts"), known_host.as_bytes())?;
        private::write(
            &data.join("demo.sh"),
            story::shell(&facts, &program).as_bytes(),
        )?;
        Ok(Self {
            data: data.to_owned(),
            running,
            assets,
            plant,
            facts,
        })
    }

    fn tell(&self, here: &Path) -> anyhow::Result<()> {
        use domain::Clock as _;
        let place = |name: &str| story::typed(&self.data.join(name), here);
        let places = Places {
            data: story::typed(&self.data, here),
            shell: place("demo.sh"),
            known_hosts: place("known_hosts"),
            facts: place("demo.json"),
        };
        let now = crate::clock::SystemClock::new().now();
        let text = story::text(&self.facts, &places, &self.plant.site.time, now);
        Ok(output::line(&text)?)
    }
}

/// A demo gives everybody a password and points the plant at its practice assets.
fn refuse_real_data(data: &Path, practice: &Path) -> anyhow::Result<()> {
    if data.join("drawbridge.sqlite").exists() && !practice.exists() {
        anyhow::bail!(
            "{} holds the data of a plant that is not a demo's; name another directory with --data",
            data.display()
        );
    }
    Ok(())
}

fn config(data: &Path, former: Option<&Facts>) -> Config {
    let api_port = former.and_then(|facts| facts.api.rsplit(':').next()?.parse().ok());
    let ssh_port = former.map(|facts| facts.ssh.port);
    Config {
        data: data.to_owned(),
        api: Api {
            listen: free(api_port),
            names: vec![HERE.to_string(), "localhost".to_owned()],
            public_url: None,
            tls: Tls::SelfMade,
            login_lifetime: std::time::Duration::from_secs(12 * 3600),
            browser_idle: std::time::Duration::from_secs(30 * 60),
        },
        ssh: Ssh {
            listen: free(ssh_port),
            host: HERE.to_string(),
            port: None,
            banner: None,
        },
        limits: Limits::default(),
        // A demo is shown on laptops.
        recordings: Recordings {
            least_free: 64 << 20,
            segment: 8 << 20,
            ..Recordings::usual(data)
        },
        anchors: Vec::new(),
        mail: None,
        webhooks: Vec::new(),
        log: LogFormat::Text,
    }
}

/// The port of a former run if it is free, so that what was copied from it still
/// works; or any.
fn free(port: Option<u16>) -> SocketAddr {
    let wanted = SocketAddr::new(HERE, port.unwrap_or(0));
    match TcpListener::bind(wanted) {
        Ok(_) => wanted,
        Err(_) => SocketAddr::new(HERE, 0),
    }
}

fn forget(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Easy to read and to type: 80 bits, without letters that look alike.
fn secret(random: &dyn Random) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place.is_multiple_of(4) {
            text.push('-');
        }
        let letter = LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    }
    text
}

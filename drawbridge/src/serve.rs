//! `drawbridge serve`: a server until it is told to stop.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{self, USUAL_PATH};
use crate::server::{self, Parts, Running};
use crate::telemetry;

/// How long sessions and recordings may take to close in order. The broker gives
/// its last sessions 20 s; the database is closed after them.
const SOFT: Duration = Duration::from_secs(30);

/// How a server is started.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
The first SIGINT or SIGTERM closes the sessions and their recordings in order; a
second one, or 30 s, ends the program at once. What was cut off is mended, and
marked as interrupted, at the next start.

Examples:
  drawbridge serve --config drawbridge.toml
  drawbridge init --config drawbridge.toml --name adam --full-name 'Adam Admin'")]
pub struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = USUAL_PATH)]
    config: PathBuf,
}

/// Runs a server.
///
/// # Errors
/// When it does not start, when a part of it fails, or when it did not stop in
/// order.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let config = config::load(&args.config)?;
    telemetry::start(config.log, "info,russh=warn");
    let mut signals = Signals::new()?;
    let mut running = server::start(config, Parts::real()).await?;
    let outcome = signals.or_failure(&mut running).await;
    signals.stop(running).await.and(outcome)
}

/// The signals that end this program.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes them over from the system, which would end the program at once.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let take = |kind| -> io::Result<Signal> { signal(kind) };
        let taken = || -> io::Result<Self> {
            Ok(Self {
                interrupt: take(SignalKind::interrupt())?,
                terminate: take(SignalKind::terminate())?,
            })
        };
        taken().context("signals can't be received")
    }

    /// Waits for one of them.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Waits for the first signal, or for a part of the server to fail.
    pub(crate) async fn or_failure(&mut self, running: &mut Running) -> anyhow::Result<()> {
        tokio::select! {
            signal = self.next() => {
                tracing::info!(signal, "server.stopping");
                Ok(())
            }
            error = running.failed() => {
                tracing::error!(error = format!("{error:#}"), "server.failed");
                Err(error)
            }
        }
    }

    /// Stops in order, until a second signal or for as long as that may take.
    pub(crate) async fn stop(&mut self, running: Running) -> anyhow::Result<()> {
        tokio::select! {
            stopped = running.stop() => stopped,
            signal = self.next() => bail!("stopped at once by a second signal, {signal}"),
            () = tokio::time::sleep(SOFT) => bail!("stopped at once: it took longer than {SOFT:?}"),
        }
    }
}

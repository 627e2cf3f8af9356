//! `drawbridge witness`: watching over a broker's log from another machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use ledger::VerifierKey;
use serde_json::json;

use super::context::{Form, show_json};
use super::failure::Failure;
use crate::clock::{OsRandom, SystemClock};
use crate::config::LogFormat;
use crate::output;
use crate::serve::Signals;
use crate::telemetry;
use crate::witness::{self, Settings};

/// Watch over a broker's log.
#[derive(Subcommand, Debug)]
#[command(after_help = "\
A witness signs a log's checkpoint only if the log continues what it signed before: a
log that was rolled back, or that shows people different histories, gets no signature.
It is worth something on the machine of somebody whom the broker's administrators
can't order about.

Examples:
  drawbridge witness serve --listen 10.0.0.9:8765 --state /var/lib/witness \\
    --log access.example.com/log/0a1b2c3d+1f2e3d4c+AQ…
  drawbridge witness key --state /var/lib/witness     # for the broker, and those who check")]
pub enum Command {
    /// Run a witness
    Serve(Serve),
    /// Show the public key that its signatures are checked with
    Key {
        /// The directory with its key and what it has signed
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
    },
}

/// How a witness is run.
#[derive(Args, Debug)]
pub struct Serve {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// The directory with its key and what it has signed; made if it is not there
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The public key of a log to watch over, as `drawbridge audit key` shows it;
    /// again for each further one, and for the new key of a log that changes it
    #[arg(long, value_name = "VKEY", required = true)]
    log: Vec<VerifierKey>,
    /// What its own key is called, if it is to be made; usually drawbridge-witness/…
    #[arg(long)]
    name: Option<String>,
    /// Its certificate, in PEM; without one it speaks plain HTTP
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

pub(crate) async fn run(command: Command, form: Form) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => Ok(serve(args).await?),
        Command::Key { state } => {
            let key = witness::key_of(&state)?.to_string();
            match form {
                Form::Json => show_json(&json!({ "key": key })),
                Form::Table | Form::Id => Ok(output::line(&key)?),
            }
        }
    }
}

async fn serve(args: Serve) -> anyhow::Result<()> {
    let Serve {
        listen,
        state,
        log,
        name,
        certificate,
        key,
    } = args;
    telemetry::start(LogFormat::Text, "info");
    let settings = Settings {
        listen,
        state,
        logs: log,
        name,
        tls: certificate.zip(key),
    };
    let mut signals = Signals::new()?;
    let clock = Arc::new(SystemClock::new());
    let mut running = witness::start(settings, clock, &OsRandom).await?;
    tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "witness.stopping");
            running.stop().await
        }
        error = running.failed() => Err(error),
    }
}

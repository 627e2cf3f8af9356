//! A witness of transparency logs (c2sp.org/tlog-witness): it signs a log's
//! checkpoint only if the log continues what it signed before. It is meant for the
//! machine of somebody who can't be made to look away by whoever runs the log.
//!
//! What it decides is [`ledger::witness`]'s; here it remembers and is asked.

mod http;
mod key;
mod memory;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use domain::{Clock, Random};
use ledger::VerifierKey;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::server::Certificates;
use memory::Memory;

/// How a witness is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// The directory with its key and what it has signed.
    pub state: PathBuf,
    /// The keys of the logs that it watches over; several of one log while that
    /// changes its key.
    pub logs: Vec<VerifierKey>,
    /// The name of its own key, if that is to be made.
    pub name: Option<String>,
    /// The files of its certificate and of that one's key, in PEM; without them it
    /// speaks plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// A witness that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What its signatures are checked with.
    pub key: VerifierKey,
    task: JoinHandle<anyhow::Result<()>>,
    stop: CancellationToken,
}

/// Starts a witness, and comes back when it listens.
///
/// # Errors
/// When the address is taken, the directory is in use or can't be written, or what
/// is in it is not what a witness left there. Then nothing runs.
pub async fn start(
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: &dyn Random,
) -> anyhow::Result<Running> {
    let Settings {
        listen,
        state,
        logs,
        name,
        tls,
    } = settings;
    if logs.is_empty() {
        bail!("a witness needs the public key of a log, which `drawbridge audit key` shows");
    }
    let certificates = tls
        .map(|(certificate, key)| Certificates::from_files(&certificate, &key))
        .transpose()?;
    let memory = Memory::open(&state, logs, name.as_deref(), clock, random)?;
    let key = memory.key().clone();
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("can't listen on {listen}: is another program there?"))?;
    let addr = listener.local_addr()?;
    let stop = CancellationToken::new();
    let serve = http::serve(listener, certificates, Arc::new(memory), stop.clone());
    let task = tokio::spawn(serve);
    tracing::info!(%addr, %key, state = %state.display(), "witness.started");
    Ok(Running {
        addr,
        key,
        task,
        stop,
    })
}

impl Running {
    /// Comes back when it has ended by itself, which it should not, with why.
    pub async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.task).await {
            Ok(Ok(())) => anyhow!("the witness ended by itself"),
            Ok(Err(error)) => error,
            Err(panic) => anyhow!(panic).context("the witness has failed"),
        }
    }

    /// Answers nothing any more.
    ///
    /// # Errors
    /// When it did not end in order.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await?
    }
}

/// What the signatures of the witness with that directory are checked with.
///
/// # Errors
/// When it was never started, or its key can't be read.
pub fn key_of(state: &Path) -> anyhow::Result<VerifierKey> {
    match key::load(&key::file(state))? {
        Some(key) => Ok(key.verifier().clone()),
        None => bail!(
            "{} has no key yet: `drawbridge witness serve` makes it at its first start",
            state.display()
        ),
    }
}

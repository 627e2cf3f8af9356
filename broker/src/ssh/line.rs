//! The vendor's end of one channel, as its connection holds it: what was asked for
//! before it runs, and where input goes while it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use recorder::InputLog;
use russh::server::{Handle, Msg};
use russh::{ChannelWriteHalf, Pty, Sig};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::wire::Tap;

/// Signals that may wait for an asset. More are dropped: they would all be the
/// same one, pressed again and again.
const SIGNALS: usize = 16;

/// Environment variables of one channel, and bytes of one.
const MAX_VARIABLES: usize = 64;
const MAX_VARIABLE: usize = 4 << 10;

/// A terminal's size in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) cols: u32,
    pub(crate) rows: u32,
}

/// A terminal as a vendor asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    pub(crate) kind: String,
    pub(crate) size: Size,
    pub(crate) modes: Vec<(Pty, u32)>,
}

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Shell,
    Exec(Bytes),
}

/// The way back to the vendor.
pub(crate) struct Vendor {
    pub(crate) channel: ChannelWriteHalf<Msg>,
    pub(crate) handle: Handle,
    pub(crate) tap: Tap,
}

/// All that a channel's task needs to begin.
pub(crate) struct Start {
    pub(crate) what: What,
    pub(crate) terminal: Option<Terminal>,
    pub(crate) environment: Vec<(String, String)>,
    /// What was refused before, for the terminal.
    pub(crate) remarks: Vec<&'static str>,
    pub(crate) vendor: Vendor,
    /// Where to put the vendor's end of the recording.
    pub(crate) input: oneshot::Sender<InputLog>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) size: watch::Receiver<Size>,
    pub(crate) signals: mpsc::Receiver<Sig>,
    /// The vendor has closed the channel, or is gone.
    pub(crate) gone: CancellationToken,
}

/// What a vendor has sent and the asset has not taken, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    bytes: AtomicU64,
    /// Rings when the asset has taken so much that little is left.
    little: Notify,
}

impl Backlog {
    /// The vendor has sent so much. How much that makes.
    fn add(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64;
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// The asset has taken so much.
    pub(crate) fn taken(&self, bytes: usize) {
        let bytes = bytes as u64;
        let before = self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if before > LITTLE && before - bytes <= LITTLE {
            self.little.notify_one();
        }
    }

    async fn is_little(&self) {
        while self.bytes.load(Ordering::Relaxed) > LITTLE {
            self.little.notified().await;
        }
    }
}

/// From how much backlog on a vendor is paced, until how much is left: what the
/// recorder holds in memory for the asset, so that a bulk transfer need not be read
/// from the disk again.
const MUCH: u64 = 768 << 10;
const LITTLE: u64 = MUCH / 2;

/// An asset that takes nothing in this time is not waited for: it may be waiting for
/// the vendor, who would wait for us. Then some bytes pass before the next try: few
/// after the first, since a disk may have been slow, and twice as many after each.
const PATIENCE: Duration = Duration::from_millis(20);
const LEAST_UNPACED: u64 = 1 << 20;
const MOST_UNPACED: u64 = 64 << 20;

/// Keeps a vendor from sending faster than the asset takes, where that costs nobody
/// anything.
#[derive(Debug)]
struct Pace {
    unpaced: u64,
    /// How many pass after the next time in vain.
    next: u64,
}

impl Pace {
    const fn new() -> Self {
        Self {
            unpaced: 0,
            next: LEAST_UNPACED,
        }
    }

    /// After so many bytes that have made so much of a backlog.
    async fn keep(&mut self, bytes: usize, backlog: u64, of: &Backlog) {
        self.unpaced = self.unpaced.saturating_sub(bytes as u64);
        if backlog > MUCH && self.unpaced == 0 {
            let taken = tokio::time::timeout(PATIENCE, of.is_little()).await;
            if taken.is_ok() {
                self.next = LEAST_UNPACED;
            } else {
                self.unpaced = self.next;
                self.next = MOST_UNPACED.min(2 * self.next);
            }
        }
    }
}

/// A channel that is open and runs nothing yet.
pub(super) struct Waiting {
    channel: ChannelWriteHalf<Msg>,
    terminal: Option<Terminal>,
    environment: Vec<(String, String)>,
    remarks: Vec<&'static str>,
}

impl Waiting {
    pub(super) const fn new(channel: ChannelWriteHalf<Msg>) -> Self {
        Self {
            channel,
            terminal: None,
            environment: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Takes the terminal; there is one at most.
    pub(super) fn terminal(&mut self, terminal: Terminal) -> bool {
        let first = self.terminal.is_none();
        if first {
            self.terminal = Some(terminal);
        }
        first
    }

    /// Takes a variable, within limits.
    pub(super) fn variable(&mut self, name: &str, value: &str) -> bool {
        let fits = self.environment.len() < MAX_VARIABLES
            && name.len() + value.len() <= MAX_VARIABLE
            && !value.contains('\0')
            // A recording has one value for a name.
            && self.environment.iter().all(|(known, _)| known != name);
        if fits {
            self.environment.push((name.to_owned(), value.to_owned()));
        }
        fits
    }

    /// Something was refused that the vendor should know of.
    pub(super) fn remark(&mut self, remark: &'static str) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// A line of text as the vendor's side shows it: a terminal needs the return.
    pub(super) fn line(&self, text: &str) -> String {
        let end = if self.terminal.is_some() {
            "\r\n"
        } else {
            "\n"
        };
        format!("{text}{end}")
    }

    /// It runs from now on.
    pub(super) fn start(self, what: What, handle: Handle, tap: Tap) -> (Start, Running) {
        let size = self.terminal.as_ref().map_or(Size::default(), |t| t.size);
        let (sizes, size) = watch::channel(size);
        let (signal, signals) = mpsc::channel(SIGNALS);
        let (input, log) = oneshot::channel();
        let gone = CancellationToken::new();
        let backlog = Arc::<Backlog>::default();
        let start = Start {
            what,
            terminal: self.terminal,
            environment: self.environment,
            remarks: self.remarks,
            vendor: Vendor {
                channel: self.channel,
                handle,
                tap,
            },
            input,
            backlog: Arc::clone(&backlog),
            size,
            signals,
            gone: gone.clone(),
        };
        let running = Running {
            input: Input::Opening(log),
            backlog,
            pace: Pace::new(),
            size: sizes,
            signals: signal,
            _gone: gone.drop_guard(),
        };
        (start, running)
    }
}

/// A channel that runs.
pub(super) struct Running {
    input: Input,
    backlog: Arc<Backlog>,
    pace: Pace,
    size: watch::Sender<Size>,
    signals: mpsc::Sender<Sig>,
    _gone: DropGuard,
}

enum Input {
    /// The recording is being opened.
    Opening(oneshot::Receiver<InputLog>),
    Open(InputLog),
    /// Nothing more is taken.
    Over,
}

impl Running {
    /// Whether its task has ended, so that it can be forgotten.
    pub(super) fn is_over(&self) -> bool {
        self.signals.is_closed()
    }

    /// Records what the vendor sent. Waits for the recording, and so for the disk,
    /// and for the asset no longer than a moment. Gives the backlog.
    pub(super) async fn sent(&mut self, data: &[u8]) -> u64 {
        let counted = Arc::clone(&self.backlog);
        let Some(log) = self.log().await else {
            return 0;
        };
        // Counted before it can be taken.
        let backlog = counted.add(data.len());
        if log.append(Bytes::copy_from_slice(data)).await.is_err() {
            // The channel's task has been told as well, and ends it.
            self.input = Input::Over;
        }
        self.pace.keep(data.len(), backlog, &counted).await;
        backlog
    }

    /// The vendor sends nothing more.
    pub(super) async fn end_of_input(&mut self) {
        if let Some(log) = self.log().await {
            let _ = log.end().await;
        }
        self.input = Input::Over;
    }

    pub(super) fn resize(&self, size: Size) {
        self.size.send_replace(size);
    }

    pub(super) fn signal(&self, signal: Sig) {
        let _ = self.signals.try_send(signal);
    }

    async fn log(&mut self) -> Option<&InputLog> {
        if let Input::Opening(log) = &mut self.input {
            self.input = log.await.map_or(Input::Over, Input::Open);
        }
        match &self.input {
            Input::Open(log) => Some(log),
            Input::Opening(_) | Input::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_asset_that_takes_paces_and_one_that_does_not_is_not_waited_for() {
        let backlog = Arc::<Backlog>::default();
        let mut pace = Pace::new();
        let all = backlog.add(2 << 20);

        let asset = Arc::clone(&backlog);
        let taking = tokio::spawn(async move {
            for _ in 0..4 {
                tokio::time::sleep(PATIENCE / 8).await;
                asset.taken(512 << 10);
            }
        });
        pace.keep(2 << 20, all, &backlog).await;
        assert_eq!(pace.unpaced, 0, "it was waited for");
        assert!(backlog.bytes.load(Ordering::Relaxed) <= LITTLE);
        taking.await.expect("no panic");

        let all = backlog.add(2 << 20);
        pace.keep(2 << 20, all, &backlog).await;
        assert_eq!(pace.unpaced, LEAST_UNPACED, "it takes nothing");
        #[expect(clippy::disallowed_methods, reason = "it stands still here")]
        let began = tokio::time::Instant::now();
        // 1 GiB to an asset that takes none of it.
        for _ in 0..4096 {
            let all = backlog.add(256 << 10);
            pace.keep(256 << 10, all, &backlog).await;
        }
        let tries = 6 + (1024 - 63) / 64;
        let waited = began.elapsed();
        assert!(
            waited <= PATIENCE * (tries + 2),
            "{waited:?}: seldom and shortly"
        );
        assert_eq!(pace.next, MOST_UNPACED);
    }
}

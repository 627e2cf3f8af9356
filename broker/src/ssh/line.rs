//! The vendor's end of one channel, as its connection holds it: what was asked for
//! before it runs, and where input goes while it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use recorder::InputLog;
use russh::server::{Handle, Msg};
use russh::{ChannelWriteHalf, Pty, Sig};
use tokio::sync::{mpsc, oneshot, watch};
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
pub(crate) struct Backlog(AtomicU64);

impl Backlog {
    /// The vendor has sent so much. How much that makes.
    fn add(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64;
        self.0.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// The asset has taken so much.
    pub(crate) fn taken(&self, bytes: usize) {
        self.0.fetch_sub(bytes as u64, Ordering::Relaxed);
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
    /// but never for the asset. Gives the backlog.
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

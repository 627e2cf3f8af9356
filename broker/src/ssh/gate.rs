//! The gate between a vendor and an asset: shut while the session stands in the
//! lobby, is paused, or is not watched though it has to be.
//!
//! What comes at a terminal while it is shut is dropped, since nobody means the
//! keys of an hour ago; without a terminal it waits, so that a transfer stays whole.
//! All of it is recorded either way. The vendor's connection never waits here: it
//! puts what comes into the log, and the channel's task waits.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Input, human_duration};
use recorder::{InputTail, OutputLog, RecordingStopped};
use russh::Sig;
use tokio::sync::{mpsc, watch};

use super::channel::Line;
use super::line::Backlog;

/// So much of a signal's name is kept, in characters: some are a vendor's own.
const LONGEST_SIGNAL: usize = 64;

/// How often one who waits to be let in is told that they still do.
const REMINDED: Duration = Duration::from_secs(60);

/// One channel's gate.
pub(super) struct Gate<'a> {
    line: &'a Line<'a>,
    output: &'a OutputLog,
    backlog: &'a Backlog,
    input: watch::Receiver<Input>,
    /// Bytes that were dropped since it was shut.
    dropped: AtomicU64,
}

impl<'a> Gate<'a> {
    pub(super) fn new(line: &'a Line<'a>, output: &'a OutputLog, backlog: &'a Backlog) -> Self {
        Self {
            line,
            output,
            backlog,
            input: line.session.input(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Whether what a vendor sends may pass just now.
    pub(super) fn is_open(&self) -> bool {
        self.now() == Input::Flows
    }

    fn now(&self) -> Input {
        *self.input.borrow()
    }

    /// Waits until it is open.
    pub(super) async fn opened(&self) {
        let mut input = self.input.clone();
        if input.wait_for(|now| *now == Input::Flows).await.is_err() {
            // The sender lives as long as the session.
            std::future::pending::<()>().await;
        }
    }

    /// Whether bytes of that length may go on to the asset. Without a terminal it
    /// waits until they may; at one it drops them.
    pub(super) async fn passes(&self, length: usize) -> bool {
        let now = self.now();
        if now == Input::Flows {
            return true;
        }
        if self.line.terminal.is_none() {
            self.opened().await;
            return true;
        }
        self.drop(length, now).await;
        false
    }

    /// The first key that goes nowhere is answered, so that nobody believes it was
    /// heard.
    async fn drop(&self, length: usize, now: Input) {
        self.backlog.taken(length);
        let before = self.dropped.fetch_add(length as u64, Ordering::Relaxed);
        if before == 0 && now != Input::Flows {
            self.line.say(self.output, self.words(now)).await;
        }
    }

    /// Whether a signal may go on. One that may not is in the recording.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub(super) async fn passes_signal(&self, signal: &Sig) -> Result<bool, RecordingStopped> {
        let open = self.is_open();
        if !open {
            let signal: String = format!("{signal:?}").chars().take(LONGEST_SIGNAL).collect();
            let marker = format!("signal {signal} while input is held, not sent");
            self.output.marker(&marker)?;
            // Those that come faster than the disk takes them are not read.
            self.output.ready().await?;
        }
        Ok(open)
    }

    /// Waits before the gate until it is open, and keeps the vendor informed.
    ///
    /// # Errors
    /// When the recording has stopped.
    pub(super) async fn pass(
        &self,
        tail: &mut InputTail,
        signals: &mut mpsc::Receiver<Sig>,
    ) -> Result<(), RecordingStopped> {
        // It may shut again while it is said that it is open.
        while !self.is_open() {
            let last = tokio::select! {
                last = self.told_while_shut() => last,
                never = self.remind() => match never {},
                stopped = self.drain(tail) => return stopped,
                stopped = self.refuse_signals(signals) => return stopped,
            };
            // Only now, so that nothing is dropped while it is said.
            self.tell(last, Input::Flows).await;
        }
        Ok(())
    }

    /// Tells of each change, for as long as the channel runs.
    pub(super) async fn follow(&self) -> Infallible {
        loop {
            let last = self.told_while_shut().await;
            self.tell(last, Input::Flows).await;
            let mut input = self.input.clone();
            let _ = input.wait_for(|now| *now != Input::Flows).await;
        }
    }

    /// Tells why it is shut, each time that changes, until it is open. Gives what it
    /// was last.
    async fn told_while_shut(&self) -> Input {
        let mut input = self.input.clone();
        let mut last = Input::Flows;
        loop {
            let now = *input.borrow_and_update();
            if now == Input::Flows {
                return last;
            }
            self.tell(last, now).await;
            last = now;
            if input.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Tells of one change.
    async fn tell(&self, last: Input, now: Input) {
        if last == now {
            return;
        }
        if last != Input::Flows {
            self.note_dropped(last);
        }
        if last == Input::Lobby {
            self.line.say(self.output, "You have been let in.").await;
        }
        if last != Input::Lobby || now != Input::Flows {
            self.line.say(self.output, self.words(now)).await;
        }
    }

    /// Says in the recording what was dropped until the channel's end.
    pub(super) fn settle(&self) {
        self.note_dropped(self.now());
    }

    /// Says in the recording how much was dropped.
    fn note_dropped(&self, while_it_was: Input) {
        let bytes = self.dropped.swap(0, Ordering::Relaxed);
        if bytes > 0 {
            let when = match while_it_was {
                Input::Lobby => "in the lobby",
                Input::Paused => "while paused",
                Input::Unwatched => "while unwatched",
                // It has opened a moment ago.
                Input::Flows => "while held",
            };
            // A recording that has stopped ends the channel elsewhere.
            let _ = self
                .output
                .marker(&format!("input {when}, not sent: {bytes} bytes"));
        }
    }

    async fn remind(&self) -> Infallible {
        let session = self.line.session;
        loop {
            tokio::time::sleep(REMINDED).await;
            if self.now() == Input::Lobby {
                let (end, now) = (session.permit.window_end(), session.house.clock.now());
                let text = format!(
                    "You are still waiting to be let in. Your window lasts until {} ({}), for {}.",
                    session.time.clock_or_date(end, now),
                    session.time.name(),
                    human_duration(end.since(now)),
                );
                self.line.say(self.output, &text).await;
            }
        }
    }

    /// Drops what is typed. Without a terminal, and after the end of input, there is
    /// nothing to drop.
    async fn drain(&self, tail: &mut InputTail) -> Result<(), RecordingStopped> {
        if self.line.terminal.is_some() {
            while let Some(bytes) = tail.next().await? {
                self.drop(bytes.len(), self.now()).await;
            }
        }
        std::future::pending().await
    }

    async fn refuse_signals(
        &self,
        signals: &mut mpsc::Receiver<Sig>,
    ) -> Result<(), RecordingStopped> {
        while let Some(signal) = signals.recv().await {
            self.passes_signal(&signal).await?;
        }
        std::future::pending().await
    }

    const fn words(&self, input: Input) -> &'static str {
        match (input, self.line.terminal.is_some()) {
            (Input::Flows, _) => "Input flows again.",
            (Input::Lobby, _) => {
                "The control room has been told that you are here. Wait until you are let in."
            }
            (Input::Paused, true) => {
                "Input is paused by the control room: what you type goes nowhere."
            }
            (Input::Paused, false) => "Input is paused by the control room: what you send waits.",
            (Input::Unwatched, true) => {
                "Nobody of the plant is watching just now, so your input is held: what you type goes nowhere until somebody watches."
            }
            (Input::Unwatched, false) => {
                "Nobody of the plant is watching just now, so what you send waits until somebody watches."
            }
        }
    }
}

//! One channel from end to end: record, gate, dial, relay, close. The order is the
//! point: nothing is dialled that is not recorded, nor before the vendor is let in.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Actor, CloseReason, Draft, Keep};
use futures::FutureExt;
use recorder::{Header, KeepOutput, OutputLog, Stream};
use store::{RecordingEnd, RecordingSeal};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use super::line::{Start, Terminal, Vendor, What};
use super::relay::{Over, Relay};
use super::target;
use super::vendor::{REFUSED, STDERR};
use crate::report::until_stored;
use crate::session::{ChannelEnd, News, Session};
use crate::time_box::welcome;

/// What is kept of an asset's output without a terminal, unless the conduit says
/// all: bulk data is counted and hashed beyond that.
const KEPT_OF_BULK: u64 = 16 << 20;

/// How long a vendor's client may take for what we say ourselves.
const PATIENCE: Duration = Duration::from_millis(500);

/// The size that is recorded for a terminal which says that it has none.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Runs a channel in a task of its own, which reports how it ended.
pub(super) fn spawn(session: &Arc<Session>, start: Start) {
    let session = Arc::clone(session);
    session.tasks.clone().spawn(async move {
        let run = AssertUnwindSafe(run(&session, start)).catch_unwind();
        let end = run.await.unwrap_or_else(|_| {
            ChannelEnd::noted(CloseReason::BrokerFault, "a channel's task has panicked")
        });
        session.report(end);
    });
}

async fn run(session: &Session, start: Start) -> ChannelEnd {
    let Start {
        what,
        terminal,
        environment,
        remarks,
        vendor,
        input,
        backlog,
        size,
        mut signals,
        gone,
    } = start;
    let line = Line {
        session,
        number: session.next_recording(),
        what,
        terminal,
        vendor,
    };
    // Before the first wait, so that nothing announced is missed.
    let mut news = session.news();

    // Record. Never broken off: a recording that has begun is finished and has its
    // row, however soon the vendor leaves.
    let recording = line.record(&environment).await;
    let recording = match recording {
        Ok(recording) => recording,
        Err(end) => {
            line.last_words(None, &end, &gone).await;
            return end;
        }
    };
    let (log, mut tail, output) = recording.split();
    let _ = input.send(log);

    // Gate, dial, relay.
    let gate = Gate::new(&line, &output, &backlog);
    let flow = async {
        let target = line.unless_over(&output, &gone, async {
            gate.pass(&mut tail, &mut signals).await?;
            line.greet(&output, &remarks).await;
            target::connect(&session.house, &session.permit).await
        });
        let target = match target.await {
            Ok(target) => target,
            Err(end) => return Over::Cut(end),
        };
        let relay = Relay {
            line: &line,
            output: &output,
            gate: &gate,
            backlog: &backlog,
            gone: &gone,
        };
        relay.run(target, &environment, tail, size, signals).await
    };
    let over = tokio::select! {
        over = flow => over,
        never = line.follow_news(&output, &mut news) => match never {},
    };
    gate.settle();

    // Close.
    let (end, exit) = match over {
        Over::Clean { exit } => {
            let _ = line.vendor.channel.close().await;
            // The work is done, as far as anybody can tell.
            (ChannelEnd::plain(CloseReason::VendorLeft), exit)
        }
        Over::Cut(end) => {
            line.last_words(Some(&output), &end, &gone).await;
            (end, None)
        }
    };
    if end.reason == CloseReason::HostKeyChanged {
        line.alarm(&end).await;
    }
    line.finish(output, exit).await.unwrap_or(end)
}

/// What stays the same while a channel runs: where it belongs, and the vendor's end.
pub(super) struct Line<'a> {
    pub(super) session: &'a Session,
    number: u32,
    pub(super) what: What,
    pub(super) terminal: Option<Terminal>,
    pub(super) vendor: Vendor,
}

impl Line<'_> {
    /// Opens the recording. Both its files and its row are durable afterwards.
    async fn record(
        &self,
        environment: &[(String, String)],
    ) -> Result<recorder::Channel, ChannelEnd> {
        let Session { house, permit, .. } = self.session;
        let command = match &self.what {
            What::Shell => None,
            What::Exec(command) => Some(String::from_utf8_lossy(command).into_owned()),
        };
        let keep = match permit.keep() {
            Keep::Standard if self.terminal.is_none() => KeepOutput::First(KEPT_OF_BULK),
            Keep::Standard | Keep::Full => KeepOutput::Everything,
        };
        let header = Header {
            session: permit.session(),
            channel: self.number,
            started: house.clock.now(),
            title: format!("{} at {}", permit.account(), permit.asset()),
            command: command.clone(),
            terminal: self.terminal.as_ref().map(recorded),
            keep,
            env: environment.iter().cloned().collect::<BTreeMap<_, _>>(),
        };
        let failed = |note: String| ChannelEnd::noted(CloseReason::RecordingFailed, note);
        let kind = match self.what {
            What::Shell => "shell",
            What::Exec(_) => "exec",
        };
        // The row first: whatever is found on the disk after a crash has one.
        let added = house.store.add_recording(
            permit.session(),
            self.number,
            kind,
            command.as_deref(),
            self.terminal.is_some(),
        );
        added.await.map_err(|error| failed(error.to_string()))?;
        let recording = match house.recorder.open(header).await {
            Ok(recording) => recording,
            Err(error) => {
                self.settle(&unsealed(None)).await;
                return Err(failed(error.to_string()));
            }
        };
        Ok(recording)
    }

    /// Does that, unless something ends the channel before.
    pub(super) async fn unless_over<T>(
        &self,
        output: &OutputLog,
        gone: &CancellationToken,
        work: impl Future<Output = Result<T, ChannelEnd>>,
    ) -> Result<T, ChannelEnd> {
        tokio::select! {
            biased;
            reason = self.session.ending() => Err(ChannelEnd::plain(reason)),
            () = gone.cancelled() => Err(ChannelEnd::plain(CloseReason::VendorLeft)),
            why = output.stopped() => Err(why.into()),
            done = work => done,
        }
    }

    /// Puts what is announced to the session on this channel.
    async fn follow_news(&self, output: &OutputLog, news: &mut News) -> Infallible {
        loop {
            let text = news.next().await;
            self.say(output, &text).await;
        }
    }

    /// Tells somebody at a terminal where they are, and everybody what was refused.
    /// A command that went well says no more than the asset made it say.
    async fn greet(&self, output: &OutputLog, remarks: &[&str]) {
        let Session {
            house,
            permit,
            time,
            ..
        } = self.session;
        let text = welcome(permit.asset(), permit.window_end(), time, house.now());
        match &self.terminal {
            Some(_) => self.say(output, &text).await,
            None => {
                let _ = output.marker(&text);
            }
        }
        for remark in remarks {
            self.say(output, remark).await;
        }
    }

    /// Puts a line on the terminal, or else on standard error, and into the
    /// recording.
    pub(super) async fn say(&self, output: &OutputLog, text: &str) {
        // A recording that has stopped ends the channel elsewhere.
        let _ = output.marker(text);
        let line = Bytes::from(self.spoken(text));
        let (stream, channel) = (self.voice(), &self.vendor.channel);
        let _ = output.write(stream, line.clone());
        let sent = async {
            match stream {
                Stream::Out => channel.data_bytes(line).await,
                Stream::Err => channel.extended_data_bytes(STDERR, line).await,
            }
        };
        let _ = tokio::time::timeout(PATIENCE, sent).await;
    }

    /// Where our own words go: never between the bytes of a program's output.
    const fn voice(&self) -> Stream {
        match self.terminal {
            Some(_) => Stream::Out,
            None => Stream::Err,
        }
    }

    fn spoken(&self, text: &str) -> String {
        match self.terminal {
            Some(_) => format!("\r\n*** {text} ***\r\n"),
            None => format!("{text}\n"),
        }
    }

    /// Tells the vendor why it is over, if there is a vendor to tell, and closes the
    /// channel: a client shows what came before a channel's end, while it may drop it
    /// when the connection ends.
    async fn last_words(
        &self,
        output: Option<&OutputLog>,
        end: &ChannelEnd,
        gone: &CancellationToken,
    ) {
        if gone.is_cancelled() {
            return;
        }
        let text = end.reason.for_vendor();
        if let Some(output) = output {
            let _ = output.marker(&text);
        }
        let close = async {
            let Vendor { channel, .. } = &self.vendor;
            let line = self.spoken(&text);
            match self.voice() {
                Stream::Out => channel.data_bytes(line).await?,
                Stream::Err => channel.extended_data_bytes(STDERR, line).await?,
            }
            channel.exit_status(REFUSED).await?;
            channel.eof().await?;
            channel.close().await
        };
        let _ = tokio::time::timeout(PATIENCE, close).await;
    }

    async fn alarm(&self, end: &ChannelEnd) {
        let Session { house, permit, .. } = self.session;
        let what = end.note.as_deref().unwrap_or_default();
        let draft = Draft::new("asset.host_key_changed", "asset", permit.asset())
            .reason(format!("{what}; session {}", permit.session()));
        tracing::error!(asset = %permit.asset(), session = %permit.session(), what, "asset.host_key_changed");
        if let Err(error) = house.store.alarm(&Actor::system(), draft).await {
            tracing::error!(reason = %error, "channel.alarm_not_audited");
        }
    }

    /// Ends the recording. Gives the channel's end if that failed.
    async fn finish(&self, output: OutputLog, exit: Option<u32>) -> Option<ChannelEnd> {
        match output.finish().await {
            Ok(finished) => {
                let end = RecordingEnd {
                    exit: finished.exit,
                    bytes_in: finished.bytes_in,
                    bytes_out: finished.bytes_out,
                    state: "complete",
                    seal: Some(RecordingSeal {
                        lines: finished.seal.lines,
                        root: finished.seal.root,
                    }),
                };
                if self.settle(&end).await {
                    finished.receipt.stored();
                }
                None
            }
            Err(stopped) => {
                self.settle(&unsealed(exit)).await;
                Some(ChannelEnd::noted(CloseReason::RecordingFailed, stopped))
            }
        }
    }

    /// Stores how the recording ended; whether that was possible.
    async fn settle(&self, end: &RecordingEnd<'_>) -> bool {
        let Session { house, permit, .. } = self.session;
        let (session, number) = (permit.session(), self.number);
        let settle = || house.store.finish_recording(session, number, end);
        until_stored(house, &format!("recording {session}/{number}"), settle).await
    }
}

/// A recording that has failed; what is left of it is sealed later.
const fn unsealed(exit: Option<u32>) -> RecordingEnd<'static> {
    RecordingEnd {
        exit,
        bytes_in: 0,
        bytes_out: 0,
        state: "failed",
        seal: None,
    }
}

fn recorded(terminal: &Terminal) -> recorder::Terminal {
    let (cols, rows) = recorded_size(terminal.size);
    let modes = terminal.modes.iter();
    let modes: Vec<_> = modes
        .map(|(mode, value)| format!("{mode:?}={value}"))
        .collect();
    recorder::Terminal {
        cols,
        rows,
        kind: terminal.kind.clone(),
        modes: modes.join(" "),
    }
}

/// A size as a recording has it: never nothing.
pub(super) fn recorded_size(size: super::line::Size) -> (u16, u16) {
    let or = |given: u32, usual: u16| match u16::try_from(given) {
        Ok(0) => usual,
        Ok(given) => given,
        Err(_) => u16::MAX,
    };
    (or(size.cols, USUAL_SIZE.0), or(size.rows, USUAL_SIZE.1))
}

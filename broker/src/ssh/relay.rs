//! The part of a channel in which bytes flow.
//!
//! ```text
//!           connection            this task              connection
//!  vendor ─▶ Vendor::data ─▶ InputLog ┄disk┄▶ InputTail ─▶ Target ─▶ asset
//!  vendor ◀─────────────── vendor.channel ◀─ OutputLog ◀── Target ◀─ asset
//! ```
//! Who waits for whom: the vendor's connection waits for the disk alone. This task
//! waits for both peers, each way on its own. The asset's connection waits for
//! nobody: what this task has not passed on is counted, and above a limit nothing
//! more is read from the asset ([`crate::wire`]). So there is no circle.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use domain::CloseReason;
use recorder::{InputTail, OutputLog, RecordingStopped, Stream};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig, client};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::channel::{Line, recorded_size};
use super::gate::Gate;
use super::line::{Backlog, Size, What};
use super::target::{Target, ended};
use super::vendor::STDERR;
use crate::session::ChannelEnd;
use crate::wire::Tap;

/// How the flow ended.
pub(super) enum Over {
    /// The asset has closed the channel, and the vendor has all of it.
    Clean {
        /// The exit status, if there was one.
        exit: Option<u32>,
    },
    /// Something else ended it.
    Cut(ChannelEnd),
}

impl Over {
    const fn plain(reason: CloseReason) -> Self {
        Self::Cut(ChannelEnd::plain(reason))
    }
}

impl From<RecordingStopped> for Over {
    fn from(why: RecordingStopped) -> Self {
        Self::Cut(why.into())
    }
}

/// What the flow runs between.
pub(super) struct Relay<'a> {
    pub(super) line: &'a Line<'a>,
    pub(super) output: &'a OutputLog,
    pub(super) gate: &'a Gate<'a>,
    pub(super) backlog: &'a Backlog,
    pub(super) gone: &'a CancellationToken,
}

type Asset = ChannelWriteHalf<client::Msg>;

/// How long the end of output waits for the exit status that usually follows it.
/// PuTTY's clients close a channel when its output ends, and would not hear of it.
const EXIT_FOLLOWS: Duration = Duration::from_millis(200);

/// What is sent of a terminal's input before it is looked again whether it may, in bytes.
const AT_ONCE: usize = 4 << 10;

/// What an asset still has to answer.
enum Question {
    Terminal,
    Command,
}

impl Relay<'_> {
    /// Has the asset run what the vendor asked for, and lets bytes flow until
    /// somebody ends it. The asset's connection is cut when this returns.
    pub(super) async fn run(
        &self,
        target: Target,
        environment: &[(String, String)],
        mut tail: InputTail,
        size: watch::Receiver<Size>,
        mut signals: mpsc::Receiver<Sig>,
    ) -> Over {
        let keepalive = self.line.session.house.limits.keepalive;
        let Target {
            channel,
            connection,
        } = target;
        let (from_asset, to_asset) = channel.split();
        let patience = self.line.session.house.limits.time_to_connect;
        let asked = self.line.unless_over(self.output, self.gone, async {
            // A command is input too, and the gate may have shut while it was dialled.
            self.gate.pass(&mut tail, &mut signals).await?;
            let asked = self.ask(&to_asset, environment);
            match tokio::time::timeout(patience, asked).await {
                Ok(asked) => asked.map_err(|_| lost()),
                Err(_) => Err(ChannelEnd::noted(
                    CloseReason::TargetUnreachable,
                    format!("the asset took no request within {patience:?}"),
                )),
            }
        });
        let questions = match asked.await {
            Ok(questions) => questions,
            Err(end) => return Over::Cut(end),
        };
        tokio::select! {
            reason = self.line.session.ending() => Over::plain(reason),
            () = self.gone.cancelled() => Over::plain(CloseReason::VendorLeft),
            why = self.output.stopped() => why.into(),
            over = self.deliver(from_asset, connection.tap(), questions) => over,
            over = self.forward(tail, &to_asset, connection.tap()) => over,
            over = self.follow_size(size, &to_asset) => over,
            over = self.signals_to_asset(signals, &to_asset) => over,
            never = self.gate.follow() => match never {},
            () = connection.until_silent(keepalive) => Over::Cut(ChannelEnd::noted(
                CloseReason::TargetClosed,
                "the asset was silent for too long",
            )),
        }
    }

    /// Asks the asset for what the vendor asked us for.
    async fn ask(
        &self,
        asset: &Asset,
        environment: &[(String, String)],
    ) -> Result<VecDeque<Question>, russh::Error> {
        let mut questions = VecDeque::new();
        if let Some(terminal) = &self.line.terminal {
            // Nothing that is not in the recording: it has no pixels.
            let (cols, rows) = recorded_size(terminal.size);
            let (cols, rows, modes) = (cols.into(), rows.into(), &terminal.modes);
            asset
                .request_pty(true, &terminal.kind, cols, rows, 0, 0, modes)
                .await?;
            questions.push_back(Question::Terminal);
        }
        for (name, value) in environment {
            asset.set_env(false, name, value).await?;
        }
        match &self.line.what {
            What::Shell => asset.request_shell(true).await?,
            What::Exec(command) => asset.exec(true, command.as_ref()).await?,
        }
        questions.push_back(Question::Command);
        Ok(questions)
    }

    /// Everything that comes from the asset, in order.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library may add messages; what we do not know we do not pass on"
    )]
    async fn deliver(
        &self,
        mut asset: ChannelReadHalf,
        tap: &Tap,
        mut questions: VecDeque<Question>,
    ) -> Over {
        let vendor = &self.line.vendor;
        let (mut exit, mut output_ended) = (None, false);
        loop {
            let message = if output_ended {
                let Ok(message) = tokio::time::timeout(EXIT_FOLLOWS, asset.wait()).await else {
                    output_ended = false;
                    let _ = vendor.channel.eof().await;
                    continue;
                };
                message
            } else {
                asset.wait().await
            };
            let Some(message) = message else {
                return Over::Cut(lost());
            };
            let mut bytes = 0;
            match message {
                ChannelMsg::Data { data } => {
                    bytes = data.len();
                    if let Err(why) = self.show(Stream::Out, data).await {
                        return why.into();
                    }
                }
                ChannelMsg::ExtendedData { data, .. } => {
                    bytes = data.len();
                    if let Err(why) = self.show(Stream::Err, data).await {
                        return why.into();
                    }
                }
                ChannelMsg::Eof => output_ended = true,
                ChannelMsg::ExitStatus { exit_status } => {
                    exit = Some(exit_status);
                    if let Err(why) = self.output.exit(exit_status) {
                        return why.into();
                    }
                    let _ = vendor.channel.exit_status(exit_status).await;
                }
                ChannelMsg::ExitSignal {
                    signal_name,
                    core_dumped,
                    ..
                } => {
                    let marker = format!("ended by signal {signal_name:?}");
                    if let Err(why) = self.output.marker(&marker) {
                        return why.into();
                    }
                    let id = vendor.channel.id();
                    // Without the asset's own words, which no recording has.
                    let (message, language) = (String::new(), String::new());
                    let _ = vendor
                        .handle
                        .exit_signal_request(id, signal_name, core_dumped, message, language)
                        .await;
                }
                ChannelMsg::XonXoff { client_can_do } => {
                    let id = vendor.channel.id();
                    let _ = vendor.handle.xon_xoff_request(id, client_can_do).await;
                }
                ChannelMsg::Success => {
                    questions.pop_front();
                }
                ChannelMsg::Failure => match questions.pop_front() {
                    Some(Question::Terminal) => {
                        self.line
                            .say(self.output, "The asset gives no terminal.")
                            .await;
                    }
                    Some(Question::Command) | None => {
                        let note = "the asset refused to run it";
                        return Over::Cut(ChannelEnd::noted(CloseReason::TargetClosed, note));
                    }
                },
                ChannelMsg::Close => {
                    if output_ended {
                        let _ = vendor.channel.eof().await;
                    }
                    return Over::Clean { exit };
                }
                // Nothing else is ever queued for a channel that we opened.
                _ => {}
            }
            tap.release(bytes);
        }
    }

    /// Output: into the recording first, then to the vendor.
    async fn show(&self, stream: Stream, data: Bytes) -> Result<(), RecordingStopped> {
        let vendor = &self.line.vendor;
        self.output.write(stream, data.clone())?;
        self.output.ready().await?;
        vendor.tap.room().await;
        // A vendor who has gone is noticed elsewhere.
        let _ = match stream {
            Stream::Out => vendor.channel.data_bytes(data).await,
            Stream::Err => vendor.channel.extended_data_bytes(STDERR, data).await,
        };
        Ok(())
    }

    /// At a terminal in small pieces: one that the asset is slow to take can't be
    /// called back when input is paused.
    fn pieces(&self, mut bytes: Bytes) -> impl Iterator<Item = Bytes> + use<> {
        let most = match self.line.terminal {
            Some(_) => AT_ONCE,
            None => usize::MAX,
        };
        std::iter::from_fn(move || {
            let piece = bytes.split_to(bytes.len().min(most));
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Input, as far as it is durable, and while the permit holds and the gate is open.
    async fn forward(&self, mut tail: InputTail, asset: &Asset, tap: &Tap) -> Over {
        let session = self.line.session;
        loop {
            let bytes = match tail.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(why) => return why.into(),
            };
            for bytes in self.pieces(bytes) {
                let length = bytes.len();
                if !self.gate.passes(length).await {
                    continue;
                }
                tap.room().await;
                // Again, since it may have shut while the asset took nothing.
                if !self.gate.passes(length).await {
                    continue;
                }
                if let Err(denied) = session.permit.check(session.house.clock.now()) {
                    return Over::Cut(ChannelEnd::noted(ended(&denied), denied.code()));
                }
                if asset.data_bytes(bytes).await.is_err() {
                    // How it ended comes the other way.
                    return pending().await;
                }
                self.backlog.taken(length);
            }
        }
        self.gate.opened().await;
        let _ = asset.eof().await;
        pending().await
    }

    /// Signals, which overtake input: durable, then sent, while the permit holds and
    /// the gate is open.
    async fn signals_to_asset(&self, mut signals: mpsc::Receiver<Sig>, asset: &Asset) -> Over {
        let session = self.line.session;
        while let Some(signal) = signals.recv().await {
            if let Err(denied) = session.permit.check(session.house.clock.now()) {
                return Over::Cut(ChannelEnd::noted(ended(&denied), denied.code()));
            }
            match self.gate.passes_signal(&signal).await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(why) => return why.into(),
            }
            if let Err(why) = self.output.marker(&format!("signal {signal:?} sent")) {
                return why.into();
            }
            if let Err(why) = self.output.durable().await {
                return why.into();
            }
            // Again, since it may have shut while the disk took its time.
            match self.gate.passes_signal(&signal).await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(why) => return why.into(),
            }
            if let Err(denied) = session.permit.check(session.house.clock.now()) {
                return Over::Cut(ChannelEnd::noted(ended(&denied), denied.code()));
            }
            let _ = asset.signal(signal).await;
        }
        pending().await
    }

    /// The terminal's size, as it was recorded.
    async fn follow_size(&self, mut size: watch::Receiver<Size>, asset: &Asset) -> Over {
        while size.changed().await.is_ok() {
            let (cols, rows) = recorded_size(*size.borrow_and_update());
            if let Err(why) = self.output.resize(cols, rows) {
                return why.into();
            }
            if let Err(why) = self.output.durable().await {
                return why.into();
            }
            let _ = asset.window_change(cols.into(), rows.into(), 0, 0).await;
        }
        pending().await
    }
}

/// The asset's connection ended without a word.
fn lost() -> ChannelEnd {
    let note = "the connection to the asset broke";
    ChannelEnd::noted(CloseReason::TargetClosed, note)
}

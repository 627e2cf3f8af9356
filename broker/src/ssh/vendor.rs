//! A vendor's connection: who comes, and what they ask for. Nothing here waits for
//! an asset; what a vendor sends waits for the recording alone.

mod doorway;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::{CloseReason, Operation};
use russh::server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use tokio::sync::oneshot;

pub(crate) use self::doorway::{Begun, Entered};
use self::doorway::{Door, Doorway};
use super::channel;
use super::line::{Running, Size, Terminal, Waiting, What};
use super::table::{Ask, judge};
use crate::house::House;
use crate::session::{ChannelEnd, Session};
use crate::wire::Tap;

/// The longest command, in bytes.
const MAX_COMMAND: usize = 64 << 10;

/// The exit status of what was refused, or failed before the asset ran it. SSH
/// clients have it for failures of their own, so that no script takes it for the
/// command's.
pub(crate) const REFUSED: u32 = 255;

/// Standard error (RFC 4254, 5.2).
pub(crate) const STDERR: u32 = 1;

type Connection = server::Session;
type Outcome = Result<(), russh::Error>;

enum Line {
    Waiting(Waiting),
    Running(Running),
}

/// Serves one vendor's connection.
pub(crate) struct Vendor {
    house: Arc<House>,
    doorway: Doorway,
    tap: Tap,
    lines: HashMap<ChannelId, Line>,
    /// What was refused for the whole connection.
    remarks: Vec<&'static str>,
}

impl Vendor {
    /// Serves a connection from there, and tells once who came in.
    pub(crate) fn new(
        house: Arc<House>,
        source: SocketAddr,
        tap: Tap,
    ) -> (Self, oneshot::Receiver<Entered>) {
        let (tell, entered) = oneshot::channel();
        let vendor = Self {
            doorway: Doorway::new(Arc::clone(&house), source, tell),
            house,
            tap,
            lines: HashMap::new(),
            remarks: Vec::new(),
        };
        (vendor, entered)
    }

    fn judge(&self, ask: Ask) -> Result<(), &'static str> {
        let allows = |operation: Operation| match &self.doorway.door {
            Door::Open(session) => session.permit.allows(operation),
            Door::Shut | Door::Refused(_) => false,
        };
        let verdict = judge(ask, allows);
        if verdict.is_err() {
            tracing::info!(source = %self.doorway.source, ask = ask.name(), "ssh.refused");
        }
        verdict
    }

    /// Whether no further channel is let in. What counts is what still runs: a
    /// channel that the vendor has closed may have its recording to finish.
    fn is_full(&self) -> bool {
        let limits = &self.house.limits;
        let waiting = |line: &&Line| matches!(line, Line::Waiting(_));
        let waiting = self.lines.values().filter(waiting).count();
        match &self.doorway.door {
            Door::Open(session) => {
                // Whoever watches looks at one at a time.
                let most = if session.permit.supervised() {
                    1
                } else {
                    limits.channels
                };
                waiting + session.tasks.len() >= most
                    || session.recordings() >= limits.channels_in_all
            }
            Door::Shut | Door::Refused(_) => waiting >= limits.channels,
        }
    }

    fn waiting(&mut self, id: ChannelId) -> Option<&mut Waiting> {
        match self.lines.get_mut(&id) {
            Some(Line::Waiting(waiting)) => Some(waiting),
            Some(Line::Running(_)) | None => None,
        }
    }

    fn running(&mut self, id: ChannelId) -> Option<&mut Running> {
        match self.lines.get_mut(&id) {
            Some(Line::Running(running)) => Some(running),
            Some(Line::Waiting(_)) | None => None,
        }
    }

    /// Says no to a request, and leaves a remark for the terminal.
    fn refuse(&mut self, id: ChannelId, ask: Ask, connection: &mut Connection) -> Outcome {
        if let (Err(why), Some(waiting)) = (self.judge(ask), self.waiting(id)) {
            waiting.remark(why);
        }
        connection.channel_failure(id)
    }

    /// Runs something, or says why not and closes the channel.
    fn run(&mut self, id: ChannelId, ask: Ask, what: What, connection: &mut Connection) -> Outcome {
        let Some(Line::Waiting(waiting)) = self.lines.remove(&id) else {
            return connection.channel_failure(id);
        };
        let refused = match &self.doorway.door {
            Door::Shut => None,
            Door::Refused(why) => Some(why.clone()),
            Door::Open(session) => match self.judge(ask) {
                Ok(()) => {
                    let session = Arc::clone(session);
                    return self.start(id, waiting, what, session, connection);
                }
                Err(why) => Some(why.to_owned()),
            },
        };
        turn_away(id, &waiting, &refused.unwrap_or_default(), connection)
    }

    fn start(
        &mut self,
        id: ChannelId,
        mut waiting: Waiting,
        what: What,
        session: Arc<Session>,
        connection: &mut Connection,
    ) -> Outcome {
        for remark in self.remarks.drain(..) {
            waiting.remark(remark);
        }
        let (start, running) = waiting.start(what, connection.handle(), self.tap.clone());
        self.lines.insert(id, Line::Running(running));
        channel::spawn(&session, start);
        // Said now and not when it runs: what goes wrong until then is told in words.
        connection.channel_success(id)
    }

    async fn refuse_channel(&self, ask: Ask, reply: ChannelOpenHandle) {
        let why = self.judge(ask).err().unwrap_or_default();
        reply.reject(prohibited(why)).await;
    }
}

/// RFC 4254, 5.1: `SSH_OPEN_ADMINISTRATIVELY_PROHIBITED`, in our words.
fn prohibited(why: &str) -> ChannelOpenFailure {
    ChannelOpenFailure::Other {
        code: ChannelOpenFailure::AdministrativelyProhibited.code(),
        reason: why.to_owned(),
    }
}

/// RFC 4254, 5.1: `SSH_OPEN_RESOURCE_SHORTAGE`, in our words.
fn too_many() -> ChannelOpenFailure {
    ChannelOpenFailure::Other {
        code: ChannelOpenFailure::ResourceShortage.code(),
        reason: "Too many channels on this session. Close one, or connect anew.".to_owned(),
    }
}

/// One line on standard error, and the end of the channel.
fn turn_away(id: ChannelId, waiting: &Waiting, why: &str, connection: &mut Connection) -> Outcome {
    connection.channel_success(id)?;
    connection.extended_data(id, STDERR, Bytes::from(waiting.line(why)))?;
    connection.exit_status_request(id, REFUSED)?;
    connection.eof(id)?;
    connection.close(id)
}

impl server::Handler for Vendor {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, russh::Error> {
        Ok(Some(self.house.banner.clone()))
    }

    async fn auth_none(&mut self, user: &str) -> Result<Auth, russh::Error> {
        Ok(self.doorway.without_ticket(user))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        Ok(self.doorway.with_ticket(user, password).await)
    }

    /// A key is never a way in, so no offer of one is ever worth a signature.
    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        _: PublicKeyOffer<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(self.doorway.without_ticket(user))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        _: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        Ok(self.doorway.without_ticket(user))
    }

    async fn auth_succeeded(&mut self, _: &mut Connection) -> Outcome {
        self.tap.trust();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Outcome {
        self.lines.retain(|_, line| match line {
            Line::Waiting(_) => true,
            Line::Running(running) => !running.is_over(),
        });
        if let Err(why) = self.judge(Ask::Session) {
            reply.reject(prohibited(why)).await;
        } else if self.is_full() {
            reply.reject(too_many()).await;
        } else {
            let id = channel.id();
            // Without its reading half nothing queues for it: what comes is taken by
            // the calls below.
            let (_, channel) = channel.split();
            self.lines.insert(id, Line::Waiting(Waiting::new(channel)));
            reply.accept().await;
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        kind: &str,
        cols: u32,
        rows: u32,
        _: u32,
        _: u32,
        modes: &[(Pty, u32)],
        connection: &mut Connection,
    ) -> Outcome {
        let terminal = Terminal {
            kind: kind.to_owned(),
            size: Size { cols, rows },
            modes: modes.to_vec(),
        };
        if self.judge(Ask::Terminal).is_ok()
            && let Some(waiting) = self.waiting(id)
            && waiting.terminal(terminal)
        {
            return connection.channel_success(id);
        }
        connection.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
        connection: &mut Connection,
    ) -> Outcome {
        let passes = match &self.doorway.door {
            Door::Open(session) => session.permit.environment_allows(name),
            Door::Shut | Door::Refused(_) => false,
        };
        if passes
            && self.judge(Ask::Environment).is_ok()
            && let Some(waiting) = self.waiting(id)
            && waiting.variable(name, value)
        {
            return connection.channel_success(id);
        }
        connection.channel_failure(id)
    }

    async fn shell_request(&mut self, id: ChannelId, connection: &mut Connection) -> Outcome {
        self.run(id, Ask::Shell, What::Shell, connection)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        connection: &mut Connection,
    ) -> Outcome {
        let refused = match str::from_utf8(command) {
            Ok(_) if command.len() <= MAX_COMMAND => {
                let what = What::Exec(Bytes::copy_from_slice(command));
                return self.run(id, Ask::Exec, what, connection);
            }
            Ok(_) => "The command is longer than 64 KiB. Send it as a script on standard input.",
            // A recording would not have it as it is.
            Err(_) => "The command is not UTF-8 text. Send it as a script on standard input.",
        };
        match self.lines.remove(&id) {
            Some(Line::Waiting(waiting)) => turn_away(id, &waiting, refused, connection),
            Some(Line::Running(_)) | None => connection.channel_failure(id),
        }
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        connection: &mut Connection,
    ) -> Outcome {
        // Never started: the table has no condition under which it passes.
        self.run(id, Ask::Subsystem, What::Shell, connection)
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _: &mut Connection) -> Outcome {
        let limit = self.house.limits.backlog;
        if let Some(running) = self.running(id)
            && running.sent(data).await > limit
            && let Door::Open(session) = &self.doorway.door
        {
            session.report(ChannelEnd::plain(CloseReason::BacklogFull));
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _: &mut Connection) -> Outcome {
        if let Some(running) = self.running(id) {
            running.end_of_input().await;
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Connection) -> Outcome {
        self.lines.remove(&id);
        Ok(())
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        cols: u32,
        rows: u32,
        _: u32,
        _: u32,
        connection: &mut Connection,
    ) -> Outcome {
        let size = Size { cols, rows };
        if self.judge(Ask::WindowChange).is_ok()
            && let Some(running) = self.running(id)
        {
            running.resize(size);
            return connection.channel_success(id);
        }
        connection.channel_failure(id)
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _: &mut Connection) -> Outcome {
        if self.judge(Ask::Signal).is_ok()
            && let Some(running) = self.running(id)
        {
            running.signal(signal);
        }
        Ok(())
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        connection: &mut Connection,
    ) -> Outcome {
        self.refuse(id, Ask::X11, connection)
    }

    /// The library sends the answer.
    async fn agent_request(
        &mut self,
        id: ChannelId,
        connection: &mut Connection,
    ) -> Result<bool, russh::Error> {
        self.refuse(id, Ask::Agent, connection)?;
        Ok(false)
    }

    async fn tcpip_forward(
        &mut self,
        _: &str,
        _: &mut u32,
        _: &mut Connection,
    ) -> Result<bool, russh::Error> {
        let refused = self.judge(Ask::TcpipForward).err();
        self.remarks
            .extend(refused.filter(|why| !self.remarks.contains(why)));
        Ok(false)
    }

    async fn streamlocal_forward(
        &mut self,
        _: &str,
        _: &mut Connection,
    ) -> Result<bool, russh::Error> {
        let refused = self.judge(Ask::StreamlocalForward).err();
        self.remarks
            .extend(refused.filter(|why| !self.remarks.contains(why)));
        Ok(false)
    }

    async fn channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Outcome {
        self.refuse_channel(Ask::X11Channel, reply).await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Outcome {
        self.refuse_channel(Ask::DirectTcpip, reply).await;
        Ok(())
    }

    async fn channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Outcome {
        self.refuse_channel(Ask::ForwardedTcpip, reply).await;
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Outcome {
        self.refuse_channel(Ask::DirectStreamlocal, reply).await;
        Ok(())
    }
}

//! The socket under an SSH connection, made so that the connection never waits
//! for its peer.
//!
//! An SSH connection is one loop here: while it waits to write, it does not read,
//! and the other way round. Two such loops that wait for each other stand still for
//! ever. A [`Wire`] takes that waiting out of the loop:
//!
//! * what the socket does not take at once is kept and sent when it does. Whoever
//!   produces bytes waits for [`Tap::room`] beforehand, outside the loop, so that
//!   little is kept;
//! * what was read and is not yet passed on is counted by [`Tap::hold`] and
//!   [`Tap::release`]. Above a limit the wire reads nothing more, while the loop
//!   goes on sending: a keystroke reaches an asset whose flood nobody reads.
//!
//! It also reads a stream of many small packets in gulps ([`crate::wire::gulp`]), counts
//! what may be read before somebody has authenticated, and can be cut from outside,
//! whatever the peer does.

mod gulp;

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::sync::Notify;

use self::gulp::Gulp;

/// One system call reads several packets.
const READ_BUFFER: usize = 256 << 10;

/// From how much unsent on producers wait, and until when.
const MUCH_UNSENT: usize = 512 << 10;
const LITTLE_UNSENT: usize = MUCH_UNSENT / 2;

/// A loop that answers its peer and whose peer never reads waits here after all.
const MOST_UNSENT: usize = 8 << 20;

/// From how much held on nothing more is read, and until when.
const MUCH_HELD: usize = 1 << 20;
const LITTLE_HELD: usize = MUCH_HELD / 2;

/// What a message costs while it is held, besides its bytes.
const MESSAGE_COST: usize = 256;

/// How many messages can be held at most: what a queue behind a wire must take, so
/// that nobody ever waits to put something into it.
pub(crate) const MOST_HELD: usize = 2 * MUCH_HELD / MESSAGE_COST;

/// How much may be kept allocated while nothing is unsent.
const SPARE: usize = 1 << 20;

#[derive(Default)]
struct State {
    cut: AtomicBool,
    /// The loop, when it waits to read or to write.
    reader: AtomicWaker,
    writer: AtomicWaker,
    /// Bytes handed to the loop so far.
    read: AtomicU64,
    /// Up to how many there may be.
    allowance: AtomicU64,
    unsent: AtomicUsize,
    crowded: AtomicBool,
    /// Rings when little is unsent again, and when the wire is cut.
    room: Notify,
    held: AtomicUsize,
    paused: AtomicBool,
}

/// A socket between two peers that never make each other wait.
pub(crate) struct Wire<S> {
    socket: BufReader<S>,
    gulp: Gulp,
    unsent: BytesMut,
    state: Arc<State>,
}

/// Watches and governs a [`Wire`] from outside.
#[derive(Clone)]
pub(crate) struct Tap(Arc<State>);

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A wire that hands out `allowance` bytes and then fails, unless
    /// [`Tap::trust`] lifts that.
    pub(crate) fn new(socket: S, allowance: u64) -> (Self, Tap) {
        let state = Arc::new(State {
            allowance: AtomicU64::new(allowance),
            ..State::default()
        });
        let wire = Self {
            socket: BufReader::with_capacity(READ_BUFFER, socket),
            gulp: Gulp::new(),
            unsent: BytesMut::new(),
            state: Arc::clone(&state),
        };
        (wire, Tap(state))
    }

    fn check(&self) -> io::Result<()> {
        if self.state.cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    /// Sends of the unsent what the socket takes. Ready when nothing is left.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
            self.count_unsent();
        }
        if self.unsent.capacity() > SPARE {
            self.unsent = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    fn count_unsent(&self) {
        let unsent = self.unsent.len();
        self.state.unsent.store(unsent, Ordering::SeqCst);
        if unsent <= LITTLE_UNSENT && self.state.crowded.swap(false, Ordering::SeqCst) {
            self.state.room.notify_waiters();
        }
    }
}

impl State {
    /// Whether reading has to wait. The loop has left its waker before.
    fn is_paused(&self) -> bool {
        let limit = if self.paused.load(Ordering::SeqCst) {
            LITTLE_HELD
        } else {
            MUCH_HELD
        };
        if self.held.load(Ordering::SeqCst) <= limit {
            self.paused.store(false, Ordering::SeqCst);
            return false;
        }
        self.paused.store(true, Ordering::SeqCst);
        // What was released since then has rung nobody.
        let paused = self.held.load(Ordering::SeqCst) > LITTLE_HELD;
        self.paused.store(paused, Ordering::SeqCst);
        paused
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.state.reader.register(cx.waker());
        self.check()?;
        if let Poll::Ready(Err(error)) = self.poll_send(cx) {
            return Poll::Ready(Err(error));
        }
        if self.state.is_paused() {
            return Poll::Pending;
        }
        let dry = self.socket.buffer().is_empty();
        if dry {
            ready!(self.gulp.poll_ready(cx));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        let count = buf.filled().len() - before;
        if dry {
            let came = count + self.socket.buffer().len();
            self.gulp.took(came);
        }
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let read = self.state.read.fetch_add(count, Ordering::Relaxed) + count;
        if read > self.state.allowance.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::other("too much was sent too early")));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.state.writer.register(cx.waker());
        self.check()?;
        if self.poll_send(cx)?.is_ready()
            && let Poll::Ready(sent) = Pin::new(&mut self.socket).poll_write(cx, buf)
        {
            return Poll::Ready(sent);
        }
        let fits = MOST_UNSENT.saturating_sub(self.unsent.len());
        let kept = buf.get(..fits).unwrap_or(buf);
        if kept.is_empty() {
            return Poll::Pending;
        }
        self.unsent.extend_from_slice(kept);
        self.count_unsent();
        Poll::Ready(Ok(kept.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        // What the socket does not take now goes when the loop next reads.
        let _ = self.poll_send(cx)?;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state.writer.register(cx.waker());
        if self.check().is_err() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl<S> Drop for Wire<S> {
    fn drop(&mut self) {
        // Nobody is to wait for room on a wire that is gone.
        Tap(Arc::clone(&self.state)).cut();
    }
}

impl Tap {
    /// Lifts the limit on what may be read.
    pub(crate) fn trust(&self) {
        self.0.allowance.store(u64::MAX, Ordering::Relaxed);
    }

    /// Ends the connection at once, whatever it waits for.
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
        self.0.room.notify_waiters();
    }

    /// Whether it was cut, or has ended.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.cut.load(Ordering::SeqCst)
    }

    /// How many bytes have come in so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Whether nothing is read because too much is held.
    pub(crate) fn is_paused(&self) -> bool {
        self.0.paused.load(Ordering::SeqCst)
    }

    /// Waits while much is unsent; not at all once the wire is cut.
    pub(crate) async fn room(&self) {
        if self.has_room() {
            return;
        }
        loop {
            // Listens before it looks again, so that no ring falls in between.
            let mut ring = pin!(self.0.room.notified());
            ring.as_mut().enable();
            self.0.crowded.store(true, Ordering::SeqCst);
            if self.is_cut() || self.0.unsent.load(Ordering::SeqCst) <= LITTLE_UNSENT {
                return;
            }
            ring.await;
        }
    }

    fn has_room(&self) -> bool {
        self.0.unsent.load(Ordering::Relaxed) <= MUCH_UNSENT
    }

    /// A message of `bytes` was read and is not yet passed on.
    pub(crate) fn hold(&self, bytes: usize) {
        self.0
            .held
            .fetch_add(bytes + MESSAGE_COST, Ordering::SeqCst);
    }

    /// A message of `bytes` that was held has been passed on.
    pub(crate) fn release(&self, bytes: usize) {
        let cost = bytes + MESSAGE_COST;
        let before = self.0.held.fetch_sub(cost, Ordering::SeqCst);
        if before.saturating_sub(cost) <= LITTLE_HELD && self.0.paused.load(Ordering::SeqCst) {
            self.0.reader.wake();
        }
    }
}

/// Cuts a connection when dropped, however far it has come.
pub(crate) struct CutOnDrop(pub(crate) Tap);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.cut();
    }
}

#[cfg(test)]
mod tests;

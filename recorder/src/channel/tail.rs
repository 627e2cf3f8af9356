//! From the disk to the asset. What the asset is slow to take is not held in
//! memory but read again from the input log.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::input::PACKET_COST;
use super::{Core, stopped_of};
use crate::disk::{DiskFile, read_exact_at};
use crate::error::RecordingStopped;
use crate::frame::{FrameHeader, HEADER_LEN, Kind};
use crate::writer::lock;

/// How much is held in memory for the asset, packet costs included.
const MAX_READY: usize = 1 << 20;

/// The most that one read of the input log takes.
const READ_SIZE: u64 = 256 << 10;

/// Packets smaller than this are handed out together, up to [`TOGETHER`].
const SMALL: usize = 4 << 10;
const TOGETHER: usize = 64 << 10;

/// What is durable and not yet taken.
pub(super) struct Tail {
    ready: VecDeque<Bytes>,
    ready_cost: usize,
    /// Where the part begins that is only on disk; it goes up to `durable_end`.
    spilled_from: Option<u64>,
    durable_end: u64,
    backlog: u64,
    /// No more will become durable.
    ended: bool,
    /// Nobody takes anything any more.
    gone: bool,
}

enum Taken {
    Bytes(Bytes),
    /// Read the file from here to there.
    Spilled(u64, u64),
    Ended,
}

impl Tail {
    pub(super) const fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            ready_cost: 0,
            spilled_from: None,
            durable_end: 0,
            backlog: 0,
            ended: false,
            gone: false,
        }
    }

    /// Takes in what has become durable: the payloads with the places of their
    /// frames, and where the file's frames end now.
    pub(super) fn offer(&mut self, pieces: VecDeque<(u64, Bytes)>, durable_end: u64, ended: bool) {
        self.durable_end = durable_end;
        self.ended |= ended;
        for (offset, bytes) in pieces {
            if self.gone {
                return;
            }
            self.backlog += bytes.len() as u64;
            if self.spilled_from.is_some() {
                continue;
            }
            let cost = bytes.len() + PACKET_COST;
            if self.ready_cost + cost <= MAX_READY {
                self.ready_cost += cost;
                self.ready.push_back(bytes);
            } else {
                self.spilled_from = Some(offset);
            }
        }
    }

    fn take(&mut self) -> Option<Taken> {
        if let Some(bytes) = self.pop() {
            let bytes = self.gather(bytes);
            self.backlog = self.backlog.saturating_sub(bytes.len() as u64);
            return Some(Taken::Bytes(bytes));
        }
        if let Some(from) = self.spilled_from {
            return Some(Taken::Spilled(from, self.durable_end));
        }
        self.ended.then_some(Taken::Ended)
    }

    fn pop(&mut self) -> Option<Bytes> {
        let bytes = self.ready.pop_front()?;
        self.ready_cost = self.ready_cost.saturating_sub(bytes.len() + PACKET_COST);
        Some(bytes)
    }

    /// Puts small packets into one.
    fn gather(&mut self, first: Bytes) -> Bytes {
        if first.len() >= SMALL || self.ready.is_empty() {
            return first;
        }
        let mut all = BytesMut::from(first);
        while self
            .ready
            .front()
            .is_some_and(|next| next.len() < SMALL && all.len() + next.len() <= TOGETHER)
            && let Some(next) = self.pop()
        {
            all.extend_from_slice(&next);
        }
        all.freeze()
    }

    fn read(&mut self, up_to: u64, bytes: u64) {
        self.spilled_from = if up_to < self.durable_end {
            Some(up_to)
        } else {
            None
        };
        self.backlog = self.backlog.saturating_sub(bytes);
    }
}

/// Hands out the vendor's bytes once they are durable, in order.
pub struct InputTail {
    core: Arc<Core>,
}

impl InputTail {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// The next durable bytes, at most 256 KiB; `None` after the end. Dropped
    /// while it waits, it has taken nothing.
    ///
    /// # Errors
    /// When the recording has stopped, even if durable bytes are left: after a
    /// failure nothing more may reach the asset.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RecordingStopped> {
        loop {
            let input = &self.core.input;
            let look = || lock(&input.state).tail.take();
            match self.core.wait_for(&input.arrived, look).await? {
                Taken::Bytes(bytes) => return Ok(Some(bytes)),
                Taken::Ended => return Ok(None),
                Taken::Spilled(from, to) => {
                    let bytes = self.read_back(from, to).await?;
                    if !bytes.is_empty() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// Bytes that are durable but not yet taken.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        lock(&self.core.input.state).tail.backlog
    }

    /// Resolves when, and only if, the recording fails. It can be kept apart
    /// from the handle.
    pub fn stopped(&self) -> impl Future<Output = RecordingStopped> + Send + use<> {
        stopped_of(&self.core)
    }

    async fn read_back(&self, from: u64, to: u64) -> Result<Bytes, RecordingStopped> {
        let core = Arc::clone(&self.core);
        let read =
            tokio::task::spawn_blocking(move || read_frames(core.input.file.as_ref(), from, to))
                .await;
        let why = match read {
            Ok(Ok((up_to, bytes))) => {
                // The recording may have stopped while this was read.
                self.core.check()?;
                lock(&self.core.input.state)
                    .tail
                    .read(up_to, bytes.len() as u64);
                return Ok(bytes);
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.core.stop(format!(
            "reading {} again: {why}",
            self.core.input.path().display()
        ));
        self.core.check().map(|()| Bytes::new())
    }
}

impl Drop for InputTail {
    fn drop(&mut self) {
        let tail = &mut lock(&self.core.input.state).tail;
        *tail = Tail {
            gone: true,
            ..Tail::new()
        };
    }
}

/// Reads whole frames between two offsets, as many as fit one read: where they
/// end, and their payloads in one piece.
fn read_frames(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<(u64, Bytes)> {
    let size = usize::try_from((to - from).min(READ_SIZE)).map_err(io::Error::other)?;
    let mut buf = vec![0; size];
    read_exact_at(file, from, &mut buf)?;
    // The payloads move up within the buffer, over the headers before them.
    let (mut read, mut kept) = (0, 0);
    while let Some(header) = buf.get(read..).and_then(<[u8]>::first_chunk::<HEADER_LEN>) {
        let header = FrameHeader::parse(header).ok_or_else(damaged)?;
        let start = read + HEADER_LEN;
        let Some(payload) = buf.get(start..start + header.length) else {
            break;
        };
        if !header.fits(payload) {
            return Err(damaged());
        }
        read = start + header.length;
        if header.kind == Kind::Data {
            buf.copy_within(start..read, kept);
            kept += header.length;
        }
    }
    if read == 0 {
        return Err(damaged());
    }
    buf.truncate(kept);
    Ok((from + read as u64, Bytes::from(buf)))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame is damaged")
}

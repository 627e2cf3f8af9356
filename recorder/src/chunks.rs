//! The thread that makes chunks.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::archive::{End, Seal};
use crate::builder::{CloseError, Packers};
use crate::channel::{Core, Finished, Piece, Receipt, What};
use crate::writer::{Work, lock};

/// A recording that was closed without anybody to ask for it.
#[derive(Clone, Debug)]
pub struct Interrupted {
    /// Its session.
    pub session: domain::SessionId,
    /// Its channel.
    pub channel: u32,
    /// What its manifest says of its end.
    pub closing: crate::archive::Closing,
    /// What its manifest comes to.
    pub seal: Seal,
    /// To be given back once the seal is stored.
    pub receipt: Receipt,
}

/// Makes chunks of what is durable.
pub(crate) struct MakeChunks {
    packers: Packers,
    interrupted: mpsc::UnboundedSender<Interrupted>,
    spare: Vec<Piece>,
}

impl MakeChunks {
    pub(crate) fn new(interrupted: mpsc::UnboundedSender<Interrupted>) -> io::Result<Self> {
        Ok(Self {
            packers: Packers::new()?,
            interrupted,
            spare: Vec::new(),
        })
    }

    /// Goes on with one recording: whatever fails is tried again later.
    fn go_on(&mut self, core: &Arc<Core>) -> Result<(), CloseError> {
        let mut builder = lock(&core.builder);
        let (mut pieces, cut) = {
            let mut state = lock(&core.state);
            if state.sealed || state.broken || core.live.poisoned().is_some() {
                return Ok(());
            }
            let cut = std::mem::take(&mut state.cut);
            (state.take_pieces(std::mem::take(&mut self.spare)), cut)
        };
        let (mut cost, mut finish, mut taken) = (0, None, 0);
        // What a failure has left comes first, or a chunk would grow without limit.
        let mut written = builder.write_full(&mut self.packers);
        for piece in &pieces {
            if written.is_err() {
                break;
            }
            taken += 1;
            cost += piece.entry.what.cost();
            builder.take(piece);
            if piece.entry.what == What::Finish {
                finish = Some(piece.entry.at);
            }
            written = builder.write_full(&mut self.packers);
        }
        pieces.drain(..taken);
        if written.is_ok() && (cut || builder.is_old(core.at())) {
            written = builder.cut(&mut self.packers);
        }
        let abandoned = {
            let mut state = lock(&core.state);
            state.put_back(&mut pieces);
            state.chunked(cost, builder.floor());
            state.cuts += u64::from(cut && written.is_ok());
            state.abandoned()
        };
        if pieces.capacity() < 4096 {
            self.spare = pieces;
        }
        core.ring();
        written?;
        if core.check().is_err() || abandoned {
            drop(builder);
            return self.interrupt(core);
        }
        let Some(at) = finish else { return Ok(()) };
        let (counted, kept_out, sha256) = {
            let kept = lock(&core.kept);
            (kept.counted, kept.kept, kept.digests())
        };
        let (closing, seal) = builder.close(End::Complete, at, Some(counted), &mut self.packers)?;
        let mut state = lock(&core.state);
        state.chunked(0, None);
        state.sealed = true;
        state.finished = Some(Finished {
            bytes_in: closing.bytes_in,
            bytes_out: counted,
            kept_out,
            sha256,
            exit: closing.exit,
            seal,
            receipt: core.receipt(),
        });
        drop(state);
        core.ring();
        Ok(())
    }

    /// Closes a recording that nobody will end.
    fn interrupt(&mut self, core: &Arc<Core>) -> Result<(), CloseError> {
        let counted = lock(&core.kept).counted;
        let (closing, seal) = lock(&core.builder).close(
            End::Interrupted,
            core.at(),
            Some(counted),
            &mut self.packers,
        )?;
        let mut state = lock(&core.state);
        state.chunked(0, None);
        state.sealed = true;
        drop(state);
        tracing::warn!(recording = core.name(), "recording.interrupted");
        let _ = self.interrupted.send(Interrupted {
            session: core.session,
            channel: core.channel,
            closing,
            seal,
            receipt: core.receipt(),
        });
        Ok(())
    }
}

impl Work for MakeChunks {
    fn run(&mut self, ready: &mut Vec<Arc<Core>>) {
        for core in ready.drain(..) {
            // What one channel's bytes make panic must not end another channel.
            let gone_on = catch_unwind(AssertUnwindSafe(|| self.go_on(&core)));
            match gone_on {
                Ok(Ok(())) => {}
                Ok(Err(CloseError::Write(error))) => {
                    core.stop_later(format!("writing its chunks: {error}"));
                }
                Ok(Err(CloseError::Flush(error))) => {
                    let why = format!("flushing the chunks of {}: {error}", core.name());
                    core.live.poison(&why);
                }
                Err(_) => {
                    // Something of it may be in no chunk and nowhere in memory, so the
                    // log keeps it for the next start.
                    lock(&core.state).broken = true;
                    core.stop_later("making its chunks has panicked");
                }
            }
        }
    }
}

//! The orderly end of a recording.

use std::sync::Arc;

use super::Core;
use crate::disk::write_all_at;
use crate::error::RecordingStopped;
use crate::frame::{self, Close, Ending};
use crate::writer::lock;

/// What a finished recording holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Bytes from the vendor; all are kept.
    pub bytes_in: u64,
    /// Bytes from the asset, both streams.
    pub bytes_out: u64,
    /// How many of those are kept.
    pub kept_out: u64,
    /// Hashes of the whole output, unless everything is kept.
    pub sha256: Option<Digests>,
}

/// SHA-256 of each output stream, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of standard output.
    pub out: [u8; 32],
    /// Of standard error.
    pub err: [u8; 32],
}

/// Waits until both writers are through, then closes the files. The output's
/// queue has been closed before.
pub(super) async fn finish(core: &Arc<Core>) -> Result<Finished, RecordingStopped> {
    core.input.end(core);
    core.wait_for(&core.input.room, || {
        (lock(&core.input.state).undurable == 0).then_some(())
    })
    .await?;
    core.wait_for(&core.output.drained, || {
        lock(&core.output.state).complete.then_some(())
    })
    .await?;
    let closing = Arc::clone(core);
    match tokio::task::spawn_blocking(move || close(&closing)).await {
        Ok(Ok(finished)) => core.check().map(|()| finished),
        Ok(Err(why)) => Err(stop(core, why)),
        Err(error) => Err(stop(core, error.to_string())),
    }
}

fn stop(core: &Core, why: String) -> RecordingStopped {
    core.stop(why.clone());
    core.check()
        .err()
        .unwrap_or_else(|| RecordingStopped::new(why))
}

/// The `.cast` first: the close frame vouches for its length.
fn close(core: &Core) -> Result<Finished, String> {
    let output = &core.output;
    output.flush()?;
    let cast = lock(&output.log);
    let mut log = lock(&core.input.log);
    let close = Close {
        ending: Ending::Finished,
        cast_len: cast.end,
        bytes_in: log.bytes_in,
        bytes_out: cast.kept.counted,
    };
    let mut bytes = Vec::new();
    frame::append_close(log.last_at.max(cast.last_at), &close, &mut bytes);
    let file = core.input.file.as_ref();
    write_all_at(file, log.end, &bytes)
        .and_then(|()| {
            log.end += bytes.len() as u64;
            file.set_len(log.end)
        })
        .and_then(|()| file.sync())
        .map_err(|error| format!("closing {}: {error}", core.input.path().display()))?;
    lock(&output.state).mark_flushed();
    Ok(Finished {
        bytes_in: close.bytes_in,
        bytes_out: close.bytes_out,
        kept_out: cast.kept.kept,
        sha256: cast.kept.digests(),
    })
}

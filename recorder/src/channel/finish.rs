//! The orderly end of a recording.

use std::sync::Arc;

use super::Core;
use crate::error::RecordingStopped;
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

/// The input log first: the last line of the `.cast` vouches for it.
fn close(core: &Core) -> Result<Finished, String> {
    let input = lock(&core.input.log);
    let file = core.input.file.as_ref();
    file.set_len(input.end)
        .and_then(|()| file.sync())
        .map_err(|error| format!("closing {}: {error}", core.input.path().display()))?;

    let mut output = lock(&core.output.log);
    output
        .close(core.output.file.as_ref(), input.end)
        .and_then(|()| core.output.file.sync())
        .map_err(|error| format!("closing {}: {error}", core.output.path().display()))?;
    lock(&core.output.state).mark_flushed();
    Ok(Finished {
        bytes_in: input.bytes_in,
        bytes_out: output.kept.counted,
        kept_out: output.kept.kept,
        sha256: output.kept.digests(),
    })
}

//! How much of the output is kept, and what stands for the rest.

use aws_lc_rs::digest::{Context, SHA256};

use super::finish::Digests;
use crate::cast::Stream;
use crate::header::KeepOutput;

/// What is kept of the output, and the count and hashes that stand for the rest.
pub(crate) struct Kept {
    keep: KeepOutput,
    pub(crate) counted: u64,
    pub(crate) kept: u64,
    /// Of standard output and of standard error; not if everything is kept.
    hashes: Option<(Context, Context)>,
    cut: bool,
}

impl Kept {
    pub(crate) fn new(keep: KeepOutput) -> Self {
        let hashes = match keep {
            KeepOutput::Everything => None,
            KeepOutput::First(_) => Some((Context::new(&SHA256), Context::new(&SHA256))),
        };
        Self {
            keep,
            counted: 0,
            kept: 0,
            hashes,
            cut: false,
        }
    }

    /// Counts `bytes`; how many of them, from the first, are to be kept.
    pub(crate) fn take(&mut self, stream: Stream, bytes: &[u8]) -> usize {
        self.counted += bytes.len() as u64;
        if let Some((out, err)) = &mut self.hashes {
            match stream {
                Stream::Out => out.update(bytes),
                Stream::Err => err.update(bytes),
            }
        }
        let kept = match self.keep {
            KeepOutput::Everything => bytes.len(),
            KeepOutput::First(limit) => {
                let room = usize::try_from(limit.saturating_sub(self.kept)).unwrap_or(usize::MAX);
                bytes.len().min(room)
            }
        };
        self.kept += kept as u64;
        kept
    }

    /// Whether this is the first time that something isn't kept.
    pub(crate) const fn cut_now(&mut self) -> bool {
        !std::mem::replace(&mut self.cut, true)
    }

    pub(crate) fn cut_label(&self) -> String {
        format!(
            "output is kept up to here ({} bytes); what follows is counted and hashed",
            self.kept
        )
    }

    pub(crate) fn end_label(&self) -> Option<String> {
        let digests = self.digests().filter(|_| self.cut)?;
        Some(format!(
            "{} of {} bytes of output are kept; SHA-256 of all standard output {}, of all standard error {}",
            self.kept,
            self.counted,
            hex(&digests.out),
            hex(&digests.err),
        ))
    }

    /// The hashes as of now.
    pub(crate) fn digests(&self) -> Option<Digests> {
        let (out, err) = self.hashes.as_ref()?;
        Some(Digests {
            out: digest(out)?,
            err: digest(err)?,
        })
    }
}

fn digest(context: &Context) -> Option<[u8; 32]> {
    context.clone().finish().as_ref().try_into().ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

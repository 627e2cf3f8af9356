//! A recording with everything that is needed to check it, in one tar file, in
//! the format of `docs/evidence.md`, section 3. It can be checked without us:
//! its README says how.

mod in_place;
mod open;
mod readme;
mod tar_files;
mod write;

pub use in_place::InPlace;
pub use open::{BadBundle, Bundle};
pub use tar_files::TarFiles;
pub use write::{BundleReader, Contents, Papers, Proven};

/// How to check it with stock tools.
pub const README: &str = "README.md";
/// The directory of the recording.
pub const RECORDING: &str = "recording";
/// The leaf that seals it.
pub const SEAL: &str = "seal.json";
/// The leaf's index and inclusion proof, and the checkpoint.
pub const PROOF: &str = "seal.tlog-proof";
/// The directory of what the log committed to while the recording was under way.
pub const PROGRESS: &str = "progress";
/// The most of that in a bundle: a week's worth. What came last covers what came before.
pub const MAX_PROGRESS: usize = 1000;
/// Public keys: the log's, then those of witnesses.
pub const VKEYS: &str = "log.vkeys";
/// Hand-over notes.
pub const HANDOVERS: &str = "log.handovers";
/// The recording to look at; no evidence.
pub const REPLAY: &str = "replay.html";

/// The longest leaf, in bytes; an entry of a C2SP log can't be longer.
pub const MAX_LEAF: u64 = 65_535;
/// The longest proof, list of keys or list of hand-overs that is read, in bytes.
pub const MAX_PAPER: u64 = 1 << 20;

/// The file in a bundle with the recording's own key to a track.
#[must_use]
pub const fn key_name(track: crate::archive::Track) -> &'static str {
    match track {
        crate::archive::Track::Output => "recording/output.agekey",
        crate::archive::Track::Input => "recording/input.agekey",
    }
}

/// The files of what was committed to as number `number`, from 1: the leaf, and the
/// proof that it is in the log.
#[must_use]
pub fn progress_names(number: usize) -> [String; 2] {
    ["json", "tlog-proof"].map(|kind| format!("{PROGRESS}/{number}.{kind}"))
}

#[cfg(test)]
mod tests;

//! Finding recordings by what was shown on their screens.
//!
//! The index is no state of the plant: it says nothing that the recordings do not
//! say, and can be made from them at any time. Therefore [`IndexTx`] may commit
//! without an event of the audit log; it reaches nothing but the index.

mod fill;
mod look;
mod query;
mod tx;

pub use fill::Line as ScreenLine;
pub use look::{Hit, SearchFilter};
pub use query::Phrase;

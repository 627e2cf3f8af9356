//! The only SQL of Drawbridge.
//!
//! Each change of state is one transaction: load, let the domain decide, save,
//! write the audit event, commit. `tx` holds the write transaction, which can't
//! be committed without an event. Decisions are the domain's; races are settled
//! here, because a write transaction has the database to itself.
//!
//! Start reading at `store` (opening), then `deciding` (requests and grants)
//! and `tickets` (how a session begins).

mod accounts;
mod audit;
mod authority;
mod companies;
mod deciding;
mod disabling;
mod ending;
mod error;
mod grants;
mod holds;
mod log;
mod logins;
mod notices;
mod page;
mod passwords;
mod plant;
mod purging;
mod recordings;
mod requests;
mod row;
mod scope;
mod search;
mod secret;
mod sessions;
mod shares;
mod sign_in;
mod steering;
mod store;
mod tickets;
mod tx;
mod vault;
mod watching;
mod ways;

#[cfg(test)]
mod tests;

pub use audit::EventFilter;
pub use companies::Companies;
pub use domain::request::{Ask as NewRequest, Narrowing};
pub use error::{Kind, LiveGrant, Refusal, StoreError};
pub use grants::GrantFilter;
pub use holds::HoldFilter;
pub use log::{EventProof, LogCheckpoint, LogFault, LogHead, SealProof};
pub use logins::{LoginKind, LoginRow};
pub use notices::{DueNotice, Lookout, NoticeChannel, NoticeRow, NoticeState, NoticeWays};
pub use page::{Page, Paged};
pub use plant::Apply;
pub use purging::{KeptRecording, PurgePlan};
pub use recordings::{Recording, RecordingEnd, RecordingFilter, RecordingSeal, UnsealedRecording};
pub use requests::RequestFilter;
pub use scope::Scope;
pub use search::{Hit, Phrase, ScreenLine, SearchFilter};
pub use sessions::{EndOrder, LetIn, Paused, SessionEnd, SessionFilter, SessionRow, ZoneRules};
pub use shares::{IssuedShare, NewShare, Presented, Share, ShareForm};
pub use sign_in::{ComingBy, IssuedToken, SignInFacts};
pub use steering::Message;
pub use store::{Options, Store};
pub use tickets::{Admitted, IssuedTicket, Redeemed};
pub use vault::{Credential, CredentialInfo, VaultError, VaultKey};
pub use watching::Watcher;
pub use ways::ConduitState;

//! The words and the decisions of Drawbridge.
//!
//! Everything here is pure: values and a time go in, values come out. No
//! socket, file, database, clock or random number is touched, so that each
//! rule that may stop a plant, or let somebody into one, is tested by table and
//! by property. The shells around it load, call, save and report.
//!
//! Read [`policy`] for who may do what, [`request`] and [`grant`] for the way of
//! a request, [`session`] for how a session ends, and [`plant`] for what a plant
//! is made of.

pub mod account;
pub mod audit;
pub mod crowd;
pub mod grant;
pub mod id;
pub mod name;
pub mod notice;
pub mod plant;
pub mod policy;
pub mod request;
pub mod retention;
pub mod session;
pub mod time;

pub use account::email::{BadEmail, EmailAddress};
pub use account::{Account, AccountState, Role};
pub use audit::{Actor, Draft, Event, Who};
pub use crowd::{Crowd, CrowdLimits};
pub use grant::{Grant, GrantEnd, GrantEndReason, GrantPhase};
pub use id::{
    EventId, GrantId, HoldId, NoticeId, RequestId, SessionId, ShareId, TicketId, TokenId, WatchId,
};
pub use name::{AccountName, AssetName, BadName, ConduitName, CredentialName, SiteName, ZoneName};
pub use notice::{Notice, NoticeKind};
pub use plant::{
    Asset, Conduit, Keep, Operation, PlannedAccount, Plant, Protocol, Quorum, Rules, SecurityLevel,
    Site, SshEndpoint, Zone,
};
pub use policy::{Action, Denied, Input, Permit, Revoker, Verdict};
pub use request::{Approval, Request, RequestState};
pub use retention::{Hold, HoldOn, Kept, Purge, Signed, Why, may_purge};
pub use session::{Blame, CloseReason};
pub use time::{
    BadDuration, BadZone, Clock, EmptyWindow, PlantTime, Random, Timestamp, Window, human_duration,
    parse_duration, parse_long_duration,
};

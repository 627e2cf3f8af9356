//! What the API is made of, and what its handlers share.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use domain::{AccountName, Clock, Random};
use ledger::VerifierKey;
use recorder::Recorder;
use store::{NoticeWays, Store};

use crate::anchors::{AnchorBoard, SigningBoard};
use crate::hashing::Hashing;
use crate::idle::LastUse;
use crate::indexes::Indexes;
use crate::places::Places;
use crate::presence::Watching;
use crate::terminals::Terminals;

/// Recordings that one account may have sent out at once: each holds an open
/// file.
const REPLAYS: usize = 8;
/// Event streams that one account may have: each asks after every change.
const LISTENERS: usize = 4;

/// Shared recordings that one network may have sent out, or try, at once.
const STRANGERS: usize = 8;

/// Terminals that one account may have open in browsers.
const TERMINALS: usize = 8;

/// Sessions that one account may watch at once: a wall of them, on two desks.
const VIEWS: usize = 64;

/// Calls that one account may have under way: each may hold a reader of the
/// database, or wait for its writer.
const CALLS: usize = 16;

/// What the API is made of.
pub struct App {
    /// The state of the plant.
    pub store: Store,
    /// What records sessions, and reads what it has recorded.
    pub recorder: Recorder,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// What opens terminals for browsers.
    pub terminals: Arc<dyn Terminals>,
    /// What the plant's operator decides.
    pub settings: ApiSettings,
}

/// What the plant's operator decides.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The host that vendors' SSH clients connect to, as vendors know it.
    pub ssh_host: String,
    /// Its port.
    pub ssh_port: u16,
    /// The broker's SSH host key, as one line of OpenSSH.
    pub ssh_host_key: String,
    /// The public keys that the log is checked with: its own, then those of
    /// witnesses.
    pub log_keys: Vec<VerifierKey>,
    /// How the log's anchors stand.
    pub anchors: AnchorBoard,
    /// Whether the log can be signed.
    pub signing: SigningBoard,
    /// On which ways people are told that they must act.
    pub notices: NoticeWays,
    /// How long a login lasts.
    pub token_lifetime: Duration,
    /// How long a browser's login lasts that nobody uses.
    pub browser_idle: Duration,
    /// What everybody accepts before they sign in.
    pub banner: String,
    /// How long a request may take, until its answer begins.
    pub request_timeout: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            ssh_host: "localhost".to_owned(),
            ssh_port: 2222,
            ssh_host_key: String::new(),
            log_keys: Vec::new(),
            anchors: AnchorBoard::default(),
            signing: SigningBoard::default(),
            notices: NoticeWays::default(),
            token_lifetime: Duration::from_secs(12 * 3600),
            browser_idle: Duration::from_secs(30 * 60),
            banner: String::new(),
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// What all handlers share.
#[derive(Clone)]
pub(crate) struct Api(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) hashing: Hashing,
    pub(crate) last_use: LastUse,
    pub(crate) replays: Places<AccountName>,
    pub(crate) strangers: Places<IpAddr>,
    pub(crate) indexes: Indexes,
    pub(crate) listeners: Places<AccountName>,
    pub(crate) calls: Places<AccountName>,
    /// Calls that stop what goes on have places of their own: whoever has many
    /// pages open must still get one through.
    pub(crate) stops: Places<AccountName>,
    pub(crate) terminals_open: Places<AccountName>,
    pub(crate) viewers: Places<AccountName>,
    pub(crate) watching: Watching,
}

impl Api {
    pub(crate) fn new(app: App) -> Self {
        Self(Arc::new(Parts {
            last_use: LastUse::new(app.settings.browser_idle),
            app,
            hashing: Hashing::default(),
            replays: Places::new(REPLAYS),
            strangers: Places::new(STRANGERS),
            indexes: Indexes::default(),
            listeners: Places::new(LISTENERS),
            calls: Places::new(CALLS),
            stops: Places::new(CALLS),
            terminals_open: Places::new(TERMINALS),
            viewers: Places::new(VIEWS),
            watching: Watching::default(),
        }))
    }
}

impl Deref for Api {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

//! The proof that a connection was authorised just now.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Admission, Denied};
use crate::id::{GrantId, SessionId};
use crate::name::{AccountName, AssetName, ConduitName, CredentialName, ZoneName};
use crate::plant::{Conduit, Keep, Operation, SshEndpoint};
use crate::time::Timestamp;

/// Proof that one session was authorised. Its fields are private and only
/// [`super::admit`] makes one, so code that demands a `&Permit` can't be reached
/// without that decision:
///
/// ```compile_fail,E0451
/// fn another(permit: drawbridge_domain::Permit) -> drawbridge_domain::Permit {
///     drawbridge_domain::Permit { user: "root".to_owned(), ..permit }
/// }
/// ```
///
/// ```compile_fail,E0624
/// let issue = drawbridge_domain::Permit::issue;
/// ```
///
/// It dies with its grant: [`Permit::check`] fails once its [`Revoker`] has
/// spoken or its window has passed.
pub struct Permit {
    session: SessionId,
    grant: GrantId,
    account: AccountName,
    asset: AssetName,
    zone: ZoneName,
    supervised: bool,
    conduit: Conduit,
    target: SocketAddr,
    user: String,
    host_key: String,
    credential: CredentialName,
    life: Arc<Life>,
}

/// The end of the window in µs; [`REVOKED`] once the permit is dead for good.
struct Life(AtomicI64);

const REVOKED: i64 = i64::MIN;

impl Life {
    fn extend_to(&self, end: Timestamp) {
        // Never brings a revoked permit back.
        let _ = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
                (now != REVOKED).then_some(end.as_micros())
            });
    }
}

/// Ends a [`Permit`], or moves its end with its grant's. Revoking is for good.
#[derive(Clone)]
pub struct Revoker(Arc<Life>);

impl Revoker {
    /// Ends the permit for good.
    pub fn revoke(&self) {
        self.0.0.store(REVOKED, Ordering::Release);
    }

    /// Moves the end of its window, as the grant's has moved.
    pub fn extend_to(&self, end: Timestamp) {
        self.0.extend_to(end);
    }
}

impl fmt::Debug for Revoker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revoker")
    }
}

impl Permit {
    pub(super) fn issue(
        ask: &Admission<'_>,
        conduit: &Conduit,
        endpoint: &SshEndpoint,
    ) -> (Self, Revoker) {
        let life = Arc::new(Life(AtomicI64::new(ask.grant.window.end().as_micros())));
        let permit = Self {
            session: ask.session,
            grant: ask.grant.id,
            account: ask.account.name.clone(),
            asset: ask.asset.name.clone(),
            zone: ask.zone.name.clone(),
            supervised: ask.zone.supervised,
            conduit: conduit.clone(),
            target: endpoint.at(ask.asset.address),
            user: endpoint.user.clone(),
            host_key: endpoint.host_key.clone(),
            credential: endpoint.credential.clone(),
            life: Arc::clone(&life),
        };
        (permit, Revoker(life))
    }

    /// Whether it still holds.
    ///
    /// # Errors
    /// [`Denied::Revoked`] or [`Denied::Over`].
    pub fn check(&self, now: Timestamp) -> Result<(), Denied> {
        match self.life.0.load(Ordering::Acquire) {
            REVOKED => Err(Denied::Revoked),
            end if now.as_micros() >= end => Err(Denied::Over {
                ended: Timestamp::from_micros(end),
            }),
            _ => Ok(()),
        }
    }

    /// When its window ends, as things stand. 1970 once it is revoked.
    #[must_use]
    pub fn window_end(&self) -> Timestamp {
        Timestamp::from_micros(self.life.0.load(Ordering::Acquire))
    }

    /// Whether somebody must watch what is done under it.
    #[must_use]
    pub const fn supervised(&self) -> bool {
        self.supervised
    }

    /// The session that it is for.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The grant that it comes from.
    #[must_use]
    pub const fn grant(&self) -> GrantId {
        self.grant
    }

    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> &AccountName {
        &self.account
    }

    /// To what.
    #[must_use]
    pub const fn asset(&self) -> &AssetName {
        &self.asset
    }

    /// Into which zone.
    #[must_use]
    pub const fn zone(&self) -> &ZoneName {
        &self.zone
    }

    /// Through which conduit.
    #[must_use]
    pub const fn conduit(&self) -> &ConduitName {
        &self.conduit.name
    }

    /// The only address and port that may be dialled under it.
    #[must_use]
    pub const fn target(&self) -> SocketAddr {
        self.target
    }

    /// The broker's own address to dial from, where the conduit names one.
    #[must_use]
    pub const fn source(&self) -> Option<IpAddr> {
        self.conduit.source
    }

    /// The user to sign in as at the asset.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The asset's pinned host key, one line of OpenSSH.
    #[must_use]
    pub fn host_key(&self) -> &str {
        &self.host_key
    }

    /// The secret to sign in with.
    #[must_use]
    pub const fn credential(&self) -> &CredentialName {
        &self.credential
    }

    /// Whether the conduit lets the operation through.
    #[must_use]
    pub fn allows(&self, operation: Operation) -> bool {
        self.conduit.operations.contains(&operation)
    }

    /// Whether the conduit lets the environment variable through.
    #[must_use]
    pub fn environment_allows(&self, variable: &str) -> bool {
        self.conduit.environment_allows(variable)
    }

    /// How much of the asset's bulk output is kept.
    #[must_use]
    pub const fn keep(&self) -> Keep {
        self.conduit.record
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("session", &self.session)
            .field("asset", &self.asset)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

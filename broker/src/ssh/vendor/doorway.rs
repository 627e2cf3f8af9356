//! How a vendor comes in: with a ticket as the password, and in no other way. Every
//! failure looks the same from outside and takes the same time.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::{Actor, Denied, Draft, PlantTime, Protocol, Revoker};
use russh::server::Auth;
use secrecy::SecretString;
use store::{Admitted, Redeemed};
use tokio::sync::{mpsc, oneshot};

use crate::house::House;
use crate::session::{ChannelEnd, Session};
use crate::ssh::algorithms::password_only;
use crate::ssh::knock::Knock;
use crate::ssh::user::SshUser;

/// Somebody came with a right ticket.
pub(crate) enum Entered {
    /// Something stands against a session just now, so there is no permit, and
    /// nothing can be dialled. With the reason in one line.
    Refused(String),
    /// A session has begun.
    Admitted(Box<Begun>),
}

/// A session that has just begun.
pub(crate) struct Begun {
    pub(crate) session: Arc<Session>,
    pub(crate) revoker: Revoker,
    pub(crate) ends: mpsc::UnboundedReceiver<ChannelEnd>,
}

/// How far a vendor has come.
pub(super) enum Door {
    Shut,
    /// With the reason in one line.
    Refused(String),
    Open(Arc<Session>),
}

/// Lets vendors in.
pub(super) struct Doorway {
    house: Arc<House>,
    pub(super) source: SocketAddr,
    pub(super) door: Door,
    knock: Knock,
    tell: Option<oneshot::Sender<Entered>>,
}

impl Doorway {
    pub(super) fn new(
        house: Arc<House>,
        source: SocketAddr,
        tell: oneshot::Sender<Entered>,
    ) -> Self {
        Self {
            knock: Knock::new(house.limits.tries),
            house,
            source,
            door: Door::Shut,
            tell: Some(tell),
        }
    }

    /// Any way but a ticket.
    pub(super) fn without_ticket(&mut self, user: &str) -> Auth {
        self.knock.named(user);
        rejected()
    }

    /// A ticket. Which of the many things may be wrong with it, nobody is told.
    pub(super) async fn with_ticket(&mut self, user: &str, ticket: &str) -> Auth {
        let Some(user) = self.knock.with_ticket(user) else {
            tracing::info!(source = %self.source, "ssh.sign_in_refused");
            return rejected();
        };
        let ticket = SecretString::from(ticket);
        let source = self.source.ip().to_string();
        let redeemed = self
            .house
            .store
            .redeem_ticket(&user.account, &user.asset, Protocol::Ssh, &ticket, &source)
            .await;
        match redeemed {
            Ok(Redeemed::Admitted(admitted)) => self.admit(*admitted),
            Ok(Redeemed::Denied(denied, time)) => self.deny(&user, &denied, &time).await,
            Ok(Redeemed::Unknown) => {
                tracing::info!(source = %self.source, user = %user, "ssh.sign_in_refused");
                rejected()
            }
            Err(error) => {
                tracing::error!(source = %self.source, reason = %error, "ssh.sign_in_failed");
                rejected()
            }
        }
    }

    fn admit(&mut self, admitted: Admitted) -> Auth {
        let Admitted {
            permit,
            revoker,
            input,
            plant_time,
        } = admitted;
        let (session, ends) = Session::new(Arc::clone(&self.house), permit, plant_time, input);
        self.door = Door::Open(Arc::clone(&session));
        self.tell(Entered::Admitted(Box::new(Begun {
            session,
            revoker,
            ends,
        })));
        Auth::Accept
    }

    async fn deny(&mut self, user: &SshUser, denied: &Denied, time: &PlantTime) -> Auth {
        let now = self.house.clock.now();
        let actor = Actor::account(user.account.clone(), self.source.ip().to_string());
        let draft = Draft::new("session.denied", "asset", &user.asset).reason(denied.code());
        if let Err(error) = self.house.store.alarm(&actor, draft).await {
            tracing::error!(reason = %error, "ssh.denial_not_audited");
        }
        let why = denied.for_vendor(time, &user.asset, now);
        self.door = Door::Refused(why.clone());
        self.tell(Entered::Refused(why));
        Auth::Accept
    }

    fn tell(&mut self, entered: Entered) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(entered);
        }
    }
}

fn rejected() -> Auth {
    Auth::Reject {
        proceed_with_methods: Some(password_only()),
        partial_success: false,
    }
}

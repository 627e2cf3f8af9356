//! The steps of a request that waits: approved, denied, withdrawn, lapsed,
//! cancelled.

use super::{
    Approval, Approved, MAX_TEXT, Narrowing, Request, RequestRefused, RequestState, Way,
    check_extension, plain_text, within,
};
use crate::account::{Account, Role};
use crate::grant::Grant;
use crate::id::GrantId;
use crate::name::{AccountName, ZoneName};
use crate::time::{Timestamp, Window};

impl Request {
    /// Takes out the approvals of those who may no longer approve, and gives
    /// their names: a quorum counts people who are entitled when it is complete.
    /// `known` are the accounts as they are now.
    #[must_use]
    pub fn void_approvals(mut self, known: &[Account]) -> (Self, Vec<AccountName>) {
        let RequestState::Waiting { approvals } = &mut self.state else {
            return (self, Vec::new());
        };
        let zone = &self.zone;
        let stands = |a: &Approval| known.iter().any(|k| k.name == a.by && approves_in(k, zone));
        let void = approvals.extract_if(.., |a| !stands(a)).map(|a| a.by);
        let void = void.collect();
        (self, void)
    }

    /// One approver's yes. The one that completes the quorum makes the grant
    /// (with `grant_id`), or extends `extended`, which must be the grant that
    /// [`Request::extends`] names.
    ///
    /// # Errors
    /// [`RequestRefused`], for each rule on approving.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of one decision")]
    pub fn approve(
        mut self,
        approver: &Account,
        narrowing: Narrowing,
        note: Option<String>,
        way: Way<'_>,
        quorum: usize,
        extended: Option<Grant>,
        grant_id: GrantId,
        now: Timestamp,
    ) -> Result<Approved, RequestRefused> {
        let mut approvals = self.deciding(approver, now)?;
        if approvals.iter().any(|a| a.by == approver.name) {
            return Err(RequestRefused::ApprovedBefore);
        }
        let note = note
            .map(|n| plain_text("the note", &n, MAX_TEXT))
            .transpose()?;
        let window = self.narrowed(narrowing)?;
        if window.end() <= now {
            return Err(RequestRefused::WindowPassed);
        }
        if !way
            .conduit
            .is_some_and(|c| c.protocols.contains(&self.protocol))
        {
            return Err(RequestRefused::NoConduit {
                asset: self.asset,
                protocol: self.protocol,
            });
        }
        match &extended {
            Some(grant) => check_extension(grant, window.end(), way, now)?,
            None => within(window.length(), way.longest())?,
        }
        approvals.push(Approval {
            by: approver.name.clone(),
            at: now,
            window,
            note,
        });
        if approvals.len() < quorum {
            self.state = RequestState::Waiting { approvals };
            return Ok(Approved::Waiting(self));
        }
        match extended {
            Some(grant) => {
                let longer = Window::new(grant.window.start(), window.end())
                    .map_err(|_| RequestRefused::EmptyWindow)?;
                self.state = RequestState::Granted {
                    grant: grant.id,
                    approvals,
                };
                let grant = Grant {
                    window: longer,
                    extensions: grant.extensions + 1,
                    ..grant
                };
                Ok(Approved::Extended(self, grant))
            }
            None => {
                self.state = RequestState::Granted {
                    grant: grant_id,
                    approvals,
                };
                let grant = Grant {
                    id: grant_id,
                    request: self.id,
                    account: self.account.clone(),
                    asset: self.asset.clone(),
                    zone: self.zone.clone(),
                    protocol: self.protocol,
                    window,
                    created_at: now,
                    ended: None,
                    extensions: 0,
                };
                Ok(Approved::Granted(self, grant))
            }
        }
    }

    /// An approver's no.
    ///
    /// # Errors
    /// [`RequestRefused`], for one who may not decide, or without a reason.
    pub fn deny(
        mut self,
        approver: &Account,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, RequestRefused> {
        self.deciding(approver, now)?;
        let reason = plain_text("the reason", reason, MAX_TEXT)?;
        self.state = RequestState::Denied {
            by: approver.name.clone(),
            at: now,
            reason,
        };
        Ok(self)
    }

    /// The vendor takes it back.
    ///
    /// # Errors
    /// [`RequestRefused`], for anybody else, or when it no longer waits.
    pub fn withdraw(mut self, by: &AccountName, now: Timestamp) -> Result<Self, RequestRefused> {
        if *by != self.account {
            return Err(RequestRefused::NotYours);
        }
        self.still_waiting()?;
        self.state = RequestState::Withdrawn { at: now };
        Ok(self)
    }

    /// It falls with its account or asset.
    ///
    /// # Errors
    /// [`RequestRefused::NotWaiting`] when it no longer waits.
    pub fn cancel(mut self, reason: &str, now: Timestamp) -> Result<Self, RequestRefused> {
        self.still_waiting()?;
        self.state = RequestState::Cancelled {
            at: now,
            reason: reason.to_owned(),
        };
        Ok(self)
    }

    /// Its time is over. Unchanged, as `None`, if it is not, or if it no longer
    /// waits.
    #[must_use]
    pub fn lapse(mut self, now: Timestamp) -> Option<Self> {
        if self.still_waiting().is_err() || now < self.lapses_at() {
            return None;
        }
        self.state = RequestState::Lapsed { at: now };
        Some(self)
    }

    /// The approvals so far, if this approver may decide now.
    fn deciding(
        &self,
        approver: &Account,
        now: Timestamp,
    ) -> Result<Vec<Approval>, RequestRefused> {
        if approver.name == self.account {
            return Err(RequestRefused::OwnRequest);
        }
        if !approves_in(approver, &self.zone) {
            return Err(RequestRefused::NotAnApprover(self.zone.clone()));
        }
        let approvals = self.still_waiting()?;
        if now >= self.lapses_at() {
            return Err(RequestRefused::WindowPassed);
        }
        Ok(approvals.to_vec())
    }

    fn still_waiting(&self) -> Result<&[Approval], RequestRefused> {
        match &self.state {
            RequestState::Waiting { approvals } => Ok(approvals),
            RequestState::Granted { .. }
            | RequestState::Denied { .. }
            | RequestState::Withdrawn { .. }
            | RequestState::Lapsed { .. }
            | RequestState::Cancelled { .. } => {
                Err(RequestRefused::NotWaiting(self.state.as_str()))
            }
        }
    }

    fn narrowed(&self, narrowing: Narrowing) -> Result<Window, RequestRefused> {
        let outer = self.window();
        let start = narrowing.not_before.unwrap_or(outer.start());
        let end = narrowing.not_after.unwrap_or(outer.end());
        // More time begins where the grant ends: only its end can be narrowed.
        let start = if self.extends.is_some() {
            outer.start()
        } else {
            start
        };
        let window = Window::new(start, end).map_err(|_| RequestRefused::EmptyWindow)?;
        if window.lies_within(&outer) {
            Ok(window)
        } else {
            Err(RequestRefused::Widens(outer.start(), outer.end()))
        }
    }
}

fn approves_in(account: &Account, zone: &ZoneName) -> bool {
    account.is_active() && account.role == Role::Approver && account.zones.contains(zone)
}

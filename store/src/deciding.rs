//! The way of a request, from asking to a grant, and of a grant to a later end.
//! Each function is one transaction, so that of two who act at the same instant
//! the second one meets what the first has made of it.

use domain::plant::Rules;
use domain::request::{Approved, Ask, Narrowing, RequestRefused};
use domain::{
    Account, Action, Actor, Draft, Grant, GrantId, Request, RequestId, RequestState, Role,
    Timestamp,
};
use serde_json::json;

use crate::error::StoreError;
use crate::store::Store;
use crate::tx::WriteTx;
use crate::ways::StoredWay;
use crate::{accounts, authority, grants, plant, requests, ways};

impl Store {
    /// A vendor asks for a session.
    ///
    /// # Errors
    /// When a rule on asking says no, or the database fails.
    pub async fn request(&self, actor: &Actor, ask: Ask) -> Result<Request, StoreError> {
        let mut tx = self.write().await?;
        let vendor = authority::require_person(&mut tx, actor, Action::FileRequest).await?;
        let way = ways::load(tx.conn(), &ask.asset).await?;
        let way = way.ok_or_else(|| RequestRefused::NoSuchAsset(ask.asset.clone()))?;
        let waiting = requests::waiting_of(tx.conn(), &vendor.name).await?;
        let id = RequestId::new(tx.now(), tx.random());
        let request = Request::file(id, &vendor, ask, way.as_way(), &waiting, tx.now())?;
        requests::insert(tx.conn(), &request).await?;
        let draft = filed_draft(&request);
        tx.commit(actor, draft).await?;
        Ok(request)
    }

    /// One approver's yes, with the window as they narrow it. The last one that
    /// is needed makes the grant, or moves the end of the grant that it extends.
    ///
    /// # Errors
    /// When a rule on approving says no, or the database fails.
    pub async fn approve(
        &self,
        actor: &Actor,
        id: RequestId,
        narrowing: Narrowing,
        note: Option<String>,
    ) -> Result<Request, StoreError> {
        let mut tx = self.write().await?;
        let approver = authority::require_person(&mut tx, actor, Action::DecideRequest).await?;
        let request = requests::load(tx.conn(), id).await?;
        let (request, draft) = approve(&mut tx, actor, &approver, request, narrowing, note).await?;
        tx.commit(actor, draft).await?;
        Ok(request)
    }

    /// An approver's no.
    ///
    /// # Errors
    /// When a rule on denying says no, or the database fails.
    pub async fn deny(
        &self,
        actor: &Actor,
        id: RequestId,
        reason: &str,
    ) -> Result<Request, StoreError> {
        let mut tx = self.write().await?;
        let approver = authority::require_person(&mut tx, actor, Action::DecideRequest).await?;
        let request = requests::load(tx.conn(), id).await?;
        let denied = request.deny(&approver, reason, tx.now())?;
        requests::save(tx.conn(), &denied).await?;
        tx.commit(actor, requests::ended_draft(&denied)).await?;
        Ok(denied)
    }

    /// The vendor takes a request back.
    ///
    /// # Errors
    /// When it is not theirs or no longer waits, or the database fails.
    pub async fn withdraw(&self, actor: &Actor, id: RequestId) -> Result<Request, StoreError> {
        let mut tx = self.write().await?;
        let vendor = authority::require_person(&mut tx, actor, Action::FileRequest).await?;
        let request = requests::load(tx.conn(), id).await?;
        let withdrawn = request.withdraw(&vendor.name, tx.now())?;
        requests::save(tx.conn(), &withdrawn).await?;
        tx.commit(actor, requests::ended_draft(&withdrawn)).await?;
        Ok(withdrawn)
    }

    /// Asks for more time in a grant: by its vendor, or by an approver of the
    /// zone, whose own approval is then in it. It takes as many approvals as the
    /// grant did.
    ///
    /// # Errors
    /// When a rule says no, or the database fails.
    pub async fn extend(
        &self,
        actor: &Actor,
        id: GrantId,
        until: Timestamp,
        note: Option<String>,
    ) -> Result<Request, StoreError> {
        let mut tx = self.write().await?;
        let person = authority::require_person(&mut tx, actor, Action::ExtendGrant).await?;
        let grant = grants::load(tx.conn(), id).await?;
        if person.role == Role::Vendor && person.name != grant.account {
            return Err(StoreError::missing("grant", id));
        }
        let way = ways::load(tx.conn(), &grant.asset).await?;
        let way = way.ok_or_else(|| RequestRefused::NoSuchAsset(grant.asset.clone()))?;
        let waiting = requests::waiting_of(tx.conn(), &grant.account).await?;
        let id = RequestId::new(tx.now(), tx.random());
        let request = Request::for_more_time(id, &grant, until, way.as_way(), &waiting, tx.now())?;
        requests::insert(tx.conn(), &request).await?;
        let filed = filed_draft(&request);
        if person.role == Role::Vendor {
            tx.commit(actor, filed).await?;
            return Ok(request);
        }
        tx.also(actor, filed).await?;
        let (request, draft) =
            approve(&mut tx, actor, &person, request, Narrowing::default(), note).await?;
        tx.commit(actor, draft).await?;
        Ok(request)
    }
}

/// The approval and what comes of it, but for the event it gives back, which the
/// commit writes.
async fn approve(
    tx: &mut WriteTx,
    actor: &Actor,
    approver: &Account,
    request: Request,
    narrowing: Narrowing,
    note: Option<String>,
) -> Result<(Request, Draft), StoreError> {
    let request = without_void_approvals(tx, request).await?;
    let before = requests::facts(&request);
    let way = way_of(tx, &request).await?;
    let rules: Rules = plant::rules(tx.conn()).await?;
    let extended = match request.extends {
        Some(id) => Some(grants::load(tx.conn(), id).await?),
        None => None,
    };
    let grant_id = GrantId::new(tx.now(), tx.random());
    let quorum = rules.approvals(&way.zone);
    let approved = request.approve(
        approver,
        narrowing,
        note,
        way.as_way(),
        quorum,
        extended.clone(),
        grant_id,
        tx.now(),
    )?;
    let request = match approved {
        Approved::Waiting(request) => request,
        Approved::Granted(request, grant) => {
            grants::insert(tx.conn(), &grant).await?;
            let draft = Draft::new("grant.created", "grant", grant.id).after(grants::facts(&grant));
            tx.also(actor, draft).await?;
            request
        }
        Approved::Extended(request, grant) => {
            grants::save(tx.conn(), &grant).await?;
            tx.also(actor, extended_draft(extended.as_ref(), &grant))
                .await?;
            request
        }
    };
    requests::save(tx.conn(), &request).await?;
    let note = request.approvals().last().and_then(|a| a.note.clone());
    let draft = Draft::new("request.approved", "request", request.id)
        .before(before)
        .after(requests::facts(&request));
    Ok((request, note.into_iter().fold(draft, Draft::reason)))
}

/// Leaves out the approvals of people who were disabled, or are no approvers of
/// the zone any more: each is taken off the request and audited.
async fn without_void_approvals(tx: &mut WriteTx, request: Request) -> Result<Request, StoreError> {
    let mut known = Vec::new();
    for approval in request.approvals() {
        known.extend(accounts::load(tx.conn(), &approval.by).await?);
    }
    let (request, void) = request.void_approvals(&known);
    for approver in void {
        requests::remove_approval(tx.conn(), request.id, &approver).await?;
        let draft = Draft::new("request.approval_voided", "request", request.id)
            .before(json!({ "approver": approver }))
            .reason("its approver is disabled, or no approver of the zone any more");
        tx.also(&Actor::system(), draft).await?;
    }
    Ok(request)
}

/// The way to what a request asks for. A request whose asset has gone was
/// cancelled with it, and that is what its approver is told.
async fn way_of(tx: &mut WriteTx, request: &Request) -> Result<StoredWay, StoreError> {
    let way = ways::load(tx.conn(), &request.asset).await?;
    way.ok_or_else(|| {
        let waits = matches!(request.state, RequestState::Waiting { .. });
        let refused = if waits {
            RequestRefused::NoSuchAsset(request.asset.clone())
        } else {
            RequestRefused::NotWaiting(request.state.as_str())
        };
        refused.into()
    })
}

fn filed_draft(request: &Request) -> Draft {
    Draft::new("request.filed", "request", request.id)
        .after(requests::facts(request))
        .reason(&request.purpose)
}

fn extended_draft(before: Option<&Grant>, after: &Grant) -> Draft {
    let draft = Draft::new("grant.extended", "grant", after.id).after(grants::facts(after));
    match before {
        Some(before) => draft.before(json!({ "window": before.window })),
        None => draft,
    }
}

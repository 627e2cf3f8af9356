//! Grants, and the tickets that they are worth while they are open.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::policy::Action;
use domain::{Grant, GrantId};
use store::GrantFilter;
use utoipa_axum::routes;

use super::{page, requests};
use crate::app::{Api, ApiSettings};
use crate::caller::Caller;
use crate::dto::{self, ExtendGrant, GrantQuery, Reason, SshAccess, Ticket};
use crate::input::{At, Body, Params, optional};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("grants")
        .allow(Action::ListGrants, routes!(list_grants))
        .allow(Action::ListGrants, routes!(get_grant))
        .allow(Action::TakeTicket, routes!(take_ticket))
        .allow(Action::ExtendGrant, routes!(extend_grant))
        .allow(Action::RevokeGrant, routes!(revoke_grant))
}

/// Grants, newest first: a vendor's own, those into zones that an approver or
/// operator answers for, or all.
#[utoipa::path(
    get,
    path = "/v1/grants",
    params(GrantQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Grant>)),
)]
async fn list_grants(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<GrantQuery>,
) -> Result<Json<dto::Page<dto::Grant>>, ApiError> {
    let filter = GrantFilter {
        account: optional("account", query.account.as_deref())?,
        asset: optional("asset", query.asset.as_deref())?,
        zone: optional("zone", query.zone.as_deref())?,
        phase: optional("phase", query.phase.as_deref())?,
    };
    let page = page(query.after, query.limit);
    let found = api.store.grants(&caller.scope(), &filter, &page).await?;
    let (now, companies) = (api.clock.now(), api.store.companies().await?);
    Ok(Json(show::page(found, |grant| {
        show::grant(&caller, now, &companies, grant)
    })))
}

/// One grant.
#[utoipa::path(
    get,
    path = "/v1/grants/{id}",
    params(("id" = String, Path, description = "The grant")),
    responses((status = 200, description = "The grant", body = dto::Grant)),
)]
async fn get_grant(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<GrantId>,
) -> Result<Json<dto::Grant>, ApiError> {
    shown(&api, &caller, id).await
}

/// Get a ticket for one session, while the grant is open. It holds for five
/// minutes and works once.
#[utoipa::path(
    post,
    path = "/v1/grants/{id}/tickets",
    params(("id" = String, Path, description = "The grant")),
    responses((status = 201, description = "The ticket, told once, and how to use it", body = Ticket)),
)]
async fn take_ticket(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<GrantId>,
) -> Result<(StatusCode, Json<Ticket>), ApiError> {
    let grant = seen(&api, &caller, id).await?;
    let issued = api.store.issue_ticket(&caller.actor(), id).await?;
    let ssh = access(&api.settings, &grant);
    let ticket = Ticket {
        ticket: issued.ticket.into(),
        expires_at: issued.expires_at,
        link: link(&ssh),
        ssh,
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}

fn access(settings: &ApiSettings, grant: &Grant) -> SshAccess {
    let (host, port) = (&settings.ssh_host, settings.ssh_port);
    let username = format!("{}+{}", grant.account, grant.asset);
    SshAccess {
        host: host.clone(),
        port,
        host_key: settings.ssh_host_key.clone(),
        command: format!("ssh -p {port} {username}@{host}"),
        username,
    }
}

/// RFC 3986, 3.2: `+` may stand in a user name, an IPv6 address only in brackets.
fn link(ssh: &SshAccess) -> String {
    let SshAccess {
        host,
        port,
        username,
        ..
    } = ssh;
    if host.contains(':') {
        format!("ssh://{username}@[{host}]:{port}")
    } else {
        format!("ssh://{username}@{host}:{port}")
    }
}

/// Ask for more time in a grant, or give it: it takes as many approvals as the
/// grant did, and an approver's own is in it already.
#[utoipa::path(
    post,
    path = "/v1/grants/{id}/extend",
    params(("id" = String, Path, description = "The grant")),
    request_body = ExtendGrant,
    responses((status = 201, description = "The request for it", body = dto::Request)),
)]
async fn extend_grant(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<GrantId>,
    Body(ExtendGrant { not_after, note }): Body<ExtendGrant>,
) -> Result<(StatusCode, Json<dto::Request>), ApiError> {
    seen(&api, &caller, id).await?;
    let actor = caller.actor();
    let request = api.store.extend(&actor, id, not_after, note).await?;
    let shown = requests::shown(&api, &caller, request).await?;
    Ok((StatusCode::CREATED, shown))
}

/// Take a grant back: its sessions end.
#[utoipa::path(
    post,
    path = "/v1/grants/{id}/revoke",
    params(("id" = String, Path, description = "The grant")),
    request_body = Reason,
    responses((status = 200, description = "It is closed", body = dto::Grant)),
)]
async fn revoke_grant(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<GrantId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<dto::Grant>, ApiError> {
    seen(&api, &caller, id).await?;
    api.store.revoke(&caller.actor(), id, &reason).await?;
    shown(&api, &caller, id).await
}

/// The grant, if this caller sees it.
pub(super) async fn seen(api: &Api, caller: &Caller, id: GrantId) -> Result<Grant, ApiError> {
    let grant = api.store.grant(&caller.scope(), id).await?;
    grant.ok_or_else(|| ApiError::not_found(format!("grant/{id}")))
}

async fn shown(api: &Api, caller: &Caller, id: GrantId) -> Result<Json<dto::Grant>, ApiError> {
    let grant = seen(api, caller, id).await?;
    let (now, companies) = (api.clock.now(), api.store.companies().await?);
    Ok(Json(show::grant(caller, now, &companies, grant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_the_broker() {
        let mut ssh = SshAccess {
            host: "gate.example".to_owned(),
            port: 2222,
            host_key: String::new(),
            username: "vera+plc-7".to_owned(),
            command: String::new(),
        };
        assert_eq!(link(&ssh), "ssh://vera+plc-7@gate.example:2222");
        ssh.host = "2001:db8::1".to_owned();
        assert_eq!(link(&ssh), "ssh://vera+plc-7@[2001:db8::1]:2222");
    }
}

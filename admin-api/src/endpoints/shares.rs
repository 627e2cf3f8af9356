//! Links to one recording, for people without an account.
//!
//! Whoever comes with a link that does not work learns nothing: one that never
//! was, one that is over and one that was taken back look alike. Such tries are
//! counted by network, and many of them shut it out for a while.

use std::net::IpAddr;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::policy::Action;
use domain::{SessionId, ShareId, parse_duration};
use secrecy::{ExposeSecret, SecretString};
use store::{NewShare, Presented, Scope, Share, ShareForm};
use utoipa_axum::routes;

use super::{bundle, page, recordings};
use crate::app::Api;
use crate::caller::{Caller, Source};
use crate::dto::{self, ShareQuery};
use crate::evidence;
use crate::hashing::network;
use crate::input::{At, Body, Params, optional};
use crate::places::Place;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("recordings")
        .allow(Action::ShareRecording, routes!(share_recording))
        .allow(Action::ManageShares, routes!(list_shares))
        .allow(Action::ManageShares, routes!(revoke_share))
        .anyone(routes!(open_shared))
        .anyone(routes!(open_shared_bundle))
}

/// Share the recording of one channel of a session with somebody without an
/// account. The link is told once.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/shares",
    params(("id" = String, Path, description = "The session")),
    request_body = dto::NewShare,
    responses((status = 201, description = "It is shared", body = dto::SharedLink)),
)]
async fn share_recording(
    State(api): State<Api>,
    caller: Caller,
    At(session): At<SessionId>,
    Body(body): Body<dto::NewShare>,
) -> Result<(StatusCode, Json<dto::SharedLink>), ApiError> {
    let lifetime = parse_duration(&body.expires_in)
        .map_err(|error| ApiError::invalid("expires_in", error.to_string()))?;
    let new = NewShare {
        session,
        channel: body.channel,
        input: body.input,
        note: body.note,
        lifetime,
    };
    let issued = api.store.share(&caller.actor(), new).await?;
    let path = format!("/api/v1/shared/{}", issued.token.expose_secret());
    let link = dto::SharedLink {
        share: show::share(issued.share, api.clock.now()),
        path: dto::Secret::new(path),
    };
    Ok((StatusCode::CREATED, Json(link)))
}

/// Links that were made, newest first, without their secrets.
#[utoipa::path(
    get,
    path = "/v1/shares",
    params(ShareQuery),
    responses((status = 200, description = "A page of them", body = dto::Page<dto::Share>)),
)]
async fn list_shares(
    State(api): State<Api>,
    Params(query): Params<ShareQuery>,
) -> Result<Json<dto::Page<dto::Share>>, ApiError> {
    let session = optional("session", query.session.as_deref())?;
    let page = page(query.after, query.limit);
    let found = api.store.shares(session, &page).await?;
    let now = api.clock.now();
    Ok(Json(show::page(found, |share| show::share(share, now))))
}

/// Take a link back. Whoever reads the recording just now reads it to its end.
#[utoipa::path(
    post,
    path = "/v1/shares/{id}/revoke",
    params(("id" = String, Path, description = "The link's id")),
    responses((status = 200, description = "It leads nowhere from now on", body = dto::Share)),
)]
async fn revoke_share(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<ShareId>,
) -> Result<Json<dto::Share>, ApiError> {
    let share = api.store.unshare(&caller.actor(), id).await?;
    Ok(Json(show::share(share, api.clock.now())))
}

/// Open a recording by a link, as asciicast v3. Each opening is counted, and
/// noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/shared/{token}",
    params(("token" = String, Path, description = "The secret in the link")),
    responses((status = 200, description = "The recording", body = String, content_type = "application/x-asciicast")),
)]
async fn open_shared(
    State(api): State<Api>,
    Source(source): Source,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Visit { share, place } = come_in(&api, source, token).await?;
    let Share {
        session, channel, ..
    } = share;
    let cast = evidence::open(&api, session, channel, share.input).await?;
    note_opening(&api, &share, source, ShareForm::Cast).await?;
    let headers = [
        (CONTENT_TYPE, "application/x-asciicast".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{session}-{channel}.cast\""),
        ),
    ];
    Ok((headers, recordings::send(cast, place)).into_response())
}

/// Open a recording by a link, as the bundle that `drawbridge verify` checks
/// off-line. Each opening is counted, and noted in the audit log.
#[utoipa::path(
    get,
    path = "/v1/shared/{token}/bundle.tar",
    params(("token" = String, Path, description = "The secret in the link")),
    responses((status = 200, description = "The bundle", body = Vec<u8>, content_type = "application/x-tar")),
)]
async fn open_shared_bundle(
    State(api): State<Api>,
    Source(source): Source,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Visit { share, place } = come_in(&api, source, token).await?;
    let known = evidence::seen(&api, &Scope::All, share.session, share.channel).await?;
    let reader = bundle::made(&api, &known, share.input).await?;
    note_opening(&api, &share, source, ShareForm::Bundle).await?;
    Ok(bundle::answer(&known, reader, place))
}

/// Somebody with a link that works.
struct Visit {
    share: Share,
    /// Held to the end of the download: nobody's network takes all readers.
    place: Place<IpAddr>,
}

async fn come_in(
    api: &Api,
    source: IpAddr,
    token: Result<Path<String>, PathRejection>,
) -> Result<Visit, ApiError> {
    let network = network(source);
    let place = api.strangers.take(network).ok_or_else(shut_out)?;
    let Path(token) = token.map_err(|_| leads_nowhere())?;
    let token = SecretString::from(token);
    let (network, source) = (network.to_string(), source.to_string());
    match api.store.present_share(&token, &network, &source).await? {
        Presented::Works(share) => Ok(Visit { share, place }),
        Presented::Purged => Err(ApiError::purged()),
        Presented::Unknown => Err(leads_nowhere()),
        Presented::ShutOut => Err(shut_out()),
    }
}

async fn note_opening(
    api: &Api,
    share: &Share,
    source: IpAddr,
    form: ShareForm,
) -> Result<(), ApiError> {
    match api
        .store
        .share_opened(share, &source.to_string(), form)
        .await?
    {
        true => Ok(()),
        false => Err(leads_nowhere()),
    }
}

fn leads_nowhere() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_link",
        "This link leads nowhere: it is not whole, it is over, or it was taken back. Copy all of \
         it, or ask whoever sent it to you for another one.",
    )
}

fn shut_out() -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_tries",
        "Too many links are being tried from your network, or many led nowhere of late, and none \
         is looked at just now. Wait a quarter of an hour, then try again.",
    )
}

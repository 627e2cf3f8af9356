//! The plant file.

use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::plant::Plant;
use domain::plant::file::{self, MAX_FILE};
use domain::policy::Action;
use store::Apply;
use utoipa_axum::router::UtoipaMethodRouterExt;
use utoipa_axum::routes;

use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{ApplyQuery, PlantApplied};
use crate::input::{Params, still_in, unread};
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    let larger = DefaultBodyLimit::max(MAX_FILE);
    Routes::group("plant")
        .allow(Action::ReadPlant, routes!(export_plant))
        .allow(
            Action::ApplyPlant,
            routes!(apply_plant).map(|methods| methods.route_layer(larger)),
        )
}

/// The plant as a plant file, in TOML.
#[utoipa::path(
    get,
    path = "/v1/plant",
    responses((status = 200, description = "The plant file", body = String, content_type = "application/toml")),
)]
async fn export_plant(State(api): State<Api>) -> Result<Response, ApiError> {
    let plant = plant(&api).await?;
    let toml = file::write(&plant);
    Ok(([(CONTENT_TYPE, "application/toml")], toml).into_response())
}

/// Make the plant the one in the file; nothing changes if it is so already.
#[utoipa::path(
    put,
    path = "/v1/plant",
    params(ApplyQuery),
    request_body(content = String, content_type = "application/toml", description = "A plant file"),
    responses((status = 200, description = "What changed, or would change", body = PlantApplied)),
)]
async fn apply_plant(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<ApplyQuery>,
    PlantText(text): PlantText,
) -> Result<Json<PlantApplied>, ApiError> {
    // A large file takes a while to read.
    let plant = tokio::task::spawn_blocking(move || file::parse(&text))
        .await
        .map_err(ApiError::fault)??;
    let how = Apply {
        dry_run: query.dry_run,
        revoke: query.revoke,
    };
    let actor = caller.actor();
    let changes = api.store.apply_plant(&actor, &plant, how).await?;
    Ok(Json(PlantApplied {
        dry_run: query.dry_run,
        changes: changes.into_iter().map(show::change).collect(),
    }))
}

struct PlantText(String);

impl FromRequest<Api> for PlantText {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let caller = request.extensions().get::<Caller>().cloned();
        let text = String::from_request(request, api).await;
        let text = text.map_err(|rejection| unread(rejection.status()))?;
        still_in(api, caller).await?;
        Ok(Self(text))
    }
}

/// The plant, where nothing makes sense without one.
pub(super) async fn plant(api: &Api) -> Result<Plant, ApiError> {
    let plant = api.store.plant().await?;
    plant.ok_or_else(|| {
        ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "no_plant",
            "No plant file was applied yet, so there is no plant. An admin applies one with \
             `drawbridge plant apply FILE`.",
        )
    })
}

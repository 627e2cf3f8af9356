//! Zones.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use utoipa_axum::routes;

use super::by_name;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery};
use crate::input::Params;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("plant").allow(Action::ListWays, routes!(list_zones))
}

/// Zones, by name: those that an approver or operator answers for, or all.
#[utoipa::path(
    get,
    path = "/v1/zones",
    params(PageQuery),
    responses((status = 200, description = "A page of those that the caller sees", body = dto::Page<dto::Zone>)),
)]
async fn list_zones(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Zone>>, ApiError> {
    let plant = api.store.plant().await?;
    let zones = plant.iter().flat_map(|plant| {
        let seen = plant.zones.values().filter(|z| caller.sees_zone(&z.name));
        seen.map(|zone| show::zone(plant, zone))
    });
    Ok(Json(by_name(zones, query, |zone| &zone.name)?))
}
